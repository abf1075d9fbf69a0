"""What belongs to a filter: its words, and the single posts it holds."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, post, put

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.filters import filtered, keyword
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.social import filter_edits, filter_rows, filters


class WordChange(msgspec.Struct, kw_only=True):
    """A word of a filter."""

    keyword: str | None = None
    whole_word: bool | None = None


class StatusChange(msgspec.Struct):
    """A post of a filter."""

    status_id: str


@get("/{id_:str}/keywords")
async def words(request: Ask, id_: str) -> list[dict[str, Any]]:
    """A filter's words."""
    me = await person(request, "read:filters")
    async with pool(request).reading() as db:
        return [keyword(k) for k in (await filter_rows.one(db, me.id, id_of(id_))).keywords]


@post("/{id_:str}/keywords", status_code=200)
async def add_word(request: Ask, id_: str) -> dict[str, Any]:
    """One more."""
    me = await person(request, "write:filters")
    said = await body(request, WordChange)
    async with pool(request).transaction() as db:
        made = await filter_edits.add_keyword(
            db, me, id_of(id_), said.keyword or "", whole_word=said.whole_word is not False
        )  # fmt: skip
    filters.kept.forget(me.id)
    return keyword(made)


@get("/keywords/{id_:str}")
async def word(request: Ask, id_: str) -> dict[str, Any]:
    """One word."""
    me = await person(request, "read:filters")
    async with pool(request).reading() as db:
        return keyword(await filter_edits.keyword_of(db, me, id_of(id_)))


@put("/keywords/{id_:str}")
async def change_word(request: Ask, id_: str) -> dict[str, Any]:
    """Say it differently."""
    me = await person(request, "write:filters")
    said = await body(request, WordChange)
    async with pool(request).transaction() as db:
        changed = await filter_edits.change_keyword(db, me, id_of(id_), said.keyword, said.whole_word)
    filters.kept.forget(me.id)
    return keyword(changed)


@delete("/keywords/{id_:str}", status_code=200)
async def remove_word(request: Ask, id_: str) -> dict[str, Any]:
    """Take it away."""
    me = await person(request, "write:filters")
    async with pool(request).transaction() as db:
        await filter_edits.remove_keyword(db, me, id_of(id_))
    filters.kept.forget(me.id)
    return {}


@get("/{id_:str}/statuses")
async def held(request: Ask, id_: str) -> list[dict[str, Any]]:
    """The single posts a filter holds."""
    me = await person(request, "read:filters")
    async with pool(request).reading() as db:
        return [filtered(p) for p in (await filter_rows.one(db, me.id, id_of(id_))).posts]


@post("/{id_:str}/statuses", status_code=200)
async def hold(request: Ask, id_: str) -> dict[str, Any]:
    """One more."""
    me = await person(request, "write:filters")
    said = await body(request, StatusChange)
    async with pool(request).transaction() as db:
        made = await filter_edits.add_post(db, me, id_of(id_), parse(said.status_id) or 0)
    filters.kept.forget(me.id)
    return filtered(made)


@get("/statuses/{id_:str}")
async def held_one(request: Ask, id_: str) -> dict[str, Any]:
    """One of them."""
    me = await person(request, "read:filters")
    async with pool(request).reading() as db:
        return filtered(await filter_edits.post_of(db, me, id_of(id_)))


@delete("/statuses/{id_:str}", status_code=200)
async def let_go(request: Ask, id_: str) -> dict[str, Any]:
    """Let it be read again."""
    me = await person(request, "write:filters")
    async with pool(request).transaction() as db:
        await filter_edits.remove_post(db, me, id_of(id_))
    filters.kept.forget(me.id)
    return {}


routes = Router(
    "/api/v2/filters", exception_handlers={Exception: mastodon},
    route_handlers=[words, add_word, word, change_word, remove_word, held, hold, held_one, let_go],
)  # fmt: skip
