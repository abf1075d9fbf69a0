"""The arena: two models on one prompt, side by side without their names; a vote; then who they were. And how all of them stand."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Stream

from bowerbird.accounts.people import Person
from bowerbird.assistant import quoting
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound, Refused, TooLarge, TooMany, Unavailable
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, id_of, passing, pool
from bowerbird.events import consent
from bowerbird.learning.arena import blind, bouts, bringing, contestants, leaving, openly, standings, votes
from bowerbird.learning.arena.bouts import Bout, Side
from bowerbird.learning.arena.contestants import Entrant, Kind
from bowerbird.moderation import decisions
from bowerbird.web import asking, ladder, live, markdown, render
from bowerbird.web.live import Watching

EARLIER = 12
TEACHES: dict[Kind, consent.Purpose] = {"answer": "train_assistant_feedback", "picture": "train_picture_picks"}


def _kind(request: Ask) -> Kind:
    return "picture" if request.query_params.get("kind") == "picture" else "answer"


@get("/arena")
async def begin(request: Ask) -> Response[Any]:
    """The page, open to anyone."""
    me = (await asking.visitor(request)).person
    said = request.query_params.get("prompt", "")[: bringing.LENGTH_MAX["answer"]]
    return await _page(request, me, _kind(request), said)


async def _page(request: Ask, me: Person | None, kind: Kind, said: str = "", status: int = 200, **own: Any) -> Response[Any]:
    before = parse(request.query_params.get("max_id"))
    looked = await contestants.look(kind)
    async with pool(request).reading() as db:
        here = list[Entrant]()
        with suppress(Unavailable):
            here = [one for one in await contestants.here(db, looked) if one.up]
        table = await standings.read(db, kind)
        earlier = await bouts.of(db, me, Page(before=before, limit=EARLIER)) if me else []
        both = await bouts.sides(db, earlier)
        shared = await asking.context(request, db, me)
    told: dict[str, Any] = {"wrong": "", "stopped": []} | own
    return asking.page(
        request, "pages/arena.jinja", shared, status=status, kind=kind, said=said, entrants=here,
        length_max=bringing.LENGTH_MAX[kind], table=table, ladder=ladder.of(table.lines[:5]), earlier=[(one, both[one.id]) for one in earlier],
        next=f"/arena?kind={kind}&max_id={earlier[-1].id}#earlier" if len(earlier) == EARLIER else None, **told,
    )  # fmt: skip


@post("/arena", status_code=303)
async def bring(request: Ask) -> Response[Any]:
    """Have two models try a prompt."""
    me = await asking.me(request)
    form = await asking.form(request)
    said = form.text("prompt")
    try:
        bout = await bringing.bring(pool(request), me, form.text("kind"), said)
    except (Invalid, TooLarge, TooMany, Conflict, Unavailable) as wrong:
        kind: Kind = "picture" if form.text("kind") == "picture" else "answer"
        stopped = list[Any]()
        if isinstance(wrong, Refused):
            async with pool(request).reading() as db:
                stopped = [await decisions.own(db, me, wrong.decision_id)]
        return await _page(request, me, kind, said[:4_000], wrong.status, wrong="" if stopped else wrong.said, stopped=stopped)
    return render.redirect(f"/arena/{bout.id}")


@get("/arena/standings")
async def table(request: Ask) -> Response[Any]:
    """How all stand that ever took part."""
    me, kind = (await asking.visitor(request)).person, _kind(request)
    async with pool(request).reading() as db:
        found = await standings.read(db, kind)
        shared = await asking.context(request, db, me)
    return asking.page(request, "pages/arena_standings.jinja", shared, kind=kind, table=found, ladder=ladder.of(found.lines))


@get("/arena/votes.jsonl")
async def open_votes(request: Ask) -> Response[bytes]:
    """The open votes, a line each; those after the vote of the last line are at the address in the Link header."""
    async with pool(request).reading() as db:
        found, following = await openly.votes(db, after=parse(request.query_params.get("after")) or 0)
    link = {"Link": f'</arena/votes.jsonl?after={following}>; rel="next"'} if following else {}
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in found)
    return Response(lines, media_type="application/jsonl", headers={"Cache-Control": "no-store", **link})


@get("/arena/{id_:str}")
async def read(request: Ask, id_: str) -> Response[Any]:
    """One's own bout."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        bout, sides = await bouts.see(db, me, id_of(id_))
        own = await _bout(db, me, bout, sides)
        shared = await asking.context(request, db, me)
    return asking.page(request, "pages/arena_bout.jinja", shared, **own)


async def _bout(db: Database, me: Person, bout: Bout, sides: tuple[Side, Side]) -> dict[str, Any]:
    links = quoting.links_of(bout.prompt)
    said, of_it = await consent.of(db, me.id), await consent.of_item(db, "bout", bout.id)
    allowed = {one: said[one] if of_it[one] is None else of_it[one] for one in (TEACHES[bout.kind], "public_dataset")}
    return {
        "bout": bout, "sides": [(one, markdown.rendered(one.text, (), links) if one.text else "") for one in sides],
        "ready": await bouts.ready(db, bout.id) if bout.under_way else 2, "teaches": bool(allowed[TEACHES[bout.kind]]),
        "openly": all(allowed.values()),
    }  # fmt: skip


class Meeting(Watching):
    """The stream of one bout: how many are ready, then that both are."""

    async def bout(self, id_: int, topics: list[str]) -> AsyncGenerator[bytes]:
        """`ready` as it changes, `done` at the end."""
        with self.hub.subscribe(*topics) as queue:
            sent = -1
            while await self._welcome():
                async with self.pool.reading() as db:
                    one, ready = await bouts.own(db, self.me, id_), await bouts.ready(db, id_)
                if not one.under_way:
                    yield live.event("done", one.state)
                    return
                if ready != sent:
                    sent = ready
                    yield live.event("ready", render.fragment("fragments/bout_ready.jinja", bout=one, ready=ready))
                if not await live.gathered(queue):
                    yield b": still here\n\n"


@get("/arena/{id_:str}/live")
async def watch(request: Ask, id_: str) -> Stream:
    """A bout until both are ready."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        bout = await bouts.own(db, me, id_of(id_))
        topics = await bouts.topics(db, bout.id)
    return Stream(live.told(Meeting(request, me).bout(bout.id, topics)), media_type="text/event-stream")


@get("/arena/{id_:str}/pictures/{side:str}")
async def picture(request: Ask, id_: str, side: str) -> Response[bytes]:
    """One side's picture; before the vote without the credentials that name its model."""
    me = await asking.me(request)
    return passing(await blind.picture(pool(request), me, id_of(id_), side))


@post("/arena/{id_:str}/{verb:str}", status_code=303)
async def act(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Vote, take the vote back, delete the bout."""
    me = await asking.me(request)
    form = await asking.form(request)
    bout_id = id_of(id_)
    where, toast, undo = f"/arena/{bout_id}", "", ""
    async with pool(request).transaction() as db:
        match verb:
            case "vote":
                await votes.vote(db, me, bout_id, form.text("winner"))
                toast, undo = "Voted.", f"/arena/{bout_id}/unvote"
            case "unvote":
                await votes.take_back(db, me, bout_id)
                toast = "Taken back. It counts for nothing."
            case "delete":
                await leaving.delete(db, me, bout_id)
                where, toast = "/arena", "Deleted, with what both made."
            case _:
                raise NotFound
    return render.redirect(where, toast=toast, undo=undo)


HANDLERS = [begin, bring, table, open_votes, read, watch, picture, act]
