"""Lists: some of those one follows, read apart. Their timeline and what an exclusive one keeps out of the home are in timelines and fanout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page

LISTS_MAX = 50
MEMBERS_MAX = 500
TITLE_LENGTH_MAX = 100
REPLIES = ("followed", "list", "none")
PAGE_MAX = 80


@dataclass(frozen=True, slots=True)
class List:
    """A list; `replies_policy` says whose replies it shows, an exclusive one keeps its people out of the home."""

    id: int
    owner_id: int
    title: str
    replies_policy: str
    exclusive: bool


async def of(db: Database, owner_id: int) -> list[List]:
    """Someone's lists, oldest first."""
    return await db.many(List, "select * from social.lists where owner_id = %s order by id", owner_id)


async def one(db: Database, owner_id: int, id_: int) -> List:
    """One's own list. Raises NotFound for anyone else's."""
    return await db.one(List, "select * from social.lists where id = %s and owner_id = %s", id_, owner_id)


async def create(db: Database, me: Person, title: str, replies_policy: str = "list", *, exclusive: bool = False) -> List:
    """A new, empty list. Raises Invalid."""
    if await db.value("select count(*) from social.lists where owner_id = %s", me.id) >= LISTS_MAX:
        raise Invalid(f"Up to {LISTS_MAX} lists fit. Remove one first.")
    return await db.one(
        List,
        "insert into social.lists (id, owner_id, title, replies_policy, exclusive) values (%s, %s, %s, %s, %s) returning *",
        new_id(), me.id, _title(title), _replies(replies_policy), exclusive,
    )  # fmt: skip


async def change(
    db: Database, me: Person, id_: int, *, title: str | None, replies_policy: str | None, exclusive: bool | None
) -> List:
    """Change what is given. Raises Invalid, NotFound for anyone else's."""
    return await db.one(
        List,
        """update social.lists set title = coalesce(%s, title), replies_policy = coalesce(%s, replies_policy),
               exclusive = coalesce(%s, exclusive) where id = %s and owner_id = %s returning *""",
        None if title is None else _title(title), None if replies_policy is None else _replies(replies_policy), exclusive,
        id_, me.id,
    )  # fmt: skip


async def remove(db: Database, me: Person, id_: int) -> None:
    """Take a list away; nobody is unfollowed. Raises NotFound for anyone else's."""
    if not await db.execute("delete from social.lists where id = %s and owner_id = %s", id_, me.id):
        raise NotFound


async def add(db: Database, me: Person, id_: int, people: Sequence[int]) -> None:
    """Put people one follows (or oneself) on a list. Raises NotFound where one does not follow them, Conflict where they are on it."""
    await one(db, me.id, id_)
    wanted = list(dict.fromkeys(people))
    followed = await db.value(
        """select count(*) from unnest(%s::bigint[]) i
           where i = %s or exists (select 1 from social.follows where follower_id = %s and followed_id = i)""",
        wanted, me.id, me.id,
    )  # fmt: skip
    if followed != len(wanted) or not wanted:
        raise NotFound("You can put people on a list whom you follow.")
    if await db.value("select count(*) from social.list_members where list_id = %s", id_) + len(wanted) > MEMBERS_MAX:
        raise Invalid(f"A list has up to {MEMBERS_MAX} people.")
    added = await db.execute(
        """insert into social.list_members (list_id, account_id, id) select %s, w.account_id, w.id
           from unnest(%s::bigint[], %s::bigint[]) w(account_id, id) on conflict do nothing""",
        id_, wanted, [new_id() for _ in wanted],
    )  # fmt: skip
    if added != len(wanted):
        raise Conflict("They are on this list already.")


async def drop(db: Database, me: Person, id_: int, people: Sequence[int]) -> None:
    """Take people off a list. Raises NotFound for anyone else's list."""
    await one(db, me.id, id_)
    await db.execute("delete from social.list_members where list_id = %s and account_id = any(%s)", id_, list(people))


async def members(db: Database, me: Person, id_: int, page: Page, *, whole: bool = False) -> list[tuple[int, int]]:
    """(membership id, person id) of those on a list, newest first; all of them with `whole`. Raises NotFound for anyone else's."""
    await one(db, me.id, id_)
    more = page.clause("id")
    tail = f" order by id desc limit {MEMBERS_MAX}" if whole else page.tail("id", PAGE_MAX)
    rows = await db.rows(f"select id, account_id from social.list_members where list_id = %s{more.sql}{tail}", id_, *more.args)
    found = [(id_, other) for id_, other in rows]
    return found if whole else page.newest_first(found)


async def holding(db: Database, me: Person, person_id: int) -> list[List]:
    """Those of one's lists that someone is on."""
    return await db.many(
        List,
        """select l.* from social.lists l join social.list_members m on m.list_id = l.id and m.account_id = %s
           where l.owner_id = %s order by l.id""",
        person_id, me.id,
    )  # fmt: skip


def _title(title: str) -> str:
    title = " ".join(title.replace("\x00", "").split())
    if not 0 < len(title) <= TITLE_LENGTH_MAX:
        raise Invalid(f"A list has a title of up to {TITLE_LENGTH_MAX} characters.")
    return title


def _replies(policy: str) -> str:
    if policy not in REPLIES:
        raise Invalid(f"A list shows replies to: {', '.join(REPLIES)}.")
    return policy
