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
from bowerbird.gallery import cards, faces
from bowerbird.gallery.cards import Card
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Credit
from bowerbird.social import entries, filters, notification_groups, notification_requests, notifications, requests
from bowerbird.social.notification_groups import Group
from bowerbird.social.notifications import Asked
from bowerbird.web import asking
from bowerbird.web.pages.feeds import on, page_of

PAGE = 40
KINDS = {"mentions": ("reply", "mention", "quote"), "remixes": ("remix",)}


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
    lines: list[Alert] = []
    for group in told:
        one = group.newest
        card = by_id.get(one.post_id or 0)
        if one.from_id not in people or (card and filters.hides(card.filtered, "notifications")):
            continue
        together = [people[id_] for id_ in dict.fromkeys(group.from_ids) if id_ in people]
        read = one.read_at is not None
        lines.append(Alert(one.id, one.kind, people[one.from_id], together, group.count, card, _thumb(card), at(one.id), read))
    return lines


def _thumb(card: Card | None) -> Credit | None:
    if card is None or not card.pictures:
        return None
    return Credit(card.id, False, card.author.username, card.url, card.pictures[0].small_url)


HANDLERS = [alerts]
