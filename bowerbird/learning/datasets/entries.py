"""What is written into the ledger of a dataset: whose signal went in, and whose was left out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bowerbird.core.database import Database
from bowerbird.learning.datasets.item import Left
from bowerbird.learning.datasets.sieve import Kept

ROWS_AT_ONCE = 1_000
ACTS = "ranker"  # its items are many and small: one row for all of a person


async def write(db: Database, dataset_id: int, model: str, kept: Sequence[Kept]) -> None:
    """All that is in it, in place of what stood there."""
    await db.execute("delete from learning.items where dataset_id = %s", dataset_id)
    rows = _of_people(kept) if model == ACTS else [_row(one) for one in kept]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        async with db.connection.cursor() as cursor:
            await cursor.executemany(
                """insert into learning.items (dataset_id, place, person_id, kind, source, event_ids, item_kind, item_id, split, public)
                   values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
                [(dataset_id, start + place, *row) for place, row in enumerate(rows[start : start + ROWS_AT_ONCE])],
            )


def _row(one: Kept) -> tuple[object, ...]:
    item = one.item
    return item.person_id, item.kind, item.source, list(item.event_ids), item.item_kind, item.item_id, one.split, item.public


def _of_people(kept: Sequence[Kept]) -> list[tuple[object, ...]]:
    """One row a person with all their acts, oldest first."""
    ordered = sorted(kept, key=lambda one: (one.item.person_id, one.item.event_ids))
    return [
        (person_id, "act", "acts", [id_ for one in own for id_ in one.item.event_ids], "account", person_id, "train", False)
        for person_id, own in groupby(ordered, key=lambda one: one.item.person_id)
    ]


async def left_out(db: Database, dataset_id: int, out: Sequence[Left]) -> None:
    """All that is not, in place of what stood there."""
    await db.execute("delete from learning.exclusions where dataset_id = %s", dataset_id)
    for start in range(0, len(out), ROWS_AT_ONCE):
        some = out[start : start + ROWS_AT_ONCE]
        await db.execute(
            """insert into learning.exclusions (dataset_id, event_id, person_id, item_kind, item_id, reason)
               select %s, e, p, k, i, r from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::text[]) as t (e, p, k, i, r)
               where exists (select 1 from accounts.people a where a.id = p) on conflict do nothing""",
            dataset_id, [one.event_id for one in some], [one.person_id for one in some], [one.item_kind for one in some],
            [one.item_id for one in some], [one.reason for one in some],
        )  # fmt: skip


async def forget_old_acts(db: Database, dataset_id: int) -> None:
    """Of acts, which are many every night, only the newest dataset is told, and those of the last two versions that were in use."""
    old = """dataset_id in (select d.id from learning.datasets d where d.model = 'ranker' and d.id <> %s and d.id not in (
                 select r.dataset_id from learning.releases r where r.model = 'ranker' and r.state in ('in_use', 'retired')
                 order by coalesce(r.until, 'infinity') desc limit 2))"""
    await db.execute(f"delete from learning.items where {old}", dataset_id)
    await db.execute(f"delete from learning.exclusions where {old}", dataset_id)
