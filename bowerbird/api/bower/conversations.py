"""Private conversations with the assistant: say, watch the answer come, ask again, branch, rate, and what it may remember."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Response, Router, delete, get, patch, post, put
from litestar.response import Stream

from bowerbird.accounts.people import Person
from bowerbird.api.errors import problem
from bowerbird.assistant import calls, conversations, export, memory, messages, prompts
from bowerbird.assistant.calls import Call
from bowerbird.assistant.conversations import Conversation
from bowerbird.assistant.messages import Message, Said
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import at, parse
from bowerbird.core.live import Hub
from bowerbird.door import Ask, body, flag_of, id_of, limit_of, person, pool
from bowerbird.inference import chat

STREAM_S_MAX = 300
QUIET_S = 15.0


class NewMessage(msgspec.Struct, kw_only=True):
    """POST …/conversations, …/conversations/{id}/messages and …/messages/{id}/rewording."""

    text: str = ""
    media_ids: list[str] = []
    tier: str = ""  # full, mini, nano; "": as the conversation has it, else the router decides


class Change(msgspec.Struct, kw_only=True):
    """PATCH …/conversations/{id}: what is left out stays."""

    title: str | None = None
    tier: str | None = None
    archived: bool | None = None
    head_id: str | None = None  # show the branch this message stands in


class Rating(msgspec.Struct, kw_only=True):
    """PUT …/messages/{id}/rating."""

    thumb: int
    reasons: list[str] = []
    note: str = ""


class Keep(msgspec.Struct, kw_only=True):
    """POST …/memory and PUT …/memory/{id}."""

    text: str


class Switch(msgspec.Struct, kw_only=True):
    """PUT …/memory."""

    on: bool


def conversation_entity(one: Conversation) -> dict[str, Any]:
    """A conversation as JSON."""
    return {
        "id": str(one.id), "title": one.title, "tier": one.tier or None, "head_id": str(one.head_id) if one.head_id else None,
        "summary": one.summary or None, "archived": one.archived_at is not None, "updated_at": one.updated_at, "created_at": at(one.id),
    }  # fmt: skip


def call_entity(call: Call) -> dict[str, Any]:
    """What a tool was asked and answered, as JSON."""
    return {
        "id": str(call.id), "tool": call.tool, "asked": call.asked, "state": call.state, "answer": call.answer,
        "seconds": round(call.seconds, 2) if call.seconds is not None else None,
    }  # fmt: skip


def message_entity(one: Message, called: list[Call], siblings: list[int]) -> dict[str, Any]:
    """A message as JSON; of an answer, how it came to be."""
    entity: dict[str, Any] = {
        "id": str(one.id), "conversation_id": str(one.conversation_id), "parent_id": str(one.parent_id) if one.parent_id else None,
        "role": one.role, "text": one.text, "media_ids": [str(id_) for id_ in one.media_ids], "created_at": at(one.id),
        "sibling_ids": [str(id_) for id_ in siblings],
    }  # fmt: skip
    if one.role == "assistant":
        entity |= {
            "state": one.state, "tier": one.tier, "model": one.model, "release": one.release or None, "why": one.why, "note": one.note or None,
            "prompt_hash": one.prompt_hash, "prompt_tokens": one.prompt_tokens, "tokens": one.tokens, "first_ms": one.first_ms,
            "seconds": round(one.seconds, 2) if one.seconds is not None else None, "sources": one.sources,
            "calls": [call_entity(call) for call in called], "thumb": one.thumb, "thumb_reasons": one.thumb_reasons,
            "thumb_note": one.thumb_note or None,
        }  # fmt: skip
    return entity


async def shown(db: Database, shown_: list[Message]) -> list[dict[str, Any]]:
    """Messages with their calls and siblings."""
    called = await calls.of(db, [one.id for one in shown_])
    beside = await messages.siblings(db, shown_)
    return [message_entity(one, called.get(one.id, []), beside.get(one.id, [])) for one in shown_]


@get("/conversations")
async def listing(request: Ask) -> list[dict[str, Any]]:
    """One's own, the last used first. `q` looks in titles and messages; `archived`; `after` an id of the list, for the next page."""
    me = await person(request, "read")
    asked = request.query_params
    async with pool(request).reading() as db:
        found = await conversations.of(
            db,
            me,
            archived=flag_of(request, "archived"),
            query=asked.get("q", ""),
            after_id=parse(asked.get("after")),
            limit=limit_of(request),
        )
    return [conversation_entity(one) for one in found]


@post("/conversations", status_code=202)
async def begin(request: Ask) -> dict[str, Any]:
    """Begin one with its first message; the answer is on its way."""
    me = await person(request, "write")
    new = await body(request, NewMessage)
    async with pool(request).transaction() as db:
        tier = conversations.known(new.tier) or await conversations.preferred(db, me)
        conversation = await conversations.begin(db, me, messages.titled(new.text), tier)
        said, answer = await messages.say(db, me, conversation.id, _said(new))
        conversation = await conversations.own(db, me, conversation.id)
        return {"conversation": conversation_entity(conversation), "messages": await shown(db, [said, answer])}


