"""Filters as they are kept: what someone would rather not read, where, and what is done about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound

Action = Literal["warn", "hide", "blur"]
ACTIONS: tuple[Action, ...] = ("warn", "hide", "blur")
CONTEXTS = ("home", "notifications", "public", "thread", "account")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word or phrase of a filter."""

    id: int
    filter_id: int
    keyword: str
    whole_word: bool

    @property
    def pattern(self) -> str:
        """As a regular expression: an edge counts only where the keyword itself ends in a letter or digit."""
        left = r"(?<!\w)" if self.whole_word and self.keyword[:1].isalnum() else ""
        right = r"(?!\w)" if self.whole_word and self.keyword[-1:].isalnum() else ""
        return left + re.escape(self.keyword) + right


@dataclass(frozen=True, slots=True)
class Filtered:
    """A single post of a filter."""

    id: int
    filter_id: int
    post_id: int


@dataclass(frozen=True, slots=True)
class Row:
    """A filter without what belongs to it."""

    id: int
    account_id: int
    title: str
    contexts: list[str]
    action: Action
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Filter:
    """What someone would rather not read, where, and what is done about it."""

    row: Row
    keywords: tuple[Keyword, ...]
    posts: tuple[Filtered, ...]

    @property
    def id(self) -> int:
        """Its id."""
        return self.row.id

    @property
    def live(self) -> bool:
        """Whether its time is not over."""
        return self.row.expires_at is None or self.row.expires_at > datetime.now(UTC)


async def of(db: Database, account_id: int) -> list[Filter]:
    """Someone's filters, oldest first."""
    rows = await db.many(Row, "select * from social.filters where account_id = %s order by id", account_id)
    return await _whole(db, rows)


async def one(db: Database, account_id: int, id_: int) -> Filter:
    """Someone's own filter. Raises NotFound for anyone else's."""
    rows = await db.many(Row, "select * from social.filters where id = %s and account_id = %s", id_, account_id)
    if not rows:
        raise NotFound
    return (await _whole(db, rows))[0]


async def _whole(db: Database, rows: Sequence[Row]) -> list[Filter]:
    if not rows:
        return []
    ids = [row.id for row in rows]
    keywords = await db.many(Keyword, "select * from social.filter_keywords where filter_id = any(%s) order by id", ids)
    posts = await db.many(Filtered, "select * from social.filter_posts where filter_id = any(%s) order by id", ids)
    return [
        Filter(row, tuple(k for k in keywords if k.filter_id == row.id), tuple(p for p in posts if p.filter_id == row.id))
        for row in rows
    ]
