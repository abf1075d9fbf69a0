"""How one stands to someone: following, hearing less of them, keeping them out, a note to oneself, telling the moderators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound, TooLarge
from bowerbird.core.ids import parse
from bowerbird.door import Ask, pool
from bowerbird.gallery import cards, faces
from bowerbird.moderation import ages, reports, rules
from bowerbird.social import endorsements, graph, mutes, notes
from bowerbird.social.follows import Wishes
from bowerbird.web import asking, render
from bowerbird.web.asking import Form
from bowerbird.web.pages.people import name_of

DURATIONS = {"": 0, "3600": 3_600, "86400": 86_400, "604800": 604_800}
Step = Callable[[Database, Person, Person, Form], Awaitable[str]]


async def _follow(db: Database, me: Person, other: Person, _: Form) -> str:
    await graph.follow(db, me, other)
    return (
        f"{other.name} is asked whether you may follow." if other.locked and not await graph.follows(db, me.id, other.id) else ""
    )


async def _unfollow(db: Database, me: Person, other: Person, _: Form) -> str:
    await graph.unfollow(db, me, other)
    return ""


async def _mute(db: Database, me: Person, other: Person, form: Form) -> str:
    duration_s = DURATIONS.get(form.text("duration"))
    if duration_s is None:
        raise Invalid("A mute lasts an hour, a day, a week or until you take it back.")
    await mutes.mute(db, me, other, notifications=not form.on("alerts"), duration_s=duration_s)
    return f"You will hear no more of {other.name}{' for a while' if duration_s else ''}."


async def _unmute(db: Database, me: Person, other: Person, _: Form) -> str:
    await mutes.unmute(db, me, other)
    return f"You hear of {other.name} again."


async def _block(db: Database, me: Person, other: Person, _: Form) -> str:
    await graph.block(db, me, other)
    return f"{other.name} is blocked. Neither of you sees what the other posts."


async def _unblock(db: Database, me: Person, other: Person, _: Form) -> str:
    await graph.unblock(db, me, other)
    return f"{other.name} is not blocked any more."


async def _remove(db: Database, me: Person, other: Person, _: Form) -> str:
    await graph.remove_follower(db, me, other)
    return f"{other.name} does not follow you any more. They are not told."


async def _endorse(db: Database, me: Person, other: Person, _: Form) -> str:
    await endorsements.endorse(db, me, other)
    return f"{other.name} stands on your page."


async def _unendorse(db: Database, me: Person, other: Person, _: Form) -> str:
    await endorsements.take_back(db, me, other)
    return f"{other.name} does not stand on your page any more."


async def _note(db: Database, me: Person, other: Person, form: Form) -> str:
    await notes.write(db, me, other, form.text("note"))
    return "Noted. Only you can read it."


def _age(minor: bool) -> Step:
    async def step(db: Database, me: Person, other: Person, _: Form) -> str:
        await ages.say(db, me, other.id, minor=minor)
        return f"{'Nothing is' if minor else 'If they switch it on, something may be'} learned from {other.name}."

    return step


def _wish(wishes: Wishes, said: str) -> Step:
    async def step(db: Database, me: Person, other: Person, _: Form) -> str:
        if not await graph.follows(db, me.id, other.id):
            raise Invalid("Follow them first.")
        await graph.follow(db, me, other, wishes)
        return said

    return step


STEPS: dict[str, Step] = {
    "follow": _follow, "unfollow": _unfollow, "mute": _mute, "unmute": _unmute, "block": _block, "unblock": _unblock, "remove": _remove,
    "endorse": _endorse, "unendorse": _unendorse, "note": _note,
    "minor": _age(True), "of-age": _age(False),
    "bell": _wish(Wishes(notify=True), "You will be told of every post."), "unbell": _wish(Wishes(notify=False), "No more alerts for every post."),
    "hideboosts": _wish(Wishes(reblogs=False), "Their boosts stay out of your home."),
    "showboosts": _wish(Wishes(reblogs=True), "Their boosts come to your home."),
}  # fmt: skip


@post("/{at_name:str}/{step:str}", status_code=303)
async def stand(request: Ask, at_name: str, step: str) -> Response[Any]:
    """One of these steps, and back to where one was."""
    me = await asking.me(request)
    verb = STEPS.get(step)
    if verb is None:
        raise NotFound
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        other = await people.by_name(db, name_of(at_name))
        said = await verb(db, me, other, form)
        face = await faces.profile(db, me, other)
    if asking.by_htmx(request):
        return render.html(render.fragment("fragments/follow.jinja", person=face, me=True, csrf=asking.csrf_of(request)))
    return render.redirect(asking.back(request, face.url), toast=said)


@get("/{at_name:str}/report")
async def report_page(request: Ask, at_name: str) -> Response[Any]:
    """What to tell the moderators of someone, or of one of their posts."""
    me = await asking.me(request)
    return await _reporting(request, me, at_name, parse(request.query_params.get("post")))


async def _reporting(
    request: Ask,
    me: Person,
    at_name: str,
    post_id: int | None,
    *,
    form: Form | None = None,
    wrong: Invalid | TooLarge | None = None,
) -> Response[str]:
    async with pool(request).reading() as db:
        person = await people.by_name(db, name_of(at_name))
        face = await faces.profile(db, me, person)
        card = await cards.by_id(db, me, post_id) if post_id else None
        known, shared = await rules.of(db), await asking.context(request, db, me)
    errors = {"comment": wrong.said} if wrong else {}
    return asking.page(
        request, "pages/report.jinja", shared, status=wrong.status if wrong else 200, person=face, card=card, rules=known, errors=errors,
        comment=form.text("comment") if form else "", category=form.text("category") if form else "",
    )  # fmt: skip


@post("/{at_name:str}/report", status_code=303)
async def report(request: Ask, at_name: str) -> Response[Any]:
    """Tell them."""
    me = await asking.me(request)
    form = await asking.form(request)
    post_id = form.id("post_id")
    try:
        async with pool(request).transaction() as db:
            other = await people.by_name(db, name_of(at_name))
            await reports.make(
                db, me, other.id, category=form.text("category", "other"), comment=form.text("comment"),
                post_ids=[post_id] if post_id else [], rule_ids=[found for text in form.lists.get("rule", []) if (found := parse(text))],
            )  # fmt: skip
            if form.on("block"):
                await graph.block(db, me, other)
    except (Invalid, TooLarge) as wrong:
        return await _reporting(request, me, at_name, post_id, form=form, wrong=wrong)
    return render.redirect(f"/@{other.username}", toast="Thank you. The moderators will look at it.")


HANDLERS = [stand, report_page, report]
