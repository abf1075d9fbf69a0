"""Bowers: collections of pictures, named, ordered, with a cover."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.response import Stream

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.api.errors import problem
from bowerbird.api.mastodon.entities import attachment
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, person, pool, viewer
from bowerbird.gallery import bowers, downloads
from bowerbird.gallery.bowers import Bower, Hung


class NewBower(msgspec.Struct, kw_only=True):
    """POST and PUT /api/bower/v1/bowers. With PUT: `cover_id` a picture in it, `picture_ids` the order; those not named follow."""

    name: str
    about: str = ""
    visibility: str = "private"
    cover_id: str | None = None
    picture_ids: list[str] = []


def hung(one: Hung) -> dict[str, Any]:
    """A picture as it hangs there."""
    return {"picture_id": str(one.picture_id), "creator_id": str(one.creator_id), "media": attachment(one.shown)}


def entity(bower: Bower, cover: Hung | None, count: int) -> dict[str, Any]:
    """A bower as JSON; `count` is how many pictures the viewer sees."""
    return {
        "id": str(bower.id), "account_id": str(bower.account_id), "name": bower.name, "about": bower.about, "visibility": bower.visibility,
        "count": count, "cover": hung(cover) if cover else None,
    }  # fmt: skip


@get("/bowers")
async def every(request: Ask) -> Response[Any]:
    """One's own; with `account`, a name, the public ones of someone else."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        name = request.query_params.get("account", "")[:60].removeprefix("@")
        owner = await people.by_name(db, name) if name else me
        found = await bowers.of(db, me, owner.id, page_of(request))
        covers = await bowers.covers(db, me, found)
    return Response([entity(one, *covers[one.id]) for one in found], headers=links(request, [one.id for one in found]))


@post("/bowers", status_code=201)
async def make(request: Ask) -> dict[str, Any]:
    """Make one; private unless said otherwise."""
    me = await person(request, "write")
    new = await body(request, NewBower)
    async with pool(request).transaction() as db:
        made = await bowers.create(db, me, new.name, new.about, new.visibility)
        for id_ in new.picture_ids[: bowers.HOLDS_MAX]:
            await bowers.hang(db, me, made.id, id_of(id_))
        return await _whole(db, me, made)


@get("/bowers/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """One of them with what the viewer may see in it."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        return await _whole(db, me, await bowers.see(db, me, id_of(id_)))


@put("/bowers/{id_:str}")
async def change(request: Ask, id_: str) -> dict[str, Any]:
    """Say it otherwise, choose its cover, order it."""
    me = await person(request, "write")
    new = await body(request, NewBower)
    cover = parse(new.cover_id)
    if new.cover_id and cover is None:
        raise Invalid("cover_id is not an id.")
    async with pool(request).transaction() as db:
        changed = await bowers.change(db, me, id_of(id_), new.name, new.about, new.visibility, cover)
        if new.picture_ids:
            await bowers.order(db, me, changed.id, [id_of(one) for one in new.picture_ids[: bowers.HOLDS_MAX]])
        return await _whole(db, me, changed)


@delete("/bowers/{id_:str}", status_code=204)
async def remove(request: Ask, id_: str) -> None:
    """Take one's own down; the pictures stay."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await bowers.remove(db, me, id_of(id_))


@put("/bowers/{id_:str}/pictures/{picture_id:str}", status_code=204)
async def hang(request: Ask, id_: str, picture_id: str) -> None:
    """Put a picture one may see at its end."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await bowers.hang(db, me, id_of(id_), id_of(picture_id))


@delete("/bowers/{id_:str}/pictures/{picture_id:str}", status_code=204)
async def take(request: Ask, id_: str, picture_id: str) -> None:
    """Take a picture out of it."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await bowers.take(db, me, id_of(id_), id_of(picture_id))


@get("/bowers/{id_:str}/download")
async def download(request: Ask, id_: str) -> Stream:
    """One's own pictures in it as a zip, with their credentials and recipes."""
    me = await person(request, "read")
    async with pool(request).transaction() as db:
        files = await downloads.of_bower(db, me, await bowers.see(db, me, id_of(id_)))
    return zipped(files, "bower")


def zipped(files: list[downloads.File], name: str) -> Stream:
    """A zip as an answer that is sent while it is written."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"', "Cache-Control": "no-store"}
    return Stream(downloads.zipped(files), media_type="application/zip", headers=headers)


async def _whole(db: Database, me: Person | None, bower: Bower) -> dict[str, Any]:
    held = await bowers.pictures_in(db, me, bower)
    cover = next((one for one in held if one.picture_id == bower.cover_id), held[0] if held else None)
    return {**entity(bower, cover, len(held)), "pictures": [hung(one) for one in held]}


routes = Router(
    "/api/bower/v1",
    route_handlers=[every, make, read, change, remove, hang, take, download],
    exception_handlers={Exception: problem},
)
