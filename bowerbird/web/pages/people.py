"""Someone's page: what they made and said, whom they follow and who follows them."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, pool
from bowerbird.events import minors
from bowerbird.gallery import faces
from bowerbird.gallery.faces import Face
from bowerbird.moderation import ages
from bowerbird.social import endorsements, follows, graph, names, relations, tags_featured, timelines
from bowerbird.social.relations import Relation
from bowerbird.social.text import html
from bowerbird.web import asking
from bowerbird.web.pages import feeds

CIRCLE, PINNED, FAMILIAR = 40, 7, 4


def name_of(at_name: str) -> str:
    """The name in `/@name`. Raises NotFound for an address of any other kind."""
    if not at_name.startswith("@"):
        raise NotFound
    return at_name[1:41]


@get("/{at_name:str}")
async def profile(request: Ask, at_name: str) -> Response[Any]:
    """Someone's page; one's own also as a stranger sees it."""
    known = (await asking.visitor(request)).person
    tab = request.query_params.get("tab", "pictures")
    async with pool(request).reading() as db:
        person = await people.by_name(db, name_of(at_name))
        stranger = known is not None and known.id == person.id and request.query_params.get("as") == "stranger"
        me = None if stranger else known
        own = {} if asking.by_htmx(request, "more") else await _about(db, me, person)
        own |= {"person": await faces.profile(db, me, person), "stranger": stranger}
        if me and me.role in ages.KEEPERS:
            own |= {"ages": True, "minor": await minors.of(db, person.id) is not None}
        viewer_id = me.id if me else None
        if tab in ("posts", "replies"):
            found = await timelines.profile(db, viewer_id, person.id, feeds.page_of(request), replies=tab == "replies")
            pins = await timelines.profile(db, viewer_id, person.id, Page(limit=5), replies=True, pinned=True)
            top = tab == "posts" and not request.query_params.get("before")
            own["pins"] = await feeds.shown(db, me, pins, context="account") if top else []
            return await feeds.feed(request, "pages/profile.jinja", me, db, found, tab=tab, pinned=[], **own)
        found = await timelines.profile(
            db, viewer_id, person.id, feeds.page_of(request, feeds.WALL), replies=True, boosts=False, media_only=True
        )
        recent = await timelines.profile(db, viewer_id, person.id, Page(limit=40), replies=True, boosts=False, media_only=True)
        best = [c for c in await feeds.shown(db, me, recent, 40) if c.likes_count and not c.spoiler]
        pinned = sorted(best, key=lambda c: (-c.likes_count, -c.id))[:PINNED]
        return await feeds.wall(request, "pages/profile.jinja", me, db, found, tab="pictures", pinned=pinned, **own)


async def _about(db: Database, me: Person | None, person: Person) -> dict[str, Any]:
    """What stands at the head of a page: lines, tags, whom one knows in common, and what is between the two."""
    between = (await relations.of(db, me and me.id, [person.id])).get(person.id, Relation())
    common = await follows.familiar(db, me.id, person.id, limit=FAMILIAR) if me and me.id != person.id else []
    return {
        "between": between, "lines": [(line["name"], html(line["value"])) for line in person.fields],
        "tags": await tags_featured.of(db, person.id), "familiar": await _in_order(db, common),
        "endorsed": await _in_order(db, [id_ for _, id_ in await endorsements.of(db, person.id, Page(limit=8))]),
    }  # fmt: skip


async def _in_order(db: Database, ids: list[int]) -> list[Face]:
    known = await faces.of(db, ids)
    return [known[id_] for id_ in ids if id_ in known]


@get("/{at_name:str}/{side:str}")
async def circle(request: Ask, at_name: str, side: str) -> Response[Any]:
    """Who follows someone, whom they follow; only for themselves where they keep that to themselves."""
    verb = {"followers": graph.followers, "following": graph.following}.get(side)
    if verb is None:
        raise NotFound
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        person = await people.by_name(db, name_of(at_name))
        viewer_id = me.id if me else None
        kept = person.hide_collections and viewer_id != person.id
        kept = kept or not await names.unblocked(db, viewer_id, [person.id])
        before = parse(request.query_params.get("before"))
        page = [] if kept else await verb(db, person.id, before=before, limit=CIRCLE + 1)
        known = await faces.of(db, await names.unblocked(db, viewer_id, [id_ for _, id_ in page[:CIRCLE]]))
        seen = await faces.seen(db, me, known.values())
        face, shared = await faces.profile(db, me, person), await asking.context(request, db, me)
    following = f"/@{person.username}/{side}?before={page[CIRCLE - 1][0]}" if len(page) > CIRCLE else None
    ordered = [seen[id_] for _, id_ in page[:CIRCLE] if id_ in seen]
    return asking.page(request, "pages/people.jinja", shared, person=face, kind=side, people=ordered, next=following, kept=kept)


HANDLERS = [profile, circle]
