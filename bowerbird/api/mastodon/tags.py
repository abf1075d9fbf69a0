"""Hashtags: what is said under them, following them, showing them on one's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post

from bowerbird.accounts import people
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.core import ids
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.settings import settings
from bowerbird.door import Ask, body, id_of, person, pool, viewer
from bowerbird.social import tag_history, tags_featured, tags_followed, text
from bowerbird.social.tags_featured import Featured


class Named(msgspec.Struct):
    """POST /api/v1/featured_tags."""

    name: str = ""


def name_of(said: str) -> str:
    """A tag as it is compared. Raises NotFound for what is none."""
    name = text.normal_tag(said.removeprefix("#"))
    if not name or text.tags(f"#{name}") != [name]:
        raise NotFound
    return name


async def tags_of(db: Database, names: Sequence[str], viewer_id: int | None) -> list[dict[str, Any]]:
    """Tags as Mastodon says them, in their order; whether one follows them where somebody looks."""
    history = await tag_history.of(db, names)
    mine = await tags_followed.among(db, viewer_id, names) if viewer_id and names else set[str]()
    shown = {f.name for f in await tags_featured.of(db, viewer_id)} if viewer_id and names else set[str]()
    return [
        {
            "id": name,
            "name": name,
            "url": f"{settings().origin}/tags/{name}",
            "history": [
                {"day": str(int(d.day.timestamp())), "uses": str(d.posts), "accounts": str(d.people)} for d in history[name]
            ],
            **({"following": name in mine, "featuring": name in shown} if viewer_id else {}),
        }
        for name in names
    ]


def featured(shown: Featured, username: str) -> dict[str, Any]:
    """A FeaturedTag."""
    return {
        "id": str(shown.id),
        "name": shown.name,
        "url": f"{settings().origin}/@{username}?tag={shown.name}",
        "statuses_count": str(shown.count),
        "last_status_at": ids.at(shown.last_id).date().isoformat() if shown.last_id else None,
    }


@get("/tags/{name:str}")
async def one(request: Ask, name: str) -> dict[str, Any]:
    """A tag."""
    me = await viewer(request, "read:statuses")
    async with pool(request).reading() as db:
        return (await tags_of(db, [name_of(name)], me.id if me else None))[0]


@post("/tags/{name:str}/{step:str}", status_code=200)
async def stand(request: Ask, name: str, step: str) -> dict[str, Any]:
    """Follow a tag, show it on one's page, or no longer."""
    me = await person(request, "write:follows" if "follow" in step else "write:accounts")
    tag = name_of(name)
    async with pool(request).transaction() as db:
        match step:
            case "follow":
                await tags_followed.follow(db, me, tag)
            case "unfollow":
                await tags_followed.unfollow(db, me, tag)
            case "feature":
                await tags_featured.feature(db, me, tag)
            case "unfeature":
                await tags_featured.take_back(db, me, name=tag)
            case _:
                raise Invalid("What can be done: follow, unfollow, feature, unfeature.")
        return (await tags_of(db, [tag], me.id))[0]


@get("/followed_tags")
async def followed(request: Ask) -> Response[Any]:
    """The tags one follows."""
    me = await person(request, "read:follows")
    async with pool(request).reading() as db:
        found = await tags_followed.of(db, me, page_of(request, 100, 200))
        answer = await tags_of(db, [name for _, name in found], me.id)
    return Response(answer, headers=links(request, [id_ for id_, _ in found]))


@get("/featured_tags")
async def shown(request: Ask) -> list[dict[str, Any]]:
    """The tags on one's own page."""
    me = await person(request, "read:accounts")
    async with pool(request).reading() as db:
        return [featured(f, me.username) for f in await tags_featured.of(db, me.id)]


@post("/featured_tags", status_code=200)
async def show(request: Ask) -> dict[str, Any]:
    """Show one more."""
    me = await person(request, "write:accounts")
    said = await body(request, Named)
    try:
        tag = name_of(said.name)
    except NotFound as wrong:
        raise Invalid("That is not a hashtag.") from wrong
    async with pool(request).transaction() as db:
        return featured(await tags_featured.feature(db, me, tag), me.username)


@delete("/featured_tags/{id_:str}", status_code=200)
async def hide(request: Ask, id_: str) -> dict[str, Any]:
    """Show it no more."""
    me = await person(request, "write:accounts")
    async with pool(request).transaction() as db:
        await tags_featured.take_back(db, me, id_=id_of(id_))
    return {}


@get("/featured_tags/suggestions")
async def suggestions(request: Ask) -> list[dict[str, Any]]:
    """Tags one uses much and does not show yet."""
    me = await person(request, "read:accounts")
    async with pool(request).reading() as db:
        return await tags_of(db, await tags_featured.suggested(db, me), me.id)


@get("/accounts/{id_:str}/featured_tags")
async def of_someone(request: Ask, id_: str) -> list[dict[str, Any]]:
    """The tags on someone's page."""
    await viewer(request, "read:accounts")
    async with pool(request).reading() as db:
        owner = await people.by_id(db, id_of(id_))
        return [featured(f, owner.username) for f in await tags_featured.of(db, owner.id)]


routes = Router(
    "/api/v1", route_handlers=[one, stand, followed, shown, show, hide, suggestions, of_someone],
    exception_handlers={Exception: mastodon},
)  # fmt: skip
