"""Challenges: a theme a day, who entered it, votes, and afterwards what each entry was judged by."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post

from bowerbird.accounts.people import Person
from bowerbird.api.errors import problem
from bowerbird.api.mastodon.paging import links
from bowerbird.api.mastodon.people import when
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import at, parse
from bowerbird.core.settings import settings
from bowerbird.door import Ask, body, id_of, limit_of, person, pool, viewer
from bowerbird.gallery import challenge_scores, challenge_votes, challenges, faces
from bowerbird.gallery.challenges import Entry
from bowerbird.studio import challenges as themes
from bowerbird.studio.challenges import Challenge

PAGES_MAX = 200


class NewTheme(msgspec.Struct):
    """POST /api/bower/v1/challenges: an administrator's own theme for a day, as YYYY-MM-DD in UTC."""

    day: str
    title: str
    rule: str


class NewEntry(msgspec.Struct):
    """POST …/entries: one's own public post whose first picture is entered."""

    post_id: str


@get("/challenges")
async def every(request: Ask) -> Response[Any]:
    """Challenges, the newest day first; today's is among them."""
    await viewer(request)
    async with pool(request).transaction() as db:
        await themes.today(db)
        found = await themes.archive(db, before=parse(request.query_params.get("max_id")), limit=limit_of(request))
        counts = await challenges.counts(db, [one.id for one in found])
    return Response([_entity(one, counts.get(one.id, 0)) for one in found], headers=links(request, [one.id for one in found]))


@post("/challenges", status_code=201)
async def choose(request: Ask) -> dict[str, Any]:
    """Set the theme of a day; for administrators."""
    me = await person(request, "write")
    new = await body(request, NewTheme)
    try:
        day = date.fromisoformat(new.day)
    except ValueError as wrong:
        raise Invalid("A day is written YYYY-MM-DD.") from wrong
    async with pool(request).transaction() as db:
        return _entity(await challenges.choose(db, me, day, new.title, new.rule), 0)


@get("/challenges/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """One of them."""
    await viewer(request)
    async with pool(request).reading() as db:
        found = await themes.by_id(db, id_of(id_))
        return _entity(found, await challenges.count(db, found.id))


@get("/challenges/{id_:str}/entries")
async def entered(request: Ask, id_: str) -> list[dict[str, Any]]:
    """A page (`?page=`, from 0) of its entries: in an order of one's own while there are no places, by place afterwards."""
    me = await viewer(request)
    text = request.query_params.get("page", "0")
    page = min(int(text), PAGES_MAX) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    async with pool(request).transaction() as db:
        found = await themes.by_id(db, id_of(id_))
        shown = (await challenges.of(db, me.id if me else None, found, page))[: challenges.PAGE]
        await challenge_votes.seen(db, me, shown)
        return await _entries(db, me, found, shown)


@post("/challenges/{id_:str}/entries", status_code=200)
async def enter(request: Ask, id_: str) -> dict[str, Any]:
    """Enter a post of one's own. Entering it again changes nothing."""
    me = await person(request, "write")
    new = await body(request, NewEntry)
    async with pool(request).transaction() as db:
        entry = await challenges.enter(db, me, id_of(id_), id_of(new.post_id))
        return (await _entries(db, me, await themes.by_id(db, entry.challenge_id), [entry]))[0]


@delete("/challenges/{id_:str}/entries/{entry_id:str}", status_code=204)
async def withdraw(request: Ask, id_: str, entry_id: str) -> None:
    """Take one's entry back."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await challenges.withdraw(db, me, id_of(id_), id_of(entry_id))


@post("/challenges/{id_:str}/entries/{entry_id:str}/vote", status_code=200)
async def vote(request: Ask, id_: str, entry_id: str) -> dict[str, Any]:
    """Give it a heart."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        entry = await challenge_votes.vote(db, me, id_of(id_), id_of(entry_id))
        return (await _entries(db, me, await themes.by_id(db, entry.challenge_id), [entry]))[0]


@delete("/challenges/{id_:str}/entries/{entry_id:str}/vote", status_code=200)
async def unvote(request: Ask, id_: str, entry_id: str) -> dict[str, Any]:
    """Take a heart back."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        entry = await challenge_votes.take_back(db, me, id_of(id_), id_of(entry_id))
        return (await _entries(db, me, await themes.by_id(db, entry.challenge_id), [entry]))[0]


def _entity(one: Challenge, entries: int) -> dict[str, Any]:
    return {
        "id": str(one.id), "day": one.day.isoformat(), "title": one.title, "rule": one.rule, "state": one.state,
        "begins_at": when(one.begins_at), "ends_at": when(one.ends_at), "votes_end_at": when(one.votes_end_at), "entries_count": entries,
        "url": f"{settings().origin}/challenges/{one.id}",
    }  # fmt: skip


async def _entries(db: Database, me: Person | None, challenge: Challenge, found: list[Entry]) -> list[dict[str, Any]]:
    ready = await challenges.pictures_of(db, found)
    people = await faces.of(db, [one.account_id for one in found])
    given = await challenge_votes.given_by(db, me.id, challenge.id) if me else set[int]()
    return [
        {
            "id": str(one.id), "post_id": str(one.post_id), "media_id": str(one.media_id), "by": people[one.account_id].username,
            "entered_at": when(at(one.id)), "url": f"{settings().origin}/posts/{one.post_id}",
            "preview_url": settings().origin + ready[one.id].small_url if one.id in ready else None,
            "voted": one.id in given, "mine": me is not None and me.id == one.account_id, "place": one.place, "score": _score(one),
        }
        for one in found
    ]  # fmt: skip


def _score(one: Entry) -> dict[str, Any] | None:
    """Every factor, once places stand; before that nobody knows any."""
    if one.place is None:
        return None
    return {
        "total": one.score, "votes": one.votes, "votes_weighted": one.weighted, "viewers": one.viewers, "share": one.share,
        "fit": challenge_scores.fit(one.fit), "similarity": one.fit,
        "originality": challenge_scores.originality(one.departure, one.nearest), "departure": one.departure, "nearest_bits": one.nearest,
    }  # fmt: skip


routes = Router(
    "/api/bower/v1",
    route_handlers=[every, choose, read, entered, enter, withdraw, vote, unvote],
    exception_handlers={Exception: problem},
)
