"""Choosing in a poll, and telling everyone who did once it is over."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.social import fanout, notifications, polls, posts
from bowerbird.social.polls import Poll
from bowerbird.social.posts import COLUMNS, Post

ENDED_AT_ONCE_MAX = 50


async def see(db: Database, viewer_id: int | None, poll_id: int) -> tuple[Poll, Post]:
    """A poll whose post the viewer may see, and that post. Raises NotFound or Gone."""
    poll = await db.one(Poll, f"select {polls.COLUMNS} from social.polls where id = %s", poll_id)
    post = await posts.see(db, viewer_id, poll.post_id)
    chosen = await polls.votes_of(db, viewer_id, [poll.id])
    return polls.with_votes(poll, chosen.get(poll.id, ())), post


async def vote(db: Database, me: Person, poll_id: int, choices: Sequence[int]) -> Poll:
    """Choose, once. Raises NotFound for a poll one may not see, Invalid where it is one's own, over, or chosen in already."""
    await db.execute("select 1 from social.polls where id = %s for update", poll_id)
    poll, post = await see(db, me.id, poll_id)
    chosen = sorted(set(choices))
    if post.author_id == me.id:
        raise Invalid("That is your own poll.")
    if poll.expired:
        raise Invalid("That poll is over.")
    if poll.own_votes:
        raise Invalid("You have voted in this poll already.")
    if not chosen or (len(chosen) > 1 and not poll.multiple):
        raise Invalid("Choose one answer." if not poll.multiple else "Choose at least one answer.")
    if chosen[0] < 0 or chosen[-1] >= len(poll.options):
        raise Invalid("That answer is not among those to choose from.")
    await db.execute(
        "insert into social.poll_votes (poll_id, account_id, choice) select %s, %s, unnest(%s::smallint[])",
        poll_id,
        me.id,
        chosen,
    )
    voted = await db.one(
        Poll,
        f"""update social.polls set voters_count = voters_count + 1, counts = (
                select array_agg(n + (place - 1 = any(%s::int[]))::int order by place) from unnest(counts) with ordinality c (n, place))
            where id = %s returning {polls.COLUMNS}""",
        chosen, poll_id,
    )  # fmt: skip
    await live.tell(db, ["counts", f"card:{post.id}"], "counts", post.id)
    return polls.with_votes(voted, tuple(chosen))


async def end(db: Database, poll_id: int) -> None:
    """Tell those who asked and those who voted, once, as soon as the poll is over; its open pages show that it is."""
    post_id = await db.value(
        "update social.polls set ended = true where id = %s and not ended and expires_at <= now() returning post_id", poll_id
    )
    if post_id is None:
        return
    try:
        post = await db.one(Post, f"select {COLUMNS} from social.posts where id = %s and deleted_at is null", post_id)
    except NotFound:  # taken away, perhaps brought back: nobody needs to hear of it
        return
    for voter in await db.values("select distinct account_id from social.poll_votes where poll_id = %s", poll_id):
        await notifications.tell(db, voter, "poll", post.author_id, post.id)
    await notifications.tell(db, post.author_id, "poll", post.author_id, post.id)
    await fanout.retell(db, post, "edit")


async def end_due(db: Database) -> int:
    """End what should have been ended by its job already; how many."""
    due = await db.values(
        "select id from social.polls where not ended and expires_at < now() - interval '10 seconds' order by expires_at limit %s",
        ENDED_AT_ONCE_MAX,
    )
    for poll_id in due:
        await end(db, poll_id)
    return len(due)
