"""Private exchanges: who one writes with, what was said last, whether it is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import cards, faces
from bowerbird.gallery.cards import Card
from bowerbird.gallery.faces import Face
from bowerbird.social import conversations, entries
from bowerbird.social.conversations import Conversation
from bowerbird.web import asking, render

PAGE = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """One exchange as the page shows it: with whom, and its latest post."""

    id: int
    people: list[Face]
    last: Card
    unread: bool


@get("/messages")
async def exchanges(request: Ask) -> Response[Any]:
    """One's conversations, the liveliest first."""
    me = await asking.me(request)
    page = Page(before=parse(request.query_params.get("before")), limit=PAGE + 1)
    async with pool(request).reading() as db:
        found = await conversations.of(db, me, page)
        posts = await entries.of(db, me.id, [c.post_id for c in found[:PAGE]])
        said = {card.id: card for card in await cards.of(db, me, posts)}
        letters = await _letters(db, found[:PAGE], said)
        shared = await asking.context(request, db, me)
    following = f"/messages?before={found[PAGE - 1].last_id}" if len(found) > PAGE else None
    return asking.page(request, "pages/messages.jinja", shared, conversations=letters, next=following)


async def _letters(db: Database, found: list[Conversation], said: dict[int, Card]) -> list[Letter]:
    people = await faces.of(db, [id_ for c in found for id_ in (c.others or [c.account_id])])
    return [
        Letter(c.id, [people[id_] for id_ in (c.others or [c.account_id]) if id_ in people], said[c.post_id], c.unread)
        for c in found
        if c.post_id in said
    ]


@get("/messages/{id_:str}")
async def read(request: Ask, id_: str) -> Response[Any]:
    """A conversation, where its latest post stands; opening it marks it read."""
    me = await asking.me(request)
    async with pool(request).transaction() as db:
        found = await conversations.read(db, me, id_of(id_))
    return render.redirect(f"/posts/{found.post_id}#card-{found.post_id}")


@post("/messages/{id_:str}/{verb:str}", status_code=303)
async def change(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Come back to it later, or take it off one's list."""
    me = await asking.me(request)
    await asking.form(request)
    async with pool(request).transaction() as db:
        if verb == "unread":
            await conversations.read(db, me, id_of(id_), unread=True)
        elif verb == "remove":
            await conversations.remove(db, me, id_of(id_))
        else:
            raise NotFound
    return render.redirect("/messages", toast="Off your list. Its posts stay." if verb == "remove" else "Marked as new.")


HANDLERS = [exchanges, read, change]
