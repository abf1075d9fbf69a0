"""What administrators do to learning: every version with its buttons, the nights, the trial, and what was ordered by whom and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.settings import settings
from bowerbird.door import Ask, pool
from bowerbird.gallery import faces
from bowerbird.learning import keepers, nights, orders, releases
from bowerbird.learning.releases import Release
from bowerbird.web import asking, render
from bowerbird.web.asking import Form
from bowerbird.web.pages.learned import WALKS
from bowerbird.web.timeline import NAMES

WHERE = "/learning/keeping"
VERSIONS = 8  # shown of each model


@get(WHERE)
async def read(request: Ask) -> Response[Any]:
    """The page. For administrators."""
    me = await asking.me(request)
    return await _page(request, me)


async def _page(request: Ask, me: Person, error: str = "", status: int = 200, **typed: Any) -> Response[Any]:
    keepers.allow(me)
    now = datetime.now(UTC)
    async with pool(request).reading() as db:
        versions = {model: await releases.latest(db, model, VERSIONS) for model in keepers.MODELS}
        ordered = await orders.latest(db)
        who = await faces.of(db, list({one.account_id for one in ordered if one.account_id is not None}))
        told = {
            "paused": await orders.paused(db), "wanted": await orders.wanted(db), "under_way": await nights.under_way(db),
            "nights": await nights.latest(db, 5), "due": nights.due(settings(), now),
        }  # fmt: skip
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "pages/keepers.jinja", shared, status=status, versions=versions, back={m: _can_go_back(v) for m, v in versions.items()},
        orders=ordered, who=who, names=NAMES, walks=WALKS, error=error, typed=typed, **told,
    )  # fmt: skip


def _can_go_back(versions: list[Release]) -> Release | None:
    """The one that “go back” takes back: on trial, else in use."""
    standing = {one.state: one for one in versions}
    return standing.get("trial") or standing.get("in_use")


@post(f"{WHERE}/{{verb:str}}", status_code=303)
async def act(request: Ask, verb: str) -> Response[Any]:
    """Do one of them, for a reason that stays written down; where it does not fit, the page again, with why."""
    me = await asking.me(request)
    form = await asking.form(request)
    keepers.allow(me)
    try:
        async with pool(request).transaction() as db:
            toast = await _done(db, me, verb, form)
        if verb in ("promote", "rollback"):
            async with pool(request).transaction() as db:
                await releases.settle(db)
    except (Invalid, Conflict, NotFound) as wrong:
        return await _page(request, me, wrong.said, wrong.status, why=form.text("why"))
    return render.redirect(WHERE, toast=toast)


async def _done(db: Database, me: Person, verb: str, form: Form) -> str:
    why, model, number = form.text("why"), form.text("model"), form.text("number")
    match verb:
        case "promote":
            known = number.isascii() and number.isdigit() and len(number) < 9
            one = await keepers.promote(db, me, model, int(number) if known else 0, why)
            return f"{NAMES[one.model]} {one.number} is in use."
        case "rollback":
            now = await keepers.rollback(db, me, model, why)
            return f"{NAMES[model]} {now.number} is in use." if now else f"No version of “{NAMES[model]}” is in use now."
        case "run":
            await keepers.run(db, me, why)
            return "Within a minute it begins."
        case "pause":
            await keepers.pause(db, me, why)
            return "Paused. No night begins until you resume it."
        case "resume":
            await keepers.resume(db, me, why)
            return "Resumed."
        case _:
            raise NotFound


HANDLERS = [read, act]
