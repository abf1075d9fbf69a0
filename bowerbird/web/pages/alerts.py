"""Alerts: what happened to oneself, those of one kind and one post told as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.ids import at
from bowerbird.door import Ask, pool
from bowerbird.gallery import cards, challenges, faces
from bowerbird.gallery.cards import Card
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Credit
from bowerbird.moderation import appeals
from bowerbird.social import entries, filters, notification_groups, notification_requests, notifications, requests
from bowerbird.social.notification_groups import Group
from bowerbird.social.notifications import Asked, Notification
from bowerbird.web import asking
from bowerbird.web.pages.feeds import on, page_of

PAGE = 40
KINDS = {"mentions": ("reply", "mention", "quote"), "remixes": ("remix",)}
PLACES = ("first", "second", "third")
assert len(PLACES) == challenges.PLACES


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that happened, as the page tells it: the latest person, the others of the group, and how many more there are."""

    id: int
    kind: str
    person: Face
    people: list[Face]
    count: int
    card: Card | None
    picture: Credit | None
    at: datetime
    read: bool
    url: str = ""  # what is told of oneself and no post: where to read more, and the words for it
    words: str = ""


@get("/notifications")
async def alerts(request: Ask) -> Response[Any]:
    """What happened to oneself; opening it marks it read."""
    me = await asking.me(request)
    kind = request.query_params.get("kind", "all")
    async with pool(request).transaction() as db:
        page = page_of(request, PAGE)
        told = await notification_groups.of(db, me.id, page, Asked(kinds=KINDS.get(kind)))
        following = on(request, [g.newest.id for g in told], PAGE)
        lines = await _lines(db, me, told[:PAGE])
        if told and not page.before:
            await notifications.read(db, me.id, told[0].newest.id)
        waiting, (held, _) = await requests.count(db, me), await notification_requests.pending(db, me.id)
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "pages/notifications.jinja", shared, notifications=lines, next=following, kind=kind, waiting=waiting, held=held
    )


async def _lines(db: Database, me: Person, told: list[Group]) -> list[Alert]:
    people = await faces.seen(db, me, (await faces.of(db, [id_ for g in told for id_ in g.from_ids])).values())
    posts = await entries.of(db, me.id, [g.newest.post_id for g in told if g.newest.post_id])
    by_id = {c.id: c for c in await cards.seen(db, me, await cards.of(db, me, posts))}
    about = await _of_oneself(db, me, [g.newest for g in told])
    lines: list[Alert] = []
    for group in told:
        one = group.newest
        card = by_id.get(one.post_id or 0)
        if one.from_id not in people or (card and filters.hides(card.filtered, "notifications")):
            continue
        together = [people[id_] for id_ in dict.fromkeys(group.from_ids) if id_ in people]
        read = one.read_at is not None
        said = about.get(one.id, ("", ""))
        lines.append(
            Alert(one.id, one.kind, people[one.from_id], together, group.count, card, _thumb(card), at(one.id), read, *said)
        )
    return lines


async def _of_oneself(db: Database, me: Person, told: list[Notification]) -> dict[int, tuple[str, str]]:
    """Where to read more of places and appeals, and what is said of them, by notification."""
    subjects = {kind: [n.subject_id for n in told if n.kind == kind and n.subject_id] for kind in ("challenge", "appeal")}
    places = await challenges.won(db, me.id, subjects["challenge"]) if subjects["challenge"] else {}
    decided = await appeals.of(db, subjects["appeal"]) if subjects["appeal"] else {}
    found: dict[int, tuple[str, str]] = {}
    for one in told:
        if one.kind == "challenge":
            title, place = places.get((one.subject_id or 0, one.post_id or 0), ("", 0))
            words = (
                f"Your picture took {PLACES[place - 1]} place in “{title}”"
                if place
                else "Your picture was in a challenge that ended"
            )
            found[one.id] = f"/challenges/{one.subject_id}", words
        elif one.kind == "appeal":
            appeal = decided.get(one.subject_id or 0)
            granted = appeal is not None and appeal.state == "granted"
            words = (
                "Your appeal was granted: the same may pass from now on"
                if granted
                else "Somebody looked at your appeal: the decision stands"
            )
            found[one.id] = "/settings/safety", words
    return found


def _thumb(card: Card | None) -> Credit | None:
    if card is None or not card.pictures:
        return None
    return Credit(card.id, False, card.author.username, card.url, card.pictures[0].small_url)


HANDLERS = [alerts]
