"""Steering: a sentence read and shown back for approval, standing wishes, the dial and the weights, undo, a link to share."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.errors import NotFound
from bowerbird.door import Ask, pool
from bowerbird.feed import recipe as verbs
from bowerbird.feed import shared_recipes, steering
from bowerbird.web import asking, cookbook, render
from bowerbird.web.asking import Form

READINGS_PER_HOUR_MAX = 600
SAID = {"undo": "Taken back.", "share": "Whoever has the link can read and take your recipe.", "unshare": "The link is gone."}


@get("/for-you/steer")
async def steer(request: Ask) -> Response[Any]:
    """All of it on one page; the inside of the sheet when the feed asks for that."""
    return await _steer(request, await asking.me(request))


async def _steer(request: Ask, me: Person, **own: Any) -> Response[Any]:
    async with pool(request).reading() as db:
        shared, found = await asking.context(request, db, me), await cookbook.standing(db, me)
    if asking.by_htmx(request):
        return render.html(render.fragment("fragments/steering.jinja", steer=found, **shared, **own))
    return asking.page(request, "pages/steer.jinja", shared, steer=found, **own)


@post("/for-you/reading", status_code=200)
async def reading(request: Ask) -> Response[Any]:
    """What a sentence would change, to be approved. Saves nothing."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"steering:{me.id}", times_max=READINGS_PER_HOUR_MAX, window_s=3_600)
        now = await verbs.of(db, me.id)
    said = form.text("said").strip()[: verbs.SAID_LENGTH_MAX]
    found = await steering.read(said, cookbook.now_of(form), now) if said and not form.on("change") else None
    own = {"said": said, "reading": found, "zone": form.text("zone")}
    if asking.by_htmx(request):
        return render.html(render.fragment("fragments/say.jinja", csrf=asking.csrf_of(request), **own))
    return await _steer(request, me, **own)


@post("/for-you/recipe/{verb:str}", status_code=303)
async def change(request: Ask, verb: str) -> Response[Any]:
    """Save what was read, take a wish away, turn the dial and the weights, undo, start over, share or stop sharing."""
    me = await asking.me(request)
    form = await asking.form(request)
    undo = "/for-you/recipe/undo"
    match verb:
        case "save" | "remove" | "tune":
            told = await _changed(request, me, verb, form)
        case "start-over":
            async with pool(request).transaction() as db:
                await verbs.start_over(db, me)
            told = "Your recipe is empty again."
        case "undo" | "share" | "unshare":
            async with pool(request).transaction() as db:
                await {"undo": verbs.undo, "share": shared_recipes.share, "unshare": shared_recipes.unshare}[verb](db, me)
            told, undo = SAID[verb], ""
        case _:
            raise NotFound
    if verb == "undo" and asking.by_htmx(request):
        return render.html(render.fragment("fragments/told.jinja", toast=told, toast_undo="", csrf=asking.csrf_of(request)))
    return render.redirect(_after(request, verb), toast=told, undo=undo if told != "That is so already." else "")


def _after(request: Ask, verb: str) -> str:
    """Where one goes on: the feed laid out anew, unless the settings were where one came from."""
    where = asking.back(request, "/for-you")
    if verb in ("share", "unshare"):
        return where if where.startswith("/settings/feed") else "/for-you/steer"
    return "/for-you" if where.startswith("/for-you") else where


async def _changed(request: Ask, me: Person, verb: str, form: Form) -> str:
    """A new version where something changes: what is said of it."""
    async with pool(request).reading() as db:
        before = await verbs.of(db, me.id)
    said = form.text("said")[: verbs.SAID_LENGTH_MAX] if verb == "save" else ""
    if verb == "save":
        after = (await steering.read(said, cookbook.now_of(form), before)).recipe
    else:
        after = cookbook.without(before, form.text("wish")) if verb == "remove" else cookbook.tuned(before, form)
    if after == before:
        return "That is so already."
    ready = await verbs.filled(after)
    async with pool(request).transaction() as db:
        await verbs.save(db, me, ready, said)
    return "That wish is gone." if verb == "remove" else "Saved. The page is laid out anew."


HANDLERS = [steer, reading, change]
