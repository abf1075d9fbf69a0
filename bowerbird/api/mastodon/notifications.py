"""What happened to oneself, one by one.

A place in a challenge and the outcome of an appeal have no counterpart at Mastodon. Programs differ in what they do with a type they do not
know: some leave the line out, some show it without words, some of the strictly typed ones cannot read the whole page any more. To call them
`status` ("somebody you follow closely posted") or `poll` would say something untrue and need a status or a poll that an appeal does not have.
So lists, groups, counts and streams hold them only for who asks by name (`types[]=bower.challenge`, `types[]=bower.appeal`); our own pages
always show them, and web push sends them to who subscribed to these alerts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, Router, get, post

from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.core.database import Database
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, limit_of, person, pool
from bowerbird.gallery import cards, faces
from bowerbird.gallery.cards import Card
from bowerbird.social import entries, notifications
from bowerbird.social.notifications import KINDS, Asked, Notification

OURS = {said: [ours for ours, theirs in entities.KINDS.items() if theirs == said] for said in entities.KINDS.values()}
TYPES_MAX = 40
UNREAD_MAX = 1_000
BY_NAME = frozenset({"challenge", "appeal"})  # told only to who asks for them
USUAL = tuple(kind for kind in KINDS if kind not in BY_NAME)
assert set(entities.KINDS) == set(KINDS)


def asked_of(request: Ask) -> Asked:
    """Which notifications are asked for: types[], exclude_types[], account_id, include_filtered."""
    query = request.query_params
    types, without = (query.getall(f"{name}[]", [])[:TYPES_MAX] for name in ("types", "exclude_types"))
    wanted = [ours for said in types for ours in OURS.get(said, [])] if types else USUAL
    excluded = {ours for said in without for ours in OURS.get(said, [])}
    kinds = [ours for ours in wanted if ours not in excluded]
    whom = query.get("account_id")
    return Asked(kinds, (parse(whom) or 0) if whom else None, query.get("include_filtered") in ("true", "1"))


async def cards_of(db: Database, me: Person, told: Sequence[Notification]) -> dict[int, Card]:
    """The posts these are about, as far as one may see them, by id."""
    seen = await entries.of(db, me.id, [n.post_id for n in told if n.post_id])
    return {card.id: card for card in await cards.of(db, me, seen)}


async def entities_of(db: Database, me: Person, told: Sequence[Notification]) -> list[dict[str, Any]]:
    """Notifications as Mastodon says them."""
    people = await faces.lately(db, [n.from_id for n in told])
    shown = await cards_of(db, me, told)
    return [entities.notification(n, people[n.from_id], shown.get(n.post_id or 0)) for n in told]


@get("/")
async def notified(request: Ask) -> Response[Any]:
    """What happened to oneself."""
    me = await person(request, "read:notifications")
    async with pool(request).reading() as db:
        told = await notifications.listed(db, me.id, page_of(request, 40, 80), asked_of(request))
        answer = await entities_of(db, me, told)
    return Response(answer, headers=links(request, [n.id for n in told]))


@get("/unread_count")
async def unread(request: Ask) -> dict[str, int]:
    """How many are new."""
    me = await person(request, "read:notifications")
    async with pool(request).reading() as db:
        return {"count": await notifications.unread(db, me.id, asked_of(request), most=limit_of(request, 100, UNREAD_MAX))}


@get("/{id_:str}")
async def one(request: Ask, id_: str) -> dict[str, Any]:
    """One of them."""
    me = await person(request, "read:notifications")
    async with pool(request).reading() as db:
        return (await entities_of(db, me, [await notifications.one(db, me.id, id_of(id_))]))[0]


@post("/clear", status_code=200)
async def clear(request: Ask) -> dict[str, Any]:
    """Take all off the list."""
    me = await person(request, "write:notifications")
    async with pool(request).transaction() as db:
        await notifications.clear(db, me.id)
    return {}


@post("/{id_:str}/dismiss", status_code=200)
async def dismiss(request: Ask, id_: str) -> dict[str, Any]:
    """Take one off the list."""
    me = await person(request, "write:notifications")
    async with pool(request).transaction() as db:
        await notifications.dismiss(db, me.id, id_of(id_))
    return {}


@post("/dismiss", status_code=200)
async def dismiss_named(request: Ask) -> dict[str, Any]:
    """The same, as older programs say it."""
    me = await person(request, "write:notifications")
    said = await body(request, dict[str, Any])
    async with pool(request).transaction() as db:
        await notifications.dismiss(db, me.id, id_of(str(said.get("id", ""))))
    return {}


routes = Router(
    "/api/v1/notifications", route_handlers=[notified, unread, one, clear, dismiss, dismiss_named],
    exception_handlers={Exception: mastodon},
)  # fmt: skip
