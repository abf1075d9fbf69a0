"""Champion and challenger: what the feed ranks by, what competes with it, and how that stands. Everyone may read it; administrators choose."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, get, post

from bowerbird.api.errors import problem
from bowerbird.api.mastodon.people import when
from bowerbird.door import Ask, body, id_of, person, pool, viewer
from bowerbird.feed import board, comparisons, definitions, rankers
from bowerbird.feed.board import Match
from bowerbird.feed.definitions import Draft
from bowerbird.feed.rankers import Ranker
from bowerbird.feed.reigns import Reign


class Competing(msgspec.Struct):
    """POST /api/bower/v1/feed/comparisons: which ranker competes with the one in force, for which share of the people who let the feed learn."""

    challenger: str
    share: float = 1.0


class Ending(msgspec.Struct):
    """POST …/end, …/promotion and /feed/rollback: why, in a sentence."""

    reason: str = ""


@get("/feed/comparisons")
async def every(request: Ask) -> dict[str, Any]:
    """What the feed ranks by, the comparison that runs, and those before it, losers too."""
    await viewer(request)
    async with pool(request).reading() as db:
        found = await board.read(db)
    own = definitions.house()
    house = {"name": definitions.HOUSE, "hash": own.hash, "said": "", "definition": msgspec.to_builtins(own)}
    return {
        "champion": _ranker(found.champion) if found.champion else house,
        "running": _match(found.running) if found.running else None,
        "past": [_match(one) for one in found.past],
        "rankers": [_ranker(one) for one in found.rankers],
        "reigns": [_reign(one, ranker) for one, ranker in found.reigns],
        "rollback_to": found.before,
    }


@get("/feed/comparisons/{id_:str}")
async def one(request: Ask, id_: str) -> dict[str, Any]:
    """One of them, with its curve."""
    await viewer(request)
    async with pool(request).reading() as db:
        return _match(await board.match(db, id_of(id_)))


@post("/feed/rankers", status_code=201)
async def write(request: Ask) -> dict[str, Any]:
    """Write a ranker down: what each outcome is worth, and its limits; what is left out is as the house has it. For administrators."""
    me = await person(request, "write")
    said = await body(request, Draft)
    async with pool(request).transaction() as db:
        return _ranker(await rankers.make(db, me, said))


@post("/feed/comparisons", status_code=201)
async def start(request: Ask) -> dict[str, Any]:
    """Let a ranker compete with the one in force. For administrators."""
    me = await person(request, "write")
    said = await body(request, Competing)
    async with pool(request).transaction() as db:
        begun = await comparisons.start(db, me, said.challenger, said.share)
        return _match(await board.match(db, begun.id))


@post("/feed/comparisons/{id_:str}/end", status_code=200)
async def stop(request: Ask, id_: str) -> dict[str, Any]:
    """Stop it without a winner. For administrators."""
    me = await person(request, "write")
    said = await body(request, Ending)
    async with pool(request).transaction() as db:
        await comparisons.stop(db, me, id_of(id_), said.reason)
        return _match(await board.match(db, id_of(id_)))


@post("/feed/comparisons/{id_:str}/promotion", status_code=200)
async def promote(request: Ask, id_: str) -> dict[str, Any]:
    """Let the challenger rank from now on. For administrators."""
    me = await person(request, "write")
    said = await body(request, Ending)
    async with pool(request).transaction() as db:
        await comparisons.promote(db, me, id_of(id_), said.reason)
        return _match(await board.match(db, id_of(id_)))


@post("/feed/rollback", status_code=200)
async def roll_back(request: Ask) -> dict[str, Any]:
    """Rank by what was ranked by before the last promotion. For administrators."""
    me = await person(request, "write")
    said = await body(request, Ending)
    async with pool(request).transaction() as db:
        now = await comparisons.roll_back(db, me, said.reason)
        return _reign(now, await rankers.by_id(db, now.ranker_id))


def _ranker(one: Ranker) -> dict[str, Any]:
    defined = one.defined
    return {
        "id": str(one.id), "name": one.name, "hash": one.hash, "said": one.said, "definition": msgspec.to_builtins(defined),
        "made_by": str(one.made_by) if one.made_by else None,
    }  # fmt: skip


def _reign(one: Reign, ranker: Ranker) -> dict[str, Any]:
    return {
        "id": str(one.id), "since": when(one.since), "ranker": ranker.name, "hash": ranker.hash, "reason": one.reason,
        "by": str(one.by_id) if one.by_id else None, "comparison_id": str(one.comparison_id) if one.comparison_id else None,
        "takes_back": str(one.takes_back) if one.takes_back else None,
    }  # fmt: skip


def _match(match: Match) -> dict[str, Any]:
    """A comparison; pairs are (champion, challenger)."""
    found = match.one
    return {
        "id": str(found.id), "champion": _ranker(match.champion), "challenger": _ranker(match.challenger), "share": found.share,
        "probation": found.probation, "state": found.state, "reason": found.reason, "started_at": when(found.started_at),
        "started_by": str(found.started_by) if found.started_by else None, "ended_at": when(found.ended_at) if found.ended_at else None,
        "ended_by": str(found.ended_by) if found.ended_by else None, "figures": msgspec.to_builtins(match.told), "won": match.told.won,
        "points": [
            {"at": when(point.at), "people": point.people, "vote": point.vote, "low": point.low, "high": point.high} for point in match.points
        ],
    }  # fmt: skip


routes = Router(
    "/api/bower/v1", route_handlers=[every, one, write, start, stop, promote, roll_back], exception_handlers={Exception: problem}
)
