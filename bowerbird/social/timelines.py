"""Pages of posts, newest first, each through the visibility gate, each with a keyset: nothing skipped, nothing twice."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.core.database import Database, of_row
from bowerbird.core.paging import Page
from bowerbird.social import posts
from bowerbird.social.posts import Post
from bowerbird.social.visibility import visible_to

PAGE_MAX = 40
THREAD_MAX = 500
_COLUMNS = of_row(posts.COLUMNS, "p")


async def home(db: Database, viewer_id: int, page: Page) -> list[Post]:
    """Posts and boosts of those one follows, and one's own."""
    gate, original = visible_to(viewer_id), visible_to(viewer_id, "o")
    more = page.clause("h.post_id")
    found = await db.many(
        Post,
        f"""select {_COLUMNS} from social.home h join social.posts p on p.id = h.post_id
            left join social.posts o on o.id = p.boost_of_id
            where h.owner_id = %s{more.sql} and {gate.sql} and (p.boost_of_id is null or {original.sql}){page.tail("h.post_id")}""",
        viewer_id, *more.args, *gate.args, *original.args,
    )  # fmt: skip
    return page.newest_first(found)


async def fresh(db: Database, viewer_id: int, since: int, *, everyone: bool, limit: int = PAGE_MAX) -> list[int]:
    """The authors of what is newer than `since`, newest first, the viewer's own left out: in their home, or of everyone here."""
    gate = visible_to(viewer_id)
    source = "social.posts p" if everyone else "social.home h join social.posts p on p.id = h.post_id and h.owner_id = %s"
    where = "p.visibility = 'public' and p.boost_of_id is null and p.thread_id = p.id" if everyone else "true"
    return await db.values(
        f"""select p.author_id from {source} where p.id > %s and p.author_id <> %s and {where} and {gate.sql}
            order by p.id desc limit {min(limit, PAGE_MAX)}""",
        *(() if everyone else (viewer_id,)), since, viewer_id, *gate.args,
    )  # fmt: skip


async def local(db: Database, viewer_id: int | None, page: Page) -> list[Post]:
    """Everything public that is said here, without replies and boosts."""
    return await _page(
        db,
        viewer_id,
        "p.visibility = 'public' and p.deleted_at is null and p.boost_of_id is null and p.thread_id = p.id",
        (),
        page,
    )


async def tagged(db: Database, viewer_id: int | None, tag: str, page: Page) -> list[Post]:
    """Public posts under a hashtag (normalised)."""
    return await _page(
        db,
        viewer_id,
        "p.visibility = 'public' and exists (select 1 from social.tags t where t.name = %s and t.post_id = p.id)",
        (tag,),
        page,
    )


async def profile(
    db: Database,
    viewer_id: int | None,
    author_id: int,
    page: Page,
    *,
    replies: bool = False,
    boosts: bool = True,
    media_only: bool = False,
) -> list[Post]:
    """What someone said and boosted, as the viewer may see it."""
    where = "p.author_id = %s"
    where += "" if replies else " and (p.boost_of_id is not null or p.thread_id = p.id)"
    where += "" if boosts else " and p.boost_of_id is null"
    where += " and exists (select 1 from social.post_media pm where pm.post_id = p.id)" if media_only else ""
    return await _page(db, viewer_id, where, (author_id,), page)


async def bookmarks(db: Database, viewer_id: int, page: Page) -> list[tuple[int, Post]]:
    """What someone kept: (bookmark id, post); the page's ids are those of the bookmarks."""
    gate = visible_to(viewer_id)
    more = page.clause("k.id")
    rows = await db.rows(
        f"""select k.id, k.post_id from social.bookmarks k join social.posts p on p.id = k.post_id
            where k.account_id = %s{more.sql} and {gate.sql}{page.tail("k.id")}""",
        viewer_id, *more.args, *gate.args,
    )  # fmt: skip
    found = {post.id: post for post in await of(db, viewer_id, [post_id for _, post_id in rows])}
    return [(mark, found[post_id]) for mark, post_id in page.newest_first(rows) if post_id in found]


async def of(db: Database, viewer_id: int | None, ids: Sequence[int]) -> list[Post]:
    """Those of `ids` that the viewer may see, in no order."""
    if not ids:
        return []
    gate = visible_to(viewer_id)
    return await db.many(
        Post, f"select {_COLUMNS} from social.posts p where p.id = any(%s) and {gate.sql}", list(ids), *gate.args
    )


async def thread(db: Database, viewer_id: int | None, post: Post) -> list[Post]:
    """The whole conversation a post stands in, oldest first, as the viewer may see it; at most THREAD_MAX posts."""
    gate = visible_to(viewer_id)
    return await db.many(
        Post,
        f"""select {_COLUMNS} from social.posts p where p.thread_id = %s and p.boost_of_id is null and {gate.sql}
            order by p.id limit %s""",
        post.thread_id, *gate.args, THREAD_MAX,
    )  # fmt: skip


def context(post: Post, thread_: Sequence[Post]) -> tuple[list[Post], list[Post]]:
    """(what came before a post up its line of replies, everything below it in reading order)."""
    by_id = {p.id: p for p in thread_}
    above: list[Post] = []
    at = by_id.get(post.reply_to_id or 0)
    while at and len(above) < THREAD_MAX:
        above.append(at)
        at = by_id.get(at.reply_to_id or 0)
    answers: dict[int, list[Post]] = {}
    for p in thread_:
        if p.reply_to_id:
            answers.setdefault(p.reply_to_id, []).append(p)
    below: list[Post] = []
    waiting = list(reversed(answers.get(post.id, [])))
    while waiting:
        p = waiting.pop()
        below.append(p)
        waiting.extend(reversed(answers.get(p.id, [])))
    return above[::-1], below


async def showing(db: Database, viewer_id: int | None, media_ids: Sequence[int]) -> dict[int, int]:
    """For each picture, the earliest post that shows it and that the viewer may see."""
    if not media_ids:
        return {}
    gate = visible_to(viewer_id)
    return dict(
        await db.rows(
            f"""select pm.media_id, min(p.id) from social.post_media pm join social.posts p on p.id = pm.post_id
                where pm.media_id = any(%s) and {gate.sql} group by pm.media_id""",
            list(media_ids),
            *gate.args,
        )
    )


async def _page(db: Database, viewer_id: int | None, where: str, args: tuple[object, ...], page: Page) -> list[Post]:
    gate, original = visible_to(viewer_id), visible_to(viewer_id, "o")
    more = page.clause("p.id")
    found = await db.many(
        Post,
        f"""select {_COLUMNS} from social.posts p left join social.posts o on o.id = p.boost_of_id
            where {where}{more.sql} and {gate.sql} and (p.boost_of_id is null or {original.sql}){page.tail("p.id")}""",
        *args, *more.args, *gate.args, *original.args,
    )  # fmt: skip
    return page.newest_first(found)
