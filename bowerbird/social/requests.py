"""Asking a person whose account is locked whether one may follow: a row that waits for their yes or no."""

from __future__ import annotations

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import jobs
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.social import follows, notifications
from bowerbird.social.follows import Wishes

PAGE_MAX = 80


async def ask(db: Database, me: Person, other: Person, wishes: Wishes) -> None:
    """Ask to follow; asking again changes how."""
    await db.execute(
        """insert into social.follow_requests (account_id, target_id, id, reblogs, notify, languages) values (%s, %s, %s, %s, %s, %s)
           on conflict (account_id, target_id) do update
               set reblogs = excluded.reblogs, notify = excluded.notify, languages = excluded.languages""",
        me.id, other.id, new_id(), wishes.reblogs is not False, wishes.notify is True, list(wishes.languages or ()) or None,
    )  # fmt: skip
    await notifications.tell(db, other.id, "follow_request", me.id)


async def withdraw(db: Database, asker_id: int, asked_id: int) -> bool:
    """Ask no more; whether there was a request."""
    if not await db.execute("delete from social.follow_requests where account_id = %s and target_id = %s", asker_id, asked_id):
        return False
    await notifications.take_back(db, asked_id, "follow_request", asker_id)
    return True


async def authorize(db: Database, me: Person, asker_id: int) -> None:
    """Let someone follow. Raises NotFound where they did not ask."""
    rows = await db.rows(
        "delete from social.follow_requests where account_id = %s and target_id = %s returning reblogs, notify, languages",
        asker_id,
        me.id,
    )
    if not rows:
        raise NotFound
    await notifications.take_back(db, me.id, "follow_request", asker_id)
    await follows.begin(db, asker_id, me.id, Wishes(*rows[0]))


async def authorize_all(db: Database, me: Person) -> None:
    """Whoever waits may follow, one after another: the account is locked no longer."""
    await jobs.defer(db, "social:let_in", once=f"let_in:{me.id}", account_id=str(me.id))


async def let_in(db: Database, account_id: int) -> bool:
    """Let the next one who waits follow; whether there may be more. Each in a transaction of its own: see migration 0009."""
    asker_id = await db.value(
        """select r.account_id from social.follow_requests r join accounts.people p on p.id = r.target_id
           where r.target_id = %s and not p.locked and p.deleted_at is null order by r.id limit 1 for update of r skip locked""",
        account_id,
    )
    if asker_id is None:
        return False
    await authorize(db, await people.by_id(db, account_id), asker_id)
    return True


async def reject(db: Database, me: Person, asker_id: int) -> None:
    """Say no; they may ask again. Raises NotFound where they did not ask."""
    if not await withdraw(db, asker_id, me.id):
        raise NotFound


async def waiting(db: Database, me: Person, page: Page) -> list[tuple[int, int]]:
    """(request id, person id) of those who ask to follow, newest first."""
    more = page.clause("id")
    rows = await db.rows(
        f"select id, account_id from social.follow_requests where target_id = %s{more.sql}{page.tail('id', PAGE_MAX)}",
        me.id,
        *more.args,
    )
    return page.newest_first([(id_, other) for id_, other in rows])


async def count(db: Database, me: Person) -> int:
    """How many ask, up to 99."""
    return await db.value("select count(*) from (select 1 from social.follow_requests where target_id = %s limit 99) r", me.id)
