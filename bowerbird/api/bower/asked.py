"""Asking the assistant under a post, its stamps, "no AI here", and people's corrections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Router, delete, get, post, put
from litestar.response import Stream

from bowerbird.accounts.people import Person
from bowerbird.api.errors import problem
from bowerbird.assistant import asked, corrections
from bowerbird.assistant.asked import Asked, Question
from bowerbird.assistant.corrections import Correction
from bowerbird.core.database import Pool
from bowerbird.core.errors import NotFound
from bowerbird.core.live import Hub
from bowerbird.door import Ask, body, id_of, person, pool, viewer
from bowerbird.social import posts

STREAM_S_MAX = 150
QUIET_S = 15.0
OVER = ("done", "failed", "refused")


class NewQuestion(msgspec.Struct, kw_only=True):
    """POST …/posts/{id}/asked."""

    task: str = "answer"  # explain, summarise, check, draw, answer
    text: str = ""
    aloud: bool = False  # false: for the asker's eyes alone


class Closed(msgspec.Struct, kw_only=True):
    """PUT …/posts/{id}/assistant."""

    closed: bool


class NewCorrection(msgspec.Struct, kw_only=True):
    """POST …/posts/{id}/corrections."""

    kind: str
    note: str = ""


class Agreement(msgspec.Struct, kw_only=True):
    """PUT …/corrections/{id}/agreement."""

    agrees: bool


def stamp(one: Asked) -> dict[str, Any]:
    """How an answer came to be, for everyone who may see it."""
    return {
        "task": one.task, "tier": one.tier, "model": one.model, "release": one.release or None, "why": one.why, "prompt_hash": one.prompt_hash,
        "read_ids": [str(id_) for id_ in one.read_ids], "cited_ids": [str(id_) for id_ in one.cited_ids],
        "prompt_tokens": one.prompt_tokens, "tokens": one.tokens, "first_ms": one.first_ms,
        "seconds": round(one.seconds, 2) if one.seconds is not None else None, "answered_at": one.answered_at,
    }  # fmt: skip


def entity(one: Asked) -> dict[str, Any]:
    """A question of one's own, as JSON."""
    return {
        "id": str(one.id), "post_id": str(one.post_id), "mention_id": str(one.mention_id) if one.mention_id else None, "aloud": one.aloud,
        "state": one.state, "reason": one.reason or None, "text": one.said, "answer": one.answer,
        "answer_id": str(one.answer_id) if one.answer_id else None, **stamp(one),
    }  # fmt: skip


def correction_entity(one: Correction) -> dict[str, Any]:
    """A correction as JSON."""
    return {
        "id": str(one.id), "account_id": str(one.account_id), "kind": one.kind, "note": one.note, "shown": one.shown_at is not None,
        "agree": one.agree, "disagree": one.disagree, "mine": one.mine,
    }  # fmt: skip


@post("/posts/{id_:str}/asked", status_code=202)
async def ask(request: Ask, id_: str) -> dict[str, Any]:
    """Ask under a post. 403 with the reason where its author wants no AI."""
    me = await person(request, "write")
    new = await body(request, NewQuestion)
    async with pool(request).transaction() as db:
        wanted = Question(new.task, new.text)  # pyright: ignore[reportArgumentType] — `ask` refuses what is no task
        return entity(await asked.ask(db, me, id_of(id_), wanted, aloud=new.aloud))


@get("/posts/{id_:str}/asked")
async def under(request: Ask, id_: str) -> list[dict[str, Any]]:
    """What one asked oneself about a post, or with it, the newest first; what was refused with the reason."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        await posts.see(db, me.id, id_of(id_))
        return [entity(one) for one in await asked.under(db, me, id_of(id_))]


@get("/asked/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """One of one's own."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        return entity(await asked.own(db, me, id_of(id_)))


@get("/asked/{id_:str}/events")
async def events(request: Ask, id_: str) -> Stream:
    """The answer as it is written: `words` with all of it so far, then `done`, `failed` or `refused`."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        one = await asked.own(db, me, id_of(id_))
    return Stream(_events(pool(request), request.app.state.hub, me, one.id), media_type="text/event-stream")


async def _events(pool_: Pool, hub: Hub, me: Person, id_: int) -> AsyncIterator[bytes]:
    with hub.subscribe(f"asked:{id_}") as news:
        until, sent = time.monotonic() + STREAM_S_MAX, ""
        while time.monotonic() < until:
            async with pool_.reading() as db:
                now = await asked.own(db, me, id_)
            if now.answer != sent:
                sent = now.answer
                yield _event("words", {"text": sent})
            if now.state in OVER:
                yield _event(now.state, entity(now))
                return
            try:
                await asyncio.wait_for(news.get(), QUIET_S)
            except TimeoutError:
                yield b": still here\n\n"
            while not news.empty():
                news.get_nowait()


def _event(name: str, data: object) -> bytes:
    return f"event: {name}\n".encode() + b"data: " + msgspec.json.encode(data) + b"\n\n"


@get("/posts/{id_:str}/stamp")
async def read_stamp(request: Ask, id_: str) -> dict[str, Any]:
    """How an answer of the assistant came to be, and what people say of it. For everyone who may see the post."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        found = await posts.see(db, me.id if me else None, id_of(id_))
        stamps = await asked.stamps(db, [found.id])
        if found.id not in stamps:
            raise NotFound("No answer of the assistant.")
        said = await corrections.of(db, me, found.id)
    return {**stamp(stamps[found.id]), "corrections": [correction_entity(one) for one in said]}


@put("/posts/{id_:str}/assistant")
async def close(request: Ask, id_: str) -> dict[str, bool]:
    """ "No AI here" under one's own post, or not any more."""
    me = await person(request, "write")
    wanted = await body(request, Closed)
    async with pool(request).transaction() as db:
        await asked.close(db, me, id_of(id_), closed=wanted.closed)
    return {"closed": wanted.closed}


@post("/posts/{id_:str}/corrections", status_code=200)
async def correct(request: Ask, id_: str) -> dict[str, Any]:
    """Say what is wrong with an answer of the assistant."""
    me = await person(request, "write")
    new = await body(request, NewCorrection)
    async with pool(request).transaction() as db:
        return correction_entity(await corrections.correct(db, me, id_of(id_), new.kind, new.note))


@put("/corrections/{id_:str}/agreement")
async def agree(request: Ask, id_: str) -> dict[str, Any]:
    """Say whether one agrees with somebody's correction."""
    me = await person(request, "write")
    given = await body(request, Agreement)
    async with pool(request).transaction() as db:
        return correction_entity(await corrections.agree(db, me, id_of(id_), agrees=given.agrees))


@delete("/corrections/{id_:str}", status_code=204)
async def withdraw(request: Ask, id_: str) -> None:
    """Take one's own correction back, or as a moderator anybody's away."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await corrections.withdraw(db, me, id_of(id_))


routes = Router(
    "/api/bower/v1",
    route_handlers=[ask, under, read, events, read_stamp, close, correct, agree, withdraw],
    exception_handlers={Exception: problem},
)
