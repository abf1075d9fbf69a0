"""How a viewer stands to other people: everything that is between two, read in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bowerbird.core.database import Database


@dataclass(frozen=True, slots=True)
class Relation:
    """What is between a viewer and someone."""

    id: int = 0
    following: bool = False
    showing_reblogs: bool = False
    notifying: bool = False
    languages: list[str] | None = None
    followed_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    muting_expires_at: datetime | None = None
    requested: bool = False
    requested_by: bool = False
    endorsed: bool = False
    note: str = ""


async def of(db: Database, viewer_id: int | None, ids: Sequence[int]) -> dict[int, Relation]:
    """How the viewer stands to each of `ids`, by id."""
    if viewer_id is None or not ids:
        return {}
    found = await db.many(
        Relation,
        """select i as id, f.id is not null as following, coalesce(f.reblogs, q.reblogs, false) as showing_reblogs,
               coalesce(f.notify, q.notify, false) as notifying, coalesce(f.languages, q.languages) as languages,
               exists (select 1 from social.follows where follower_id = i and followed_id = v.me) as followed_by,
               exists (select 1 from social.blocks where account_id = v.me and blocked_id = i) as blocking,
               exists (select 1 from social.blocks where account_id = i and blocked_id = v.me) as blocked_by,
               u.id is not null as muting, coalesce(u.notifications, false) as muting_notifications, u.until as muting_expires_at,
               q.id is not null as requested,
               exists (select 1 from social.follow_requests where account_id = i and target_id = v.me) as requested_by,
               exists (select 1 from social.endorsements where account_id = v.me and endorsed_id = i) as endorsed,
               coalesce((select text from social.notes where account_id = v.me and about_id = i), '') as note
           from (select %s::bigint as me) v cross join unnest(%s::bigint[]) i
           left join social.follows f on f.follower_id = v.me and f.followed_id = i
           left join social.follow_requests q on q.account_id = v.me and q.target_id = i
           left join social.mutes u on u.account_id = v.me and u.muted_id = i and (u.until is null or u.until > now())""",
        viewer_id, list(dict.fromkeys(ids)),
    )  # fmt: skip
    return {relation.id: relation for relation in found}
