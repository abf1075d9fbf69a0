"""Pages of posts, newest first, each through the visibility gate, each with a keyset: nothing skipped, nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from bowerbird.core.database import Database, Gate, of_row
from bowerbird.core.errors import NotFound
from bowerbird.core.paging import Page
from bowerbird.core.secrets import token_hash
from bowerbird.social import entries, posts
from bowerbird.social.entries import Entry
from bowerbird.social.posts import Post
from bowerbird.social.visibility import unmuted_by, unmuted_by_each, visible_to, visible_to_each

PAGE_MAX = 40
MEDIA = " and exists (select 1 from social.post_media pm where pm.post_id = p.id)"
_COLUMNS = of_row(posts.COLUMNS, "p")


class Tags(NamedTuple):
    """Hashtags beside the first one: any of these, all of these, none of these."""

    any: Sequence[str] = ()
    all: Sequence[str] = ()
    none: Sequence[str] = ()


NO_TAGS = Tags()


async def home(db: Database, viewer_id: int, page: Page) -> list[Entry]:
    """Posts and boosts of those one follows, and one's own."""
    row, gate, more = entries.columns(viewer_id), _wanted(viewer_id), page.clause("h.post_id")
    found = await db.many(
        Entry,
        f"""select {row.sql} from social.home h join social.posts p on p.id = h.post_id left join social.posts o on o.id = p.boost_of_id
            where h.owner_id = %s{more.sql} and {gate.sql}{page.tail("h.post_id")}""",
        *row.args, viewer_id, *more.args, *gate.args,
    )  # fmt: skip
    return page.newest_first(found)


async def fresh(db: Database, viewer_id: int, since: int, *, everyone: bool, limit: int = PAGE_MAX) -> list[int]:
    """The authors of what is newer than `since`, newest first, the viewer's own left out: in their home, or of everyone here."""
    gate = _wanted(viewer_id)
    source = "social.posts p" if everyone else "social.home h join social.posts p on p.id = h.post_id and h.owner_id = %s"
    where = "p.visibility = 'public' and p.boost_of_id is null and p.thread_id = p.id" if everyone else "true"
    return await db.values(
        f"""select p.author_id from {source} left join social.posts o on o.id = p.boost_of_id
            where p.id > %s and p.author_id <> %s and {where} and {gate.sql} order by p.id desc limit {min(limit, PAGE_MAX)}""",
        *(() if everyone else (viewer_id,)), since, viewer_id, *gate.args,
    )  # fmt: skip


async def local(db: Database, viewer_id: int | None, page: Page, *, media_only: bool = False) -> list[Entry]:
    """Everything public that is said here, without replies and boosts."""
    where = "p.visibility = 'public' and p.deleted_at is null and p.boost_of_id is null and p.thread_id = p.id"
    return await _page(db, viewer_id, where + (MEDIA if media_only else ""), (), page)


async def tagged(
    db: Database, viewer_id: int | None, tag: str, page: Page, *, also: Tags = NO_TAGS, media_only: bool = False
) -> list[Entry]:
    """Public posts under a hashtag (normalised) or one of `also.any`, under all of `also.all` and none of `also.none`."""
    has = "exists (select 1 from social.tags t where t.post_id = p.id and t.name = any(%s))"
    where, args = f"p.visibility = 'public' and p.boost_of_id is null and {has}", [[tag, *also.any]]
    for name in also.all:
        where, args = f"{where} and {has}", [*args, [name]]
    if also.none:
        where, args = f"{where} and not {has}", [*args, list(also.none)]
    return await _page(db, viewer_id, where + (MEDIA if media_only else ""), tuple(args), page)


async def listed(db: Database, viewer_id: int, list_id: int, page: Page) -> list[Entry]:
    """What the members of one's list say and boost, replies as the list's policy has it. Raises NotFound for another's list."""
    policy = await db.value("select replies_policy from social.lists where id = %s and owner_id = %s", list_id, viewer_id)
    if policy is None:
        raise NotFound
    replies = {
        "none": "false",
        "list": "exists (select 1 from social.list_members r where r.list_id = m.list_id and r.account_id = a.author_id)",
        "followed": "exists (select 1 from social.follows r where r.follower_id = %s and r.followed_id = a.author_id)",
    }[policy]
    own = (viewer_id,) if policy == "followed" else ()
    gate, more = _wanted(viewer_id), page.clause("p.id")
    ids = await db.values(
        f"""select p.id from social.list_members m cross join lateral (
                select p.id from social.posts p left join social.posts a on a.id = p.reply_to_id left join social.posts o on o.id = p.boost_of_id
                where p.author_id = m.account_id and p.visibility <> 'direct' and (p.reply_to_id is null or a.author_id = p.author_id or {replies})
                    {more.sql} and {gate.sql}{page.tail("p.id")}) p where m.list_id = %s{page.tail("p.id")}""",
        *own, *more.args, *gate.args, list_id,
    )  # fmt: skip
    return sorted(await entries.of(db, viewer_id, ids), key=lambda entry: -entry.id)


