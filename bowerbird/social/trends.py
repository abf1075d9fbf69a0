"""What many unrelated people care about just now: tags, posts and links; counted by the worker every few minutes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from bowerbird.core.database import Database, of_row
from bowerbird.core.ids import EPOCH_MS, at, before
from bowerbird.social import posts, previews, rings
from bowerbird.social.posts import Post
from bowerbird.social.previews import Preview
from bowerbird.social.rings import Account, Push
from bowerbird.social.tag_history import DAY_MS, DAYS, Day
from bowerbird.social.visibility import unmuted_by, visible_to

Kind = Literal["tag", "status", "link"]
EVERY_S = 300
LOCK = 0x7472656E6473  # "trends": one counter at a time
LATELY = timedelta(days=3)
HALF_LIFE: dict[Kind, timedelta] = {"tag": timedelta(hours=12), "status": timedelta(hours=6), "link": timedelta(hours=12)}
KEPT_MAX, WIDE_MAX = 40, 80
ACTORS_MAX, FOLLOWERS_MAX, ACTIONS_MAX = 150, 50, 20_000  # looked at for each thing, for each person, in all
_SHOWN = "p.visibility = 'public' and p.deleted_at is null and not p.sensitive"
_DISCOVERABLE = "exists (select 1 from accounts.people a where a.id = p.author_id and a.discoverable and a.deleted_at is null)"
_ACTIONS: dict[Kind, str] = {
    "tag": f"""select t.name, p.author_id, p.id from social.posts p join social.tags t on t.post_id = p.id
               where p.id >= %s and p.boost_of_id is null and {_SHOWN} and {_DISCOVERABLE} order by p.id desc limit %s""",
    "link": f"""select l.preview_id::text, p.author_id, p.id from social.posts p join social.post_links l on l.post_id = p.id
                where p.id >= %s and {_SHOWN} and {_DISCOVERABLE} order by p.id desc limit %s""",
    "status": f"""select p.id::text, k.account_id, k.id from (
                      select post_id, account_id, id from social.likes where id >= %s
                      union all select boost_of_id, author_id, id from social.posts where boost_of_id is not null and id >= %s and deleted_at is null
                      order by 3 desc limit %s) k join social.posts p on p.id = k.post_id
                  where k.account_id <> p.author_id and p.id >= %s and {_SHOWN} and {_DISCOVERABLE}""",
}
_next = 0.0


async def refresh(db: Database) -> None:
    """Count anew, at most every EVERY_S seconds of this process."""
    global _next
    if _next <= time.monotonic():
        _next = time.monotonic() + EVERY_S
        await count(db)


async def count(db: Database) -> None:
    """Count anew and put it in place of what was counted before."""
    await db.execute("select pg_advisory_xact_lock(%s)", LOCK)
    now = datetime.now(UTC)
    since = before(now - LATELY)
    pushes: dict[Kind, list[Push]] = {kind: await _pushes(db, kind, since) for kind in HALF_LIFE}
    done: dict[int, set[str]] = {}
    for kind, found in pushes.items():
        for push in found:
            for actor in push.actors:
                done.setdefault(actor, set()).add(f"{kind}:{push.name}")
    acts = {actor: frozenset(things) for actor, things in done.items()}
    known = await _accounts(db, list(done))
    for kind, found in pushes.items():
        wide = sorted((push for push in found if len(push.actors) >= rings.UNRELATED_MIN), key=lambda push: -len(push.actors))
        best = await asyncio.to_thread(rings.ranked, wide[:WIDE_MAX], known, acts, now, HALF_LIFE[kind], KEPT_MAX)
        await db.execute("delete from social.trends where kind = %s", kind)
        for place, (push, score) in enumerate(best):
            await db.execute(
                "insert into social.trends (kind, name, place, score, people) values (%s, %s, %s, %s, %s)",
                kind, push.name, place, score, len(push.actors),
            )  # fmt: skip


async def tags(db: Database, *, offset: int = 0, limit: int = 10) -> list[str]:
    """The names of tags that many use."""
    return await _names(db, "tag", offset, limit)


async def statuses(db: Database, viewer_id: int | None, *, offset: int = 0, limit: int = 20) -> list[Post]:
    """Posts that many like and boost, as far as the viewer may see them and wants to. What programs say is not ranked among people's."""
    gate, unmuted = visible_to(viewer_id), unmuted_by(viewer_id)
    ids = [int(name) for name in await _names(db, "status", 0, KEPT_MAX)]
    found = await db.many(
        Post,
        f"""select {of_row(posts.COLUMNS, 'p')} from social.posts p
            where p.id = any(%s) and {gate.sql} and {unmuted.sql}
              and not exists (select 1 from accounts.people a where a.id = p.author_id and a.bot)""",
        ids, *gate.args, *unmuted.args,
    )  # fmt: skip
    return sorted(found, key=lambda post: ids.index(post.id))[offset : offset + limit]


async def links(db: Database, *, offset: int = 0, limit: int = 10) -> list[Preview]:
    """Pages that many link to."""
    ids = [int(name) for name in await _names(db, "link", offset, limit)]
    found = await previews.of(db, ids)
    return [found[id_] for id_ in ids if id_ in found]


async def history(db: Database, preview_ids: Sequence[int]) -> dict[int, list[Day]]:
    """The last days of each link, today first, as tag_history tells them of tags."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(DAYS)]
    rows = await db.rows(
        f"""select l.preview_id, ((p.id >> 22) + {EPOCH_MS}) / {DAY_MS}, count(*), count(distinct p.author_id)
            from social.post_links l join social.posts p on p.id = l.post_id
            where l.preview_id = any(%s) and l.post_id >= %s and p.visibility = 'public' and p.deleted_at is null group by 1, 2""",
        list(preview_ids), before(days[-1]),
    )  # fmt: skip
    found = {(id_, number): (posts_, people) for id_, number, posts_, people in rows}
    numbers = {day: int(day.timestamp()) * 1000 // DAY_MS for day in days}
    return {id_: [Day(str(id_), day, *found.get((id_, numbers[day]), (0, 0))) for day in days] for id_ in preview_ids}


async def _names(db: Database, kind: Kind, offset: int, limit: int) -> list[str]:
    return await db.values(
        "select name from social.trends where kind = %s order by place offset %s limit %s", kind, offset, limit
    )


async def _pushes(db: Database, kind: Kind, since: int) -> list[Push]:
    """Who pushed what lately."""
    args = (since, since, ACTIONS_MAX, since) if kind == "status" else (since, ACTIONS_MAX)
    pushed: dict[str, dict[int, datetime]] = {}
    for name, actor, id_ in await db.rows(_ACTIONS[kind], *args):
        actors = pushed.setdefault(name, {})
        if actor not in actors and len(actors) < ACTORS_MAX:
            actors[actor] = at(id_)
    return [Push(name, actors) for name, actors in pushed.items()]


async def _accounts(db: Database, ids: Sequence[int]) -> dict[int, Account]:
    """Those who acted, with some of their followers; these too, as far as their age goes."""
    rows = await db.rows(
        "select a, array(select follower_id from social.follows where followed_id = a limit %s) from unnest(%s::bigint[]) a",
        FOLLOWERS_MAX, list(ids),
    )  # fmt: skip
    known = {id_: Account(at(id_), frozenset(followers)) for id_, followers in rows}
    nobody: frozenset[int] = frozenset()
    return {f: Account(at(f), nobody) for account in known.values() for f in account.followers} | known
