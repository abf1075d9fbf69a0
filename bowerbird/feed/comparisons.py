"""Champion and challenger: a comparison from its start to its end. One runs at a time; whoever ends it, it says who and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, Invalid
from bowerbird.core.ids import at, new_id
from bowerbird.feed import rankers, reigns
from bowerbird.feed.figures import Figures
from bowerbird.feed.reigns import Reign

State = Literal["running", "promoted", "rejected", "stopped", "rolled_back"]
SHARE_MIN = 0.01
REASON_LENGTH_MAX = 300
LISTED_MAX = 100


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rankers in the live feed at once, for `share` of the people. `probation`: after a promotion,
    whether what it took the place of does better."""

    id: int
    champion_id: int
    challenger_id: int
    share: float
    probation: bool
    state: State
    reason: str
    started_by: int | None
    ended_by: int | None
    ended_at: datetime | None
    counted_to: int
    figures: Any

    @property
    def told(self) -> Figures:
        """Its figures, as they stood when it was looked at last."""
        return msgspec.convert(self.figures, Figures) if self.figures else Figures()

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return at(self.id)


@dataclass(frozen=True, slots=True)
class Point:
    """How the vote stood at a moment, and what could not be ruled out."""

    at: datetime
    people: int
    vote: float
    low: float
    high: float


async def start(db: Database, by: Person | None, challenger: str, share: float = 1.0, *, probation: bool = False) -> Comparison:
    """Let a ranker compete with the one in force. Raises NotAllowed, NotFound, Invalid, and Conflict while another comparison runs."""
    rankers.keeper(by)
    if not SHARE_MIN <= share <= 1:
        raise Invalid(f"The share of people who take part lies between {SHARE_MIN:g} and 1.")
    champion, other = await reigns.champion(db), await rankers.by_name(db, challenger)
    if champion.defined.hash == other.defined.hash:
        raise Invalid(f"“{other.name}” is what the feed ranks by already.")
    id_ = new_id()
    found = await db.maybe(
        Comparison,
        """insert into feed.comparisons (id, champion_id, challenger_id, share, probation, started_by, counted_to)
           values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing returning *""",
        id_, champion.id, other.id, share, probation, by.id if by else None, id_,
    )  # fmt: skip
    if found is None:
        raise Conflict("Two rankers are being compared already. Stop that first.")
    return found


async def stands(db: Database) -> tuple[int, int]:
    """(newest reign, running comparison), 0 for none: another answer means that the feed has to rank by something else."""
    rows = await db.rows(
        "select coalesce((select max(id) from feed.reigns), 0), coalesce((select id from feed.comparisons where state = 'running'), 0)"
    )
    return rows[0][0], rows[0][1]


async def running(db: Database) -> Comparison | None:
    """The one that runs."""
    return await db.maybe(Comparison, "select * from feed.comparisons where state = 'running'")


async def by_id(db: Database, id_: int) -> Comparison:
    """One of them. Raises NotFound."""
    return await db.one(Comparison, "select * from feed.comparisons where id = %s", id_)


async def listed(db: Database) -> list[Comparison]:
    """All of them, losers too, the newest first."""
    return await db.many(Comparison, "select * from feed.comparisons order by id desc limit %s", LISTED_MAX)


async def points(db: Database, id_: int) -> list[Point]:
    """How it went, in order."""
    return await db.many(
        Point, "select at, people, vote, low, high from feed.comparison_points where comparison_id = %s order by at", id_
    )


async def stop(db: Database, by: Person | None, id_: int, reason: str = "") -> Comparison:
    """End it without a winner. Raises NotAllowed, NotFound, Conflict where it is over."""
    rankers.keeper(by)
    return await end(db, by, id_, "stopped", reason or "Stopped by hand.")


async def end(db: Database, by: Person | None, id_: int, state: State, reason: str) -> Comparison:
    """End it. What was counted of single people goes; the figures stay. Raises Conflict where it is over."""
    await by_id(db, id_)
    found = await db.maybe(
        Comparison,
        """update feed.comparisons set state = %s, reason = %s, ended_by = %s, ended_at = now()
           where id = %s and state = 'running' returning *""",
        state, reason[:REASON_LENGTH_MAX], by.id if by else None, id_,
    )  # fmt: skip
    if found is None:
        raise Conflict("That comparison is over.")
    await db.execute("delete from feed.tallies where comparison_id = %s", id_)
    return found


async def promote(db: Database, by: Person | None, id_: int, reason: str = "") -> Comparison:
    """Let the challenger rank from now on. Where that is what was ranked by before, it is a rollback. Raises NotAllowed, NotFound, Conflict."""
    rankers.keeper(by)
    found = await by_id(db, id_)
    if reason == "":
        reason = "Promoted by hand: it was surely better." if found.told.won else "Promoted by hand, before it was sure."
    found = await end(db, by, id_, "promoted", reason)
    if found.probation:
        await _take_back(db, by, reason)
    else:
        await reigns.begin(db, by, await rankers.by_id(db, found.challenger_id), reason, found.id)
    return found


async def roll_back(db: Database, by: Person | None, reason: str = "") -> Reign:
    """Rank by what was ranked by before the last promotion. A comparison that runs is over. Raises NotAllowed, Conflict
    where there is nothing before."""
    rankers.keeper(by)
    now = await _take_back(db, by, reason or "Rolled back by hand.")
    other = await running(db)
    if other is not None:
        await end(db, by, other.id, "stopped", "What it was compared with was rolled back.")
    return now


async def _take_back(db: Database, by: Person | None, reason: str) -> Reign:
    ended, now = await reigns.take_back(db, by, reason)
    if ended.comparison_id:
        await db.execute(
            "update feed.comparisons set state = 'rolled_back', reason = %s where id = %s",
            reason[:REASON_LENGTH_MAX], ended.comparison_id,
        )  # fmt: skip
    return now


async def note(db: Database, one: Comparison, figures: Figures, counted_to: int) -> None:
    """Write down how it stands, and a point of the curve where the last is a while ago: at most a few hundred over its whole length."""
    await db.execute(
        "update feed.comparisons set figures = %s, counted_to = %s where id = %s and state = 'running'",
        json(msgspec.to_builtins(figures)), counted_to, one.id,
    )  # fmt: skip
    poll = figures.poll
    await db.execute(
        """insert into feed.comparison_points (comparison_id, people, vote, low, high) select %s, %s, %s, %s, %s
           where not exists (select 1 from feed.comparison_points p where p.comparison_id = %s and p.at > now() - (now() - %s) / 200)""",
        one.id, poll.people, poll.mean, poll.low, poll.high, one.id, one.started_at,
    )  # fmt: skip
