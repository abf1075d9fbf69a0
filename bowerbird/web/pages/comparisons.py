"""Champion and challenger on a page: what For You ranks by, what competes with it, how that stands; and for administrators, the buttons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.settings import settings
from bowerbird.door import Ask, id_of, pool
from bowerbird.feed import board, comparisons, definitions, rankers
from bowerbird.feed.acts import HEADS
from bowerbird.feed.board import Match
from bowerbird.feed.definitions import TUNED, Draft
from bowerbird.gallery import faces
from bowerbird.web import asking, curves, render
from bowerbird.web.curves import Curve

WHERE = "/about/feed/comparisons"
LIMITS = {
    "interest_share": "of a page from one interest, at most", "author_again": "for each further post of the same author",
    "diversity": "how much likeness is put back",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """A comparison and its curve."""

    match: Match
    curve: Curve | None


@get(WHERE)
async def about(request: Ask) -> Response[Any]:
    """The page."""
    return await _page(request, (await asking.visitor(request)).person)


async def _page(request: Ask, me: Person | None, error: str = "", status: int = 200, **typed: Any) -> Response[Any]:
    async with pool(request).reading() as db:
        found = await board.read(db)
        who = await faces.of(db, list(found.people))
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "pages/comparisons.jinja", shared, status=status, board=found, who=who, own=definitions.house(),
        running=_drawn(found.running) if found.running else None, past=[_drawn(one) for one in found.past], outcomes=HEADS, limits=LIMITS,
        keeper=me is not None and me.role == "admin", automatic=settings().feed_promotion == "auto", error=error, typed=typed,
    )  # fmt: skip


def _drawn(match: Match) -> Drawn:
    return Drawn(match, curves.of(match.points))


async def _do(request: Ask, verb: Callable[[Database, Person], Awaitable[str]], **typed: Any) -> Response[Any]:
    """Do it and come back with a word; where it does not fit, the page again, with why."""
    me = await asking.me(request)
    rankers.keeper(me)
    try:
        async with pool(request).transaction() as db:
            toast = await verb(db, me)
    except (Invalid, Conflict, NotFound) as wrong:
        return await _page(request, me, wrong.said, wrong.status, **typed)
    return render.redirect(WHERE, toast=toast)


@post(f"{WHERE}/rankers", status_code=303)
async def write(request: Ask) -> Response[Any]:
    """Write a ranker down."""
    await asking.me(request)
    form = await asking.form(request)

    async def verb(db: Database, me: Person) -> str:
        own = definitions.house()
        worth = _numbers(form.fields, "worth_", HEADS)
        tuned = _numbers(form.fields, "limit_", TUNED)
        draft = Draft(
            form.text("name").strip(), form.text("said"), {k: v for k, v in worth.items() if v != own.worth[k]},  # type: ignore[index] - heads
            {k: v for k, v in tuned.items() if v != own.limits[k]},
        )  # fmt: skip
        return f"“{(await rankers.make(db, me, draft)).name}” can compete now."

    return await _do(request, verb, **form.fields)


def _numbers(fields: dict[str, str], prefix: str, names: tuple[str, ...]) -> dict[str, float]:
    """Raises Invalid for what is no number."""
    try:
        return {name: float(said) for name in names if (said := fields.get(prefix + name, "").strip())}
    except ValueError as wrong:
        raise Invalid("What something is worth is a number, such as 2.5.") from wrong


@post(WHERE, status_code=303)
async def start(request: Ask) -> Response[Any]:
    """Let one compete."""
    await asking.me(request)
    form = await asking.form(request)

    async def verb(db: Database, me: Person) -> str:
        share = form.text("share", "1")
        if share not in ("1", "0.5", "0.25", "0.1"):
            raise Invalid("Choose how many people take part.")
        await comparisons.start(db, me, form.text("challenger"), float(share))
        return "They compete from now on."

    return await _do(request, verb)


@post(f"{WHERE}/{{id_:str}}/end", status_code=303)
async def stop(request: Ask, id_: str) -> Response[Any]:
    """Stop it."""
    await asking.me(request)
    form = await asking.form(request)

    async def verb(db: Database, me: Person) -> str:
        await comparisons.stop(db, me, id_of(id_), form.text("reason"))
        return "Stopped. The champion ranks alone again."

    return await _do(request, verb)


@post(f"{WHERE}/{{id_:str}}/promotion", status_code=303)
async def promote(request: Ask, id_: str) -> Response[Any]:
    """Let the challenger rank."""
    await asking.me(request)
    await asking.form(request)

    async def verb(db: Database, me: Person) -> str:
        done = await comparisons.promote(db, me, id_of(id_))
        return f"“{(await rankers.by_id(db, done.challenger_id)).name}” ranks from now on."

    return await _do(request, verb)


@post(f"{WHERE}/rollback", status_code=303)
async def roll_back(request: Ask) -> Response[Any]:
    """Back to what was ranked by before."""
    await asking.me(request)
    await asking.form(request)

    async def verb(db: Database, me: Person) -> str:
        now = await comparisons.roll_back(db, me)
        return f"“{(await rankers.by_id(db, now.ranker_id)).name}” ranks again."

    return await _do(request, verb)


HANDLERS = [about, write, start, stop, promote, roll_back]
