"""What the assistant may remember, the tier that usually answers, and all one's conversations to take along or delete."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Stream

from bowerbird.accounts.people import Person
from bowerbird.assistant import conversations, export, memory
from bowerbird.assistant.conversations import Conversation
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.door import Ask, id_of, pool
from bowerbird.web import asking, render, talks

PAGE = "/settings/assistant"
STEP = 80


@get(PAGE)
async def read(request: Ask) -> Response[Any]:
    """The page."""
    me = await asking.me(request)
    return await _page(request, me)


async def _page(request: Ask, me: Person, *, status: int = 200, wrong: str = "") -> Response[str]:
    async with pool(request).reading() as db:
        facts, on, tier = await memory.of(db, me), await memory.on(db, me), await conversations.preferred(db, me)
        any_ = bool(await conversations.of(db, me, limit=1) or await conversations.of(db, me, archived=True, limit=1))
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "settings/assistant.jinja", shared, status=status, facts=facts, on=on, tier=tier, tiers=await talks.choices(), any=any_,
        offered=talks.offered(), facts_max=memory.FACTS_MAX, errors={"fact": wrong} if wrong else {},
    )  # fmt: skip


@post(f"{PAGE}/{{what:str}}", status_code=303)
async def change(request: Ask, what: str) -> Response[Any]:
    """Switch memory, choose the usual tier, keep a fact, delete all conversations."""
    me = await asking.me(request)
    form = await asking.form(request)
    toast = "Saved."
    async with pool(request).transaction() as db:
        match what:
            case "memory":
                await memory.switch(db, me, on=form.on("on"))
            case "tier":
                await conversations.prefer(db, me, form.text("tier"))
            case "facts":
                try:
                    await memory.keep(db, me, form.text("text"))
                except Invalid as refused:
                    return await _page(request, me, status=422, wrong=refused.said)
                toast = "Kept."
            case "delete":
                if not form.on("sure"):
                    return await _page(
                        request, me, status=422, wrong="Tick the box first, so that nothing is deleted by accident."
                    )
                toast = f"{await _delete_all(db, me)} conversations are gone, with all their messages."
            case _:
                raise NotFound
    return render.redirect(PAGE, toast=toast)


@post(f"{PAGE}/fact/{{id_:str}}", status_code=303)
async def fact(request: Ask, id_: str) -> Response[Any]:
    """Other words for a fact, or let it go."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        if form.text("then") == "forget":
            await memory.forget(db, me, id_of(id_))
            return render.redirect(PAGE, toast="Forgotten.")
        await memory.edit(db, me, id_of(id_), form.text("text"))
    return render.redirect(PAGE, toast="Saved.")


async def _delete_all(db: Database, me: Person) -> int:
    gone = 0
    for archived in (False, True):
        while found := await conversations.of(db, me, archived=archived, limit=STEP):
            for one in found:
                await conversations.delete(db, me, one.id)
            gone += len(found)
    return gone


@get(f"{PAGE}/export")
async def take_along(request: Ask) -> Stream:
    """Every conversation with all its branches, one a line (JSON Lines)."""
    me = await asking.me(request)
    headers = {"Content-Disposition": 'attachment; filename="conversations.jsonl"', "Cache-Control": "no-store"}
    return Stream(_everything(pool(request), me), media_type="application/jsonl", headers=headers)


async def _everything(pool_: Pool, me: Person) -> AsyncGenerator[bytes]:
    """Holds a connection for one conversation at a time."""
    for archived in (False, True):
        found = list[Conversation]()
        while True:
            async with pool_.reading() as db:
                found = await conversations.of(db, me, archived=archived, after_id=found[-1].id if found else None, limit=STEP)
            if not found:
                break
            for one in found:
                async with pool_.reading() as db:
                    data = msgspec.json.encode(await export.everything(db, one))
                yield data + b"\n"


HANDLERS = [read, change, fact, take_along]
