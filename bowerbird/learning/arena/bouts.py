"""A bout: one prompt that somebody brought, two sides without names. Who they are is read here only after the vote: no door can tell before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.learning.arena.contestants import Contestant, Kind

State = Literal["queued", "running", "done", "failed"]
Winner = Literal["a", "b", "tie", "both_bad"]
Name = Literal["a", "b"]
UNDER_WAY: tuple[State, ...] = ("queued", "running")
COLUMNS = "b.id, b.account_id, b.kind, b.prompt, b.state, b.named, b.revealed_at, v.winner, v.blind, v.at as voted_at"
TABLES = "learning.bouts_now b left join learning.votes v on v.bout_id = b.id"


@dataclass(frozen=True, slots=True)
class Bout:
    """One of them. `named`: an answer said who gave it; `revealed_at`: since when its person knows who was who; `blind`: they did not when they
    voted."""

    id: int
    account_id: int
    kind: Kind
    prompt: str
    state: State
    named: bool
    revealed_at: datetime | None
    winner: Winner | None
    blind: bool | None
    voted_at: datetime | None

    @property
    def under_way(self) -> bool:
        """Whether it is still being made."""
        return self.state in UNDER_WAY

    @property
    def counts(self) -> bool:
        """Whether its vote counts in the standings."""
        return bool(self.winner and self.blind and not self.named)


@dataclass(frozen=True, slots=True)
class Who:
    """Who made a side."""

    id: int
    name: str
    version: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Side:
    """What one of two made: words or a picture (`media_id`). `who`: None until its person has voted."""

    side: Name
    text: str
    media_id: int | None
    who: Who | None


@dataclass(frozen=True, slots=True)
class _Row:
    bout_id: int
    side: Name
    text: str
    media_id: int | None
    contestant_id: int
    name: str
    version: str
    seconds: float | None


async def begin(
    db: Database, me: Person, id_: int, kind: Kind, prompt: str, sides: tuple[Contestant, Contestant]
) -> tuple[int, int]:
    """Write it down; the ids of its sides."""
    await db.execute(
        "insert into learning.bouts (id, account_id, kind, prompt) values (%s, %s, %s, %s)", id_, me.id, kind, prompt
    )
    ids = new_id(), new_id()
    for side_id, side, one in zip(ids, ("a", "b"), sides, strict=True):
        await db.execute(
            "insert into learning.sides (id, bout_id, side, contestant_id) values (%s, %s, %s, %s)", side_id, id_, side, one.id
        )
    return ids


async def own(db: Database, me: Person, id_: int) -> Bout:
    """One's own. Raises NotFound for another's: they may not know of it."""
    return await db.one(Bout, f"select {COLUMNS} from {TABLES} where b.id = %s and b.account_id = %s", id_, me.id)


async def of(db: Database, me: Person, page: Page) -> list[Bout]:
    """One's own, the newest first."""
    more = page.clause("b.id")
    return await db.many(
        Bout, f"select {COLUMNS} from {TABLES} where b.account_id = %s{more.sql} order by b.id desc limit %s",
        me.id, *more.args, page.limit,
    )  # fmt: skip


async def voted(db: Database, ids: Sequence[int]) -> list[Bout]:
    """Those of anybody that have a vote, in the order of their ids. Whose they are is for nobody to see."""
    return await db.many(
        Bout, f"select {COLUMNS} from {TABLES} where b.id = any(%s) and v.winner is not null order by b.id", list(ids)
    )


async def sides(db: Database, found: Sequence[Bout]) -> dict[int, tuple[Side, Side]]:
    """(A, B) of bouts. Nothing that one of two made is read before both have, and nobody's name before the vote."""
    by_id = {one.id: one for one in found}
    rows = await db.many(
        _Row,
        """select s.bout_id, s.side, s.text, p.media_id, s.contestant_id, c.name, c.version,
               coalesce(s.seconds, (p.recipe->>'seconds')::real) as seconds
           from learning.sides s join learning.contestants c on c.id = s.contestant_id
           left join studio.candidates t on t.generation_id = s.generation_id left join studio.pictures p on p.id = t.picture_id
           where s.bout_id = any(%s) order by s.bout_id, s.side""",
        list(by_id),
    )
    both: dict[int, list[Side]] = {}
    for row in rows:
        bout = by_id[row.bout_id]
        done = bout.state == "done"
        who = Who(row.contestant_id, row.name, row.version, row.seconds) if done and bout.revealed_at else None
        both.setdefault(row.bout_id, []).append(Side(row.side, row.text if done else "", row.media_id if done else None, who))
    return {id_: (one, other) for id_, (one, other) in both.items()}


async def see(db: Database, me: Person, id_: int) -> tuple[Bout, tuple[Side, Side]]:
    """One's own with its sides. Raises NotFound."""
    bout = await own(db, me, id_)
    return bout, (await sides(db, [bout]))[bout.id]


async def side(db: Database, me: Person, id_: int, name: str) -> tuple[Bout, Side]:
    """One side of one's own. Raises NotFound."""
    bout, both = await see(db, me, id_)
    found = next((one for one in both if one.side == name), None)
    if found is None:
        raise NotFound
    return bout, found


async def topics(db: Database, id_: int) -> list[str]:
    """What to listen to for news of it."""
    painted = await db.values("select generation_id from learning.sides where bout_id = %s and generation_id is not null", id_)
    return [f"bout:{id_}", *(f"generation:{one}" for one in painted)]


async def ready(db: Database, id_: int) -> int:
    """How many of the two are done; which, nobody is told."""
    return await db.value(
        """select count(*) from learning.sides s left join studio.generations g on g.id = s.generation_id
           where s.bout_id = %s and (s.text <> '' or g.state = 'done')""",
        id_,
    )
