"""Home, Local, tags, search, bookmarks and alerts: pages of posts with a way on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.ids import at, parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, address_of, pool
from bowerbird.gallery import cards, discover, faces
from bowerbird.gallery.cards import Card
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Credit
from bowerbird.social import notifications, search, timelines
from bowerbird.social.posts import Post
from bowerbird.social.text import normal_tag
from bowerbird.studio.styles import STYLES
from bowerbird.web import asking, easels, render

PAGE = 20
WALL = 24
SEARCHES_MAX = 90  # a minute, by address
SINCE_EVER = "1"  # in an empty feed the first post that arrives is news too


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that happened, as the page tells it."""

    id: int
    kind: str
    person: Face
    card: Card | None
    picture: Credit | None
    at: datetime
    read: bool


def page_of(request: Ask, limit: int = PAGE) -> Page:
    """Which stretch is asked for: `?before=ID`. One more than shown, to know whether there is a way on."""
    return Page(before=parse(request.query_params.get("before")), limit=limit + 1)


def on(request: Ask, ids: list[int], limit: int = PAGE) -> str | None:
    """The address of the next page, None at the end."""
    if len(ids) <= limit:
        return None
    asked = {key: value for key, value in request.query_params.items() if key in ("q", "kind", "tab")}
    return f"{request.url.path}?{urlencode({**asked, 'before': ids[limit - 1]})}"


async def shown(db: Database, me: Person | None, found: list[Post], limit: int = PAGE) -> list[Card]:
    """Posts as a page shows them; one that two people boosted stands there once."""
    once: dict[int, Card] = {}
    for card in await cards.seen(db, me, await cards.of(db, me, found[:limit])):
        once.setdefault(card.id, card)
    return list(once.values())


async def feed(request: Ask, template: str, me: Person | None, db: Database, found: list[Post], **own: Any) -> Response[str]:
    """A page of posts, or only its next stretch when htmx asks for that."""
    ready, following = await shown(db, me, found), on(request, [p.id for p in found])
    shared = await asking.context(request, db, me)
    if asking.by_htmx(request, "more"):
        return render.html(render.fragment("fragments/feed.jinja", cards=ready, next=following, **shared))
    newest = "" if request.query_params.get("before") else str(ready[0].entry_id) if ready else SINCE_EVER
    return asking.page(request, template, shared, cards=ready, next=following, newest=newest, **own)


@get("/")
async def home(request: Ask) -> Response[Any]:
    """Those one follows, newest first; guests see Local."""
    me = (await asking.visitor(request)).person
    if me is None:
        return render.redirect("/local")
    async with pool(request).reading() as db:
        found = await timelines.home(db, me.id, page_of(request))
        own: dict[str, Any] = {}
        if not asking.by_htmx(request, "more"):
            own = await _around(db, me)
        return await feed(request, "pages/home.jinja", me, db, found, tab="following", **own)


@get("/local")
async def local(request: Ask) -> Response[Any]:
    """Everyone here."""
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        found = await timelines.local(db, me.id if me else None, page_of(request))
        own = {} if asking.by_htmx(request, "more") else await _around(db, me)
        return await feed(request, "pages/home.jinja", me, db, found, tab="local", **own)


async def _around(db: Database, me: Person | None) -> dict[str, Any]:
    """What stands beside a feed."""
    suggested = await discover.people_to_meet(db, me)
    return {
        "mediums": STYLES,
        "visibility": me.default_visibility if me else "public",
        "running": await easels.running(db, me) if me else None,
        "suggestions": list((await faces.seen(db, me, (await faces.of(db, suggested)).values())).values()),
        "remixed": await discover.most_remixed(db),
    }


@get("/tags/{tag:str}")
async def tagged(tag: str) -> Response[Any]:
    """Posts under a hashtag, on the search page."""
    return render.redirect(f"/search?{urlencode({'q': '#' + normal_tag(tag), 'kind': 'posts'})}")


