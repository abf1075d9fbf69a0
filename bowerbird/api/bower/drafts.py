"""Drafts: what the composer keeps, and a look at a text before it is published."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post, put

from bowerbird.api.errors import problem
from bowerbird.api.mastodon.entities import visibility
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import when
from bowerbird.core.errors import TooLarge
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.social import drafts, private_data
from bowerbird.social.drafts import Draft, Words

CHECKED_LENGTH_MAX = 20_000


class NewDraft(msgspec.Struct, kw_only=True):
    """POST and PUT /api/bower/v1/drafts."""

    text: str = ""
    spoiler_text: str = ""
    sensitive: bool = False
    visibility: str | None = None
    language: str | None = None
    media_ids: list[str] = []
    poll: dict[str, Any] | None = None
    in_reply_to_id: str | None = None


class Said(msgspec.Struct):
    """POST /api/bower/v1/check."""

    text: str


def entity(draft: Draft) -> dict[str, Any]:
    """A draft as JSON."""
    return {
        "id": str(draft.id),
        "text": draft.text,
        "spoiler_text": draft.spoiler,
        "sensitive": draft.sensitive,
        "visibility": visibility(draft.visibility),
        "language": draft.language,
        "media_ids": [str(id_) for id_ in draft.media_ids],
        "poll": draft.poll,
        "in_reply_to_id": str(draft.reply_to_id) if draft.reply_to_id else None,
        "updated_at": when(draft.updated_at),
    }


@get("/drafts")
async def every(request: Ask) -> Response[Any]:
    """One's drafts."""
    me = await person(request, "read:statuses")
    async with pool(request).reading() as db:
        found = await drafts.of(db, me, page_of(request))
    return Response([entity(draft) for draft in found], headers=links(request, [draft.id for draft in found]))


@post("/drafts", status_code=201)
async def begin(request: Ask) -> dict[str, Any]:
    """Keep a new one."""
    return await _keep(request, None)


@get("/drafts/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """One of them."""
    me = await person(request, "read:statuses")
    async with pool(request).reading() as db:
        return entity(await drafts.own(db, me, id_of(id_)))


@put("/drafts/{id_:str}")
async def change(request: Ask, id_: str) -> dict[str, Any]:
    """Other words for one."""
    return await _keep(request, id_)


@delete("/drafts/{id_:str}", status_code=204)
async def discard(request: Ask, id_: str) -> None:
    """Let one go."""
    me = await person(request, "write:statuses")
    async with pool(request).transaction() as db:
        await drafts.discard(db, me, id_of(id_))


@post("/check", status_code=200)
async def check(request: Ask) -> dict[str, Any]:
    """What in a text looks like something one would not want everyone to know. Nothing is kept of it."""
    await person(request, "read:statuses")
    said = await body(request, Said)
    if len(said.text) > CHECKED_LENGTH_MAX:
        raise TooLarge(f"Up to {CHECKED_LENGTH_MAX} characters are looked at.")
    return {"findings": [{"kind": found.kind, "excerpt": found.excerpt} for found in private_data.found(said.text)]}


async def _keep(request: Ask, id_: str | None) -> dict[str, Any]:
    me = await person(request, "write:statuses")
    new = await body(request, NewDraft)
    words = Words(
        text=new.text, spoiler=new.spoiler_text, sensitive=new.sensitive, visibility=new.visibility or me.default_visibility,
        language=new.language, media_ids=tuple(id_of(id_) for id_ in new.media_ids), poll=new.poll, reply_to_id=parse(new.in_reply_to_id),
    )  # fmt: skip
    async with pool(request).transaction() as db:
        return entity(await drafts.keep(db, me, words, id_of(id_) if id_ else None))


routes = Router(
    "/api/bower/v1", route_handlers=[every, begin, read, change, discard, check], exception_handlers={Exception: problem}
)
