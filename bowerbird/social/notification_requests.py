"""People whose notifications wait: one request each, to be let through or sent away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.core import live
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.paging import Page

PAGE_MAX = 80
AT_ONCE_MAX = 80
_COLUMNS = """r.id, r.account_id, r.from_id, (select count(*) from social.notifications n where n.account_id = r.account_id
    and n.from_id = r.from_id and n.filtered) as count, (select max(n.post_id) from social.notifications n
    where n.account_id = r.account_id and n.from_id = r.from_id and n.filtered) as post_id"""


@dataclass(frozen=True, slots=True)
class Request:
    """Someone whose notifications wait, how many, and the latest post among them."""

    id: int
    account_id: int
    from_id: int
    count: int
    post_id: int | None


async def of(db: Database, account_id: int, page: Page) -> list[Request]:
    """Whose notifications wait, the newest request first."""
    more = page.clause("r.id")
    found = await db.many(
        Request,
        f"select {_COLUMNS} from social.notification_requests r where r.account_id = %s{more.sql}{page.tail('r.id', PAGE_MAX)}",
        account_id,
        *more.args,
    )
    return page.newest_first(found)


async def one(db: Database, account_id: int, id_: int) -> Request:
    """One's own request. Raises NotFound for anyone else's."""
    return await db.one(
        Request,
        f"select {_COLUMNS} from social.notification_requests r where r.id = %s and r.account_id = %s",
        id_,
        account_id,
    )


async def accept(db: Database, account_id: int, ids: Sequence[int]) -> None:
    """Let these people's notifications through, now and from now on. Raises NotFound where one is not one's own."""
    people = await _taken(db, account_id, ids)
    await db.execute(
        "insert into social.welcomed (account_id, from_id) select %s, unnest(%s::bigint[]) on conflict do nothing",
        account_id,
        people,
    )
    await db.execute(
        "update social.notifications set filtered = false, read_at = null where account_id = %s and from_id = any(%s) and filtered",
        account_id,
        people,
    )
    await live.tell(db, [f"notify:{account_id}"], "read", account_id)


async def dismiss(db: Database, account_id: int, ids: Sequence[int]) -> None:
    """Send them away with what waits; something new from them makes a new request. Raises NotFound where one is not one's own."""
    people = await _taken(db, account_id, ids)
    await db.execute(
        "delete from social.notifications where account_id = %s and from_id = any(%s) and filtered", account_id, people
    )


async def pending(db: Database, account_id: int) -> tuple[int, int]:
    """How many requests and how many notifications wait."""
    rows = await db.rows(
        """select (select count(*) from social.notification_requests where account_id = %s),
                  (select count(*) from social.notifications where account_id = %s and filtered)""",
        account_id, account_id,
    )  # fmt: skip
    return rows[0][0], rows[0][1]


async def _taken(db: Database, account_id: int, ids: Sequence[int]) -> list[int]:
    wanted = list(dict.fromkeys(ids))[:AT_ONCE_MAX]
    people = await db.values(
        "delete from social.notification_requests where account_id = %s and id = any(%s) returning from_id", account_id, wanted
    )
    if len(people) != len(wanted) or not people:
        raise NotFound
    return people
