"""Who follows whom, and who wants nothing to do with whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database, keyset
from bowerbird.core.errors import Invalid, NotAllowed
from bowerbird.core.ids import new_id
from bowerbird.events import kinds, log
from bowerbird.social import fanout, notifications

FOLLOWS_PER_DAY_MAX = 1000


@dataclass(frozen=True, slots=True)
class Relation:
    """How a viewer stands to someone."""

    follows: bool = False
    followed_by: bool = False
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How many someone follows, is followed by, and has posted."""

    followers: int
    following: int
    posts: int


async def follow(db: Database, me: Person, other: Person) -> None:
    """Have `other`'s posts in my home from now on. Raises NotAllowed across a block; following twice is following once."""
    if me.id == other.id:
        raise Invalid("You cannot follow yourself.")
    if await _blocked(db, me.id, other.id):
        raise NotAllowed("You cannot follow this person.")
    await limits.spend(db, f"follow:{me.id}", times_max=FOLLOWS_PER_DAY_MAX, window_s=86_400)
    if not await db.execute(
        "insert into social.follows (follower_id, followed_id, id) values (%s, %s, %s) on conflict do nothing",
        me.id,
        other.id,
        new_id(),
    ):
        return
    await fanout.backfill(db, me.id, other.id)
    await notifications.tell(db, other.id, "follow", me.id)
    await log.record(db, kinds.AccountFollowed(actor_id=me.id, item_id=other.id))


async def unfollow(db: Database, me: Person, other: Person) -> None:
    """Stop; their posts leave my home."""
    if await db.execute("delete from social.follows where follower_id = %s and followed_id = %s", me.id, other.id):
        await fanout.withdraw(db, me.id, other.id)
        await notifications.take_back(db, other.id, "follow", me.id)
        await log.record(db, kinds.AccountFollowed(actor_id=me.id, item_id=other.id, undone=True))


async def block(db: Database, me: Person, other: Person) -> None:
    """Neither sees the other any more; both follows end."""
    if me.id == other.id:
        raise Invalid("You cannot block yourself.")
    await db.execute(
        "insert into social.blocks (account_id, blocked_id, id) values (%s, %s, %s) on conflict do nothing",
        me.id,
        other.id,
        new_id(),
    )
    for one, two in ((me, other), (other, me)):
        await db.execute("delete from social.follows where follower_id = %s and followed_id = %s", one.id, two.id)
        await fanout.withdraw(db, one.id, two.id)
    await db.execute("delete from social.notifications where account_id = %s and from_id = %s", me.id, other.id)
    await log.record(db, kinds.AccountHidden(actor_id=me.id, item_id=other.id))


async def unblock(db: Database, me: Person, other: Person) -> None:
    """Let each see the other again; follows do not come back by themselves."""
    if await db.execute("delete from social.blocks where account_id = %s and blocked_id = %s", me.id, other.id):
        await log.record(db, kinds.AccountHidden(actor_id=me.id, item_id=other.id, undone=True))


async def relations(db: Database, viewer_id: int | None, ids: Sequence[int]) -> dict[int, Relation]:
    """How the viewer stands to each of `ids`."""
    if viewer_id is None or not ids:
        return {}
    rows = await db.rows(
        """select i, exists (select 1 from social.follows where follower_id = %s and followed_id = i),
                  exists (select 1 from social.follows where follower_id = i and followed_id = %s),
                  exists (select 1 from social.blocks where account_id = %s and blocked_id = i)
           from unnest(%s::bigint[]) i""",
        viewer_id, viewer_id, viewer_id, list(ids),
    )  # fmt: skip
    return {id_: Relation(*flags) for id_, *flags in rows}


async def follows(db: Database, follower_id: int, followed_id: int) -> bool:
    """Whether one follows the other."""
    return await db.value(
        "select exists (select 1 from social.follows where follower_id = %s and followed_id = %s)", follower_id, followed_id
    )


async def standing(db: Database, person_id: int) -> Standing:
    """Someone's numbers."""
    return await db.one(
        Standing,
        """select (select count(*) from social.follows where followed_id = %s) as followers,
                  (select count(*) from social.follows where follower_id = %s) as following,
                  (select count(*) from social.posts where author_id = %s and deleted_at is null and boost_of_id is null
                      and visibility in ('public', 'unlisted')) as posts""",
        person_id, person_id, person_id,
    )  # fmt: skip


async def followers(db: Database, person_id: int, *, before: int | None = None, limit: int = 40) -> list[tuple[int, int]]:
    """(follow id, person id) of those who follow someone, newest first."""
    return await _page(db, "follower_id", "followed_id", person_id, before, limit)


async def following(db: Database, person_id: int, *, before: int | None = None, limit: int = 40) -> list[tuple[int, int]]:
    """(follow id, person id) of those someone follows, newest first."""
    return await _page(db, "followed_id", "follower_id", person_id, before, limit)


async def _page(db: Database, wanted: str, given: str, person_id: int, before: int | None, limit: int) -> list[tuple[int, int]]:
    more, args = keyset("id", before=before)
    rows = await db.rows(
        f"select id, {wanted} from social.follows where {given} = %s{more} order by id desc limit %s",
        person_id,
        *args,
        min(limit, 80),
    )
    return [(id_, other) for id_, other in rows]


async def _blocked(db: Database, one: int, other: int) -> bool:
    return await db.value(
        "select exists (select 1 from social.blocks where (account_id = %s and blocked_id = %s) or (account_id = %s and blocked_id = %s))",
        one, other, other, one,
    )  # fmt: skip
