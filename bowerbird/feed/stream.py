"""Events out of the log as acts, and how people stand to each other. Only what the consent gate lets through; PostgreSQL stays the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bowerbird.core import ids
from bowerbird.core.database import Database
from bowerbird.events import log
from bowerbird.events.log import Recorded
from bowerbird.feed.acts import Act, Kind
from bowerbird.feed.catalogue import Floats
from bowerbird.feed.features import NAMES
from bowerbird.feed.readers import Ties

EVENTS_AT_ONCE = 500
KINDS: dict[str, Kind] = {
    "SlateServed": "served", "PostLiked": "like", "PostBoosted": "share", "PostBookmarked": "keep", "PostViewed": "open", "PostDwelt": "dwell",
    "PostHidden": "hide", "PostReported": "report", "PictureRemixed": "remix", "PostPublished": "reply", "AccountFollowed": "follow",
    "AccountHidden": "block",
}  # fmt: skip


async def acts(db: Database, after: int, *, actor_id: int | None = None) -> tuple[list[Act], int]:
    """Acts that the feed may learn from after an event, oldest first, and the id to go on from (0: there is no more)."""
    found = await log.learnable(db, "personalise", after=after, actor_id=actor_id, limit=EVENTS_AT_ONCE)
    on = found[-1].id if len(found) == EVENTS_AT_ONCE else 0
    forgotten = set(
        await db.values(
            """select l.id from unnest(%s::bigint[], %s::bigint[]) l (id, actor_id) left join feed.beginnings b on b.account_id = l.actor_id
               where l.id < b.after_id or exists (select 1 from feed.forgotten f where f.event_id = l.id)""",
            [one.id for one in found], [one.actor_id for one in found],
        )
    ) if found else set[int]()  # fmt: skip
    found = [one for one in found if one.id not in forgotten]
    shown_by = await _posts_of_pictures(db, [one.item_id for one in found if one.kind == "PictureRemixed" and one.item_id])
    told = [act for one in found if (act := _act(one, shown_by)) is not None]
    return told, on


async def consent_changes(db: Database, after: int) -> list[tuple[int, int, int | None]]:
    """(id, account, post or None for the whole account) of what people said of their feed or of being recommended, after a change, oldest first."""
    rows = await db.rows(
        """select id, account_id, item_id from events.consent_changes
           where id > %s and purpose in ('personalise', 'recommend_me') order by id limit 1000""",
        after,
    )
    return [(id_, account_id, item_id) for id_, account_id, item_id in rows]


async def forgotten(db: Database, account_id: int) -> tuple[int, int]:
    """What somebody had the feed forget so far: (how many acts, all before which event). Another answer means that something must go."""
    acts_ = await db.value("select count(*) from feed.forgotten where account_id = %s", account_id)
    return acts_, await db.value("select after_id from feed.beginnings where account_id = %s", account_id) or 0


async def _posts_of_pictures(db: Database, picture_ids: Sequence[int]) -> dict[int, int]:
    if not picture_ids:
        return {}
    return dict(
        await db.rows(
            """select s.id, min(pm.post_id) from studio.pictures s join social.post_media pm on pm.media_id = s.media_id
               where s.id = any(%s) group by s.id""",
            list(picture_ids),
        )
    )


def _act(told: Recorded, shown_by: dict[int, int]) -> Act | None:
    """An event as the feed reads it; None for one that says nothing to it."""
    kind, item, data = KINDS.get(told.kind), told.item_id or 0, told.data
    if kind is None or told.actor_id is None:
        return None
    at_ms = int(ids.at(told.id).timestamp() * 1000)
    who = (told.id, kind, told.actor_id, at_ms)
    undone = bool(data.get("undone"))
    if kind == "served":
        return Act(*who, served=tuple(data["posts"]), slate_id=item)
    if kind == "reply":
        return Act(*who, post_id=data["reply_to_id"]) if data.get("reply_to_id") else None
    if kind == "remix":
        return Act(*who, post_id=shown_by[item]) if item in shown_by else None
    if kind in ("follow", "block"):
        return Act(*who, author_id=item, undone=undone)
    return Act(*who, post_id=item, undone=undone, seconds=float(data.get("seconds", 0)))


async def features(db: Database, slate_ids: Sequence[int]) -> dict[int, Floats]:
    """[posts, features] of slates that were served, as they were; those of an older list of features are left out."""
    rows = await db.rows("select id, features from feed.slates where id = any(%s)", list(slate_ids)) if slate_ids else []
    found = {id_: np.frombuffer(kept, "<f4") for id_, kept in rows}
    return {id_: kept.reshape(-1, len(NAMES)) for id_, kept in found.items() if len(kept) % len(NAMES) == 0}


async def ties(db: Database, account_id: int) -> Ties:
    """How somebody stands to others just now."""
    follows = await db.values("select followed_id from social.follows where follower_id = %s limit 5000", account_id)
    avoided = await db.values(
        """select blocked_id from social.blocks where account_id = %s union select account_id from social.blocks where blocked_id = %s
           union select muted_id from social.mutes where account_id = %s and (until is null or until > now())""",
        account_id, account_id, account_id,
    )  # fmt: skip
    second = await db.rows(
        """select g.followed_id, count(*)::int from social.follows f join social.follows g on g.follower_id = f.followed_id
           where f.follower_id = %s group by 1 order by 2 desc limit 500""",
        account_id,
    )
    languages = await db.value("select default_language from accounts.people where id = %s", account_id)
    hidden = await db.values("select post_id from feed.hidden where account_id = %s order by at desc limit 300", account_id)
    known = frozenset({languages} if languages else ())
    return Ties(frozenset(follows), dict(second), frozenset(avoided), known, tuple(hidden))
