"""The arena: bring a prompt, see what two models make of it, say which is better, and only then who they were; and how all of them stand."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post, put

from bowerbird.api.errors import problem
from bowerbird.api.mastodon.people import when
from bowerbird.core.ids import at, parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, body, id_of, limit_of, passing, person, pool
from bowerbird.learning.arena import blind, bouts, bringing, contestants, leaving, openly, standings, votes
from bowerbird.learning.arena.bouts import Bout, Side
from bowerbird.learning.arena.standings import Standing


class NewBout(msgspec.Struct):
    """POST …/arena/bouts. `kind`: answer or picture."""

    kind: str
    prompt: str


class Vote(msgspec.Struct):
    """PUT …/vote. `winner`: a, b, tie or both_bad."""

    winner: str


def entity(bout: Bout, sides: tuple[Side, Side]) -> dict[str, Any]:
    """A bout as JSON. Before its vote no `contestant` is said."""
    return {
        "id": str(bout.id), "kind": bout.kind, "prompt": bout.prompt, "state": bout.state, "at": when(at(bout.id)), "vote": bout.winner,
        "counts": bout.counts if bout.winner else None, "sides": [_side(bout, one) for one in sides],
    }  # fmt: skip


def _side(bout: Bout, one: Side) -> dict[str, Any]:
    who = one.who and {"name": one.who.name, "version": one.who.version or None, "seconds": one.who.seconds}
    url = f"/api/bower/v1/arena/bouts/{bout.id}/pictures/{one.side}" if one.media_id else None
    return {"side": one.side, "text": one.text or None, "url": url, "contestant": who}


def line(one: Standing) -> dict[str, Any]:
    """One contestant's place."""
    return {
        "name": one.who.name, "version": one.who.version or None, "about": one.who.about,
        "gone_at": when(one.who.gone_at) if one.who.gone_at else None, "level": one.level,
        **{name: value for name, value in msgspec.to_builtins(one.line).items() if name != "contestant_id"},
    }  # fmt: skip


@post("/arena/bouts", status_code=202)
async def bring(request: Ask) -> dict[str, Any]:
    """Have two models try a prompt. 409 where there are not two."""
    me = await person(request, "write")
    new = await body(request, NewBout)
    bout = await bringing.bring(pool(request), me, new.kind, new.prompt)
    async with pool(request).reading() as db:
        return entity(*await bouts.see(db, me, bout.id))


@get("/arena/bouts")
async def own(request: Ask) -> dict[str, Any]:
    """One's own, the newest first."""
    me = await person(request, "read")
    page = Page(before=parse(request.query_params.get("max_id", "")), limit=limit_of(request))
    async with pool(request).reading() as db:
        found = await bouts.of(db, me, page)
        both = await bouts.sides(db, found)
    return {"bouts": [entity(one, both[one.id]) for one in found]}


@get("/arena/bouts/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """One's own: what both made, once both have; who they are, once one has voted."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        return entity(*await bouts.see(db, me, id_of(id_)))


@get("/arena/bouts/{id_:str}/pictures/{side:str}")
async def picture(request: Ask, id_: str, side: str) -> Response[bytes]:
    """The picture of one side, a or b, as WebP; before the vote without the credentials that name its model."""
    me = await person(request, "read")
    return passing(await blind.picture(pool(request), me, id_of(id_), side))


@put("/arena/bouts/{id_:str}/vote")
async def vote(request: Ask, id_: str) -> dict[str, Any]:
    """Say which is better, or say otherwise within an hour; that counts in no standings, for the names are known by then."""
    me = await person(request, "write")
    said = await body(request, Vote)
    async with pool(request).transaction() as db:
        await votes.vote(db, me, id_of(id_), said.winner)
        return entity(*await bouts.see(db, me, id_of(id_)))


@delete("/arena/bouts/{id_:str}/vote", status_code=200)
async def take_back(request: Ask, id_: str) -> dict[str, Any]:
    """Take the vote back."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await votes.take_back(db, me, id_of(id_))
        return entity(*await bouts.see(db, me, id_of(id_)))


@delete("/arena/bouts/{id_:str}", status_code=204)
async def remove(request: Ask, id_: str) -> None:
    """Delete it, with what both made and the vote."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await leaving.delete(db, me, id_of(id_))


@get("/arena/standings")
async def table(request: Ask) -> dict[str, Any]:
    """How all stand that ever took part, of a `kind`: score, the interval it lies in with 95 %, rank. Whose intervals overlap share a rank."""
    kind = contestants.kind_of(request.query_params.get("kind", "answer"))
    async with pool(request).reading() as db:
        found = await standings.read(db, kind)
    return {
        "kind": kind, "at": when(found.at) if found.at else None, "votes": found.told.votes, "people": found.told.people,
        "both_bad": found.told.both_bad, "standings": [line(one) for one in found.lines],
    }  # fmt: skip


@get("/arena/votes")
async def open_votes(request: Ask) -> dict[str, Any]:
    """The votes of those who let them teach and be in open datasets, oldest first, without anybody's name. `next`: for `after`."""
    after = parse(request.query_params.get("after", "")) or 0
    async with pool(request).reading() as db:
        found, following = await openly.votes(db, after=after)
    return {"votes": found, "next": str(following) if following else None}


routes = Router(
    "/api/bower/v1",
    route_handlers=[bring, own, read, picture, vote, take_back, remove, table, open_votes],
    exception_handlers={Exception: problem},
)
