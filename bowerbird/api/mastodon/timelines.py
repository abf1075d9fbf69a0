"""Timelines, with max_id/since_id/min_id and Link headers as clients expect."""

from __future__ import annotations

from litestar import Response, Router, get

from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.entities import as_json
from bowerbird.api.mastodon.lists import FOR_YOU_ID
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.core.errors import Invalid
from bowerbird.door import Ask, flag_of, id_of, person, pool, viewer
from bowerbird.feed import slates
from bowerbird.gallery import cards
from bowerbird.gallery.cards import Card
from bowerbird.social import timelines
from bowerbird.social.text import normal_tag
from bowerbird.social.timelines import Tags

TAGS_MAX = 4  # beside the first, of each kind
NOBODY_ELSE = "This house knows no other houses."


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
    """Everything public said here; nothing where only other houses are asked for."""
    me = await viewer(request, "read:statuses")
    if flag_of(request, "remote"):
        return paged(request, [])
    async with pool(request).reading() as db:
        media_only = flag_of(request, "only_media")
        found = await timelines.local(db, me.id if me else None, page_of(request), media_only=media_only)
        return paged(request, await cards.of(db, me, found))


@get("/tag/{tag:str}")
async def tagged(request: Ask, tag: str) -> Response[bytes]:
    """Public posts under a hashtag, and with others or without them."""
    me = await viewer(request, "read:statuses")
    any_, all_, none = ([normal_tag(t) for t in request.query_params.getall(f"{name}[]", [])[:TAGS_MAX]] for name in Tags._fields)
    async with pool(request).reading() as db:
        found = await timelines.tagged(
            db, me.id if me else None, normal_tag(tag), page_of(request), also=Tags(any_, all_, none), media_only=flag_of(request, "only_media")
        )  # fmt: skip
        return paged(request, await cards.of(db, me, found))


@get("/link")
async def linked(request: Ask) -> Response[bytes]:
    """Public posts that link to an address."""
    me = await viewer(request, "read:statuses")
    url = request.query_params.get("url", "")[:2000]
    if not url:
        raise Invalid("Say which address: ?url=…")
    async with pool(request).reading() as db:
        return paged(request, await cards.of(db, me, await timelines.linked(db, me.id if me else None, url, page_of(request))))


@get("/list/{id_:str}")
async def listed(request: Ask, id_: str) -> Response[bytes]:
    """What the members of one's list say; the list called For You is the ranked feed."""
    me = await person(request, "read:lists")
    if id_of(id_) == FOR_YOU_ID:
        return await _for_you(request, me)
    async with pool(request).reading() as db:
        return paged(request, await cards.of(db, me, await timelines.listed(db, me.id, id_of(id_), page_of(request))))


async def _for_you(request: Ask, me: Person) -> Response[bytes]:
    """The feed as programs page: what comes after the last post they have; there is nothing before its first."""
    wanted = page_of(request)
    if wanted.upward:
        return paged(request, [])
    cursor = ""
    if wanted.before:
        async with pool(request).reading() as db:
            cursor = await slates.after_post(db, me, wanted.before)
        if not cursor:
            return paged(request, [])
    found = await slates.page(pool(request), me, cursor, wanted.limit)
    async with pool(request).reading() as db:
        ready = await cards.of(db, me, [one.entry for one in found.posts])
    return as_json(entities.statuses(ready), links(request, [card.entry_id for card in ready]) if found.next else None)


@get("/api/v1/bookmarks")
async def bookmarks(request: Ask) -> Response[bytes]:
    """What one kept; paged by the bookmarks' own ids."""
    me = await person(request, "read:bookmarks")
    async with pool(request).reading() as db:
        kept = await timelines.kept(db, me.id, "bookmarks", page_of(request))
        found = await cards.of(db, me, [post for _, post in kept])
    return as_json(entities.statuses(found), links(request, [mark for mark, _ in kept]))


@get("/api/v1/favourites")
async def favourites(request: Ask) -> Response[bytes]:
    """What one liked; paged by the likes' own ids."""
    me = await person(request, "read:favourites")
    async with pool(request).reading() as db:
        kept = await timelines.kept(db, me.id, "likes", page_of(request))
        found = await cards.of(db, me, [post for _, post in kept])
    return as_json(entities.statuses(found), links(request, [mark for mark, _ in kept]))


@get("/api/v1/accounts/{id_:str}/statuses")
async def profile(request: Ask, id_: str) -> Response[bytes]:
    """What someone said."""
    me = await viewer(request, "read:statuses")
    async with pool(request).reading() as db:
        found = await timelines.profile(
            db, me.id if me else None, id_of(id_), page_of(request), replies=not flag_of(request, "exclude_replies"),
            boosts=not flag_of(request, "exclude_reblogs"), media_only=flag_of(request, "only_media"), pinned=flag_of(request, "pinned"),
            tag=normal_tag(request.query_params.get("tagged", "").removeprefix("#")),
        )  # fmt: skip
        return paged(request, await cards.of(db, me, found))


routes = Router(
    "/", route_handlers=[Router("/api/v1/timelines", route_handlers=[home, public, tagged, linked, listed]), bookmarks, favourites, profile],
    exception_handlers={Exception: mastodon},
)  # fmt: skip
