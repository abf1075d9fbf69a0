"""“Not for me”: a post one does not want here, nor what is nearly the same. Kept to at once and for good, may the feed learn from it or not."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core import limits, live
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.events import kinds, log
from bowerbird.social import posts
from bowerbird.social.posts import Post

PER_DAY_MAX = 2_000
DWELLS_MAX, SECONDS_MAX = 40, 600.0
DWELLS_PER_HOUR_MAX = 2_000


async def hide(db: Database, me: Person, post_id: int) -> Post:
    """Not for me. Raises NotFound for a post one may not see."""
    post = await posts.original(db, me, post_id)
    await limits.spend(db, f"hide:{me.id}", times_max=PER_DAY_MAX, window_s=86_400)
    if await db.execute("insert into feed.hidden (account_id, post_id) values (%s, %s) on conflict do nothing", me.id, post.id):
        await log.record(db, kinds.PostHidden(actor_id=me.id, item_id=post.id, visibility=post.visibility))
    return post


async def unhide(db: Database, me: Person, post_id: int) -> None:
    """Take that back. Raises NotFound for a post one neither hid nor may see."""
    if not await db.execute("delete from feed.hidden where account_id = %s and post_id = %s", me.id, post_id):
        await posts.see(db, me.id, post_id)
        return
    visibility = await db.value("select visibility from social.posts where id = %s", post_id)
    if visibility:
        await log.record(db, kinds.PostHidden(actor_id=me.id, item_id=post_id, visibility=visibility, undone=True))


async def hidden(db: Database, me: Person, page: Page) -> list[int]:
    """The ids of what somebody hid, the newest posts first."""
    more = page.clause("post_id")
    return await db.values(
        f"select post_id from feed.hidden where account_id = %s{more.sql}{page.tail('post_id')}", me.id, *more.args
    )


async def dwelt(db: Database, me: Person, seconds: dict[int, float]) -> int:
    """Remember how long somebody looked at posts that were on their pages; how many were. What was on none is left out."""
    wanted = {id_: min(SECONDS_MAX, long) for id_, long in list(seconds.items())[:DWELLS_MAX] if long > 0}
    await limits.spend(db, f"dwell:{me.id}", times_max=DWELLS_PER_HOUR_MAX, window_s=3_600)
    shown = await db.rows(
        """select p.id, p.visibility from social.posts p where p.id = any(%s) and p.deleted_at is null
           and exists (select 1 from feed.slates s where s.account_id = %s and p.id = any(s.posts)
                       and s.id > (select coalesce(max(id), 0) from feed.slates where account_id = %s) - (86400000::bigint << 22))""",
        list(wanted), me.id, me.id,
    )  # fmt: skip
    for post_id, visibility in shown:
        await log.record(db, kinds.PostDwelt(actor_id=me.id, item_id=post_id, visibility=visibility, seconds=wanted[post_id]))
    return len(shown)


async def forget(db: Database, me: Person, event_ids: list[int]) -> int:
    """Have the feed forget acts of one's own as if they had never been; how many there were. Raises NotFound where none is one's own."""
    own = await db.values("select id from events.log where actor_id = %s and id = any(%s)", me.id, event_ids[:500])
    if not own:
        raise NotFound("There is no such act of yours.")
    for event_id in own:
        await db.execute(
            "insert into feed.forgotten (event_id, account_id) values (%s, %s) on conflict do nothing", event_id, me.id
        )
    await live.tell(db, ["consents"], "forgotten", me.id)
    return len(own)


async def forget_all(db: Database, me: Person) -> None:
    """Begin anew: nothing that was done before this moment is learned from any more."""
    await db.execute(
        """insert into feed.beginnings (account_id, after_id) values (%s, %s)
           on conflict (account_id) do update set after_id = excluded.after_id""",
        me.id, new_id(),
    )  # fmt: skip
    await live.tell(db, ["consents"], "forgotten", me.id)
