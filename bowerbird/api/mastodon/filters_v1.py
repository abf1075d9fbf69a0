"""Filters as older programs know them: each is one word. Kept as version 2 keeps them; the id is the word's."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, post, put

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.filters import seconds
from bowerbird.api.mastodon.people import when
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.social import filter_edits, filter_rows, filters
from bowerbird.social.filter_rows import Filter, Keyword


class Phrase(msgspec.Struct, kw_only=True):
    """POST and PUT /api/v1/filters."""

    phrase: str | None = None
    context: list[str] | None = None
    irreversible: bool | None = None
    whole_word: bool | None = None
    expires_in: int | str | None = -1  # left out: as it was

    @property
    def action(self) -> str | None:
        """What is done about it, None where that is not said."""
        return None if self.irreversible is None else "hide" if self.irreversible else "warn"


def filter_v1(found: Filter, word: Keyword) -> dict[str, Any]:
    """A V1::Filter."""
    row = found.row
    return {
        "id": str(word.id), "phrase": word.keyword, "context": row.contexts, "whole_word": word.whole_word,
        "irreversible": row.action == "hide", "expires_at": when(row.expires_at) if row.expires_at else None,
    }  # fmt: skip


@get("/filters")
async def mine(request: Ask) -> list[dict[str, Any]]:
    """One's words."""
    me = await person(request, "read:filters")
    async with pool(request).reading() as db:
        return [filter_v1(f, word) for f in await filter_rows.of(db, me.id) for word in f.keywords]


@get("/filters/{id_:str}")
async def one(request: Ask, id_: str) -> dict[str, Any]:
    """One of them."""
    me = await person(request, "read:filters")
    async with pool(request).reading() as db:
        word = await filter_edits.keyword_of(db, me, id_of(id_))
        return filter_v1(await filter_rows.one(db, me.id, word.filter_id), word)


@post("/filters", status_code=200)
async def create(request: Ask) -> dict[str, Any]:
    """A new one."""
    me = await person(request, "write:filters")
    said = await body(request, Phrase)
    lasting = None if said.expires_in == -1 else seconds(said.expires_in)
    async with pool(request).transaction() as db:
        title = (said.phrase or "")[: filter_edits.TITLE_LENGTH_MAX]
        made = await filter_edits.create(db, me, title, said.context or [], said.action or "warn", lasting)
        word = await filter_edits.add_keyword(db, me, made.id, said.phrase or "", whole_word=bool(said.whole_word))
    filters.kept.forget(me.id)
    return filter_v1(made, word)


@put("/filters/{id_:str}")
async def change(request: Ask, id_: str) -> dict[str, Any]:
    """Change it; where and how long holds for the words beside it too."""
    me = await person(request, "write:filters")
    said = await body(request, Phrase)
    kept = said.expires_in == -1
    lasting = None if kept else seconds(said.expires_in)
    async with pool(request).transaction() as db:
        word = await filter_edits.change_keyword(db, me, id_of(id_), said.phrase, said.whole_word)
        changed = await filter_edits.change(
            db, me, word.filter_id, title=None, contexts=said.context, action=said.action, expires_in_s=lasting,
            forever=not kept and lasting is None,
        )  # fmt: skip
    filters.kept.forget(me.id)
    return filter_v1(changed, word)


@delete("/filters/{id_:str}", status_code=200)
async def remove(request: Ask, id_: str) -> dict[str, Any]:
    """Take it away, and its filter where it was the only word."""
    me = await person(request, "write:filters")
    async with pool(request).transaction() as db:
        word = await filter_edits.keyword_of(db, me, id_of(id_))
        await filter_edits.remove_keyword(db, me, word.id)
        left = await filter_rows.one(db, me.id, word.filter_id)
        if not left.keywords and not left.posts:
            await filter_edits.remove(db, me, left.id)
    filters.kept.forget(me.id)
    return {}


routes = Router("/api/v1", route_handlers=[mine, one, create, change, remove], exception_handlers={Exception: mastodon})
