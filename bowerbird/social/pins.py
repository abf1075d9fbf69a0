"""What someone keeps at the top of their page, and conversations they want to hear no more of."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import new_id
from bowerbird.social import posts
from bowerbird.social.posts import Post

PINS_MAX = 5
THREAD_MUTES_MAX = 5_000


async def pin(db: Database, me: Person, post_id: int) -> Post:
    """Keep one's own post at the top of one's page. Raises Invalid past PINS_MAX and for what cannot stand there."""
    post = await posts.own(db, me, post_id)
    if post.boost_of_id or post.visibility == "direct":
        raise Invalid("Only one's own posts that others can see are pinned.")
    await db.execute("select 1 from accounts.people where id = %s for update", me.id)  # two pins at once must not be six
    if await db.value("select count(*) from social.pins where account_id = %s and post_id <> %s", me.id, post_id) >= PINS_MAX:
        raise Invalid(f"Up to {PINS_MAX} posts can be pinned. Unpin one first.")
    await db.execute(
        "insert into social.pins (account_id, post_id, id) values (%s, %s, %s) on conflict do nothing", me.id, post.id, new_id()
    )
    return post


async def unpin(db: Database, me: Person, post_id: int) -> Post:
    """Let it go down with the others."""
    post = await posts.own(db, me, post_id)
    await db.execute("delete from social.pins where account_id = %s and post_id = %s", me.id, post.id)
    return post


async def mute_thread(db: Database, me: Person, post_id: int) -> Post:
    """No more notifications about the conversation a post stands in."""
    post = await posts.see(db, me.id, post_id)
    if await db.value("select count(*) from social.thread_mutes where account_id = %s", me.id) >= THREAD_MUTES_MAX:
        raise Invalid(f"Up to {THREAD_MUTES_MAX} conversations can be muted.")
    await db.execute(
        "insert into social.thread_mutes (account_id, thread_id) values (%s, %s) on conflict do nothing", me.id, post.thread_id
    )
    await live.tell(db, [f"card:{post.id}"], "counts", post.id)
    return post


async def unmute_thread(db: Database, me: Person, post_id: int) -> Post:
    """Hear of it again."""
    post = await posts.see(db, me.id, post_id)
    await db.execute("delete from social.thread_mutes where account_id = %s and thread_id = %s", me.id, post.thread_id)
    return post
