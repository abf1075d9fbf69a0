"""People: by id, by name, by words; who follows them and whom they follow and recommend."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.directory import offset_of
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import account, accounts
from bowerbird.api.mastodon.relations import asked
from bowerbird.core import limits
from bowerbird.door import Ask, id_of, limit_of, person, pool, viewer
from bowerbird.gallery import faces
from bowerbird.social import directory, endorsements, follows, names

WORDS_LENGTH_MAX = 100
SEARCHES_MAX = 120  # a minute, by person: clients ask with every letter typed


@get("/")
async def several(request: Ask) -> list[dict[str, Any]]:
    """Several people at once."""
    await viewer(request, "read:accounts")
    ids = await asked(request)
    async with pool(request).reading() as db:
        return await accounts(db, ids)


@get("/lookup")
async def lookup(request: Ask) -> dict[str, Any]:
    """Someone by name."""
    me = await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        found = await people.by_name(db, request.query_params.get("acct", "").removeprefix("@").partition("@")[0][:40])
        return account(await faces.profile(db, me, found))


@get("/search")
async def search(request: Ask) -> list[dict[str, Any]]:
    """People whose name begins with or resembles what was typed; only those one follows, if asked."""
    me = await person(request, "read:accounts")
    words = request.query_params.get("q", "").strip().removeprefix("@").partition("@")[0][:WORDS_LENGTH_MAX]
    if not words:
        return []
    async with pool(request).transaction() as db:
        await limits.spend(db, f"people:{me.id}", times_max=SEARCHES_MAX, window_s=60)
    async with pool(request).reading() as db:
        among = await directory.followed(db, me) if request.query_params.get("following") in ("true", "1") else None
        found = await people.search(db, words, limit=limit_of(request, 40, 80), offset=offset_of(request), among=among)
        return await accounts(db, [p.id for p in found])


@get("/{id_:str}")
async def someone(request: Ask, id_: str) -> dict[str, Any]:
    """Someone."""
    me = await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        return account(await faces.profile(db, me, await people.by_id(db, id_of(id_))))


CIRCLES = {"followers": follows.followers, "following": follows.following, "endorsements": endorsements.of}


async def _circle(request: Ask, id_: str, side: str) -> Response[Any]:
    me = await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        owner = await people.by_id(db, id_of(id_))
        me_id = me.id if me else None
        if (side != "endorsements" and _hidden(owner, me)) or not await names.unblocked(db, me_id, [owner.id]):
            return Response([])
        found = await CIRCLES[side](db, owner.id, page_of(request, 40, 80))
        answer = await accounts(db, await names.unblocked(db, me_id, [other for _, other in found]))
    return Response(answer, headers=links(request, [bond for bond, _ in found]))


def _hidden(owner: Person, me: Person | None) -> bool:
    return owner.hide_collections and (me is None or me.id != owner.id)


@get("/{id_:str}/followers")
async def followers(request: Ask, id_: str) -> Response[Any]:
    """Who follows someone; nobody is named where they wish so."""
    return await _circle(request, id_, "followers")


@get("/{id_:str}/following")
async def following(request: Ask, id_: str) -> Response[Any]:
    """Whom someone follows; nobody is named where they wish so."""
    return await _circle(request, id_, "following")


@get("/{id_:str}/endorsements")
async def endorsed(request: Ask, id_: str) -> Response[Any]:
    """Whom someone recommends."""
    return await _circle(request, id_, "endorsements")


@get("/{id_:str}/identity_proofs")
async def proofs(request: Ask, id_: str) -> list[dict[str, Any]]:
    """Nothing: proofs of who someone is elsewhere are no more."""
    await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        await people.by_id(db, id_of(id_))
    return []


@get("/api/v1/endorsements")
async def my_endorsed(request: Ask) -> Response[Any]:
    """Whom one recommends oneself."""
    me = await person(request, "read:accounts")
    return await _circle(request, str(me.id), "endorsements")


routes = Router(
    "/", exception_handlers={Exception: mastodon},
    route_handlers=[
        Router("/api/v1/accounts", route_handlers=[several, lookup, search, someone, followers, following, endorsed, proofs]),
        my_endorsed,
    ],
)  # fmt: skip
