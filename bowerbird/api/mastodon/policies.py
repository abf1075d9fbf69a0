"""Whose notifications wait or never come, and letting those who wait through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec
from litestar import Response, Router, get, patch, post, put

from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import account, when
from bowerbird.api.mastodon.relations import asked
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import at
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.gallery import cards, faces
from bowerbird.social import entries, notification_requests, policies
from bowerbird.social.notification_requests import Request

ANSWERS = {"accept": notification_requests.accept, "dismiss": notification_requests.dismiss}


async def _policy(db: Database, me: Person, *, first: bool) -> dict[str, Any]:
    chosen = asdict(await policies.of(db, me))
    if first:
        said: dict[str, Any] = {f"filter_{name}": chosen[name] != "accept" for name in policies.NAMES}
    else:
        said = {f"for_{name}": verdict for name, verdict in chosen.items()}
    requests, waiting = await notification_requests.pending(db, me.id)
    return {**said, "summary": {"pending_requests_count": requests, "pending_notifications_count": waiting}}


@get(["/v1/notifications/policy", "/v2/notifications/policy"])
async def policy(request: Ask) -> dict[str, Any]:
    """Whose notifications wait or never come."""
    me = await person(request, "read:notifications")
    async with pool(request).reading() as db:
        return await _policy(db, me, first=request.url.path.startswith("/api/v1"))


@patch("/v2/notifications/policy")
async def change(request: Ask) -> dict[str, Any]:
    """Choose that anew."""
    me = await person(request, "write:notifications")
    said = await body(request, dict[str, str])
    async with pool(request).transaction() as db:
        await policies.change(db, me, {name: said[f"for_{name}"] for name in policies.NAMES if f"for_{name}" in said})
        return await _policy(db, me, first=False)


class First(msgspec.Struct, kw_only=True):
    """PUT /api/v1/notifications/policy."""

    filter_not_following: bool | None = None
    filter_not_followers: bool | None = None
    filter_new_accounts: bool | None = None
    filter_private_mentions: bool | None = None


@put("/v1/notifications/policy")
async def change_first(request: Ask) -> dict[str, Any]:
    """The same as older programs say it: to wait or not."""
    me = await person(request, "write:notifications")
    said = await body(request, First)
    wanted = {name.removeprefix("filter_"): value for name, value in msgspec.structs.asdict(said).items() if value is not None}
    async with pool(request).transaction() as db:
        await policies.change(db, me, {name: "filter" if value else "accept" for name, value in wanted.items()})
        return await _policy(db, me, first=True)


async def _requests(db: Database, me: Person, found: Sequence[Request]) -> list[dict[str, Any]]:
    people = await faces.of(db, [r.from_id for r in found])
    posts = await entries.of(db, me.id, [r.post_id for r in found if r.post_id])
    shown = {card.id: card for card in await cards.of(db, me, posts)}
    return [
        {
            "id": str(r.id),
            "created_at": when(at(r.id)),
            "updated_at": when(at(r.id)),
            "notifications_count": str(r.count),
            "account": account(people[r.from_id]),
            "last_status": msgspec.Raw(entities.status(shown[r.post_id])) if r.post_id in shown else None,
        }
        for r in found
    ]


@get("/v1/notifications/requests")
async def waiting(request: Ask) -> Response[Any]:
    """Whose notifications wait."""
    me = await person(request, "read:notifications")
    async with pool(request).reading() as db:
        found = await notification_requests.of(db, me.id, page_of(request, 40, 80))
        answer = await _requests(db, me, found)
    return Response(answer, headers=links(request, [r.id for r in found]))


@get("/v1/notifications/requests/merged")
async def merged(request: Ask) -> dict[str, bool]:
    """Whether those let through stand on the list already: they do at once."""
    await person(request, "read:notifications")
    return {"merged": True}


@get("/v1/notifications/requests/{id_:str}")
async def one(request: Ask, id_: str) -> dict[str, Any]:
    """One of them."""
    me = await person(request, "read:notifications")
    async with pool(request).reading() as db:
        return (await _requests(db, me, [await notification_requests.one(db, me.id, id_of(id_))]))[0]


@post("/v1/notifications/requests/{id_:str}/{answer:str}", status_code=200)
async def reply(request: Ask, id_: str, answer: str) -> dict[str, Any]:
    """Let one through, or send them away."""
    return await _reply(request, [id_of(id_)], answer)


@post("/v1/notifications/requests/{answer:str}", status_code=200)
async def reply_all(request: Ask, answer: str) -> dict[str, Any]:
    """The same for several."""
    return await _reply(request, None, answer)


async def _reply(request: Ask, ids: list[int] | None, answer: str) -> dict[str, Any]:
    me = await person(request, "write:notifications")
    verb = ANSWERS.get(answer)
    if verb is None:
        raise Invalid(f"What can be said: {', '.join(ANSWERS)}.")
    wanted = await asked(request) if ids is None else ids
    async with pool(request).transaction() as db:
        await verb(db, me.id, wanted)
    return {}


routes = Router(
    "/api", route_handlers=[policy, change, change_first, waiting, merged, one, reply, reply_all],
    exception_handlers={Exception: mastodon},
)  # fmt: skip
