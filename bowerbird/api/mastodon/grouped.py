"""What happened to oneself, told together where it is the same thing: version 2 of notifications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, Router, get, post

from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.notifications import OURS, TYPES_MAX, asked_of, cards_of
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import account, accounts, when
from bowerbird.core.database import Database
from bowerbird.core.ids import at
from bowerbird.door import Ask, limit_of, person, pool
from bowerbird.gallery import faces
from bowerbird.social import notification_groups
from bowerbird.social.notification_groups import GROUPED, Group

UNREAD_MAX = 1_000
PARTIAL = ("id", "acct", "locked", "bot", "url", "avatar", "avatar_static")


def grouped_of(request: Ask) -> tuple[str, ...]:
    """The kinds that may be told together: grouped_types[], or all that can be."""
    said = request.query_params.getall("grouped_types[]", [])[:TYPES_MAX]
    wanted = {ours for name in said for ours in OURS.get(name, [])}
    return tuple(kind for kind in GROUPED if not said or kind in wanted)


def group(found: Group, card_id: int | None) -> dict[str, Any]:
    """A NotificationGroup. It stands at its newest member, and the bounds of a page are those of what stands on it."""
    newest = str(found.newest.id)
    return {
        "group_key": found.key,
        "notifications_count": found.count,
        "type": entities.KINDS[found.newest.kind],
        "most_recent_notification_id": newest,
        "page_min_id": newest,
        "page_max_id": newest,
        "latest_page_notification_at": when(at(found.newest.id)),
        "sample_account_ids": [str(id_) for id_ in found.from_ids],
        **({"status_id": str(card_id) if card_id else None} if found.newest.post_id else {}),
    }


async def _told(db: Database, me: Person, found: Sequence[Group], *, partial: bool = False) -> dict[str, Any]:
    """A GroupedNotificationsResults: groups, and once each the people and posts they name."""
    people = await faces.of(db, [id_ for g in found for id_ in g.from_ids])
    shown = await cards_of(db, me, [g.newest for g in found])
    first = {g.from_ids[0] for g in found}
    whole = [account(face) for face in people.values() if not partial or face.id in first]
    less = [account(face) for face in people.values() if partial and face.id not in first]
    return {
        "accounts": whole,
        **({"partial_accounts": [{name: said[name] for name in PARTIAL} for said in less]} if partial else {}),
        "statuses": [msgspec.Raw(entities.status(card)) for card in shown.values()],
        "notification_groups": [group(g, g.newest.post_id if g.newest.post_id in shown else None) for g in found],
    }


@get("/")
async def notified(request: Ask) -> Response[Any]:
    """What happened to oneself, told together."""
    me = await person(request, "read:notifications")
    async with pool(request).reading() as db:
        found = await notification_groups.of(db, me.id, page_of(request, 40, 80), asked_of(request), grouped_of(request))
        answer = await _told(db, me, found, partial=request.query_params.get("expand_accounts") == "partial_avatars")
    return Response(answer, headers=links(request, [g.newest.id for g in found]))


@get("/unread_count")
async def unread(request: Ask) -> dict[str, int]:
    """How many groups hold something new."""
    me = await person(request, "read:notifications")
    async with pool(request).reading() as db:
        most = limit_of(request, 100, UNREAD_MAX)
        return {"count": await notification_groups.unread(db, me.id, asked_of(request), grouped_of(request), most=most)}


@get("/{key:str}")
async def one(request: Ask, key: str) -> dict[str, Any]:
    """One group."""
    me = await person(request, "read:notifications")
    async with pool(request).reading() as db:
        return await _told(db, me, [await notification_groups.one(db, me.id, key)])


@get("/{key:str}/accounts")
async def people(request: Ask, key: str) -> list[dict[str, Any]]:
    """Everyone in it."""
    me = await person(request, "read:notifications")
    async with pool(request).reading() as db:
        return await accounts(db, await notification_groups.people(db, me.id, key))


@post("/{key:str}/dismiss", status_code=200)
async def dismiss(request: Ask, key: str) -> dict[str, Any]:
    """Take it off the list."""
    me = await person(request, "write:notifications")
    async with pool(request).transaction() as db:
        await notification_groups.dismiss(db, me.id, key)
    return {}


routes = Router(
    "/api/v2/notifications", route_handlers=[notified, unread, one, people, dismiss], exception_handlers={Exception: mastodon}
)
