"""Into every home it belongs to: written with the post, so that reading a home is one index scan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from bowerbird.core import jobs, live
from bowerbird.core.database import Database
from bowerbird.core.ids import before

AT_ONCE_MAX = 2_000  # followers served inside the writing transaction; beyond, a job does it
HOME_LENGTH_MAX = 1_000
BACKFILL = 20


class Entry(Protocol):
    """What fan-out needs to know of a post or boost."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def author_id(self) -> int: ...  # noqa: D102
    @property
    def visibility(self) -> str: ...  # noqa: D102


async def deliver(db: Database, post: Entry, replied_to_id: int | None = None) -> None:
    """Put a post into its readers' homes and tell their open pages. A reply goes only to those who follow both people."""
    owners = await _insert(db, post, replied_to_id, limit=AT_ONCE_MAX)
    if len(owners) >= AT_ONCE_MAX:
        await jobs.defer(db, "social:deliver", post_id=str(post.id))
    topics = [f"home:{owner}" for owner in owners]
    if post.visibility == "public" and replied_to_id is None:
        topics.append("local")
    await live.tell(db, topics, "post", post.id)


async def deliver_all(db: Database, post: Entry, replied_to_id: int | None) -> None:
    """The job's half for people with very many followers; doing it twice does no harm."""
    owners = await _insert(db, post, replied_to_id)
    await live.tell(db, (f"home:{owner}" for owner in owners), "post", post.id)


async def _insert(db: Database, post: Entry, replied_to_id: int | None, *, limit: int | None = None) -> list[int]:
    readers = "select %(author)s::bigint as owner"
    if post.visibility == "direct":
        readers += " union select account_id from social.mentions where post_id = %(post)s"
    else:
        readers += " union select f.follower_id from social.follows f where f.followed_id = %(author)s"
        if replied_to_id is not None and replied_to_id != post.author_id:
            readers += (
                " and (f.follower_id = %(replied)s or exists (select 1 from social.follows g"
                " where g.follower_id = f.follower_id and g.followed_id = %(replied)s))"
            )
    async with db.connection.cursor() as cursor:
        await cursor.execute(
            f"""insert into social.home (owner_id, post_id, author_id) select owner, %(post)s, %(author)s from ({readers} limit %(limit)s) r
                on conflict do nothing returning owner_id""".encode(),
            {"author": post.author_id, "post": post.id, "replied": replied_to_id, "limit": limit},
        )
        return [row[0] for row in await cursor.fetchall()]


async def backfill(db: Database, owner_id: int, author_id: int) -> None:
    """A newly followed person's latest posts into one's home."""
    await db.execute(
        """insert into social.home (owner_id, post_id, author_id)
           select %s, id, author_id from social.posts where author_id = %s and deleted_at is null and visibility <> 'direct'
              and (boost_of_id is not null or thread_id = id) order by id desc limit %s on conflict do nothing""",
        owner_id, author_id, BACKFILL,
    )  # fmt: skip


async def withdraw(db: Database, owner_id: int, author_id: int) -> None:
    """An unfollowed person's posts out of one's home."""
    await db.execute(
        "delete from social.home where owner_id = %s and author_id = %s and owner_id <> author_id", owner_id, author_id
    )


async def trim(db: Database) -> int:
    """Keep homes bounded: the newest HOME_LENGTH_MAX entries of each that has grown over it."""
    await db.execute(
        "delete from social.home h where h.post_id < %s and not exists (select 1 from social.posts p where p.id = h.post_id)",
        before(datetime.now(UTC) - timedelta(minutes=5)),
    )
    return await db.execute(
        """delete from social.home h using (
               select owner_id, (array_agg(post_id order by post_id desc))[%s] as oldest from social.home
               group by owner_id having count(*) > %s) long
           where h.owner_id = long.owner_id and h.post_id < long.oldest""",
        HOME_LENGTH_MAX, HOME_LENGTH_MAX + 100,
    )  # fmt: skip
