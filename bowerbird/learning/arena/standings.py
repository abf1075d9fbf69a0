"""What the votes say so far: every contestant that ever took part, with its score and how sure that is. Worked out by the worker, read by all."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from bowerbird.core.database import Database, Pool, json
from bowerbird.core.errors import Unavailable
from bowerbird.learning.arena import contestants, strengths
from bowerbird.learning.arena.bouts import Winner
from bowerbird.learning.arena.contestants import KINDS, Contestant, Kind
from bowerbird.learning.arena.strengths import Vote

VOTES_MAX = 100_000  # the newest
SCORES: dict[Winner, float] = {"a": 1.0, "b": 0.0, "tie": 0.5, "both_bad": 0.5}
COUNTING = """learning.votes v join learning.bouts b on b.id = v.bout_id and v.blind and not b.named
    join learning.sides a on a.bout_id = b.id and a.side = 'a' join learning.sides z on z.bout_id = b.id and z.side = 'b'
    where a.contestant_id <> z.contestant_id and b.kind = %s"""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One contestant's. Scores are none until enough people voted; `rank`: one more than how many are surely better."""

    contestant_id: int
    played: int = 0
    won: int = 0
    lost: int = 0
    tied: int = 0  # "both are bad" among them
    score: float | None = None
    low: float | None = None
    high: float | None = None
    rank: int | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All of a kind."""

    votes: int = 0
    people: int = 0
    both_bad: int = 0
    lines: list[Line] = []


@dataclass(frozen=True, slots=True)
class Standing:
    """One line of the table. `level`: others have the same rank, for they are too close to tell."""

    who: Contestant
    line: Line
    level: bool


@dataclass(frozen=True, slots=True)
class Standings:
    """The table of a kind, the best first; `at`: when it was worked out."""

    kind: Kind
    at: datetime | None
    told: Told
    lines: list[Standing]


class New(NamedTuple):
    """Votes (person, A, B, winner), the newest first; `mark`: by which they are known again."""

    mark: str
    votes: list[tuple[int, int, int, Winner]]


@dataclass(frozen=True, slots=True)
class _Kept:
    told: dict[str, object]
    at: datetime


async def read(db: Database, kind: Kind) -> Standings:
    """As they stand; who never met anybody is there, too."""
    kept = await db.maybe(_Kept, "select told, at from learning.standings where kind = %s", kind)
    told = msgspec.convert(kept.told, Told) if kept else Told()
    known = {line.contestant_id: line for line in told.lines}
    ranks = Counter(line.rank for line in told.lines if line.rank)
    found = [
        Standing(one, line, bool(line.rank and ranks[line.rank] > 1))
        for one in await contestants.every(db, kind)
        for line in [known.get(one.id) or Line(contestant_id=one.id)]
    ]
    found.sort(key=lambda one: (-(one.line.score or 0.0), -one.line.played, one.who.id))
    return Standings(kind, kept.at if kept else None, told, found)


async def refresh(pool: Pool) -> None:
    """Who takes part, and, where there are new votes, what they say. No connection is held while others are asked, or while it is worked out."""
    for kind in KINDS:
        looked = await contestants.look(kind)
        async with pool.transaction() as db:
            with suppress(Unavailable):  # whoever is asked for is away: who takes part stays as it was
                await contestants.present(db, looked)
            new = await unread(db, kind)
        if new is not None:
            told = await asyncio.to_thread(worked_out, new.votes)
            async with pool.transaction() as db:
                await keep(db, kind, new.mark, told)


async def unread(db: Database, kind: Kind) -> New | None:
    """The votes, where there are others than the table that stands was worked out from."""
    mark = str(await db.value(f"select (count(*), max(v.at), sum(hashtext(v.bout_id || v.winner)))::text from {COUNTING}", kind))
    if await db.value("select mark from learning.standings where kind = %s", kind) == mark:
        return None
    return New(mark, await _votes(db, kind))


async def keep(db: Database, kind: Kind, mark: str, told: Told) -> None:
    """Write down what they say."""
    await db.execute(
        """insert into learning.standings as s (kind, mark, told) values (%s, %s, %s)
           on conflict (kind) do update set mark = excluded.mark, told = excluded.told, at = clock_timestamp()""",
        kind, mark, json(msgspec.to_builtins(told)),
    )  # fmt: skip


async def settle(db: Database) -> int:
    """Write down how bouts over pictures ended: until then the studio knows it alone. How many."""
    return await db.execute(
        """update learning.bouts b set state = n.state from learning.bouts_now n where n.id = b.id and b.kind = 'picture'
           and b.state in ('queued', 'running') and n.state in ('done', 'failed')"""
    )


async def _votes(db: Database, kind: Kind) -> list[tuple[int, int, int, Winner]]:
    return await db.rows(
        f"select b.account_id, a.contestant_id, z.contestant_id, v.winner from {COUNTING} order by b.id desc limit %s", kind, VOTES_MAX
    )  # fmt: skip


def worked_out(votes: list[tuple[int, int, int, Winner]]) -> Told:
    """The table of votes (person, A, B, winner)."""
    won, lost, tied = Counter[int](), Counter[int](), Counter[int]()
    for _, one, other, winner in votes:
        if winner in ("a", "b"):
            won[one if winner == "a" else other] += 1
            lost[other if winner == "a" else one] += 1
        else:
            tied.update((one, other))
    found = strengths.estimate([Vote(person, one, other, SCORES[winner]) for person, one, other, winner in votes])
    lines: list[Line] = []
    for id_ in sorted({*won, *lost, *tied}):
        line = Line(contestant_id=id_, played=won[id_] + lost[id_] + tied[id_], won=won[id_], lost=lost[id_], tied=tied[id_])
        if (sure := found.get(id_)) is not None:
            line = msgspec.structs.replace(line, score=sure.score, low=sure.low, high=sure.high, rank=sure.rank)
        lines.append(line)
    return Told(
        votes=len(votes), people=len({person for person, *_ in votes}), both_bad=sum(winner == "both_bad" for *_, winner in votes), lines=lines
    )  # fmt: skip
