"""Lists of people, and who is on them."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post, put

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import accounts
from bowerbird.core.errors import NotAllowed
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.social import lists
from bowerbird.social.lists import List

PEOPLE_MAX = 200
# the ranked feed, as a list that every program can show: the smallest id, which no list of people's own ever has
FOR_YOU_ID = 1
FOR_YOU = {"id": str(FOR_YOU_ID), "title": "For You", "replies_policy": "none", "exclusive": False}


class Change(msgspec.Struct, kw_only=True):
    """POST and PUT /api/v1/lists."""

    title: str | None = None
    replies_policy: str | None = None
    exclusive: bool | None = None


class People(msgspec.Struct, kw_only=True):
    """People to put on a list or to take off."""

    account_ids: list[str | int] | str | int = []

    @property
    def ids(self) -> list[int]:
        """Their ids; one that is none is nobody's."""
        said = self.account_ids if isinstance(self.account_ids, list) else [self.account_ids]
        return [parse(str(text)) or 0 for text in said[:PEOPLE_MAX]]


def list_(found: List) -> dict[str, Any]:
    """A List."""
    return {
        "id": str(found.id),
        "title": found.title,
        "replies_policy": found.replies_policy,
        "exclusive": found.exclusive,
    }


@get("/lists")
async def mine(request: Ask) -> list[dict[str, Any]]:
    """One's lists."""
    me = await person(request, "read:lists")
    async with pool(request).reading() as db:
        return [FOR_YOU] + [list_(found) for found in await lists.of(db, me.id)]


def changeable(id_: str) -> int:
    """The id of a list of people. Raises NotAllowed for the feed."""
    found = id_of(id_)
    if found == FOR_YOU_ID:
        raise NotAllowed("For You is no list of people. What it shows is changed at /settings/feed.")
    return found


@get("/lists/{id_:str}")
async def one(request: Ask, id_: str) -> dict[str, Any]:
    """One of them."""
    me = await person(request, "read:lists")
    if id_of(id_) == FOR_YOU_ID:
        return dict(FOR_YOU)
    async with pool(request).reading() as db:
        return list_(await lists.one(db, me.id, id_of(id_)))


@post("/lists", status_code=200)
async def create(request: Ask) -> dict[str, Any]:
    """A new one."""
    me = await person(request, "write:lists")
    said = await body(request, Change)
    async with pool(request).transaction() as db:
        return list_(
            await lists.create(db, me, said.title or "", said.replies_policy or "list", exclusive=bool(said.exclusive))
        )  # fmt: skip


@put("/lists/{id_:str}")
async def change(request: Ask, id_: str) -> dict[str, Any]:
    """Change one."""
    me = await person(request, "write:lists")
    said = await body(request, Change)
    async with pool(request).transaction() as db:
        return list_(
            await lists.change(
                db, me, changeable(id_), title=said.title, replies_policy=said.replies_policy, exclusive=said.exclusive
            )
        )  # fmt: skip


@delete("/lists/{id_:str}", status_code=200)
async def remove(request: Ask, id_: str) -> dict[str, Any]:
    """Take one away."""
    me = await person(request, "write:lists")
    async with pool(request).transaction() as db:
        await lists.remove(db, me, changeable(id_))
    return {}


@get("/lists/{id_:str}/accounts")
async def members(request: Ask, id_: str) -> Response[Any]:
    """Who is on it; all of them with limit=0."""
    me = await person(request, "read:lists")
    if id_of(id_) == FOR_YOU_ID:
        return Response([])
    whole = request.query_params.get("limit") == "0"
    async with pool(request).reading() as db:
        found = await lists.members(db, me, id_of(id_), page_of(request, 40, 80), whole=whole)
        answer = await accounts(db, [other for _, other in found])
    return Response(answer, headers={} if whole else links(request, [id_ for id_, _ in found]))


@post("/lists/{id_:str}/accounts", status_code=200)
async def add(request: Ask, id_: str) -> dict[str, Any]:
    """Put people on it whom one follows."""
    me = await person(request, "write:lists")
    said = await body(request, People)
    async with pool(request).transaction() as db:
        await lists.add(db, me, changeable(id_), said.ids)
    return {}


@delete("/lists/{id_:str}/accounts", status_code=200)
async def drop(request: Ask, id_: str) -> dict[str, Any]:
    """Take people off it."""
    me = await person(request, "write:lists")
    said = await body(request, People)
    asked = [parse(text) or 0 for text in request.query_params.getall("account_ids[]", [])[:PEOPLE_MAX]]
    async with pool(request).transaction() as db:
        await lists.drop(db, me, changeable(id_), said.ids + asked)
    return {}


@get("/accounts/{id_:str}/lists")
async def holding(request: Ask, id_: str) -> list[dict[str, Any]]:
    """Which of one's lists someone is on."""
    me = await person(request, "read:lists")
    async with pool(request).reading() as db:
        return [list_(found) for found in await lists.holding(db, me, id_of(id_))]


routes = Router(
    "/api/v1", route_handlers=[mine, one, create, change, remove, members, add, drop, holding],
    exception_handlers={Exception: mastodon},
)  # fmt: skip
