"""Challenges: today's theme with its entries, the ones before with their winners, and how it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotAllowed, NotFound
from bowerbird.core.ids import parse
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import challenge_scores, challenge_votes, challenges, faces
from bowerbird.gallery.challenges import Entry
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Shown
from bowerbird.studio import challenges as themes
from bowerbird.studio.challenges import Challenge
from bowerbird.web import asking, render

PAGES_MAX = 200
ARCHIVE = 12


@dataclass(frozen=True, slots=True)
class Hung:
    """An entry on the page. Its factors are there once places stand."""

    entry: Entry
    author: Face
    shown: Shown
    voted: bool
    mine: bool

    @property
    def fit(self) -> float:
        """The factor of the theme."""
        return challenge_scores.fit(self.entry.fit)

    @property
    def originality(self) -> float:
        """The factor of being new."""
        return challenge_scores.originality(self.entry.departure, self.entry.nearest)


@dataclass(frozen=True, slots=True)
class Past:
    """A challenge in the archive."""

    challenge: Challenge
    entries: int
    winners: list[Hung]


async def hung(db: Database, me: Person | None, found: list[Entry], given: set[int]) -> list[Hung]:
    """Entries that passed the gate, with picture and maker."""
    ready = await challenges.pictures_of(db, found)
    people = await faces.of(db, [one.account_id for one in found])
    mine = me.id if me else 0
    return [
        Hung(one, people[one.account_id], ready[one.id], one.id in given, one.account_id == mine)
        for one in found
        if one.id in ready
    ]


async def _wall(request: Ask, db: Database, me: Person | None, one: Challenge) -> dict[str, Any]:
    """The entries of a challenge; who may vote and is shown them is written down while it matters."""
    text = request.query_params.get("page", "")
    page = min(int(text), PAGES_MAX) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    found = await challenges.of(db, me.id if me else None, one, page)
    more, found = len(found) > challenges.PAGE, found[: challenges.PAGE]
    given = await challenge_votes.given_by(db, me.id, one.id) if me else set[int]()
    if one.state in ("open", "voting"):
        await challenge_votes.seen(db, me, found)
    return {
        "challenge": one, "entries": await hung(db, me, found, given), "count": await challenges.count(db, one.id),
        "next": f"/challenges/{one.id}?page={page + 1}" if more else None, "hearts": challenge_votes.VOTES_MAX - len(given),
        "why_not": challenge_votes.why_not(me), "hearts_max": challenge_votes.VOTES_MAX,
    }  # fmt: skip


async def _past(db: Database, me: Person | None, before: int | None, *, beside: int = 0) -> tuple[list[Past], int | None]:
    """(a stretch of the archive, the id to go on from)."""
    found = await themes.archive(db, before=before, limit=ARCHIVE + 1)
    following = found[ARCHIVE - 1].id if len(found) > ARCHIVE else None
    found = [one for one in found[:ARCHIVE] if one.id != beside]
    ids = [one.id for one in found]
    counts, best = await challenges.counts(db, ids), await challenges.winners(db, me.id if me else None, ids)
    return [Past(one, counts.get(one.id, 0), await hung(db, me, best.get(one.id, []), set())) for one in found], following


@get("/challenges")
async def today(request: Ask) -> Response[Any]:
    """Today's, and those before."""
    me = (await asking.visitor(request)).person
    async with pool(request).transaction() as db:
        one = await themes.today(db)
        wall = await _wall(request, db, me, one)
        past, following = await _past(db, me, parse(request.query_params.get("before")), beside=one.id)
        shared = await asking.context(request, db, me)
    return asking.page(request, "pages/challenges.jinja", shared, past=past, following=following, **wall)


@get("/challenges/rubric")
async def rubric(request: Ask) -> Response[Any]:
    """How entries are judged, in full."""
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        shared = await asking.context(request, db, me)
    return asking.page(request, "pages/rubric.jinja", shared, scores=challenge_scores, votes=challenge_votes, entries=challenges)


@get("/challenges/{id_:str}")
async def read(request: Ask, id_: str) -> Response[Any]:
    """One challenge with its entries."""
    me = (await asking.visitor(request)).person
    async with pool(request).transaction() as db:
        wall = await _wall(request, db, me, await themes.by_id(db, id_of(id_)))
        shared = await asking.context(request, db, me)
    return asking.page(request, "pages/challenge.jinja", shared, **wall)


@post("/challenges/themes", status_code=303)
async def choose(request: Ask) -> Response[Any]:
    """Set the theme of a day."""
    me = await asking.me(request)
    form = await asking.form(request)
    try:
        day = date.fromisoformat(form.text("day"))
    except ValueError as wrong:
        raise Invalid("Choose a day.") from wrong
    async with pool(request).transaction() as db:
        chosen = await challenges.choose(db, me, day, form.text("title"), form.text("rule"))
    return render.redirect("/challenges", toast=f"The theme of {chosen.day} is “{chosen.title}”.")


@post("/challenges/{id_:str}/entries", status_code=303)
async def enter(request: Ask, id_: str) -> Response[Any]:
    """Enter a post of one's own."""
    me = await asking.me(request)
    form = await asking.form(request)
    post_id = form.id("post_id")
    if post_id is None:
        raise Invalid("Say which post to enter.")
    try:
        async with pool(request).transaction() as db:
            await challenges.enter(db, me, id_of(id_), post_id)
    except (Conflict, Invalid) as wrong:
        return render.redirect(f"/posts/{post_id}", toast=wrong.said)
    return render.redirect(f"/challenges/{id_of(id_)}", toast="It is in. Good luck.")


@post("/challenges/{id_:str}/entries/{entry_id:str}/{verb:str}", status_code=303)
async def react(request: Ask, id_: str, entry_id: str, verb: str) -> Response[Any]:
    """Give a heart, take it back, or withdraw one's entry."""
    me = await asking.me(request)
    await asking.form(request)
    challenge_id, which, said = id_of(id_), id_of(entry_id), ""
    if verb not in ("vote", "unvote", "withdraw"):
        raise NotFound
    try:
        async with pool(request).transaction() as db:
            if verb == "withdraw":
                await challenges.withdraw(db, me, challenge_id, which)
                said = "Withdrawn. The post stays."
            else:
                await (challenge_votes.vote if verb == "vote" else challenge_votes.take_back)(db, me, challenge_id, which)
    except (Conflict, NotAllowed) as wrong:
        said = wrong.said
    return render.redirect(f"{asking.back(request, f'/challenges/{challenge_id}')}#entry-{which}", toast=said)


HANDLERS = [today, rubric, read, choose, enter, react]
