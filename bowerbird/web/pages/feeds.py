"""Following, Local and bookmarks: pages of posts with a way on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, pool
from bowerbird.feed import preferences
from bowerbird.gallery import cards, challenges, discover, faces
from bowerbird.gallery.cards import Card
from bowerbird.social import announcements, filters, timelines
from bowerbird.social.entries import Entry
from bowerbird.social.posts import Post
from bowerbird.social.text import html
from bowerbird.studio.styles import STYLES
from bowerbird.web import asking, easels, render

PAGE = 20
WALL = 24
SINCE_EVER = "1"  # in an empty feed the first post that arrives is news too


def page_of(request: Ask, limit: int = PAGE) -> Page:
    """Which stretch is asked for: `?before=ID`. One more than shown, to know whether there is a way on."""
    return Page(before=parse(request.query_params.get("before")), limit=limit + 1)


def on(request: Ask, ids: list[int], limit: int = PAGE) -> str | None:
    """The address of the next page, None at the end."""
    if len(ids) <= limit:
        return None
    asked = {key: value for key, value in request.query_params.items() if key in ("q", "kind", "tab", "as")}
    return f"{request.url.path}?{urlencode({**asked, 'before': ids[limit - 1]})}"


async def shown(
    db: Database, me: Person | None, found: Sequence[Entry | Post], limit: int = PAGE, context: str = "home"
) -> list[Card]:
    """Posts as a page shows them; one that two people boosted stands there once, one that a filter hides not at all."""
    once: dict[int, Card] = {}
    for card in await cards.seen(db, me, await cards.of(db, me, found[:limit])):
        if not filters.hides(card.filtered, context):
            once.setdefault(card.id, card)
    return list(once.values())


async def feed(
    request: Ask, template: str, me: Person | None, db: Database, found: Sequence[Entry | Post], **own: Any
) -> Response[str]:
    """A page of posts, or only its next stretch when htmx asks for that."""
    ready, following = await shown(db, me, found), on(request, [p.id for p in found])
    shared = await asking.context(request, db, me)
    if asking.by_htmx(request, "more"):
        return render.html(render.fragment("fragments/feed.jinja", cards=ready, next=following, **shared))
    newest = "" if request.query_params.get("before") else str(ready[0].entry_id) if ready else SINCE_EVER
    return asking.page(request, template, shared, cards=ready, next=following, newest=newest, **own)


def chosen_here(request: Ask) -> bool:
    """Whether somebody came by a way of ours, not by one that another site laid out for them."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


@get("/")
async def home(request: Ask) -> Response[Any]:
    """The feed one looked at last; guests see Local."""
    me = (await asking.visitor(request)).person
    if me is None:
        return render.redirect("/local")
    async with pool(request).reading() as db:
        if not request.query_params and (await preferences.of(db, me.id)).start == "for_you":
            return render.redirect("/for-you")
        return await _following(request, me, db)


@get("/following")
async def following(request: Ask) -> Response[Any]:
    """Those one follows, newest first. Chosen by hand, it is what the house opens with."""
    me = await asking.me(request)
    async with pool(request).transaction() as db:
        if not request.query_params and chosen_here(request):
            await preferences.begin_with(db, me, "following")
        return await _following(request, me, db)


async def _following(request: Ask, me: Person, db: Database) -> Response[Any]:
    found = await timelines.home(db, me.id, page_of(request))
    own = {} if asking.by_htmx(request, "more") else await around(db, me)
    return await feed(request, "pages/home.jinja", me, db, found, tab="following", **own)


@get("/local")
async def local(request: Ask) -> Response[Any]:
    """Everyone here."""
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        found = await timelines.local(db, me.id if me else None, page_of(request))
        own = {} if asking.by_htmx(request, "more") else await around(db, me)
        return await feed(request, "pages/home.jinja", me, db, found, tab="local", **own)


async def around(db: Database, me: Person | None) -> dict[str, Any]:
    """What stands beside a feed."""
    suggested = await discover.people_to_meet(db, me)
    return {
        "mediums": STYLES,
        "visibility": me.default_visibility if me else "public",
        "running": await easels.running(db, me) if me else None,
        "announcements": [(told.id, html(told.text)) for told in await announcements.of(db, me.id)] if me else [],
        "suggestions": list((await faces.seen(db, me, (await faces.of(db, suggested)).values())).values()),
        "remixed": await discover.most_remixed(db),
        "today": await challenges.glance(db),
    }


async def wall(
    request: Ask, template: str, me: Person | None, db: Database, found: Sequence[Entry | Post], **own: Any
) -> Response[str]:
    """A page of pictures, or only its next stretch."""
    ready, following = await shown(db, me, found, WALL), on(request, [p.id for p in found], WALL)
    shared = await asking.context(request, db, me)
    if asking.by_htmx(request, "more"):
        return render.html(render.fragment("fragments/wall.jinja", wall=ready, next=following, **shared))
    return asking.page(request, template, shared, wall=ready, next=following, **own)


@get("/bookmarks")
async def bookmarks(request: Ask) -> Response[Any]:
    """What one kept."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        kept = await timelines.kept(db, me.id, "bookmarks", page_of(request))
        ready, following = await shown(db, me, [post for _, post in kept]), on(request, [mark for mark, _ in kept])
        shared = await asking.context(request, db, me)
    if asking.by_htmx(request, "more"):
        return render.html(render.fragment("fragments/feed.jinja", cards=ready, next=following, **shared))
    return asking.page(request, "pages/bookmarks.jinja", shared, cards=ready, next=following)


HANDLERS = [home, following, local, bookmarks]
