"""Receipts: for each signal of somebody's, every dataset it is in, and every one it was left out of, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bowerbird.core.database import Database, Gate
from bowerbird.core.errors import NotFound
from bowerbird.core.paging import Page
from bowerbird.events import consent
from bowerbird.learning.datasets.ledger import PURPOSES

ASSISTANT, PICTURES = PURPOSES["assistant"], PURPOSES["pictures"]  # acts are told together: `taken.py`


@dataclass(frozen=True, slots=True)
class Entry:
    """One dataset, and what became of the signal in it: which kind of item in which split, and which versions learned from it; or the reason it
    was left out. `taken_back.py` tells what came of a signal that was taken back."""

    dataset_id: int
    model: str
    hash: str
    kind: str
    split: str
    reason: str
    releases: list[str]


@dataclass(slots=True)
class Receipt:
    """One signal, called by its event. `standing`: whether the next dataset may hold it."""

    id: int
    event: str
    item_kind: str
    item_id: int
    standing: bool
    entries: list[Entry] = field(default_factory=list[Entry])


def allowed(purposes: Sequence[consent.Purpose]) -> Gate:
    """Whether the event `l` may be learned from for any of these."""
    gates = [consent.learnable(purpose) for purpose in purposes]
    return Gate(" or ".join(gate.sql for gate in gates), tuple(arg for gate in gates for arg in gate.args))


async def of(db: Database, account_id: int, page: Page) -> list[Receipt]:
    """Somebody's, the newest signals first."""
    more, may = page.clause("s.id"), allowed([*ASSISTANT, *PICTURES])
    signals = await db.rows(
        f"""select s.id, l.kind, l.item_kind, l.item_id, {may.sql} as standing from (
                select unnest(event_ids) as id from learning.items where person_id = %s and kind <> 'act'
                union select x.event_id from learning.exclusions x join learning.datasets d on d.id = x.dataset_id
                where x.person_id = %s and d.model <> 'ranker') s
            join events.log l on l.id = s.id where l.actor_id = %s{more.sql}{page.tail("s.id")}""",
        *may.args, account_id, account_id, account_id, *more.args,
    )  # fmt: skip
    found = {
        id_: Receipt(id_, event, kind, item_id, standing) for id_, event, kind, item_id, standing in page.newest_first(signals)
    }
    rows = await db.rows(
        """select e.id, d.id, d.model, d.hash, i.kind, i.split, '', case when i.split = 'train' and i.kind <> 'picture' then array(
                   select r.model || ' ' || r.number from learning.releases r where r.dataset_id = d.id order by r.id) else '{}' end
               from learning.items i
               join lateral unnest(i.event_ids) e (id) on e.id = any(%s) join learning.datasets d on d.id = i.dataset_id
           where i.person_id = %s and i.kind <> 'act'
           union all
           select x.event_id, d.id, d.model, d.hash, '', '', x.reason, '{}' from learning.exclusions x join learning.datasets d on d.id = x.dataset_id
           where x.person_id = %s and x.event_id = any(%s) and d.model <> 'ranker' order by 2 desc""",
        list(found), account_id, account_id, list(found),
    )  # fmt: skip
    for id_, *told in rows:
        found[id_].entries.append(Entry(*told))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Part:
    """How much of the newest datasets is somebody's: items in them, and those of them that the next ones will not hold."""

    items: int
    leaving: int
    datasets: int


async def part(db: Database, account_id: int) -> Part:
    """Somebody's part in what stands now."""
    said, shown = allowed(ASSISTANT), allowed(PICTURES)
    return await db.one(
        Part,
        f"""select count(*) filter (where newest)::int as items,
               count(*) filter (where newest and not coalesce(stands, false))::int as leaving, count(distinct dataset_id)::int as datasets
           from (select i.dataset_id, i.dataset_id in (select distinct on (model) id from learning.datasets order by model, built_at desc) as newest,
                    (select bool_and(case d.model when 'pictures' then ({shown.sql}) else ({said.sql}) end)
                     from events.log l where l.id = any(i.event_ids)) as stands
                 from learning.items i join learning.datasets d on d.id = i.dataset_id where i.person_id = %s and i.kind <> 'act') told""",
        *shown.args, *said.args, account_id,
    )  # fmt: skip


async def withdraw(db: Database, account_id: int, event_id: int, *, undo: bool = False) -> None:
    """Say no for what a signal is about: no dataset that is built from now on holds it. `undo`: the account's word counts again. Raises NotFound
    for another's signal, and for one that can teach nothing."""
    found = await db.rows(
        """select l.kind, l.item_kind, l.item_id, array(select distinct d.model from learning.datasets d where d.model <> 'ranker' and (
               exists (select 1 from learning.items i where i.dataset_id = d.id and i.person_id = l.actor_id and l.id = any(i.event_ids))
               or exists (select 1 from learning.exclusions x where x.dataset_id = d.id and x.event_id = l.id)))
           from events.log l where l.id = %s and l.actor_id = %s and l.item_id is not null""",
        event_id,
        account_id,
    )
    kind, item_kind, item_id, models = found[0] if found else ("", "", 0, [])
    purposes = [purpose for model in models for purpose in PURPOSES[model] if kind in consent.LEARNS_FROM[purpose]]
    if not purposes:
        raise NotFound
    await consent.say_of_item(db, account_id, item_kind, item_id, dict.fromkeys(purposes, None if undo else False))
