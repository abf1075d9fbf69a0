"""Like, boost, bookmark: each a row with its author and moment, each undone by the same door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.core.database import Database, keyset
from bowerbird.core.errors import NotAllowed
from bowerbird.core.ids import new_id
from bowerbird.events import kinds, log
from bowerbird.social import fanout, notifications, posts
from bowerbird.social.posts import Post


@dataclass(frozen=True, slots=True)
class Mine:
    """What a viewer has done with a post."""

    liked: bool = False
    boosted: bool = False
    bookmarked: bool = False


async def like(db: Database, me: Person, post_id: int) -> Post:
    """Like a post one may see; liking twice is liking once."""
    post = await _original(db, me, post_id)
    if await db.execute(
        "insert into social.likes (post_id, account_id, id) values (%s, %s, %s) on conflict do nothing", post.id, me.id, new_id()
    ):
        await _count(db, "likes_count", post.id, 1)
        await notifications.tell(db, post.author_id, "like", me.id, post.id)
        await log.record(db, kinds.PostLiked(actor_id=me.id, item_id=post.id, visibility=post.visibility))
    return await posts.see(db, me.id, post.id)


async def unlike(db: Database, me: Person, post_id: int) -> Post:
    """Take the like back."""
    post = await _original(db, me, post_id)
    if await db.execute("delete from social.likes where post_id = %s and account_id = %s", post.id, me.id):
        await _count(db, "likes_count", post.id, -1)
        await notifications.take_back(db, post.author_id, "like", me.id, post.id)
        await log.record(db, kinds.PostLiked(actor_id=me.id, item_id=post.id, visibility=post.visibility, undone=True))
    return await posts.see(db, me.id, post.id)


async def boost(db: Database, me: Person, post_id: int) -> Post:
    """Pass a public or unlisted post on to one's followers; the boost's own row. Raises NotAllowed for any other."""
    post = await _original(db, me, post_id)
    if post.visibility not in ("public", "unlisted"):
        raise NotAllowed("Only public and unlisted posts can be boosted.")
    already = await db.maybe(
        Post, f"select {posts.COLUMNS} from social.posts where author_id = %s and boost_of_id = %s", me.id, post.id
    )
    if already:
        return already
    boosted = await db.one(
        Post,
        f"insert into social.posts (id, author_id, visibility, thread_id, boost_of_id) values (%s, %s, 'public', %s, %s) returning {posts.COLUMNS}",
        new_id(), me.id, post.thread_id, post.id,
    )  # fmt: skip
    await _count(db, "boosts_count", post.id, 1)
    await fanout.deliver(db, boosted)
    await notifications.tell(db, post.author_id, "boost", me.id, post.id)
    await log.record(db, kinds.PostBoosted(actor_id=me.id, item_id=post.id, visibility=post.visibility))
    return boosted


async def unboost(db: Database, me: Person, post_id: int) -> Post:
    """Take the boost back, out of everyone's home."""
    post = await _original(db, me, post_id)
    if await db.execute("delete from social.posts where author_id = %s and boost_of_id = %s", me.id, post.id):
        await _count(db, "boosts_count", post.id, -1)
        await notifications.take_back(db, post.author_id, "boost", me.id, post.id)
        await log.record(db, kinds.PostBoosted(actor_id=me.id, item_id=post.id, visibility=post.visibility, undone=True))
    return await posts.see(db, me.id, post.id)


async def bookmark(db: Database, me: Person, post_id: int) -> Post:
    """Keep a post for later; nobody is told."""
    post = await _original(db, me, post_id)
    if await db.execute(
        "insert into social.bookmarks (post_id, account_id, id) values (%s, %s, %s) on conflict do nothing",
        post.id,
        me.id,
        new_id(),
    ):
        await log.record(db, kinds.PostBookmarked(actor_id=me.id, item_id=post.id, visibility=post.visibility))
    return post


async def unbookmark(db: Database, me: Person, post_id: int) -> Post:
    """Let it go."""
    post = await _original(db, me, post_id)
    if await db.execute("delete from social.bookmarks where post_id = %s and account_id = %s", post.id, me.id):
        await log.record(db, kinds.PostBookmarked(actor_id=me.id, item_id=post.id, visibility=post.visibility, undone=True))
    return post


async def mine(db: Database, viewer_id: int | None, post_ids: Sequence[int]) -> dict[int, Mine]:
    """What the viewer has done with each post; posts without anything are left out."""
    if viewer_id is None or not post_ids:
        return {}
    rows = await db.rows(
        """select i, exists (select 1 from social.likes where account_id = %s and post_id = i),
                  exists (select 1 from social.posts where author_id = %s and boost_of_id = i),
                  exists (select 1 from social.bookmarks where account_id = %s and post_id = i)
           from unnest(%s::bigint[]) i""",
        viewer_id, viewer_id, viewer_id, list(post_ids),
    )  # fmt: skip
    return {id_: Mine(*flags) for id_, *flags in rows}


async def likers(db: Database, viewer_id: int | None, post_id: int, *, before: int | None = None, limit: int = 40) -> list[int]:
    """Who liked a post, the latest first."""
    await posts.see(db, viewer_id, post_id)
    more, args = keyset("id", before=before)
    return await db.values(
        f"select account_id from social.likes where post_id = %s{more} order by id desc limit %s", post_id, *args, min(limit, 80)
    )


async def boosters(db: Database, viewer_id: int | None, post_id: int, *, before: int | None = None, limit: int = 40) -> list[int]:
    """Who boosted a post, the latest first."""
    await posts.see(db, viewer_id, post_id)
    more, args = keyset("id", before=before)
    return await db.values(
        f"select author_id from social.posts where boost_of_id = %s{more} order by id desc limit %s",
        post_id,
        *args,
        min(limit, 80),
    )


async def _original(db: Database, me: Person, post_id: int) -> Post:
    post = await posts.see(db, me.id, post_id)
    return await posts.see(db, me.id, post.boost_of_id) if post.boost_of_id else post


async def _count(db: Database, column: str, post_id: int, by: int) -> None:
    await db.execute(f"update social.posts set {column} = greatest(0, {column} + %s) where id = %s", by, post_id)
    await live.tell(db, ["counts"], "counts", post_id)
