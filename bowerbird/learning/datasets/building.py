"""Building a dataset: what may be learned from at one moment, sifted, written down in the ledger and to disk."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import msgspec

from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict
from bowerbird.core.ids import new_id
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings
from bowerbird.learning.datasets import card, entries, files, sieve
from bowerbird.learning.datasets.ledger import PURPOSES, Dataset, Model
from bowerbird.learning.datasets.sources import SOURCES

WAIT_S, LOOK_S = 180.0, 0.25  # for whoever builds one already


async def turn(db: Database) -> None:
    """Wait until nobody builds any, and let nobody begin as long as this connection is open. To be called before the transaction whose snapshot is
    built from, for an older one would not hold what was built meanwhile. Raises Conflict where it takes too long."""
    await _hold(db, "pg_try_advisory_lock")


async def _hold(db: Database, lock: str) -> None:
    """Asked for again and again: to wait in the database would be cut off, and look like a fault."""
    until = time.monotonic() + WAIT_S
    while not await db.value(f"select {lock}(hashtext('learning.datasets'))"):
        if time.monotonic() > until:
            raise Conflict(f"Another dataset is being built, for more than {WAIT_S / 60:.0f} minutes now. Try again later.")
        await asyncio.sleep(LOOK_S)


async def build(db: Database, where: Settings, model: Model = "assistant") -> tuple[Dataset, Path]:
    """Build the dataset of what may be learned from at this moment; the one that stands, where nothing has changed. (it, its folder).

    One snapshot of the database is read: the caller's transaction is to be repeatable, and begun when it was its `turn`. Building twice does no
    harm. Raises Conflict where somebody else does not get done."""
    await _hold(db, "pg_try_advisory_xact_lock")
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
