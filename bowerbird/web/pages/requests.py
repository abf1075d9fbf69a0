"""Who asks to follow, and whose alerts are held back: people who wait for one's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import people
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import cards, faces
from bowerbird.gallery.cards import Card
from bowerbird.gallery.faces import Face
from bowerbird.social import entries, notification_requests, requests
from bowerbird.web import asking, render

PAGE = 40


@dataclass(frozen=True, slots=True)
class Held:
    """Someone whose alerts are held back: how many, and the latest post among them."""

    id: int
    person: Face
    count: int
    last: Card | None


def page_of(request: Ask) -> Page:
    """Which stretch is asked for, and one more."""
    return Page(before=parse(request.query_params.get("before")), limit=PAGE + 1)


@get("/requests")
async def waiting(request: Ask) -> Response[Any]:
    """Who asks to follow."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        found = await requests.waiting(db, me, page_of(request))
        known = await faces.seen(db, me, (await faces.of(db, [id_ for _, id_ in found[:PAGE]])).values())
        shared = await asking.context(request, db, me)
    following = f"/requests?before={found[PAGE - 1][0]}" if len(found) > PAGE else None
    asking_ = [known[id_] for _, id_ in found[:PAGE] if id_ in known]
    return asking.page(request, "pages/requests.jinja", shared, people=asking_, next=following, locked=me.locked)


@post("/requests/{id_:str}", status_code=303)
async def answer(request: Ask, id_: str) -> Response[Any]:
    """Let someone follow, or not."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        other = await people.by_id(db, id_of(id_))
        if form.text("answer") == "accept":
            await requests.authorize(db, me, other.id)
        else:
            await requests.reject(db, me, other.id)
    said = "follows you now." if form.text("answer") == "accept" else "may not follow you. They are not told."
    return render.redirect(asking.back(request, "/requests"), toast=f"{other.name} {said}")


@get("/notifications/held")
async def held(request: Ask) -> Response[Any]:
    """Whose alerts wait."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        found = await notification_requests.of(db, me.id, page_of(request))
        known = await faces.of(db, [r.from_id for r in found])
        posts = await entries.of(db, me.id, [r.post_id for r in found[:PAGE] if r.post_id])
        said = {card.id: card for card in await cards.of(db, me, posts)}
        shared = await asking.context(request, db, me)
    following = f"/notifications/held?before={found[PAGE - 1].id}" if len(found) > PAGE else None
    told = [Held(r.id, known[r.from_id], r.count, said.get(r.post_id or 0)) for r in found[:PAGE] if r.from_id in known]
    return asking.page(request, "pages/held.jinja", shared, held=told, next=following)


@post("/notifications/held/{id_:str}/{verb:str}", status_code=303)
async def release(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Let them through from now on, or send away what waits."""
    me = await asking.me(request)
    await asking.form(request)
    steps = {"accept": notification_requests.accept, "dismiss": notification_requests.dismiss}
    if verb not in steps:
        raise NotFound
    async with pool(request).transaction() as db:
        await steps[verb](db, me.id, [id_of(id_)])
    said = "They stand among your alerts, and so will what comes." if verb == "accept" else "Sent away."
    return render.redirect("/notifications/held", toast=said)


HANDLERS = [waiting, answer, held, release]
