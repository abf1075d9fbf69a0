"""Private exchanges: for each participant a row of a thread and the others in it, with what was said last and whether it was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.social.visibility import visible_to

PAGE_MAX = 40
PARTICIPANTS_MAX = 60


@dataclass(frozen=True, slots=True)
class Conversation:
    """An exchange as one participant has it; `post_id` is the latest post of it that stands and that they may see."""

    id: int
    account_id: int
    thread_id: int
    others: list[int]
    last_id: int
    unread: bool
    post_id: int


class Direct(Protocol):
    """What is needed of a post."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def author_id(self) -> int: ...  # noqa: D102
    @property
    def thread_id(self) -> int: ...  # noqa: D102


async def add(db: Database, post: Direct, heard: Sequence[int]) -> None:
    """Put a direct post into the conversation of its author and those named who `heard` of it, and tell their open pages."""
    named = await db.values("select account_id from social.mentions where post_id = %s order by account_id", post.id)
    everyone = sorted({post.author_id, *named})[:PARTICIPANTS_MAX]
    here = sorted({post.author_id, *heard} & set(everyone))
    rows = await db.rows(
        """insert into social.conversations (id, account_id, thread_id, others, last_id, unread)
           select w.id, w.account_id, %s, array_remove(%s::bigint[], w.account_id), %s, w.account_id <> %s
           from unnest(%s::bigint[], %s::bigint[]) w(id, account_id)
           where not exists (select 1 from social.blocks b where (b.account_id = w.account_id and b.blocked_id = %s)
                                                              or (b.account_id = %s and b.blocked_id = w.account_id))
           on conflict (account_id, thread_id, others) do update set last_id = excluded.last_id, unread = excluded.unread
           returning id, account_id""",
        post.thread_id, everyone, post.id, post.author_id, [new_id() for _ in here], here, post.author_id, post.author_id,
    )  # fmt: skip
    await db.execute(
        "insert into social.conversation_posts (conversation_id, post_id) select unnest(%s::bigint[]), %s on conflict do nothing",
        [id_ for id_, _ in rows], post.id,
    )  # fmt: skip
    for id_, account_id in rows:
        await live.tell(db, [f"direct:{account_id}"], "conversation", id_)


async def changed(db: Database, post_id: int) -> None:
    """A direct post went: the open pages of those who had it look again."""
    for id_, account_id in await db.rows(
        """select c.id, c.account_id from social.conversation_posts cp join social.conversations c on c.id = cp.conversation_id
           where cp.post_id = %s""",
        post_id,
    ):
        await live.tell(db, [f"direct:{account_id}"], "conversation", id_)


async def of(db: Database, me: Person, page: Page) -> list[Conversation]:
    """One's conversations, the liveliest first; pages go by `last_id`. One of which nothing stands any more is left out."""
    more = page.clause("c.last_id")
    found = await _many(db, me, f"true{more.sql}", more.args, page.tail("c.last_id", PAGE_MAX))
    return page.newest_first(found)


async def one(db: Database, me: Person, id_: int) -> Conversation:
    """One's own conversation. Raises NotFound for anyone else's."""
    found = await _many(db, me, "c.id = %s", (id_,), "")
    if not found:
        raise NotFound
    return found[0]


async def read(db: Database, me: Person, id_: int, *, unread: bool = False) -> Conversation:
    """Say that one has read it, or wants to come back to it. Raises NotFound for anyone else's."""
    found = await one(db, me, id_)
    if found.unread != unread:
        await db.execute("update social.conversations set unread = %s where id = %s", unread, id_)
        await live.tell(db, [f"direct:{me.id}"], "conversation", id_)
    return await one(db, me, id_)


async def remove(db: Database, me: Person, id_: int) -> None:
    """Take it off one's own list; its posts stay, and a new one brings it back. Raises NotFound for anyone else's."""
    if not await db.execute("delete from social.conversations where id = %s and account_id = %s", id_, me.id):
        raise NotFound


async def unread(db: Database, me: Person) -> int:
    """How many conversations hold something new that stands."""
    gate = visible_to(me.id)
    return await db.value(
        f"""select count(*) from social.conversations c where c.account_id = %s and c.unread and exists (
                select 1 from social.conversation_posts cp join social.posts p on p.id = cp.post_id
                where cp.conversation_id = c.id and {gate.sql})""",
        me.id, *gate.args,
    )  # fmt: skip


async def _many(db: Database, me: Person, where: str, args: tuple[object, ...], tail: str) -> list[Conversation]:
    gate = visible_to(me.id)
    return await db.many(
        Conversation,
        f"""select c.*, s.id as post_id from social.conversations c cross join lateral (
                select p.id from social.conversation_posts cp join social.posts p on p.id = cp.post_id
                where cp.conversation_id = c.id and {gate.sql} order by p.id desc limit 1) s
            where c.account_id = %s and {where}{tail}""",
        *gate.args, me.id, *args,
    )  # fmt: skip