async def linked(db: Database, viewer_id: int | None, url: str, page: Page) -> list[Entry]:
    """Public posts whose first link leads to an address, as it was written."""
    return await _page(
        db,
        viewer_id,
        """p.visibility = 'public' and exists (select 1 from social.post_links k join social.previews v on v.id = k.preview_id
            where k.post_id = p.id and v.url_hash = %s)""",
        (token_hash(url),),
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
    pinned: bool = False,
    tag: str = "",
) -> list[Entry]:
    """What someone said and boosted, as the viewer may see it."""
    where, args = "p.author_id = %s", [author_id]
    where += "" if replies else " and (p.boost_of_id is not null or p.thread_id = p.id)"
    where += "" if boosts else " and p.boost_of_id is null"
    where += MEDIA if media_only else ""
    where += " and exists (select 1 from social.pins k where k.post_id = p.id)" if pinned else ""
    if tag:
        where, args = where + " and exists (select 1 from social.tags t where t.post_id = p.id and t.name = %s)", [*args, tag]
    return await _page(db, viewer_id, where, tuple(args), page, muted=True)


async def kept(db: Database, viewer_id: int, kind: Literal["bookmarks", "likes"], page: Page) -> list[tuple[int, Entry]]:
    """What someone bookmarked or liked: (id of the mark, post); the page's ids are those of the marks."""
    gate, more = visible_to(viewer_id), page.clause("k.id")
    rows = await db.rows(
        f"""select k.id, k.post_id from social.{kind} k join social.posts p on p.id = k.post_id
            where k.account_id = %s{more.sql} and {gate.sql}{page.tail("k.id")}""",
        viewer_id, *more.args, *gate.args,
    )  # fmt: skip
    found = {entry.id: entry for entry in await entries.of(db, viewer_id, [post_id for _, post_id in rows])}
    return [(mark, found[post_id]) for mark, post_id in page.newest_first(rows) if post_id in found]


async def readers(db: Database, post_id: int, viewer_ids: Sequence[int]) -> list[int]:
    """Those of many viewers who may see a post (and what it boosts) and have muted neither author."""
    return await db.values(
        f"""select v from unnest(%s::bigint[]) v join social.posts p on p.id = %s left join social.posts o on o.id = p.boost_of_id
            where {visible_to_each("v")} and {unmuted_by_each("v")}
              and (p.boost_of_id is null or ({visible_to_each("v", "o")} and {unmuted_by_each("v", "o")}))""",
        list(viewer_ids), post_id,
    )  # fmt: skip


async def of(db: Database, viewer_id: int | None, ids: Sequence[int]) -> list[Post]:
    """Those of `ids` that the viewer may see, in no order."""
    if not ids:
        return []
    gate = visible_to(viewer_id)
    return await db.many(
        Post, f"select {_COLUMNS} from social.posts p where p.id = any(%s) and {gate.sql}", list(ids), *gate.args
    )


async def unmuted(db: Database, viewer_id: int, ids: Sequence[int]) -> list[int]:
    """Those of `ids` whose authors the viewer has not muted."""
    gate = unmuted_by(viewer_id)
    return await db.values(f"select p.id from social.posts p where p.id = any(%s) and {gate.sql}", list(ids), *gate.args)


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


def _wanted(viewer_id: int | None, *, muted: bool = False) -> Gate:
    """What may stand in a list for the viewer: seen by them, and unmuted unless `muted` is asked for, boosted post and booster alike."""
    seen, original = visible_to(viewer_id), visible_to(viewer_id, "o")
    gates = [seen, *([] if muted else [unmuted_by(viewer_id)]), original, *([] if muted else [unmuted_by(viewer_id, "o")])]
    own, other = [g.sql for g in gates[: len(gates) // 2]], [g.sql for g in gates[len(gates) // 2 :]]
    sql = f"{' and '.join(own)} and (p.boost_of_id is null or ({' and '.join(other)}))"
    return Gate(sql, tuple(argument for gate in gates for argument in gate.args))


async def _page(
    db: Database, viewer_id: int | None, where: str, args: tuple[object, ...], page: Page, *, muted: bool = False
) -> list[Entry]:
    row, gate, more = entries.columns(viewer_id), _wanted(viewer_id, muted=muted), page.clause("p.id")
    found = await db.many(
        Entry,
        f"""select {row.sql} from social.posts p left join social.posts o on o.id = p.boost_of_id
            where {where}{more.sql} and {gate.sql}{page.tail("p.id")}""",
        *row.args, *args, *more.args, *gate.args,
    )  # fmt: skip
    return page.newest_first(found)
