"""Private exchanges, each with what was said last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post

from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import account
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.door import Ask, id_of, person, pool
from bowerbird.gallery import cards, faces
from bowerbird.social import conversations, entries
from bowerbird.social.conversations import Conversation


async def entities_of(db: Database, me: Person, found: Sequence[Conversation]) -> list[dict[str, Any]]:
    """Conversations as Mastodon says them; one with oneself names oneself."""
    people = await faces.of(db, [id_ for c in found for id_ in c.others or [me.id]])
    posts = await entries.of(db, me.id, [c.post_id for c in found])
    shown = {card.id: card for card in await cards.of(db, me, posts)}
    return [
        {
            "id": str(c.id),
            "unread": c.unread,
            "accounts": [account(people[id_]) for id_ in c.others or [me.id] if id_ in people],
            "last_status": msgspec.Raw(entities.status(shown[c.post_id])) if c.post_id in shown else None,
        }
        for c in found
    ]


@get("/conversations")
async def mine(request: Ask) -> Response[Any]:
    """One's conversations, the liveliest first."""
    me = await person(request, "read:statuses")
    async with pool(request).reading() as db:
        found = await conversations.of(db, me, page_of(request))
        answer = await entities_of(db, me, found)
    return Response(answer, headers=links(request, [c.last_id for c in found]))


@post("/conversations/{id_:str}/{step:str}", status_code=200)
async def read(request: Ask, id_: str, step: str) -> dict[str, Any]:
    """Say that one has read it, or wants to come back to it."""
    me = await person(request, "write:conversations")
    if step not in ("read", "unread"):
        raise Invalid("A conversation can be read or unread.")
    async with pool(request).transaction() as db:
        found = await conversations.read(db, me, id_of(id_), unread=step == "unread")
        return (await entities_of(db, me, [found]))[0]


@delete("/conversations/{id_:str}", status_code=200)
async def remove(request: Ask, id_: str) -> dict[str, Any]:
    """Take it off one's list."""
    me = await person(request, "write:conversations")
    async with pool(request).transaction() as db:
        await conversations.remove(db, me, id_of(id_))
    return {}


routes = Router("/api/v1", route_handlers=[mine, read, remove], exception_handlers={Exception: mastodon})
