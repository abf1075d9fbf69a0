"""Like, boost, bookmark: each a row with its author and moment, each undone by the same door."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotAllowed
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.events import kinds, log
from bowerbird.social import fanout, notifications, posts
from bowerbird.social.posts import Post
from bowerbird.social.visibility import narrower, visible_to


async def like(db: Database, me: Person, post_id: int) -> Post:
    """Like a post one may see; liking twice is liking once."""
    post = await posts.original(db, me, post_id)
    if await db.execute(
        "insert into social.likes (post_id, account_id, id) values (%s, %s, %s) on conflict do nothing", post.id, me.id, new_id()
    ):
        await posts.count(db, "likes_count", post.id, 1)
        await notifications.tell(db, post.author_id, "like", me.id, post.id)
        await log.record(db, kinds.PostLiked(actor_id=me.id, item_id=post.id, visibility=post.visibility))
    return await posts.see(db, me.id, post.id)


async def unlike(db: Database, me: Person, post_id: int) -> Post:
    """Take the like back."""
    post = await posts.original(db, me, post_id)
    if await db.execute("delete from social.likes where post_id = %s and account_id = %s", post.id, me.id):
        await posts.count(db, "likes_count", post.id, -1)
        await notifications.take_back(db, post.author_id, "like", me.id, post.id)
        await log.record(db, kinds.PostLiked(actor_id=me.id, item_id=post.id, visibility=post.visibility, undone=True))
    return await posts.see(db, me.id, post.id)


async def boost(db: Database, me: Person, post_id: int, visibility: str = "public") -> Post:
    """Pass a public or unlisted post on (one's own followers-only one too); the boost's own row. Raises NotAllowed for any other."""
    post = await posts.original(db, me, post_id)
    own = post.visibility == "followers" and post.author_id == me.id
    if post.visibility not in ("public", "unlisted") and not own:
        raise NotAllowed("Only public and unlisted posts can be boosted.")
    audience = narrower("followers" if own else "public", visibility)
    if audience == "direct":
        raise Invalid("A boost is public, unlisted or for followers.")
    boosted = await db.maybe(
        Post,
        f"""insert into social.posts (id, author_id, visibility, thread_id, boost_of_id) values (%s, %s, %s, %s, %s)
            on conflict (author_id, boost_of_id) where boost_of_id is not null do nothing returning {posts.COLUMNS}""",
        new_id(), me.id, audience, post.thread_id, post.id,
    )  # fmt: skip
    if boosted is None:  # already, or this moment in another tab
        return await db.one(
            Post, f"select {posts.COLUMNS} from social.posts where author_id = %s and boost_of_id = %s", me.id, post.id
        )
    await posts.count(db, "boosts_count", post.id, 1)
    await fanout.deliver(db, boosted)
    await notifications.tell(db, post.author_id, "boost", me.id, post.id)
    await log.record(db, kinds.PostBoosted(actor_id=me.id, item_id=post.id, visibility=post.visibility))
    return boosted


async def unboost(db: Database, me: Person, post_id: int) -> Post:
    """Take the boost back, out of everyone's home."""
    post = await posts.original(db, me, post_id)
    if await db.execute("delete from social.posts where author_id = %s and boost_of_id = %s", me.id, post.id):
        await posts.count(db, "boosts_count", post.id, -1)
        await notifications.take_back(db, post.author_id, "boost", me.id, post.id)
        await log.record(db, kinds.PostBoosted(actor_id=me.id, item_id=post.id, visibility=post.visibility, undone=True))
    return await posts.see(db, me.id, post.id)


async def bookmark(db: Database, me: Person, post_id: int) -> Post:
    """Keep a post for later; nobody is told."""
    post = await posts.original(db, me, post_id)
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
    post = await posts.original(db, me, post_id)
    if await db.execute("delete from social.bookmarks where post_id = %s and account_id = %s", post.id, me.id):
        await log.record(db, kinds.PostBookmarked(actor_id=me.id, item_id=post.id, visibility=post.visibility, undone=True))
    return post


async def likers(db: Database, viewer_id: int | None, post_id: int, page: Page) -> list[tuple[int, int]]:
    """(like id, person id) of who liked a post, the latest first."""
    await posts.see(db, viewer_id, post_id)
    more = page.clause("id")
    rows = await db.rows(
        f"select id, account_id from social.likes where post_id = %s{more.sql}{page.tail('id')}", post_id, *more.args
    )
    return [(id_, other) for id_, other in page.newest_first(rows)]


async def boosters(db: Database, viewer_id: int | None, post_id: int, page: Page) -> list[tuple[int, int]]:
    """(boost id, person id) of who boosted a post, as far as the viewer may see the boost, the latest first."""
    await posts.see(db, viewer_id, post_id)
    more, gate = page.clause("p.id"), visible_to(viewer_id)
    rows = await db.rows(
        f"select p.id, p.author_id from social.posts p where p.boost_of_id = %s{more.sql} and {gate.sql}{page.tail('p.id')}",
        post_id, *more.args, *gate.args,
    )  # fmt: skip
    return [(id_, other) for id_, other in page.newest_first(rows)]