@get("/search")
async def find(request: Ask) -> Response[Any]:
    """Pictures by prompt, posts by words or tag, people by name."""
    me = (await asking.visitor(request)).person
    q = request.query_params.get("q", "").strip()[: search.QUERY_LENGTH_MAX]
    kind = request.query_params.get("kind") or {"@": "people", "#": "posts"}.get(q[:1], "pictures")
    if q:
        async with pool(request).transaction() as db:
            await limits.spend(db, f"search:{address_of(request)}", times_max=SEARCHES_MAX, window_s=60)
    async with pool(request).reading() as db:
        if kind == "people":
            found = await people.search(db, q.removeprefix("@")) if q else []
            seen = await faces.seen(db, me, (await faces.of(db, [p.id for p in found])).values())
            shared = await asking.context(request, db, me)
            return asking.page(request, "pages/search.jinja", shared, q=q, kind=kind, people=list(seen.values()), next=None)
        if kind == "posts":
            posts = await _posts(db, me, q, request)
            return await feed(request, "pages/search.jinja", me, db, posts, q=q, kind=kind)
        posts = await discover.pictures(db, me.id if me else None, q, page_of(request, WALL))
        return await wall(request, "pages/search.jinja", me, db, posts, q=q, kind="pictures")


async def wall(request: Ask, template: str, me: Person | None, db: Database, found: list[Post], **own: Any) -> Response[str]:
    """A page of pictures, or only its next stretch."""
    ready, following = await shown(db, me, found, WALL), on(request, [p.id for p in found], WALL)
    shared = await asking.context(request, db, me)
    if asking.by_htmx(request, "more"):
        return render.html(render.fragment("fragments/wall.jinja", wall=ready, next=following, **shared))
    return asking.page(request, template, shared, wall=ready, next=following, **own)


async def _posts(db: Database, me: Person | None, q: str, request: Ask) -> list[Post]:
    viewer_id = me.id if me else None
    if not q:
        return []
    if q.startswith("#") and " " not in q:
        return await timelines.tagged(db, viewer_id, normal_tag(q[1:]), page_of(request))
    return await search.by_words(db, viewer_id, q, before=page_of(request).before, limit=PAGE + 1)


@get("/bookmarks")
async def bookmarks(request: Ask) -> Response[Any]:
    """What one kept."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        kept = await timelines.bookmarks(db, me.id, page_of(request))
        ready, following = await shown(db, me, [post for _, post in kept]), on(request, [mark for mark, _ in kept])
        shared = await asking.context(request, db, me)
    if asking.by_htmx(request, "more"):
        return render.html(render.fragment("fragments/feed.jinja", cards=ready, next=following, **shared))
    return asking.page(request, "pages/bookmarks.jinja", shared, cards=ready, next=following)


@get("/notifications")
async def alerts(request: Ask) -> Response[Any]:
    """What happened to oneself; opening it marks it read."""
    me = await asking.me(request)
    kind = request.query_params.get("kind", "all")
    async with pool(request).transaction() as db:
        told = await notifications.of(db, me.id, before=page_of(request).before, limit=PAGE * 2 + 1)
        following = on(request, [n.id for n in told], PAGE * 2)
        people_ = await faces.seen(db, me, (await faces.of(db, [n.from_id for n in told])).values())
        posts = await timelines.of(db, me.id, [n.post_id for n in told if n.post_id])
        by_id = {c.id: c for c in await cards.seen(db, me, await cards.of(db, me, posts))}
        if told:
            await notifications.read(db, me.id, told[0].id)
        shared = await asking.context(request, db, me)
    kinds = {"mentions": ("reply", "mention"), "remixes": ("remix",)}.get(kind)
    lines = [
        Alert(n.id, n.kind, people_[n.from_id], card := by_id.get(n.post_id or 0), _thumb(card), at(n.id), n.read_at is not None)
        for n in told[: PAGE * 2]
        if not kinds or n.kind in kinds
    ]
    return asking.page(request, "pages/notifications.jinja", shared, notifications=lines, next=following, kind=kind)


def _thumb(card: Card | None) -> Credit | None:
    if card is None or not card.pictures:
        return None
    return Credit(card.id, False, card.author.username, card.url, card.pictures[0].small_url)


HANDLERS = [home, local, tagged, find, bookmarks, alerts]
