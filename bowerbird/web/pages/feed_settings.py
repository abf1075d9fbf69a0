"""“How my feed works”: everything that was learned of somebody, with the way to have it forgotten, and everything they said."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import at, parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, id_of, pool
from bowerbird.events import consent
from bowerbird.feed import asking as ranker
from bowerbird.feed import hiding, preferences, recipe, served
from bowerbird.feed.asking import FeedAway
from bowerbird.feed.wire import TasteAnswer
from bowerbird.gallery import cards
from bowerbird.social import entries
from bowerbird.web import asking, cookbook, render, tastes

PAGE = "/settings/feed"
PURPOSES: tuple[consent.Purpose, ...] = ("personalise", "recommend_me")
HIDDEN = 24
EXPORT_HIDDEN_MAX = 80
EMPTY = TasteAnswer([], [], [], [], 0, 0)


@get(PAGE)
async def read(request: Ask) -> Response[Any]:
    """The page."""
    me = await asking.me(request)
    try:
        taste, away = await ranker.taste(me.id), False
    except FeedAway:
        taste, away = EMPTY, True
    async with pool(request).reading() as db:
        told = await tastes.learned(db, me, taste)
        hidden = await hiding.hidden(db, me, Page(before=parse(request.query_params.get("before")), limit=HIDDEN + 1))
        found = await cards.of(db, me, await entries.of(db, me.id, hidden[:HIDDEN]))
        more = f"{PAGE}?before={hidden[HIDDEN - 1]}#hidden" if len(hidden) > HIDDEN else None
        consents, steer = await consent.of(db, me.id), await cookbook.standing(db, me)
        asked_at = (await preferences.of(db, me.id)).asked_at
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "settings/feed.jinja", shared, away=away, hidden=found, more=more, consents=holds(me, consents), steer=steer,
        asked_at=asked_at, shown=taste.shown, acts_count=len(taste.acts), **told,
    )  # fmt: skip


def holds(me: Person, said: dict[str, bool | None]) -> dict[str, bool]:
    """What holds of the two: one's taste is learned only after a yes; who said nothing of strangers is shown to them if they may be found at all."""
    shown = said["recommend_me"]
    return {"personalise": bool(said["personalise"]), "recommend_me": me.discoverable if shown is None else shown}


@post(f"{PAGE}/{{what:str}}", status_code=303)
async def change(request: Ask, what: str) -> Response[Any]:
    """Switch a consent, have acts forgotten, show something again, be asked again."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        match what:
            case "consents":
                before = holds(me, await consent.of(db, me.id))
                await consent.say(db, me.id, {p: form.on(p) for p in PURPOSES if form.on(p) != before[p]})
                await preferences.answered(db, me)
                toast = "Saved. It counts from now on."
            case "forget":
                count = await hiding.forget(db, me, [parse(text) or 0 for text in form.lists.get("act", [])])
                toast = "Forgotten." if count == 1 else f"{count} acts are forgotten."
            case "forget-everything":
                await hiding.forget_all(db, me)
                toast = "Everything before this moment is forgotten."
            case "show":
                await hiding.unhide(db, me, id_of(form.text("post")))
                toast = "It may be shown to you again."
            case _:
                raise NotFound
    request.app.state.doorkeeper.forget()
    return render.redirect(PAGE, toast=toast)


@get(f"{PAGE}/export")
async def export(request: Ask) -> Response[bytes]:
    """All of it as JSON, to take along."""
    me = await asking.me(request)
    taste = await ranker.taste(me.id)
    async with pool(request).reading() as db:
        standing, versions = await recipe.of(db, me.id), await recipe.versions(db, me)
        pages, hidden = await served.of(db, me.id), await hiding.hidden(db, me, Page(limit=EXPORT_HIDDEN_MAX))
        consents = await consent.of(db, me.id)
    told = {
        "account": me.username, "consents": {purpose: consents[purpose] for purpose in PURPOSES}, "taste": taste,
        "recipe": recipe.bare(standing), "recipe_versions": versions, "hidden_posts": [str(id_) for id_ in hidden],
        "pages_shown": [{**asdict(one), "id": str(one.id), "posts": [str(id_) for id_ in one.posts], "at": at(one.id)} for one in pages],
    }  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="feed-{me.username}.json"', "Cache-Control": "no-store"}
    return Response(msgspec.json.format(msgspec.json.encode(told)), media_type="application/json", headers=headers)


HANDLERS = [read, change, export]
