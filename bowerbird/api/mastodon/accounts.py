"""Accounts and how one stands to them."""

from __future__ import annotations

from typing import Any

from litestar import Router, get, post

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.people import account, accounts
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import parse
from bowerbird.door import Ask, id_of, limit_of, person, pool, viewer
from bowerbird.gallery import faces
from bowerbird.social import graph


@get("/accounts/verify_credentials")
async def me_myself(request: Ask) -> dict[str, Any]:
    """Who one is, with what one sets by default."""
    me = await person(request, "read:accounts")
    async with pool(request).reading() as db:
        known = await faces.profile(db, me, me)
    preferred = {
        "privacy": entities.visibility(me.default_visibility),
        "sensitive": False,
        "language": None,
        "note": me.bio,
        "fields": [],
    }
    return {**account(known), "source": preferred}


@get("/accounts/lookup")
async def lookup(request: Ask) -> dict[str, Any]:
    """Someone by name."""
    me = await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        found = await people.by_name(db, request.query_params.get("acct", "").removeprefix("@")[:40])
        known = await faces.profile(db, me, found)
    return account(known)


@get("/accounts/relationships")
async def relationships(request: Ask) -> list[dict[str, Any]]:
    """How one stands to several people."""
    me = await person(request, "read:follows")
    asked = request.query_params.getall("id[]", []) + request.query_params.getall("id", [])
    ids = [found for text in asked[:80] if (found := parse(text))]
    async with pool(request).reading() as db:
        return await _relationships(db, me, ids)


@get("/accounts/{id_:str}")
async def someone(request: Ask, id_: str) -> dict[str, Any]:
    """Someone."""
    me = await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        known = await faces.profile(db, me, await people.by_id(db, id_of(id_)))
    return account(known)


@get("/accounts/{id_:str}/{side:str}")
async def circle(request: Ask, id_: str, side: str) -> list[dict[str, Any]]:
    """Who follows someone, whom they follow."""
    await viewer(request, "read:accounts")
    verb = {"followers": graph.followers, "following": graph.following}.get(side)
    if verb is None:
        raise Invalid("followers and following can be read.")
    async with pool(request).reading() as db:
        page = await verb(db, id_of(id_), before=parse(request.query_params.get("max_id")), limit=limit_of(request, 40, 80))
        return await accounts(db, [other for _, other in page])


STEPS = {"follow": graph.follow, "unfollow": graph.unfollow, "block": graph.block, "unblock": graph.unblock}


@post("/accounts/{id_:str}/{step:str}", status_code=200)
async def stand(request: Ask, id_: str, step: str) -> dict[str, Any]:
    """Follow, block, or take it back."""
    me = await person(request, "write:blocks" if "block" in step else "write:follows")
    verb = STEPS.get(step)
    if verb is None:
        raise Invalid(f"What can be done: {', '.join(STEPS)}.")
    async with pool(request).transaction() as db:
        other = await people.by_id(db, id_of(id_))
        await verb(db, me, other)
        return (await _relationships(db, me, [other.id]))[0]


async def _relationships(db: Database, me: Person, ids: list[int]) -> list[dict[str, Any]]:
    known = await graph.relations(db, me.id, ids)
    never = dict.fromkeys(
        ("muting", "muting_notifications", "requested", "requested_by", "domain_blocking", "endorsed", "notifying", "blocked_by"),
        False,
    )
    return [
        {"id": str(id_), "following": known[id_].follows, "followed_by": known[id_].followed_by, "blocking": known[id_].blocks,
         "showing_reblogs": known[id_].follows, "note": "", **never}
        for id_ in ids if id_ in known
    ]  # fmt: skip


routes = Router(
    "/api/v1", route_handlers=[me_myself, lookup, relationships, someone, circle, stand], exception_handlers={Exception: mastodon},
)  # fmt: skip
