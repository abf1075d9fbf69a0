"""People one may not know yet: the directory of those who want to be found, and suggestions with why each is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database

PAGE_MAX = 80
OFFSET_MAX = 10_000
FOLLOWED_MAX = 5_000
Why = Literal["friends_of_friends", "most_followed"]
# nobody one stands to in any way already
_STRANGERS = """p.deleted_at is null and p.discoverable and p.id <> v.me
    and not exists (select 1 from social.follows where follower_id = v.me and followed_id = p.id)
    and not exists (select 1 from social.follow_requests where account_id = v.me and target_id = p.id)
    and not exists (select 1 from social.blocks where account_id = v.me and blocked_id = p.id)
    and not exists (select 1 from social.blocks where account_id = p.id and blocked_id = v.me)
    and not exists (select 1 from social.mutes where account_id = v.me and muted_id = p.id)
    and not exists (select 1 from social.suggestions_hidden where account_id = v.me and hidden_id = p.id)"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Someone worth a look, and why."""

    person_id: int
    why: Why


async def listed(db: Database, viewer_id: int | None, *, newest: bool, offset: int, limit: int) -> list[int]:
    """Those who want to be found, the latest to post or the latest to join first; nobody across a block."""
    order = "p.id desc" if newest else "p.last_post_at desc nulls last, p.id desc"
    return await db.values(
        f"""select p.id from accounts.people p, (select %s::bigint as me) v where p.deleted_at is null and p.discoverable
            and not exists (select 1 from social.blocks where account_id = v.me and blocked_id = p.id)
            and not exists (select 1 from social.blocks where account_id = p.id and blocked_id = v.me)
            order by {order} limit %s offset %s""",
        viewer_id, min(limit, PAGE_MAX), min(offset, OFFSET_MAX),
    )  # fmt: skip


async def suggested(db: Database, me: Person, *, limit: int) -> list[Suggestion]:
    """People one may want to follow: those whom several of one's own follow, then those whom many follow."""
    near = await db.values(
        f"""select p.id from (select %s::bigint as me) v join social.follows mine on mine.follower_id = v.me
            join social.follows theirs on theirs.follower_id = mine.followed_id join accounts.people p on p.id = theirs.followed_id
            where {_STRANGERS} group by p.id order by count(*) desc, p.id limit %s""",
        me.id, min(limit, PAGE_MAX),
    )  # fmt: skip
    popular = await db.values(
        f"""select p.id from (select %s::bigint as me) v, accounts.people p where {_STRANGERS}
            order by p.followers_count desc, p.id desc limit %s""",
        me.id, min(limit, PAGE_MAX),
    )  # fmt: skip
    found = [Suggestion(id_, "friends_of_friends") for id_ in near]
    return (found + [Suggestion(id_, "most_followed") for id_ in popular if id_ not in set(near)])[:limit]


async def hide(db: Database, me: Person, other: Person) -> None:
    """Have someone suggested no more."""
    await db.execute(
        "insert into social.suggestions_hidden (account_id, hidden_id) values (%s, %s) on conflict do nothing", me.id, other.id
    )


async def followed(db: Database, me: Person) -> list[int]:
    """Whom one follows, for looking among them; the latest FOLLOWED_MAX."""
    return await db.values(
        "select followed_id from social.follows where follower_id = %s order by id desc limit %s", me.id, FOLLOWED_MAX
    )
