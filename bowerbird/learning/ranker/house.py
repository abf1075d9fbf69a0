"""What a house has to learn from: what people agreed to teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bowerbird.core import ids
from bowerbird.core.database import Database
from bowerbird.events import log
from bowerbird.feed import stream
from bowerbird.feed.acts import SERVED_ACT_MS_MAX, STRENGTH, Act, Kind, trust
from bowerbird.learning.ranker.taken import Taken

PER_PERSON_MAX = 1_000
ACTS_MAX = 200_000  # of everybody, the newest
EVENTS_MAX, DAYS_MAX = 20_000_000, 365
# what teaches others what goes with what; opening and dwelling say too little, hiding is the person's own affair
TEACHES: frozenset[Kind] = frozenset({"like", "share", "keep", "remix"})
KINDS = tuple(kind for kind, act in stream.KINDS.items() if act in TEACHES)  # of event


@dataclass(slots=True)
class Read:
    """Acts that teach, oldest first, and those that do not although the log may be learned from: each with one of the ledger's reasons."""

    acts: list[Act] = field(default_factory=list[Act])
    out: list[tuple[Act, str]] = field(default_factory=list[tuple[Act, str]])


def begins() -> int:
    """The event after which it is read: of the last DAYS_MAX days."""
    return ids.before(datetime.now(UTC) - timedelta(days=DAYS_MAX))


async def read(db: Database) -> Read:
    """What may be learned from (`personalise`), as the feed reads it, of the last DAYS_MAX days and of each person the newest PER_PERSON_MAX.

    Only what somebody was shown before they took it, as long as it was not taken back; AI accounts teach nothing."""
    machines = set(await db.values("select id from accounts.people where bot"))
    shown: dict[tuple[int, int], int] = {}  # (person, post): when last
    said: dict[int, dict[tuple[int, str], Act]] = {}  # of each person what stands, oldest first
    found, on = Read(), begins()
    for _ in range(0, EVENTS_MAX, log.PAGE_MAX):
        told, on = await stream.acts(db, on)
        for act in told:
            if act.kind == "served":
                shown |= {(act.person_id, post): act.at_ms for post in act.served}
            elif act.kind in TEACHES:
                _take(
                    found,
                    said.setdefault(act.person_id, {}),
                    act,
                    shown.get((act.person_id, act.post_id)),
                    act.person_id in machines,
                )
        if not on:
            break
    acts = sorted((act for mine in said.values() for act in mine.values()), key=lambda act: act.id)
    found.acts = acts[-ACTS_MAX:]
    found.out += [(act, "older") for act in acts[:-ACTS_MAX]]
    return found


def _take(found: Read, mine: dict[tuple[int, str], Act], act: Act, shown_ms: int | None, machine: bool) -> None:
    before = mine.pop((act.post_id, str(act.kind)), None)
    if before is not None:
        found.out.append((before, "changed" if act.undone else "repeated"))
    if act.undone:
        return
    if machine or shown_ms is None or act.at_ms - shown_ms > SERVED_ACT_MS_MAX:
        found.out.append((act, "machine" if machine else "not_shown"))
        return
    mine[act.post_id, str(act.kind)] = act
    if len(mine) > PER_PERSON_MAX:
        found.out.append((mine.pop(next(iter(mine))), "enough_of_yours"))


def weight(act: Act) -> float:
    """How gladly it was taken; new accounts weigh less."""
    return STRENGTH[act.kind] * trust(int(ids.at(act.person_id).timestamp() * 1000), act.at_ms) / 16


async def from_house(db: Database) -> Taken:
    """Everything that teaches, as arrays."""
    return taken((await read(db)).acts)


def taken(acts: Sequence[Act]) -> Taken:
    """Acts as arrays."""
    return Taken.of(
        [act.person_id for act in acts], [act.post_id for act in acts], [weight(act) for act in acts], [act.at_ms for act in acts]
    )


async def forgotten(db: Database, most: int = ACTS_MAX) -> list[tuple[int, int, str, int]]:
    """Acts that people had the feed forget, the newest: (event, person, kind and id of the item)."""
    return await db.rows(
        """select l.id, l.actor_id, l.item_kind, l.item_id from events.log l left join feed.beginnings b on b.account_id = l.actor_id
           where l.kind = any(%s) and l.id > %s and l.item_id is not null and 'personalise' = any(l.consents)
             and (l.id < b.after_id or exists (select 1 from feed.forgotten f where f.event_id = l.id)) order by l.id desc limit %s""",
        list(KINDS), begins(), most,
    )  # fmt: skip
