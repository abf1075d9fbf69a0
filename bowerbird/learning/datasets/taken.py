"""Receipts for acts: likes and their like are many, so they are told together, a dataset at a time. The ledger knows each of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from bowerbird.core.database import Database
from bowerbird.learning.datasets import receipts
from bowerbird.learning.datasets.ledger import PURPOSES

DATASETS_MAX = 3


@dataclass(slots=True)
class Acts:
    """Somebody's part in one dataset of For You's: how many acts of which kind of event, how many of them the next one will not hold, which
    versions learned from it, and how many were left out for which reason."""

    dataset_id: int
    hash: str
    releases: list[str]
    kinds: dict[str, int] = field(default_factory=dict[str, int])
    leaving: int = 0
    left_out: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def count(self) -> int:
        """How many are in it."""
        return sum(self.kinds.values())


async def acts(db: Database, account_id: int) -> list[Acts]:
    """Somebody's, the newest dataset first."""
    datasets = await db.rows(
        """select d.id, d.hash, array(select r.model || ' ' || r.number from learning.releases r where r.dataset_id = d.id order by r.id)
           from learning.datasets d where d.model = 'ranker' and (
               exists (select 1 from learning.items i where i.dataset_id = d.id and i.person_id = %s)
               or exists (select 1 from learning.exclusions x where x.dataset_id = d.id and x.person_id = %s))
           order by d.built_at desc limit %s""",
        account_id, account_id, DATASETS_MAX,
    )  # fmt: skip
    found = {id_: Acts(id_, hash_, releases) for id_, hash_, releases in datasets}
    may = receipts.allowed(PURPOSES["ranker"])
    for dataset_id, kind, count, leaving in await db.rows(
        f"""select i.dataset_id, l.kind, count(*)::int, count(*) filter (where not {may.sql})::int from learning.items i
            join lateral unnest(i.event_ids) e (id) on true join events.log l on l.id = e.id
            where i.person_id = %s and i.kind = 'act' and i.dataset_id = any(%s) group by 1, 2 order by 1, 3 desc""",
        *may.args, account_id, list(found),
    ):  # fmt: skip
        found[dataset_id].kinds[kind] = count
        found[dataset_id].leaving += leaving
    for dataset_id, reason, count in await db.rows(
        """select dataset_id, reason, count(*)::int from learning.exclusions where person_id = %s and dataset_id = any(%s)
           group by 1, 2 order by 1, 3 desc""",
        account_id, list(found),
    ):  # fmt: skip
        found[dataset_id].left_out[reason] = count
    return list(found.values())
