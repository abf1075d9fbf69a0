"""A piece of a conversation for everyone: first what it would be, then, if one presses, exactly that."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, post

from bowerbird.api.errors import problem
from bowerbird.assistant import sharing
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, person, pool


class Chosen(msgspec.Struct, kw_only=True):
    """POST …/conversations/{id}/preview."""

    message_ids: list[str]


class Share(msgspec.Struct, kw_only=True):
    """POST …/conversations/{id}/shares. `text` is what becomes public, to the letter."""

    message_ids: list[str]
    text: str
    media_ids: list[str] = []
    anyway: bool = False  # although it holds what looks private
    names: bool = False  # although it names people


@post("/conversations/{id_:str}/preview", status_code=200)
async def preview(request: Ask, id_: str) -> dict[str, Any]:
    """What would become public of these messages, and to whom. Changes nothing."""
    me = await person(request, "read")
    chosen = await body(request, Chosen)
    async with pool(request).reading() as db:
        found = await sharing.preview(db, me, id_of(id_), _ids(chosen.message_ids))
    return {
        "text": found.text, "audience": found.audience, "findings": [{"kind": one.kind, "excerpt": one.excerpt} for one in found.findings],
        "names": found.names, "quotes": found.quotes, "over": found.over, "made_with": found.made_with,
        "media_ids": [str(media_id) for media_id in found.media_ids],
    }  # fmt: skip


@post("/conversations/{id_:str}/shares")
async def share(request: Ask, id_: str) -> dict[str, str]:
    """Publish it: a post like any other."""
    me = await person(request, "write")
    wanted = await body(request, Share)
    async with pool(request).transaction() as db:
        found = await sharing.share(
            db, me, id_of(id_), _ids(wanted.message_ids), wanted.text, _ids(wanted.media_ids),
            anyway=wanted.anyway, names=wanted.names,
        )  # fmt: skip
    return {"post_id": str(found.id), "url": f"/posts/{found.id}"}


def _ids(texts: list[str]) -> list[int]:
    found = [parse(text) for text in texts[:40]]
    if None in found:
        raise Invalid("Ids are numbers as text.")
    return [id_ for id_ in found if id_ is not None]


routes = Router("/api/bower/v1", route_handlers=[preview, share], exception_handlers={Exception: problem})
