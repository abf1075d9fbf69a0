"""Building a dataset: what may be learned from at one moment, sifted, written down in the ledger and to disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bowerbird.core.database import Database, json
from bowerbird.core.ids import new_id
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings
from bowerbird.learning.datasets import assistant, card, files, sieve
from bowerbird.learning.datasets.item import Left
from bowerbird.learning.datasets.ledger import Dataset, Model
from bowerbird.learning.datasets.sieve import Kept

ROWS_AT_ONCE = 1_000


async def build(db: Database, where: Settings, model: Model = "assistant") -> tuple[Dataset, Path]:
    """Build the dataset of what may be learned from at this moment; the one that stands, where nothing has changed. (it, its folder).

    One snapshot of the database is read: the caller's transaction is to be repeatable. Building twice does no harm."""
    await db.execute("select pg_advisory_xact_lock(hashtext('learning.datasets'))")
    items, left = await assistant.gather(db)
    naming = secret(where, "datasets")
    kept, sifted = sieve.sift(items, lambda person_id: sieve.person_key(naming, person_id))
    inside = {id_ for one in kept for id_ in one.item.event_ids}
    out = list({one.event_id: one for one in [*sifted, *left] if one.event_id not in inside and one.person_id}.values())
    hash_ = files.hash_of(kept)
    made = card.of(model, hash_, assistant.PURPOSES, kept, out)
    dataset = await db.maybe(Dataset, "select * from learning.datasets where model = %s and hash = %s", model, hash_)
    if dataset is None:
        dataset = await db.one(
            Dataset,
            "insert into learning.datasets (id, model, hash, card, items, people) values (%s, %s, %s, %s, %s, %s) returning *",
            new_id(), model, hash_, json(msgspec.to_builtins(made)), len(kept), made.people,
        )  # fmt: skip
        await _items(db, dataset.id, kept)
    else:  # the same signals went in; whose was left out, and why, is told as it is now
        await db.execute("delete from learning.exclusions where dataset_id = %s", dataset.id)
        await db.execute(
            "update learning.datasets set card = %s, built_at = clock_timestamp() where id = %s",
            json(msgspec.to_builtins(made)),
            dataset.id,
        )
    await _exclusions(db, dataset.id, out)
    return dataset, files.write(where, made, kept)


async def _items(db: Database, dataset_id: int, kept: Sequence[Kept]) -> None:
    for start in range(0, len(kept), ROWS_AT_ONCE):
        some = kept[start : start + ROWS_AT_ONCE]
        async with db.connection.cursor() as cursor:
            await cursor.executemany(
                """insert into learning.items (dataset_id, place, person_id, kind, source, event_ids, item_kind, item_id, split, public)
                   values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
                [
                    (
                        dataset_id, start + place, one.item.person_id, one.item.kind, one.item.source, list(one.item.event_ids),
                        one.item.item_kind, one.item.item_id, one.split, one.item.public,
                    )
                    for place, one in enumerate(some)
                ],
            )  # fmt: skip


async def _exclusions(db: Database, dataset_id: int, out: Sequence[Left]) -> None:
    for start in range(0, len(out), ROWS_AT_ONCE):
        some = out[start : start + ROWS_AT_ONCE]
        await db.execute(
            """insert into learning.exclusions (dataset_id, event_id, person_id, item_kind, item_id, reason)
               select %s, e, p, k, i, r from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::text[]) as t (e, p, k, i, r)
               where exists (select 1 from accounts.people a where a.id = p) on conflict do nothing""",
            dataset_id, [one.event_id for one in some], [one.person_id for one in some], [one.item_kind for one in some],
            [one.item_id for one in some], [one.reason for one in some],
        )  # fmt: skip
