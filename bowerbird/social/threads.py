"""Conversations: what a post answers and what answers it."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.core.database import Database
from bowerbird.social import entries
from bowerbird.social.entries import Entry
from bowerbird.social.posts import Post
from bowerbird.social.visibility import visible_to

THREAD_MAX = 500


async def of(db: Database, viewer_id: int | None, post: Post) -> list[Entry]:
    """The whole conversation a post stands in, oldest first, as the viewer may see it; at most THREAD_MAX posts."""
    row, gate = entries.columns(viewer_id, boosts=False), visible_to(viewer_id)
    return await db.many(
        Entry,
        f"""select {row.sql} from social.posts p where p.thread_id = %s and p.boost_of_id is null and {gate.sql}
            order by p.id limit %s""",
        *row.args, post.thread_id, *gate.args, THREAD_MAX,
    )  # fmt: skip


def context(post: Post, thread_: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """(what came before a post up its line of replies, everything below it in reading order)."""
    by_id = {p.id: p for p in thread_}
    above: list[Entry] = []
    at = by_id.get(post.reply_to_id or 0)
    while at and len(above) < THREAD_MAX:
        above.append(at)
        at = by_id.get(at.reply_to_id or 0)
    answers: dict[int, list[Entry]] = {}
    for p in thread_:
        if p.reply_to_id:
            answers.setdefault(p.reply_to_id, []).append(p)
    below: list[Entry] = []
    waiting = list(reversed(answers.get(post.id, [])))
    while waiting:
        p = waiting.pop()
        below.append(p)
        waiting.extend(reversed(answers.get(p.id, [])))
    return above[::-1], below
