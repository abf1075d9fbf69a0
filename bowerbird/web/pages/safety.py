"""The rules for everyone to read; one's own refusals, with appeals; whether pictures of oneself may be made."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core.errors import Conflict, Invalid, TooMany
from bowerbird.core.settings import settings
from bowerbird.door import Ask, id_of, pool
from bowerbird.moderation import appeals, decisions, likeness, policy
from bowerbird.web import asking, render

SHOWN = 40


@get("/about/safety")
async def rules(request: Ask) -> Response[Any]:
    """Every rule, its thresholds and its version, and how often it decided."""
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        counts = await decisions.counted(db)
        shared = await asking.context(request, db, me)
    times = {(rule, decision): number for rule, decision, number in counts}
    return asking.page(
        request,
        "pages/safety.jinja",
        shared,
        rules=policy.rules(),
        hash=policy.digest(),
        times=times,
        days=settings().safety_words_days,
    )


@get("/settings/safety")
async def mine(request: Ask) -> Response[Any]:
    """What was refused to one, appeals and their answers, and one's likeness."""
    return await _page(request, await asking.me(request))


async def _page(request: Ask, me: Person, errors: dict[str, str] | None = None, status: int = 200, **typed: Any) -> Response[str]:
    async with pool(request).reading() as db:
        found = await decisions.of(db, me, limit=SHOWN)
        against = await appeals.of(db, [one.id for one in found])
        said = await likeness.of(db, me)
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "settings/safety.jinja", shared, status=status, stopped=[one for one in found if one.decision != "label"],
        labelled=sum(one.decision == "label" for one in found), appeals=against, likeness=said, errors=errors or {}, typed=typed,
        days=settings().safety_words_days,
    )  # fmt: skip


@post("/settings/safety/decisions/{id_:str}/appeal", status_code=303)
async def appeal(request: Ask, id_: str) -> Response[Any]:
    """Ask for a person to look."""
    me = await asking.me(request)
    form = await asking.form(request)
    decision_id = id_of(id_)
    try:
        async with pool(request).transaction() as db:
            await appeals.make(db, me, decision_id, form.text("text"))
    except (Invalid, Conflict, TooMany) as wrong:
        return await _page(request, me, {f"appeal-{decision_id}": wrong.said}, wrong.status, text=form.text("text"))
    return render.redirect(f"/settings/safety#decision-{decision_id}", toast="Sent. A person will look at it.")


@post("/settings/safety/likeness", status_code=303)
async def say(request: Ask) -> Response[Any]:
    """Let pictures of oneself be made, or no more."""
    me = await asking.me(request)
    form = await asking.form(request)
    try:
        async with pool(request).transaction() as db:
            if form.on("allowed"):
                await likeness.allow(db, me, form.text("names").split(","))
            else:
                await likeness.forbid(db, me)
    except Invalid as wrong:
        return await _page(request, me, {"names": wrong.said}, wrong.status, names=form.text("names"))
    toast = "Pictures of you may be made." if form.on("allowed") else "Nobody may have pictures of you made."
    return render.redirect("/settings/safety#likeness", toast=toast)


HANDLERS = [rules, mine, appeal, say]
