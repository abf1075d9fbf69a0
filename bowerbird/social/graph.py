"""Who follows whom, and who wants nothing to do with whom."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotAllowed
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.events import kinds, log
from bowerbird.social import follows as bonds
from bowerbird.social import requests
from bowerbird.social.follows import Wishes

FOLLOWS_PER_DAY_MAX = 1000
PAGE_MAX = 80


async def follow(db: Database, me: Person, other: Person, wishes: Wishes | None = None) -> None:
    """Have `other`'s posts in my home from now on, or ask them where their account is locked. Following again changes how.
    Raises Invalid, or NotAllowed across a block."""
    if me.id == other.id:
        raise Invalid("You cannot follow yourself.")
    if await blocked_between(db, me.id, other.id):
        raise NotAllowed("You cannot follow this person.")
    wishes = (wishes or Wishes()).checked()
    if await bonds.change(db, me.id, other.id, wishes):
        return
    await limits.spend(db, f"follow:{me.id}", times_max=FOLLOWS_PER_DAY_MAX, window_s=86_400)
    if other.locked:
        await requests.ask(db, me, other, wishes)
    else:
        await bonds.begin(db, me.id, other.id, wishes)


async def unfollow(db: Database, me: Person, other: Person) -> None:
    """Stop, or ask no longer; their posts leave my home."""
    await requests.withdraw(db, me.id, other.id)
    if await bonds.end(db, me.id, other.id):
        await log.record(db, kinds.AccountFollowed(actor_id=me.id, item_id=other.id, undone=True))


async def remove_follower(db: Database, me: Person, other: Person) -> None:
    """Have someone follow me no more; they are not told."""
    if await bonds.end(db, other.id, me.id):
        await log.record(db, kinds.AccountFollowed(actor_id=other.id, item_id=me.id, undone=True))


async def block(db: Database, me: Person, other: Person) -> None:
    """Neither sees the other any more; both follows and requests end."""
    if me.id == other.id:
        raise Invalid("You cannot block yourself.")
    await db.execute(
        "insert into social.blocks (account_id, blocked_id, id) values (%s, %s, %s) on conflict do nothing",
        me.id,
        other.id,
        new_id(),
    )
    low, high = sorted((me, other), key=lambda person: person.id)  # two who block each other at once go the same way round
    for one, two in ((low, high), (high, low)):
        await requests.withdraw(db, one.id, two.id)
        await bonds.end(db, one.id, two.id)
    await db.execute("delete from social.notifications where account_id = %s and from_id = %s", me.id, other.id)
    await log.record(db, kinds.AccountHidden(actor_id=me.id, item_id=other.id))


async def unblock(db: Database, me: Person, other: Person) -> None:
    """Let each see the other again; follows do not come back by themselves."""
    if await db.execute("delete from social.blocks where account_id = %s and blocked_id = %s", me.id, other.id):
        await log.record(db, kinds.AccountHidden(actor_id=me.id, item_id=other.id, undone=True))


async def blocked(db: Database, me: Person, page: Page) -> list[tuple[int, int]]:
    """(block id, person id) of those one has blocked, newest first."""
    more = page.clause("id")
    rows = await db.rows(
        f"select id, blocked_id from social.blocks where account_id = %s{more.sql}{page.tail('id', PAGE_MAX)}", me.id, *more.args
    )
    return page.newest_first([(id_, other) for id_, other in rows])


async def follows(db: Database, follower_id: int, followed_id: int) -> bool:
    """Whether one follows the other."""
    return await db.value(
        "select exists (select 1 from social.follows where follower_id = %s and followed_id = %s)", follower_id, followed_id
    )


async def followers(db: Database, person_id: int, *, before: int | None = None, limit: int = 40) -> list[tuple[int, int]]:
    """(follow id, person id) of those who follow someone, newest first."""
    return await bonds.followers(db, person_id, Page(before, limit=limit))


async def following(db: Database, person_id: int, *, before: int | None = None, limit: int = 40) -> list[tuple[int, int]]:
    """(follow id, person id) of those someone follows, newest first."""
    return await bonds.following(db, person_id, Page(before, limit=limit))


async def blocked_between(db: Database, one: int, other: int) -> bool:
    """Whether either of two people has blocked the other."""
    return await db.value(
        "select exists (select 1 from social.blocks where (account_id = %s and blocked_id = %s) or (account_id = %s and blocked_id = %s))",
        one, other, other, one,
    )  # fmt: skip
