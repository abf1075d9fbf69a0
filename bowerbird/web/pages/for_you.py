"""For You: a page of it, and how it would be for somebody before they agree to anything."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.door import Ask, pool
from bowerbird.events import consent
from bowerbird.feed import preferences, recipe, slates
from bowerbird.web import asking, cookbook, ledgers, render, trials
from bowerbird.web.pages import feeds
from bowerbird.web.trials import Trial

TRIALS_PER_HOUR_MAX = 240


@get("/for-you")
async def read(request: Ask) -> Response[Any]:
    """A page of it; what one looked at last is what the house opens with."""
    me = (await asking.visitor(request)).person
    if me is not None and not request.query_params and feeds.chosen_here(request):
        async with pool(request).transaction() as db:
            await preferences.begin_with(db, me, "for_you")
    return await _page(request, me)


async def _page(request: Ask, me: Person | None, trial: Trial | None = None) -> Response[Any]:
    found = await slates.page(pool(request), me, request.query_params.get("cursor", ""))
    lines = {one.entry.shown_id: ledgers.line(one) for one in found.posts}
    own: dict[str, Any] = {"whys": lines, "next": f"/for-you?cursor={found.next}" if found.next else None, "ending": "for_you"}
    async with pool(request).reading() as db:
        placed = [one.entry for one in found.posts]
        ready = await feeds.shown(db, me, placed, len(placed), "public")
        shared = await asking.context(request, db, me)
        if asking.by_htmx(request, "more"):
            return render.html(render.fragment("fragments/feed.jinja", cards=ready, **own, **shared))
        learns = bool(me and (await consent.of(db, me.id))["personalise"])
        own |= {"learns": learns, "personal": found.personal, "away": found.away, "newest": ""} | await feeds.around(db, me)
        own["steer"] = await cookbook.standing(db, me) if me else None
        own["ask"] = trial or (Trial() if me and await _unasked(db, me) else None)
        if own["ask"]:
            own["tiles"] = [card for card in ready if card.pictures and not card.sensitive and not card.spoiler][: trials.TILES]
    return asking.page(request, "pages/home.jinja", shared, cards=ready, tab="for_you", **own)


async def _unasked(db: Database, me: Person) -> bool:
    """Whether this is the first time, and they never said a word about it."""
    return (await consent.of(db, me.id))["personalise"] is None and (await preferences.of(db, me.id)).asked_at is None


@post("/for-you/trial", status_code=200)
async def trial(request: Ask) -> Response[Any]:
    """Tap three pictures or write a sentence: the feed as it could be. Records nothing."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"trial:{me.id}", times_max=TRIALS_PER_HOUR_MAX, window_s=3_600)
    found = await trials.tried(pool(request), me, form)
    if asking.by_htmx(request):
        return render.html(render.fragment("fragments/trial.jinja", ask=found))
    return await _page(request, me, found)


@post("/for-you/consent", status_code=303)
async def answer(request: Ask) -> Response[Any]:
    """Let it learn, or not now: asked once. What was tried becomes wishes, which one can read and take back."""
    me = await asking.me(request)
    form = await asking.form(request)
    yes = form.text("answer") == "yes"
    ready = await trials.taken(pool(request), me, form) if yes else None
    async with pool(request).transaction() as db:
        await preferences.answered(db, me)
        if yes:
            await consent.say(db, me.id, {"personalise": True})
        if ready is not None:
            await recipe.save(db, me, ready, form.text("said"))
    request.app.state.doorkeeper.forget()
    told = "It learns from now on. You see and forget all of it under Settings, My feed."
    return render.redirect("/for-you", toast=told if yes else "Nothing is learned. You find this again under Settings, My feed.")


HANDLERS = [read, trial, answer]
