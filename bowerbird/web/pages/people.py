"""Someone's page: what they made and said, whom they follow and who follows them."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import people
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, pool
from bowerbird.gallery import faces
from bowerbird.social import graph, timelines
from bowerbird.web import asking, render
from bowerbird.web.pages import feeds

CIRCLE = 40
PINNED = 7


def name_of(at_name: str) -> str:
    """The name in `/@name`. Raises NotFound for an address of any other kind."""
    if not at_name.startswith("@"):
        raise NotFound
    return at_name[1:41]


@get("/{at_name:str}")
async def profile(request: Ask, at_name: str) -> Response[Any]:
    """Someone's page."""
    me = (await asking.visitor(request)).person
    tab = request.query_params.get("tab", "pictures")
    async with pool(request).reading() as db:
        person = await people.by_name(db, name_of(at_name))
        face = await faces.profile(db, me, person)
        viewer_id = me.id if me else None
        if tab in ("posts", "replies"):
            found = await timelines.profile(db, viewer_id, person.id, feeds.page_of(request), replies=tab == "replies")
            return await feeds.feed(request, "pages/profile.jinja", me, db, found, person=face, tab=tab, pinned=[])
        found = await timelines.profile(
            db, viewer_id, person.id, feeds.page_of(request, feeds.WALL), replies=True, boosts=False, media_only=True
        )
        recent = await timelines.profile(db, viewer_id, person.id, Page(limit=40), replies=True, boosts=False, media_only=True)
        best = sorted((p for p in recent if p.likes_count), key=lambda p: (-p.likes_count, -p.id))[:PINNED]
        pinned = [c for c in await feeds.shown(db, me, best) if not c.spoiler]
        return await feeds.wall(request, "pages/profile.jinja", me, db, found, person=face, tab="pictures", pinned=pinned)


@get("/{at_name:str}/{side:str}")
async def circle(request: Ask, at_name: str, side: str) -> Response[Any]:
    """Who follows someone, whom they follow."""
    verb = {"followers": graph.followers, "following": graph.following}.get(side)
    if verb is None:
        raise NotFound
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        person = await people.by_name(db, name_of(at_name))
        page = await verb(db, person.id, before=parse(request.query_params.get("before")), limit=CIRCLE + 1)
        known = await faces.of(db, [id_ for _, id_ in page[:CIRCLE]])
        seen = await faces.seen(db, me, known.values())
        face, shared = await faces.profile(db, me, person), await asking.context(request, db, me)
    following = f"/@{person.username}/{side}?before={page[CIRCLE - 1][0]}" if len(page) > CIRCLE else None
    ordered = [seen[id_] for _, id_ in page[:CIRCLE] if id_ in seen]
    return asking.page(request, "pages/people.jinja", shared, person=face, kind=side, people=ordered, next=following)


STEPS = {"follow": graph.follow, "unfollow": graph.unfollow, "block": graph.block, "unblock": graph.unblock}


@post("/{at_name:str}/{step:str}", status_code=303)
async def stand(request: Ask, at_name: str, step: str) -> Response[Any]:
    """Follow or block someone, or take it back."""
    me = await asking.me(request)
    verb = STEPS.get(step)
    if verb is None:
        raise NotFound
    await asking.form(request)
    async with pool(request).transaction() as db:
        other = await people.by_name(db, name_of(at_name))
        await verb(db, me, other)
        face = await faces.profile(db, me, other)
    if asking.by_htmx(request):
        return render.html(render.fragment("fragments/follow.jinja", person=face, me=True, csrf=asking.csrf_of(request)))
    return render.redirect(asking.back(request, face.url))


HANDLERS = [profile, circle, stand]
