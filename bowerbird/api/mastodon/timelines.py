"""Timelines and notifications, with max_id/since_id/min_id and Link headers as clients expect."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.core import limits
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import parse
from bowerbird.core.settings import settings
from bowerbird.door import Ask, address_of, id_of, limit_of, person, pool, viewer
from bowerbird.gallery import cards, faces
from bowerbird.gallery.cards import Card
from bowerbird.social import notifications, search, timelines
from bowerbird.social.text import normal_tag
from bowerbird.social.timelines import Page

SEARCHES_MAX = 90  # a minute, by address


def page_of(request: Ask) -> Page:
    """Which stretch is asked for."""
    after = parse(request.query_params.get("min_id")) or parse(request.query_params.get("since_id"))
    return Page(parse(request.query_params.get("max_id")), after, limit_of(request))


def links(request: Ask, ids: list[int]) -> dict[str, str]:
    """The Link header that leads to the page before and after."""
    if not ids:
        return {}
    base = f"{settings().origin}{request.url.path}?limit={limit_of(request)}"
    return {"Link": f'<{base}&max_id={ids[-1]}>; rel="next", <{base}&min_id={ids[0]}>; rel="prev"'}


def paged(request: Ask, found: list[Card]) -> Response[bytes]:
    """Cards as a page of Statuses."""
    return Response(entities.statuses(found), media_type="application/json", headers=links(request, [c.entry_id for c in found]))


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
    return Response(entities.statuses(found), media_type="application/json", headers=links(request, [mark for mark, _ in kept]))


@get("/api/v1/notifications")
async def notified(request: Ask) -> Response[Any]:
    """What happened to oneself."""
    me = await person(request, "read:notifications")
    page = page_of(request)
    async with pool(request).reading() as db:
        told = await notifications.of(db, me.id, before=page.before, after=page.after, limit=page.limit)
        people = await faces.of(db, [n.from_id for n in told])
        seen = await timelines.of(db, me.id, [n.post_id for n in told if n.post_id])
        shown = {c.id: c for c in await cards.of(db, me, seen)}
    answer = [entities.notification(n, people[n.from_id], shown.get(n.post_id or 0)) for n in told]
    return Response(answer, headers=links(request, [n.id for n in told]))


@get("/api/v2/search")
async def find(request: Ask) -> Response[bytes]:
    """Posts by their words and people by their names."""
    me = await viewer(request, "read:search")
    query = request.query_params.get("q", "").strip()
    kind = request.query_params.get("type", "")
    if not query or len(query) > search.QUERY_LENGTH_MAX:
        raise Invalid(f"Say what to look for, in up to {search.QUERY_LENGTH_MAX} characters.")
    async with pool(request).transaction() as db:
        await limits.spend(db, f"search:{address_of(request)}", times_max=SEARCHES_MAX, window_s=60)
    async with pool(request).reading() as db:
        posts = [] if kind == "accounts" else await search.by_words(db, me.id if me else None, query, limit=limit_of(request))
        people = [] if kind == "statuses" else await faces.people.search(db, query.removeprefix("@"), limit=limit_of(request))
        found = await cards.of(db, me, posts)
        named = await faces.of(db, [p.id for p in people])
    accounts = entities.msgspec.json.encode([entities.account(named[p.id]) for p in people])
    body = b'{"accounts":' + accounts + b',"statuses":' + entities.statuses(found) + b',"hashtags":[]}'
    return Response(body, media_type="application/json")


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


routes = [
    Router("/api/v1/timelines", route_handlers=[home, public, tagged], exception_handlers={Exception: mastodon}),
    Router("/", route_handlers=[bookmarks, notified, find, profile], exception_handlers={Exception: mastodon}),
]
