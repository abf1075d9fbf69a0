"""The private chat: the list, one conversation, a new one."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.assistant import conversations, export, messages
from bowerbird.assistant.messages import PICTURES_MAX, Said
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.settings import settings
from bowerbird.door import Ask, id_of, pool
from bowerbird.media import attachments
from bowerbird.moderation import screening
from bowerbird.web import asking, render, talks, teachings
from bowerbird.web.asking import Form

ALT_LENGTH_MAX = 1_500


async def shown(request: Ask, db: Database, me: Person, template: str, **own: Any) -> Response[str]:
    """A page of the chat with its list at the side."""
    asked = request.query_params
    archived, query = asked.get("archived") == "1", asked.get("q", "").strip()[:200]
    lines = await talks.listing(db, me, query, archived=archived, after=asked.get("after", ""))
    shared = await asking.context(request, db, me)
    frame = talks.frame(lines, await talks.choices(), query=query, archived=archived)
    return asking.page(request, template, shared, **frame, **own)


@get("/chat")
async def begin(request: Ask) -> Response[Any]:
    """A new one, with what it can do."""
    me = await asking.me(request)
    said = request.query_params.get("say", "")[:1_000]
    async with pool(request).reading() as db:
        tier = await conversations.preferred(db, me)
        return await shown(request, db, me, "pages/chat.jinja", talk=None, tier=tier, said=said)


@get("/chat/all")
async def all_(request: Ask) -> Response[Any]:
    """The list by itself: for small screens."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        return await shown(request, db, me, "pages/chat_all.jinja")


@get("/chat/{id_:str}")
async def read(request: Ask, id_: str) -> Response[Any]:
    """One conversation."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        talk = await talks.talk(db, me, id_of(id_))
        own = await teachings.of_talk(db, me, talk)
        return await shown(request, db, me, "pages/chat.jinja", talk=talk, tier=talk.conversation.tier, said="", **own)


@get("/chat/{id_:str}/export")
async def take_along(request: Ask, id_: str) -> Response[bytes]:
    """To take along: the branch that is shown as Markdown, or with `format=json` everything."""
    me = await asking.me(request)
    as_json = request.query_params.get("format") == "json"
    async with pool(request).reading() as db:
        one = await conversations.own(db, me, id_of(id_))
        data = msgspec.json.encode(await export.everything(db, one)) if as_json else await export.markdown(db, one)
    kind, end = ("application/json", "json") if as_json else ("text/markdown; charset=utf-8", "md")
    headers = {"Content-Disposition": f'attachment; filename="conversation-{one.id}.{end}"', "Cache-Control": "no-store"}
    return Response(data, media_type=kind, headers=headers)


@post("/chat", status_code=303)
async def first(request: Ask) -> Response[Any]:
    """Begin one with its first message."""
    me = await asking.me(request)
    form = await asking.form(request)
    talks.allow()
    media = await brought(request, me, form)
    async with pool(request).transaction() as db:
        tier = conversations.known(form.text("tier"))
        await conversations.prefer(db, me, tier)
        one = await conversations.begin(db, me, messages.titled(form.text("text")), tier)
        await messages.say(db, me, one.id, Said(text=form.text("text"), media_ids=media))
    return render.redirect(f"/chat/{one.id}")


@post("/chat/{id_:str}/messages", status_code=303)
async def say(request: Ask, id_: str) -> Response[Any]:
    """Say something at the end of the branch that is shown."""
    me = await asking.me(request)
    form = await asking.form(request)
    talks.allow()
    async with pool(request).reading() as db:
        one = await conversations.own(db, me, id_of(id_))
    media = await brought(request, me, form)
    async with pool(request).transaction() as db:
        await messages.say(db, me, one.id, Said(text=form.text("text"), media_ids=media))
    return render.redirect(f"/chat/{one.id}")


async def brought(request: Ask, me: Person, form: Form) -> list[int]:
    """The pictures that go along with a message: one's own uploads, seen only by oneself."""
    files = [f for f in form.files.get("pictures", []) if f.filename]
    if len(files) > PICTURES_MAX:
        raise Invalid(f"Up to {PICTURES_MAX} pictures go along with a message.")
    if not files:
        return []
    async with pool(request).transaction() as db:
        await attachments.allow(db, me.id, len(files))
    made = [await screening.brought(pool(request), me.id, await f.read(settings().upload_bytes_max + 1)) for f in files]
    alt = form.text("alt").strip()[:ALT_LENGTH_MAX]
    async with pool(request).transaction() as db:
        return [(await attachments.attach(db, me.id, one, alt=alt)).id for one in made]


@post("/chat/{id_:str}/{verb:str}", status_code=303)
async def change(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Stop the answer that is written in it, rename it, choose a tier, say whether it may teach, put it away, take it out, delete it."""
    me = await asking.me(request)
    form = await asking.form(request)
    where, toast, undo = f"/chat/{id_of(id_)}", "", ""
    async with pool(request).transaction() as db:
        one = await conversations.own(db, me, id_of(id_))
        match verb:
            case "title":
                await conversations.rename(db, me, one.id, form.text("title"))
            case "tier":
                await conversations.choose(db, me, one.id, form.text("tier"))
            case "teach":
                await conversations.consent_to(db, me, one.id, teachings.answers(form, conversations.TEACHES))
                toast = "Saved. The next dataset follows it."
            case "stop":
                await messages.stop(db, me, (await messages.head(db, one)).id)
            case "archive":
                await conversations.archive(db, me, one.id, archived=True)
                where, toast, undo = "/chat", "Put away. You find it under “Archived”.", f"/chat/{one.id}/unarchive"
            case "unarchive":
                await conversations.archive(db, me, one.id, archived=False)
            case "delete":
                await conversations.delete(db, me, one.id)
                where, toast = "/chat", "Deleted, with all its messages."
            case _:
                raise NotFound
    return render.redirect(where, toast=toast, undo=undo)


HANDLERS = [begin, all_, read, take_along, first, say, change]
