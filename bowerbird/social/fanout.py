"""Into every home it belongs to: written with the post, so that reading a home is one index scan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bowerbird.core import jobs, live
from bowerbird.core.database import Database
from bowerbird.core.ids import before
from bowerbird.social import notifications

AT_ONCE_MAX = 2_000  # followers served inside the writing transaction; beyond, a job does it
HOME_LENGTH_MAX = 1_000
BACKFILL = 20
FOLLOWERS = """ union select f.follower_id from social.follows f where f.followed_id = %(author)s
    and (%(boost)s::bigint is null or f.reblogs)
    and (%(language)s::text is null or f.languages is null or %(language)s = any(f.languages))
    and not exists (select 1 from social.lists l join social.list_members lm on lm.list_id = l.id
                    where l.owner_id = f.follower_id and l.exclusive and lm.account_id = %(author)s)"""
OF_BOTH = """ and (f.follower_id = %(replied)s or exists (select 1 from social.follows g
    where g.follower_id = f.follower_id and g.followed_id = %(replied)s))"""
OF_TAGS = " union select t.account_id from social.follow_tags t where t.name = any(%(tags)s::text[])"


class Entry(Protocol):
    """What fan-out needs to know of a post or boost."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def author_id(self) -> int: ...  # noqa: D102
    @property
    def visibility(self) -> str: ...  # noqa: D102
    @property
    def boost_of_id(self) -> int | None: ...  # noqa: D102
    @property
    def language(self) -> str | None: ...  # noqa: D102


async def deliver(
    db: Database, post: Entry, replied_to_id: int | None = None, tags: Sequence[str] = (), heard: Sequence[int] = ()
) -> None:
    """Put a post into its readers' homes and tell their open pages. A reply goes only to those who follow both people, a direct
    post to those who `heard` of it: not where it is held back."""
    owners = await _insert(db, post, replied_to_id, tags, heard, limit=AT_ONCE_MAX)
    if len(owners) >= AT_ONCE_MAX:
        await jobs.defer(db, "social:deliver", post_id=str(post.id))
    topics = [f"home:{owner}" for owner in owners] + await _lists(db, post, replied_to_id)
    if post.visibility == "public":
        topics += [f"tag:{tag}" for tag in tags]
        topics += ["local"] if replied_to_id is None and post.boost_of_id is None else []
    await live.tell(db, topics, "post", post.id)


async def deliver_all(db: Database, post: Entry, replied_to_id: int | None, tags: Sequence[str] = ()) -> None:
    """The job's half for people with very many followers; doing it twice does no harm."""
    owners = await _insert(db, post, replied_to_id, tags, ())
    await live.tell(db, (f"home:{owner}" for owner in owners), "post", post.id)


async def retell(db: Database, post: Entry, kind: str) -> None:
    """Tell everyone who has a post before them that it changed (`edit`) or went (`delete`)."""
    owners = await db.values(
        "select owner_id from social.home where post_id = %s order by owner_id limit %s", post.id, AT_ONCE_MAX
    )
    if len(owners) >= AT_ONCE_MAX:
        await jobs.defer(db, "social:retell", post_id=str(post.id), kind=kind, after=str(owners[-1]))
    topics = ["counts", f"card:{post.id}", *(f"home:{owner}" for owner in owners)]
    if post.visibility == "public":
        topics += [
            "local",
            *(f"tag:{name}" for name in await db.values("select name from social.tags where post_id = %s", post.id)),
        ]
    await live.tell(db, [*topics, *await _lists(db, post, None)], kind, post.id)


async def retell_rest(db: Database, post_id: int, kind: str, after: int) -> int | None:
    """The job's half: the next AT_ONCE_MAX homes above `after`; where to go on from, None at the end."""
    owners = await db.values(
        "select owner_id from social.home where post_id = %s and owner_id > %s order by owner_id limit %s",
        post_id,
        after,
        AT_ONCE_MAX,
    )
    await live.tell(db, (f"home:{owner}" for owner in owners), kind, post_id)
    return owners[-1] if len(owners) >= AT_ONCE_MAX else None


async def heralded(db: Database, author_id: int) -> bool:
    """Whether anybody asked to hear of everything someone posts."""
    return bool(await db.value("select 1 from social.follows where followed_id = %s and notify limit 1", author_id))


async def herald(db: Database, post: Entry) -> None:
    """Tell those followers who asked to hear of everything its author posts; doing it twice does no harm."""
    last = 0
    while ids := await db.values(
        "select follower_id from social.follows where followed_id = %s and notify and follower_id > %s order by follower_id limit %s",
        post.author_id, last, AT_ONCE_MAX,
    ):  # fmt: skip
        await notifications.tell_each(db, ids, "status", post.author_id, post.id)
        last = ids[-1]


async def _insert(
    db: Database, post: Entry, replied_to_id: int | None, tags: Sequence[str], heard: Sequence[int], *, limit: int | None = None
) -> list[int]:
    readers = "select %(author)s::bigint as owner"
    if post.visibility == "direct":
        readers += " union select unnest(%(heard)s::bigint[])"
    else:
        readers += FOLLOWERS + (OF_BOTH if replied_to_id is not None and replied_to_id != post.author_id else "")
        readers += OF_TAGS if tags and post.visibility == "public" else ""
    given: dict[str, Any] = {
        "author": post.author_id, "post": post.id, "replied": replied_to_id, "limit": limit, "boost": post.boost_of_id,
        "language": post.language, "tags": list(tags), "heard": list(heard),
    }  # fmt: skip
    async with db.connection.cursor() as cursor:
        await cursor.execute(
            f"""insert into social.home (owner_id, post_id, author_id) select owner, %(post)s, %(author)s from ({readers} limit %(limit)s) r
                on conflict do nothing returning owner_id""".encode(),
            given,
        )
        return [row[0] for row in await cursor.fetchall()]


async def _lists(db: Database, post: Entry, replied_to_id: int | None) -> list[str]:
    """The lists that a post belongs into, as topics."""
    if post.visibility == "direct":
        return []
    found = await db.values(
        """select l.id from social.list_members m join social.lists l on l.id = m.list_id where m.account_id = %s
           and (%s::bigint is null or %s = m.account_id or case l.replies_policy when 'none' then false
                when 'list' then exists (select 1 from social.list_members r where r.list_id = l.id and r.account_id = %s)
                else exists (select 1 from social.follows f where f.follower_id = l.owner_id and f.followed_id = %s) end) limit %s""",
        post.author_id, replied_to_id, replied_to_id, replied_to_id, replied_to_id, AT_ONCE_MAX,
    )  # fmt: skip
    return [f"list:{id_}" for id_ in found]


async def backfill(db: Database, owner_id: int, author_id: int) -> None:
    """A newly followed person's latest posts into one's home, as far as one wants their boosts and languages."""
    await db.execute(
        """insert into social.home (owner_id, post_id, author_id)
           select f.follower_id, p.id, p.author_id from social.follows f join social.posts p on p.author_id = f.followed_id
            where f.follower_id = %s and f.followed_id = %s and p.deleted_at is null and p.visibility <> 'direct'
              and (p.boost_of_id is not null or p.thread_id = p.id) and (p.boost_of_id is null or f.reblogs)
              and (f.languages is null or p.language is null or p.language = any(f.languages))
            order by p.id desc limit %s on conflict do nothing""",
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