@get("/conversations/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """One, with the branch that is shown."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        conversation = await conversations.own(db, me, id_of(id_))
        branch = await messages.branch(db, conversation.head_id)
        return {"conversation": conversation_entity(conversation), "messages": await shown(db, branch)}


@patch("/conversations/{id_:str}")
async def change(request: Ask, id_: str) -> dict[str, Any]:
    """Rename, archive, choose a tier, show another branch."""
    me = await person(request, "write")
    wanted = await body(request, Change)
    async with pool(request).transaction() as db:
        conversation = await conversations.own(db, me, id_of(id_))
        if wanted.title is not None:
            conversation = await conversations.rename(db, me, conversation.id, wanted.title)
        if wanted.tier is not None:
            conversation = await conversations.choose(db, me, conversation.id, wanted.tier)
        if wanted.archived is not None:
            conversation = await conversations.archive(db, me, conversation.id, archived=wanted.archived)
        if wanted.head_id is not None:
            head = await messages.own(db, me, id_of(wanted.head_id))
            if head.conversation_id != conversation.id:
                raise Invalid("That message stands in another conversation.")
            conversation = await messages.turn_to(db, me, head.id)
    return conversation_entity(conversation)


@delete("/conversations/{id_:str}", status_code=204)
async def remove(request: Ask, id_: str) -> None:
    """Delete it with all its messages, for good."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await conversations.delete(db, me, id_of(id_))


@get("/conversations/{id_:str}/export")
async def take_along(request: Ask, id_: str) -> Response[bytes]:
    """All of it, every branch: `format=markdown` (the branch that is shown) or `json` (everything)."""
    me = await person(request, "read")
    markdown = request.query_params.get("format") == "markdown"
    async with pool(request).reading() as db:
        conversation = await conversations.own(db, me, id_of(id_))
        data = (
            await export.markdown(db, conversation)
            if markdown
            else msgspec.json.encode(await export.everything(db, conversation))
        )
    kind, end = ("text/markdown; charset=utf-8", "md") if markdown else ("application/json", "json")
    headers = {"Content-Disposition": f'attachment; filename="conversation-{conversation.id}.{end}"'}
    return Response(data, media_type=kind, headers=headers)


@post("/conversations/{id_:str}/messages", status_code=202)
async def say(request: Ask, id_: str) -> list[dict[str, Any]]:
    """Say something at the end of the branch that is shown: it, and the answer that is on its way."""
    me = await person(request, "write")
    new = await body(request, NewMessage)
    async with pool(request).transaction() as db:
        return await shown(db, list(await messages.say(db, me, id_of(id_), _said(new))))


@get("/messages/{id_:str}")
async def one(request: Ask, id_: str) -> dict[str, Any]:
    """One message of one's own."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        return (await shown(db, [await messages.own(db, me, id_of(id_))]))[0]


@post("/messages/{id_:str}/rewording", status_code=202)
async def reword(request: Ask, id_: str) -> list[dict[str, Any]]:
    """Say one's own message in other words: a branch beside it."""
    me = await person(request, "write")
    new = await body(request, NewMessage)
    async with pool(request).transaction() as db:
        return await shown(db, list(await messages.reword(db, me, id_of(id_), _said(new))))


@post("/messages/{id_:str}/sibling", status_code=202)
async def again(request: Ask, id_: str) -> dict[str, Any]:
    """Another answer beside this one, with `tier` by another tier."""
    me = await person(request, "write")
    wanted = await body(request, NewMessage)
    async with pool(request).transaction() as db:
        return (await shown(db, [await messages.again(db, me, id_of(id_), wanted.tier)]))[0]


@post("/messages/{id_:str}/stop", status_code=200)
async def stop(request: Ask, id_: str) -> dict[str, Any]:
    """Stop an answer; what was written stays."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        return (await shown(db, [await messages.stop(db, me, id_of(id_))]))[0]


@put("/messages/{id_:str}/rating")
async def rate(request: Ask, id_: str) -> dict[str, Any]:
    """Thumb up or down, with reasons."""
    me = await person(request, "write")
    given = await body(request, Rating)
    async with pool(request).transaction() as db:
        return (await shown(db, [await messages.rate(db, me, id_of(id_), given.thumb, given.reasons, given.note)]))[0]


@post("/calls/{id_:str}/press", status_code=200)
async def press(request: Ask, id_: str) -> dict[str, Any]:
    """Have done what the assistant proposed."""
    me = await person(request, "write")
    return call_entity(await calls.press(pool(request), me, id_of(id_)))


@delete("/calls/{id_:str}", status_code=200)
async def decline(request: Ask, id_: str) -> dict[str, Any]:
    """Do not have it done."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        return call_entity(await calls.decline(db, me, id_of(id_)))


@get("/messages/{id_:str}/events")
async def events(request: Ask, id_: str) -> Stream:
    """An answer as it is written: `words` ({from, text}: from that character on it reads so), `call`, and `done`, `stopped` or `failed` with all of
    it. Come back after a break with `from` or Last-Event-ID: the number of characters one has."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        first = await messages.own(db, me, id_of(id_))
    since = request.headers.get("last-event-id") or request.query_params.get("from", "")
    has = int(since) if since.isascii() and since.isdigit() and len(since) < 7 else 0
    return Stream(_events(pool(request), request.app.state.hub, me, first.id, has), media_type="text/event-stream")


async def _events(pool_: Pool, hub: Hub, me: Person, id_: int, has: int) -> AsyncIterator[bytes]:
    """Holds no connection between two events."""
    with hub.subscribe(f"message:{id_}") as news:
        before, marks = None, dict[int, str]()
        until = time.monotonic() + STREAM_S_MAX
        while time.monotonic() < until:
            async with pool_.reading() as db:
                now = await messages.own(db, me, id_)
                called = (await calls.of(db, [id_])).get(id_, [])
                entity = (await shown(db, [now]))[0] if not now.under_way else {}
            for call in called:
                if marks.get(call.id) != call.state:
                    marks[call.id] = call.state
                    yield _event("call", call_entity(call), has)
            if before is None:
                before = now.text[:has]
            same = _common(before, now.text)
            if now.text != before:
                before, has = now.text, len(now.text)
                yield _event("words", {"from": same, "text": now.text[same:]}, has)
            if not now.under_way:
                yield _event(now.state, entity, has)
                return
            try:
                await asyncio.wait_for(news.get(), QUIET_S)
            except TimeoutError:
                yield b": still here\n\n"
            while not news.empty():
                news.get_nowait()


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    if other.startswith(one):
        return len(one)
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _event(name: str, data: object, has: int) -> bytes:
    return f"id: {has}\nevent: {name}\n".encode() + b"data: " + msgspec.json.encode(data) + b"\n\n"


def _said(new: NewMessage) -> Said:
    ids = [parse(text) for text in new.media_ids]
    if None in ids:
        raise Invalid("media_ids are ids of your own pictures.")
    return Said(text=new.text, media_ids=[id_ for id_ in ids if id_], tier=new.tier)


@get("/memory")
async def remembered(request: Ask) -> dict[str, Any]:
    """Whether facts are used, and all that are kept."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        facts = await memory.of(db, me)
        return {
            "on": await memory.on(db, me),
            "facts": [{"id": str(one.id), "text": one.text, "at": at(one.id)} for one in facts],
        }


@put("/memory")
async def switch(request: Ask) -> dict[str, bool]:
    """Use facts, or leave them alone."""
    me = await person(request, "write")
    wanted = await body(request, Switch)
    async with pool(request).transaction() as db:
        await memory.switch(db, me, on=wanted.on)
    return {"on": wanted.on}


@post("/memory", status_code=200)
async def keep(request: Ask) -> dict[str, Any]:
    """Keep a fact."""
    me = await person(request, "write")
    new = await body(request, Keep)
    async with pool(request).transaction() as db:
        fact = await memory.keep(db, me, new.text)
    return {"id": str(fact.id), "text": fact.text}


@put("/memory/{id_:str}")
async def edit(request: Ask, id_: str) -> dict[str, Any]:
    """Other words for one."""
    me = await person(request, "write")
    new = await body(request, Keep)
    async with pool(request).transaction() as db:
        fact = await memory.edit(db, me, id_of(id_), new.text)
    return {"id": str(fact.id), "text": fact.text}


@delete("/memory/{id_:str}", status_code=204)
async def forget(request: Ask, id_: str) -> None:
    """Let one go."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await memory.forget(db, me, id_of(id_))


@get("/assistant")
async def about() -> dict[str, Any]:
    """Who answers here: the tiers with their models and whether they are up, and the system prompts with all their versions. For anyone."""
    tiers = [
        {"tier": one.tier, "model": one.model, "endpoint": one.endpoint, "up": one.up, "since": one.since}
        for one in await chat.state()
    ]
    told = {
        door: [{"hash": one.hash, "since": one.since, "note": one.note, "words": one.words} for one in prompts.versions(door)]
        for door in prompts.DOORS
    }
    return {"tiers": tiers, "prompts": told}


routes = Router(
    "/api/bower/v1",
    route_handlers=[
        listing, begin, read, change, remove, take_along, say, one, reword, again, stop, rate, press, decline, events, remembered, switch, keep,
        edit, forget, about,
    ],
    exception_handlers={Exception: problem},
)  # fmt: skip
