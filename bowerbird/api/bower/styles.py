"""Styles: words, medium and model under a name, to use, share and fork."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post, put

from bowerbird.accounts import people
from bowerbird.api.errors import problem
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import when
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, flag_of, id_of, person, pool, viewer
from bowerbird.gallery import styles
from bowerbird.gallery.styles import Style
from bowerbird.studio import presets
from bowerbird.studio.presets import Said

QUERY_LENGTH_MAX = 200


class NewStyle(msgspec.Struct, kw_only=True):
    """POST and PUT /api/bower/v1/styles. A style says at least one thing beside its name; `public` publishes it, false takes that back."""

    name: str
    about: str = ""
    words_before: str = ""
    words_after: str = ""
    leave_out: str = ""
    medium: str = ""
    tier: str = ""
    strength: float | None = None
    example_picture_id: str | None = None
    forked_from: str | None = None
    public: bool | None = None


def entity(style: Style) -> dict[str, Any]:
    """A style as JSON."""
    p = style.preset
    return {
        "id": str(p.id), "name": p.name, "about": p.about, "author": style.author.username, "author_id": str(p.author_id), "url": style.url,
        "words_before": p.words_before, "words_after": p.words_after, "leave_out": p.leave_out, "medium": p.medium, "tier": p.tier,
        "strength": p.strength, "version": p.version, "public": p.published_at is not None, "mine": style.mine,
        "published_at": when(p.published_at) if p.published_at else None,
        "example": style.example and {
            "picture_id": str(style.example.source.picture_id) if style.example.source else None, "url": style.example.url,
            "small_url": style.example.small_url, "alt": style.example.alt,
        },
        "forked_from": style.parent and {"id": str(style.parent[0].id), "name": style.parent[0].name, "author": style.parent[1].username},
    }  # fmt: skip


@get("/styles")
async def every(request: Ask) -> Response[Any]:
    """Published styles, newest first: `q` for words in them, `author` for someone's, `mine` for one's own with those not published."""
    me = await viewer(request)
    query, name = (
        request.query_params.get("q", "")[:QUERY_LENGTH_MAX].replace("\x00", ""),
        request.query_params.get("author", "")[:60],
    )
    async with pool(request).reading() as db:
        if me and flag_of(request, "mine"):
            found = await presets.of_person(db, me.id, page_of(request), all_=True)
        elif name:
            author = await people.by_name(db, name.removeprefix("@"))
            found = await presets.of_person(db, author.id, page_of(request), all_=False)
        else:
            found = await presets.published(db, page_of(request), words=query)
        ready = await styles.of(db, me, found)
    return Response([entity(style) for style in ready], headers=links(request, [p.id for p in found]))


@post("/styles", status_code=201)
async def make(request: Ask) -> dict[str, Any]:
    """Make one, or fork one that one may see. It is one's own until it is published."""
    me = await person(request, "write")
    new = await body(request, NewStyle)
    async with pool(request).transaction() as db:
        made = await styles.make(db, me, _said(new), forked_from=_id(new.forked_from))
        if new.public:
            await presets.publish(db, me, made.id, public=True)
        return entity(await styles.one(db, me, made.id))


@get("/styles/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """One style."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        return entity(await styles.one(db, me, id_of(id_)))


@put("/styles/{id_:str}")
async def change(request: Ask, id_: str) -> dict[str, Any]:
    """Say one's own otherwise: its next version. Pictures keep the one they were made in."""
    me = await person(request, "write")
    new = await body(request, NewStyle)
    async with pool(request).transaction() as db:
        changed = await styles.change(db, me, id_of(id_), _said(new))
        if new.public is not None:
            await presets.publish(db, me, changed.id, public=new.public)
        return entity(await styles.one(db, me, changed.id))


@delete("/styles/{id_:str}", status_code=204)
async def remove(request: Ask, id_: str) -> None:
    """Take one's own away; pictures keep what it said."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await presets.remove(db, me, id_of(id_))


def _said(new: NewStyle) -> Said:
    return Said(
        name=new.name, about=new.about, words_before=new.words_before, words_after=new.words_after, leave_out=new.leave_out,
        medium=new.medium, tier=new.tier, strength=new.strength, example_id=_id(new.example_picture_id),
    )  # fmt: skip


def _id(text: str | None) -> int | None:
    found = parse(text)
    if text and found is None:
        raise Invalid("That is not an id.")
    return found


routes = Router("/api/bower/v1", route_handlers=[every, make, read, change, remove], exception_handlers={Exception: problem})
