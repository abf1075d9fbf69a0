"""Timelines, with max_id/since_id/min_id and Link headers as clients expect."""

from __future__ import annotations

from litestar import Response, Router, get

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.entities import as_json
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.door import Ask, id_of, person, pool, viewer
from bowerbird.gallery import cards
from bowerbird.gallery.cards import Card
from bowerbird.social import timelines
from bowerbird.social.text import normal_tag


def paged(request: Ask, found: list[Card]) -> Response[bytes]:
    """Cards as a page of Statuses."""
    return as_json(entities.statuses(found), links(request, [c.entry_id for c in found]))


@get("/home")
async def home(request: Ask) -> Response[bytes]:
    """Those one follows."""
    me = await person(request, "read:statuses")
    async with pool(request).reading() as db:
        return paged(request, await cards.of(db, me, await timelines.home(db, me.id, page_of(request))))


@get("/public")
async def public(request: Ask) -> Response[bytes]:
    """Everything public said here."""
    me = await viewer(request, "read:statuses")
    async with pool(request).reading() as db:
        return paged(request, await cards.of(db, me, await timelines.local(db, me.id if me else None, page_of(request))))


@get("/tag/{tag:str}")
async def tagged(request: Ask, tag: str) -> Response[bytes]:
    """Public posts under a hashtag."""
    me = await viewer(request, "read:statuses")
    async with pool(request).reading() as db:
        found = await timelines.tagged(db, me.id if me else None, normal_tag(tag), page_of(request))
        return paged(request, await cards.of(db, me, found))


@get("/api/v1/bookmarks")
async def bookmarks(request: Ask) -> Response[bytes]:
    """What one kept; paged by the bookmarks' own ids."""
    me = await person(request, "read:bookmarks")
    async with pool(request).reading() as db:
        kept = await timelines.bookmarks(db, me.id, page_of(request))
        found = await cards.of(db, me, [post for _, post in kept])
    return as_json(entities.statuses(found), links(request, [mark for mark, _ in kept]))


@get("/api/v1/accounts/{id_:str}/statuses")
async def profile(request: Ask, id_: str) -> Response[bytes]:
    """What someone said."""
    me = await viewer(request, "read:statuses")
    asked = request.query_params
    async with pool(request).reading() as db:
        found = await timelines.profile(
            db, me.id if me else None, id_of(id_), page_of(request), replies=asked.get("exclude_replies") != "true",
            boosts=asked.get("exclude_reblogs") != "true", media_only=asked.get("only_media") == "true",
        )  # fmt: skip
        return paged(request, await cards.of(db, me, found))


routes = Router(
    "/", route_handlers=[Router("/api/v1/timelines", route_handlers=[home, public, tagged]), bookmarks, profile],
    exception_handlers={Exception: mastodon},
)  # fmt: skip
