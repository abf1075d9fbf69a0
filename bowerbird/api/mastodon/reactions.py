"""What one does with a status: like, boost, bookmark, pin, mute its conversation, and take each back; who did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Response, Router, get, post

from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.entities import as_json
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import accounts
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.door import Ask, body, id_of, person, pool, viewer
from bowerbird.gallery import cards
from bowerbird.social import names, pins, reactions
from bowerbird.social.posts import Post

REACTIONS_PER_5_MIN_MAX = 600
Verb = Callable[[Database, Person, int], Awaitable[Post]]
VERBS: dict[str, tuple[str, Verb]] = {
    "favourite": ("write:favourites", reactions.like),
    "unfavourite": ("write:favourites", reactions.unlike),
    "unreblog": ("write:statuses", reactions.unboost),
    "bookmark": ("write:bookmarks", reactions.bookmark),
    "unbookmark": ("write:bookmarks", reactions.unbookmark),
    "pin": ("write:accounts", pins.pin),
    "unpin": ("write:accounts", pins.unpin),
    "mute": ("write:mutes", pins.mute_thread),
    "unmute": ("write:mutes", pins.unmute_thread),
}


class Reblog(msgspec.Struct):
    """POST /api/v1/statuses/ID/reblog."""

    visibility: str = "public"


async def _done(request: Ask, scope: str, verb: Verb, id_: str) -> Response[bytes]:
    me = await person(request, scope)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"react:{me.id}", times_max=REACTIONS_PER_5_MIN_MAX, window_s=300)
        return as_json(entities.status(await cards.one(db, me, await verb(db, me, id_of(id_)))))


@post("/{id_:str}/reblog", status_code=200)
async def boost(request: Ask, id_: str) -> Response[bytes]:
    """Pass it on; the answer is the boost around it."""
    asked = await body(request, Reblog)
    return await _done(request, "write:statuses", lambda db, me, post_id: reactions.boost(db, me, post_id, asked.visibility), id_)


@post("/{id_:str}/{reaction:str}", status_code=200)
async def react(request: Ask, id_: str, reaction: str) -> Response[bytes]:
    """Like, bookmark, pin or mute, or take it back."""
    if reaction not in VERBS:
        await person(request, "write:statuses")
        raise NotFound
    return await _done(request, *VERBS[reaction], id_)


@get("/{id_:str}/favourited_by")
async def likers(request: Ask, id_: str) -> Response[list[dict[str, Any]]]:
    """Who liked it."""
    me = await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        found = await reactions.likers(db, me.id if me else None, id_of(id_), page_of(request, 40, 80))
        people = await names.unblocked(db, me.id if me else None, [other for _, other in found])
        return Response(await accounts(db, people), headers=links(request, [mark for mark, _ in found]))


@get("/{id_:str}/reblogged_by")
async def boosters(request: Ask, id_: str) -> Response[list[dict[str, Any]]]:
    """Who boosted it."""
    me = await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        found = await reactions.boosters(db, me.id if me else None, id_of(id_), page_of(request, 40, 80))
        return Response(await accounts(db, [other for _, other in found]), headers=links(request, [mark for mark, _ in found]))


routes = Router("/api/v1/statuses", route_handlers=[boost, react, likers, boosters], exception_handlers={Exception: mastodon})
