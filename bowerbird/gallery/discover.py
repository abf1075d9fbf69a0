"""What a newcomer can look at: pictures by their prompt, people to meet, branches that grow."""

from __future__ import annotations

import time

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, of_row
from bowerbird.core.paging import Page
from bowerbird.gallery import shown
from bowerbird.gallery.shown import Credit
from bowerbird.social import posts
from bowerbird.social.posts import Post
from bowerbird.social.timelines import PAGE_MAX
from bowerbird.social.visibility import visible_to

SUGGESTIONS = 3
BRANCHES = 6
REMIXED_KEPT_S = 60.0
_remixed: tuple[float, list[int]] = (0.0, [])


async def pictures(db: Database, viewer_id: int | None, query: str, page: Page) -> list[Post]:
    """Public posts with pictures whose prompt, description or caption holds the words; all of them for no words."""
    columns = of_row(posts.COLUMNS, "p")
    gate = visible_to(viewer_id)
    more = Page(page.before).clause("p.id")
    match, args = "", ()
    if query:
        match = """and p.id in (
            select id from social.posts where words @@ websearch_to_tsquery('simple', %s)
            union select pm.post_id from studio.pictures s join social.post_media pm on pm.media_id = s.media_id
                  where s.words @@ websearch_to_tsquery('simple', %s)
            union select pm.post_id from media.attachments a join social.post_media pm on pm.media_id = a.id
                  where to_tsvector('simple', a.alt) @@ websearch_to_tsquery('simple', %s))"""
        args = (query,) * 3
    return await db.many(
        Post,
        f"""select {columns} from social.posts p where p.visibility = 'public' and p.boost_of_id is null
            and exists (select 1 from social.post_media pm where pm.post_id = p.id) {match}{more.sql} and {gate.sql}
            order by p.id desc limit %s""",
        *args, *more.args, *gate.args, min(page.limit, PAGE_MAX),
    )  # fmt: skip


async def people_to_meet(db: Database, me: Person | None) -> list[int]:
    """A few people one does not follow yet, whose pictures were liked lately."""
    own = me.id if me else 0
    return await db.values(
        """select author_id from (
               select author_id, sum(likes_count) + count(*) as warmth from (
                   select author_id, likes_count from social.posts where visibility = 'public' and deleted_at is null and boost_of_id is null
                   order by id desc limit 500) lately group by author_id) people
           where author_id <> %s and not exists (select 1 from social.follows where follower_id = %s and followed_id = author_id)
             and not exists (select 1 from social.blocks b where (b.account_id = %s and b.blocked_id = author_id)
                                                              or (b.blocked_id = %s and b.account_id = author_id))
           order by warmth desc, author_id limit %s""",
        own, own, own, own, SUGGESTIONS,
    )  # fmt: skip


async def most_remixed(db: Database) -> list[Credit]:
    """Pictures from which most was made lately, as far as everyone may see them."""
    ids = await _most_remixed(db)
    found = await shown.credits_of(db, ids)
    return [found[id_] for id_ in ids if id_ in found and not found[id_].deleted][:BRANCHES]


async def _most_remixed(db: Database) -> list[int]:
    """Counted once a minute: it stands beside every feed."""
    global _remixed
    if _remixed[0] < time.monotonic():
        ids = await db.values(
            """select parent_id from studio.pictures where parent_id is not null and shown_at > now() - interval '7 days'
               and deleted_at is null group by parent_id order by count(*) desc, parent_id desc limit %s""",
            BRANCHES * 2,
        )
        _remixed = (time.monotonic() + REMIXED_KEPT_S, ids)
    return _remixed[1]
