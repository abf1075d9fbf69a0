"""Explore: what many care about just now, and search over pictures, posts, people and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.settings import settings
from bowerbird.door import Ask, address_of, pool
from bowerbird.gallery import challenges, discover, faces
from bowerbird.social import names, queries, search, tag_history, tags_followed, timelines, trends
from bowerbird.social.entries import Entry
from bowerbird.social.posts import Post
from bowerbird.social.tag_history import Day
from bowerbird.social.text import normal_tag
from bowerbird.web import asking, render
from bowerbird.web.pages import feeds

PEOPLE, TAGS = 40, 20
TREND_TAGS, TREND_POSTS, TREND_LINKS = 6, 3, 4
SPARK_WIDTH, SPARK_HEIGHT = 84, 24  # of the drawing's own units
KINDS = ("pictures", "posts", "people", "tags")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A tag or a link, with how much was said of it on each of the last days, the oldest first."""

    name: str
    days: tuple[Day, ...]
    followed: bool = False
    preview: Any = None

    @property
    def people(self) -> int:
        """How many wrote of it today and yesterday."""
        return sum(day.people for day in self.days[-2:])

    @property
    def posts(self) -> int:
        """How many posts of these days hold it."""
        return sum(day.posts for day in self.days)

    @property
    def spark(self) -> str:
        """The days as the points of a line, SPARK_WIDTH × SPARK_HEIGHT."""
        most, step = max(1, *(day.posts for day in self.days)), SPARK_WIDTH / max(1, len(self.days) - 1)
        return " ".join(
            f"{n * step:.0f},{SPARK_HEIGHT - 2 - day.posts / most * (SPARK_HEIGHT - 4):.1f}" for n, day in enumerate(self.days)
        )


@get("/tags/{tag:str}")
async def tagged(tag: str) -> Response[Any]:
    """Posts under a hashtag, on the search page."""
    return render.redirect(f"/search?{urlencode({'q': '#' + normal_tag(tag), 'kind': 'posts'})}")


@get("/search")
async def find(request: Ask) -> Response[Any]:
    """Pictures by prompt, posts by words and operators, people and tags by how they begin; what many care about where nothing is asked."""
    me = (await asking.visitor(request)).person
    q = request.query_params.get("q", "").strip()[: search.QUERY_LENGTH_MAX]
    kind = _kind(request.query_params.get("kind", ""), q, me)
    if q:
        async with pool(request).transaction() as db:
            await limits.spend(db, f"search:{address_of(request)}", times_max=settings().searches_per_minute_max, window_s=60)
    async with pool(request).reading() as db:
        own: dict[str, Any] = {"q": q, "kind": kind, "tag": None}
        if kind in ("people", "tags"):
            one: dict[str, Any] = {"people": await _people(db, me, q)} if kind == "people" else {"tags": await _tags(db, me, q)}
            return asking.page(request, "pages/search.jinja", await asking.context(request, db, me), next=None, **own, **one)
        if kind == "posts":
            tag = normal_tag(q[1:]) if q.startswith("#") and " " not in q else ""
            own |= {"tag": (await spoken(db, me, [tag]))[0] if tag else None}
            found = await _lively(db, me) if not q else await _posts(db, me, q, tag, request)
            return await feeds.feed(request, "pages/search.jinja", me, db, found, **own)
        top = not q and "before" not in request.query_params and not asking.by_htmx(request, "more")
        own |= await trending(db, me) if top else {}
        posts = await discover.pictures(db, me.id if me else None, q, feeds.page_of(request, feeds.WALL))
        return await feeds.wall(request, "pages/search.jinja", me, db, posts, **own)


def _kind(asked: str, q: str, me: Person | None) -> str:
    """What is looked for: as asked, or as what was typed begins; only posts have operators."""
    if asked in KINDS:
        return asked
    if queries.parse(q, me.id if me else None).gates:
        return "posts"
    return {"@": "people", "#": "posts"}.get(q[:1], "pictures")


async def trending(db: Database, me: Person | None) -> dict[str, Any]:
    """What many unrelated people care about."""
    links = await trends.links(db, limit=TREND_LINKS)
    days = await trends.history(db, [link.id for link in links])
    lively = await feeds.shown(db, me, await _lively(db, me), context="public")
    return {
        "trending_tags": await spoken(db, me, await trends.tags(db, limit=TREND_TAGS)),
        "trending_links": [Spoken(link.url, tuple(reversed(days[link.id])), preview=link) for link in links],
        "today": await challenges.glance(db),
        "trending_posts": [card for card in lively if not card.filtered][:TREND_POSTS],
    }


async def spoken(db: Database, me: Person | None, tags: Sequence[str]) -> list[Spoken]:
    """Tags (normalised) with their last days, and whether the viewer follows them."""
    days = await tag_history.of(db, tags)
    followed = await tags_followed.among(db, me.id, tags) if me else set[str]()
    return [Spoken(name, tuple(reversed(days[name])), name in followed) for name in tags]


async def _lively(db: Database, me: Person | None) -> list[Post]:
    return await trends.statuses(db, me.id if me else None, limit=feeds.PAGE)


async def _tags(db: Database, me: Person | None, q: str) -> list[Spoken]:
    return await spoken(db, me, await names.tags(db, q, limit=TAGS) if q else await trends.tags(db, limit=TAGS))


async def _people(db: Database, me: Person | None, q: str) -> list[faces.Face]:
    """By the beginning of a name, or what resembles it; without words, people worth meeting."""
    if not q:
        ids = await discover.people_to_meet(db, me)
    else:
        found = await people.search(db, names.person_named(q), limit=PEOPLE)
        ids = await names.unblocked(db, me.id if me else None, [person.id for person in found])
    return list((await faces.seen(db, me, (await faces.of(db, ids)).values())).values())


async def _posts(db: Database, me: Person | None, q: str, tag: str, request: Ask) -> Sequence[Entry | Post]:
    viewer_id, page = me.id if me else None, feeds.page_of(request)
    if tag:
        return await timelines.tagged(db, viewer_id, tag, page)
    return await search.by_words(db, viewer_id, q, before=page.before, limit=feeds.PAGE + 1)


HANDLERS = [tagged, find]
