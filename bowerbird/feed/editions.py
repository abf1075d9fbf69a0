"""The feed of everyone who has not asked for one of their own: what rises, with diversity, made anew every minute and the same for all."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol

import msgspec

from bowerbird.core.database import Database, Pool, json
from bowerbird.core.ids import before, new_id
from bowerbird.feed.reasons import Reason
from bowerbird.feed.wire import PageAnswer, PageRequest

EVERY_S, AT_LEAST_EVERY = 3.0, 20  # seconds, and rounds after which it is made anew though nothing happened: posts age
POSTS = 100
KEPT = timedelta(hours=6)
log = logging.getLogger(__name__)


class Ranks(Protocol):
    """Who lays out pages."""

    @property
    def version(self) -> object:
        """Another one whenever a page might be another one."""
        ...

    async def page(self, wanted: PageRequest) -> PageAnswer:
        """Lay one out."""
        ...


@dataclass(frozen=True, slots=True)
class Edition:
    """One of them: posts in their order with the source and the reasons of each."""

    id: int
    release: str
    posts: list[int]
    sources: list[str]
    reasons: list[Any]

    @property
    def said(self) -> list[list[Reason]]:
        """The reasons of each post."""
        return msgspec.convert(self.reasons, list[list[Reason]])


async def publish(pool: Pool, ranks: Ranks) -> None:
    """For ever: a new one whenever it would differ from the last."""
    told: object = None
    for number in count():
        try:
            if told != ranks.version or number % AT_LEAST_EVERY == 0:
                told = ranks.version
                made = await ranks.page(PageRequest(0, POSTS, 0))
                async with pool.transaction() as db:
                    await keep(db, made)
        except Exception as trouble:  # the database is away, say; the last edition stands
            log.warning("no new edition: %s", trouble)
        await asyncio.sleep(EVERY_S)


async def keep(db: Database, made: PageAnswer) -> None:
    """Write one down, unless it says what the last one said; old ones go."""
    posts = [one.id for one in made.posts]
    last = await latest(db)
    if posts and (last is None or last.posts != posts):
        reasons = json(msgspec.to_builtins([one.reasons for one in made.posts]))
        await db.execute(
            "insert into feed.editions (id, release, posts, sources, reasons) values (%s, %s, %s, %s, %s)",
            new_id(), made.release, posts, [one.source for one in made.posts], reasons,
        )  # fmt: skip
    await db.execute(
        "delete from feed.editions where id < %s and id < (select max(id) from feed.editions)", before(datetime.now(UTC) - KEPT)
    )


async def latest(db: Database) -> Edition | None:
    """The newest; None in a house where the feed never ran."""
    return await db.maybe(Edition, "select * from feed.editions order by id desc limit 1")


async def one(db: Database, id_: int) -> Edition | None:
    """One that a scroll began with, or the oldest after it that is kept."""
    return await db.maybe(Edition, "select * from feed.editions where id >= %s order by id limit 1", id_)


async def with_post(db: Database, post_id: int) -> Edition | None:
    """The newest that shows a post."""
    return await db.maybe(Edition, "select * from feed.editions where %s = any(posts) order by id desc limit 1", post_id)
