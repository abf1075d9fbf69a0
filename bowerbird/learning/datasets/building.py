"""Building a dataset: what may be learned from at one moment, sifted, written down in the ledger and to disk."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bowerbird.core.database import Database, json
from bowerbird.core.ids import new_id
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings
from bowerbird.learning.datasets import card, entries, files, sieve
from bowerbird.learning.datasets.ledger import PURPOSES, Dataset, Model
from bowerbird.learning.datasets.sources import SOURCES


async def build(db: Database, where: Settings, model: Model = "assistant") -> tuple[Dataset, Path]:
    """Build the dataset of what may be learned from at this moment; the one that stands, where nothing has changed. (it, its folder).

    One snapshot of the database is read: the caller's transaction is to be repeatable. Building twice does no harm."""
    await db.execute("select pg_advisory_xact_lock(hashtext('learning.datasets'))")
    source = SOURCES[model]
    items, left = await source.gather(db)
    naming = secret(where, "datasets")
    kept, sifted = source.sift(items, lambda person_id: sieve.person_key(naming, person_id))
    inside = {id_ for one in kept for id_ in one.item.event_ids}
    out = list({one.event_id: one for one in [*sifted, *left] if one.event_id not in inside and one.person_id}.values())
    hash_ = files.hash_of(kept, model)
    made = card.of(model, hash_, PURPOSES[model], kept, out, source.limits)
    dataset = await db.maybe(Dataset, "select * from learning.datasets where model = %s and hash = %s", model, hash_)
    if dataset is None:
        dataset = await db.one(
            Dataset,
            "insert into learning.datasets (id, model, hash, card, items, people) values (%s, %s, %s, %s, %s, %s) returning *",
            new_id(), model, hash_, json(msgspec.to_builtins(made)), len(kept), made.people,
        )  # fmt: skip
        await entries.write(db, dataset.id, model, kept)
    else:  # the same signals went in; whose was left out, and why, is told as it is now
        await db.execute(
            "update learning.datasets set card = %s, built_at = clock_timestamp() where id = %s",
            json(msgspec.to_builtins(made)),
            dataset.id,
        )
        if model == entries.ACTS:  # of old ones no rows are kept
            await entries.write(db, dataset.id, model, kept)
    await entries.left_out(db, dataset.id, out)
    if model == entries.ACTS:
        await entries.forget_old_acts(db, dataset.id)
    return dataset, await files.write(where, made, kept)
