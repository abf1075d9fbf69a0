"""Not wanting to hear of someone for a while: their posts leave one's lists, and they are told nothing. Their page and links still open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.events import kinds, log

DURATION_S_MAX = 10 * 366 * 86_400
PAGE_MAX = 80


@dataclass(frozen=True, slots=True)
class Mute:
    """Someone muted; `notifications` says whether these stay away too, `until` when it ends (None: not by itself)."""

    account_id: int
    muted_id: int
    id: int
    notifications: bool
    until: datetime | None


async def mute(db: Database, me: Person, other: Person, *, notifications: bool = True, duration_s: int = 0) -> None:
    """Hear no more of someone, for `duration_s` seconds or (0) until it is taken back. Muting again changes how. Raises Invalid."""
    if me.id == other.id:
        raise Invalid("You cannot mute yourself.")
    if not 0 <= duration_s <= DURATION_S_MAX:
        raise Invalid("A mute lasts up to ten years.")
    await db.execute(
        """insert into social.mutes (account_id, muted_id, id, notifications, until)
           values (%s, %s, %s, %s, now() + make_interval(secs => nullif(%s, 0)))
           on conflict (account_id, muted_id) do update set notifications = excluded.notifications, until = excluded.until""",
        me.id, other.id, new_id(), notifications, duration_s,
    )  # fmt: skip
    await log.record(db, kinds.AccountHidden(actor_id=me.id, item_id=other.id))


async def unmute(db: Database, me: Person, other: Person) -> None:
    """Hear of them again."""
    if await db.execute("delete from social.mutes where account_id = %s and muted_id = %s", me.id, other.id):
        await log.record(db, kinds.AccountHidden(actor_id=me.id, item_id=other.id, undone=True))


async def of(db: Database, me: Person, page: Page) -> list[Mute]:
    """Whom one has muted, newest first."""
    more = page.clause("id")
    found = await db.many(
        Mute,
        f"select * from social.mutes where account_id = %s and (until is null or until > now()){more.sql}{page.tail('id', PAGE_MAX)}",
        me.id,
        *more.args,
    )
    return page.newest_first(found)


async def sweep(db: Database) -> int:
    """Drop those whose time is over; reads pass them by already."""
    return await db.execute("delete from social.mutes where until < now()")
