"""Statuses: publish, read, change, delete, and what others do with them."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post, put

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities, people
from bowerbird.api.mastodon.entities import as_json
from bowerbird.api.mastodon.people import accounts
from bowerbird.core import limits
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import at, parse
from bowerbird.door import Ask, body, id_of, limit_of, person, pool, viewer
from bowerbird.gallery import cards, showing
from bowerbird.social import posts, reactions, timelines

POSTS_PER_5_MIN_MAX = 60


class NewStatus(msgspec.Struct, kw_only=True):
    """POST and PUT /api/v1/statuses."""

    status: str = ""
    media_ids: list[str] = []
    in_reply_to_id: str | None = None
    spoiler_text: str = ""
    sensitive: bool = False
    visibility: str | None = None
    language: str | None = None
    media_attributes: list[dict[str, str]] = []


@post("/", status_code=200)
async def publish(request: Ask) -> Response[bytes]:
    """Say something."""
    me = await person(request, "write:statuses")
    new = await body(request, NewStatus)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"post:{me.id}", times_max=POSTS_PER_5_MIN_MAX, window_s=300)
        said = await showing.publish(
            db, me, new.status, visibility=new.visibility or me.default_visibility, reply_to_id=_reply(new), language=new.language,
            media_ids=_media(new), spoiler=new.spoiler_text, sensitive=new.sensitive,
        )  # fmt: skip
        card = await cards.one(db, me, said)
    return as_json(entities.status(card))


@get("/{id_:str}")
async def read(request: Ask, id_: str) -> Response[bytes]:
    """One status."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        return as_json(entities.status(await cards.by_id(db, me, id_of(id_))))


@put("/{id_:str}")
async def edit(request: Ask, id_: str) -> Response[bytes]:
    """Change one's own."""
    me = await person(request, "write:statuses")
    new = await body(request, NewStatus)
    alts = {found: str(a.get("description", "")) for a in new.media_attributes if (found := parse(a.get("id")))}
    async with pool(request).transaction() as db:
        said = await posts.edit(db, me, id_of(id_), new.status, spoiler=new.spoiler_text, sensitive=new.sensitive, alts=alts)
        card = await cards.one(db, me, said)
    return as_json(entities.status(card))


@delete("/{id_:str}", status_code=200)
async def remove(request: Ask, id_: str) -> Response[bytes]:
    """Take one's own away; the answer carries its source, for delete and redraft."""
    me = await person(request, "write:statuses")
    async with pool(request).transaction() as db:
        said = await posts.own(db, me, id_of(id_))
        card = await cards.one(db, me, said)
        gone = await (reactions.unboost(db, me, said.boost_of_id) if said.boost_of_id else posts.delete(db, me, said.id))
    answer = entities.status(card)
    return as_json(answer[:-1] + b',"text":' + msgspec.json.encode(gone.text) + b"}")


@get("/{id_:str}/source")
async def source(request: Ask, id_: str) -> dict[str, str]:
    """What one's own says, as typed."""
    me = await person(request, "read:statuses")
    async with pool(request).reading() as db:
        said = await posts.own(db, me, id_of(id_))
    return {"id": str(said.id), "text": said.text, "spoiler_text": said.spoiler}


@get("/{id_:str}/history")
async def history(request: Ask, id_: str) -> list[dict[str, Any]]:
    """What it said before, oldest first, and what it says now."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        card = await cards.by_id(db, me, id_of(id_))
        versions = await posts.history(db, me.id if me else None, card.id)
    past = [(v.text, v.spoiler, v.sensitive) for v in versions] + [(card.text, card.spoiler, card.sensitive)]
    moments = [card.created_at, *(at(v.id) for v in versions)]
    return [
        {"content": posts.text.html(said), "spoiler_text": spoiler, "sensitive": sensitive, "created_at": people.when(moment),
         "account": people.account(card.author), "media_attachments": [entities.attachment(p) for p in card.pictures], "emojis": []}
        for (said, spoiler, sensitive), moment in zip(past, moments, strict=True)
    ]  # fmt: skip


@get("/{id_:str}/context")
async def context(request: Ask, id_: str) -> Response[bytes]:
    """The conversation around it."""
    me = await viewer(request)
    viewer_id = me.id if me else None
    async with pool(request).reading() as db:
        said = await posts.see(db, viewer_id, id_of(id_))
        above, below = timelines.context(said, await timelines.thread(db, viewer_id, said))
        up, down = await cards.of(db, me, above), await cards.of(db, me, below)
    return as_json(b'{"ancestors":' + entities.statuses(up) + b',"descendants":' + entities.statuses(down) + b"}")


REACTIONS = {
    "favourite": reactions.like,
    "unfavourite": reactions.unlike,
    "reblog": reactions.boost,
    "unreblog": reactions.unboost,
    "bookmark": reactions.bookmark,
    "unbookmark": reactions.unbookmark,
}


@post("/{id_:str}/{reaction:str}", status_code=200)
async def react(request: Ask, id_: str, reaction: str) -> Response[bytes]:
    """Like, boost or bookmark, or take it back."""
    me = await person(request, "write:bookmarks" if "bookmark" in reaction else "write:favourites")
    verb = REACTIONS.get(reaction)
    if verb is None:
        raise Invalid(f"What can be done: {', '.join(REACTIONS)}.")
    async with pool(request).transaction() as db:
        await limits.spend(db, f"react:{me.id}", times_max=600, window_s=300)
        done = await verb(db, me, id_of(id_))
        card = await cards.one(db, me, done)
    return as_json(entities.status(card))


@get("/{id_:str}/favourited_by")
async def likers(request: Ask, id_: str) -> list[dict[str, Any]]:
    """Who liked it."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        return await accounts(db, await reactions.likers(db, me.id if me else None, id_of(id_), limit=limit_of(request, 40, 80)))


@get("/{id_:str}/reblogged_by")
async def boosters(request: Ask, id_: str) -> list[dict[str, Any]]:
    """Who boosted it."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        return await accounts(
            db, await reactions.boosters(db, me.id if me else None, id_of(id_), limit=limit_of(request, 40, 80))
        )


def _reply(new: NewStatus) -> int | None:
    return id_of(new.in_reply_to_id) if new.in_reply_to_id else None


def _media(new: NewStatus) -> list[int]:
    return [id_of(id_) for id_ in new.media_ids]


routes = Router(
    "/api/v1/statuses", route_handlers=[publish, read, edit, remove, source, history, context, react, likers, boosters],
    exception_handlers={Exception: mastodon},
)  # fmt: skip
