"""Filters: what one would rather not read, in version 2 of their API."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, post, put

from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.people import when
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.social import filter_edits, filter_rows, filters
from bowerbird.social.filter_rows import Filter, Filtered, Keyword
from bowerbird.social.filters import Match


class KeywordChange(msgspec.Struct, kw_only=True):
    """One word, new (without id), changed, or (with `_destroy`) taken away."""

    id: str | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    destroy: bool = msgspec.field(default=False, name="_destroy")


class FilterChange(msgspec.Struct, kw_only=True):
    """POST and PUT /api/v2/filters."""

    title: str | None = None
    context: list[str] | None = None
    filter_action: str | None = None
    expires_in: int | str | None = -1  # left out: as it was
    keywords_attributes: list[KeywordChange] = []

    @property
    def seconds(self) -> int | None:
        """How long it lasts; None: forever."""
        return seconds(self.expires_in)


def seconds(said: int | str | None) -> int | None:
    """A duration as sent; None for an empty one, which means forever. Raises Invalid."""
    if said is None or said == "":
        return None
    if isinstance(said, str):
        if not said.isascii() or not said.isdigit() or len(said) > 12:
            raise Invalid("A filter ends some seconds from now.")
        return int(said)
    return said


def keyword(word: Keyword) -> dict[str, Any]:
    """A FilterKeyword."""
    return {"id": str(word.id), "keyword": word.keyword, "whole_word": word.whole_word}


def filtered(one: Filtered) -> dict[str, Any]:
    """A FilterStatus."""
    return {"id": str(one.id), "status_id": str(one.post_id)}


def filter_(found: Filter, *, whole: bool = True) -> dict[str, Any]:
    """A Filter; beside a post without its words."""
    row = found.row
    said = {
        "id": str(row.id), "title": row.title, "context": row.contexts, "filter_action": row.action,
        "expires_at": when(row.expires_at) if row.expires_at else None,
    }  # fmt: skip
    if not whole:
        return said
    return {**said, "keywords": [keyword(k) for k in found.keywords], "statuses": [filtered(p) for p in found.posts]}


def result(match: Match) -> dict[str, Any]:
    """A FilterResult: why a filter speaks of a post."""
    return {
        "filter": filter_(match.filter, whole=False),
        "keyword_matches": list(match.keywords) or None,
        "status_matches": [str(id_) for id_ in match.posts] or None,
    }


@get("/filters")
async def mine(request: Ask) -> list[dict[str, Any]]:
    """One's filters."""
    me = await person(request, "read:filters")
    async with pool(request).reading() as db:
        return [filter_(f) for f in await filter_rows.of(db, me.id)]


@get("/filters/{id_:str}")
async def one(request: Ask, id_: str) -> dict[str, Any]:
    """One of them."""
    me = await person(request, "read:filters")
    async with pool(request).reading() as db:
        return filter_(await filter_rows.one(db, me.id, id_of(id_)))


@post("/filters", status_code=200)
async def create(request: Ask) -> dict[str, Any]:
    """A new filter, with its first words."""
    me = await person(request, "write:filters")
    new = await body(request, FilterChange)
    lasting = None if new.expires_in == -1 else new.seconds
    async with pool(request).transaction() as db:
        made = await filter_edits.create(db, me, new.title or "", new.context or [], new.filter_action or "warn", lasting)
        for word in new.keywords_attributes[: filter_edits.KEYWORDS_MAX + 1]:
            await filter_edits.add_keyword(db, me, made.id, word.keyword or "", whole_word=word.whole_word is not False)
        said = filter_(await filter_rows.one(db, me.id, made.id))
    filters.kept.forget(me.id)
    return said


@put("/filters/{id_:str}")
async def change(request: Ask, id_: str) -> dict[str, Any]:
    """Change one, its words with it."""
    me = await person(request, "write:filters")
    new = await body(request, FilterChange)
    kept = new.expires_in == -1
    async with pool(request).transaction() as db:
        await filter_edits.change(
            db, me, id_of(id_), title=new.title, contexts=new.context, action=new.filter_action,
            expires_in_s=None if kept else new.seconds, forever=not kept and new.seconds is None,
        )  # fmt: skip
        for word in new.keywords_attributes[: filter_edits.KEYWORDS_MAX + 1]:
            await _apply(db, me, id_of(id_), word)
        said = filter_(await filter_rows.one(db, me.id, id_of(id_)))
    filters.kept.forget(me.id)
    return said


async def _apply(db: Database, me: Person, filter_id: int, word: KeywordChange) -> None:
    if word.id is None:
        await filter_edits.add_keyword(db, me, filter_id, word.keyword or "", whole_word=word.whole_word is not False)
    elif word.destroy:
        await filter_edits.remove_keyword(db, me, parse(word.id) or 0)
    else:
        await filter_edits.change_keyword(db, me, parse(word.id) or 0, word.keyword, word.whole_word)


@delete("/filters/{id_:str}", status_code=200)
async def remove(request: Ask, id_: str) -> dict[str, Any]:
    """Take one away."""
    me = await person(request, "write:filters")
    async with pool(request).transaction() as db:
        await filter_edits.remove(db, me, id_of(id_))
    filters.kept.forget(me.id)
    return {}


routes = Router("/api/v2", route_handlers=[mine, one, create, change, remove], exception_handlers={Exception: mastodon})
