"""What someone should know: who followed, liked, boosted, replied, mentioned or remixed, and what became of what they took part in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, get_args

from bowerbird.core import live
from bowerbird.core.database import Database, Gate
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.social import policies, push

Kind = Literal[
    "follow", "like", "boost", "reply", "mention", "remix", "status", "poll", "follow_request", "quote", "update", "challenge", "appeal"
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
OF_ONESELF = frozenset({"poll", "challenge", "appeal"})  # may come "from" oneself: nobody in particular did it
PAGE_MAX = 80


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing that happened to `account_id`, by `from_id`. A filtered one waits behind a request; those of one `group_key` are told as one."""

    id: int
    account_id: int
    kind: Kind
    from_id: int
    post_id: int | None
    read_at: datetime | None
    filtered: bool
    group_key: str
    subject_id: int | None = None  # the challenge, or the decision that was appealed against


@dataclass(frozen=True, slots=True)
class Asked:
    """Which notifications are asked for: of which kinds (None: all), from whom (None: anyone), those that wait too or not."""

    kinds: Sequence[str] | None = None
    from_id: int | None = None
    filtered: bool = False

    def clause(self, row: str) -> Gate:
        """` and …` over the row called `row`. What is about a deleted post or from someone muted is left out."""
        sql = f"""and ({row}.post_id is null or exists (select 1 from social.posts p where p.id = {row}.post_id and p.deleted_at is null))
            and not exists (select 1 from social.mutes u where u.account_id = {row}.account_id and u.muted_id = {row}.from_id
                            and u.notifications and (u.until is null or u.until > now()))"""
        args: list[object] = []
        if self.kinds is not None:
            sql += f" and {row}.kind = any(%s)"
            args.append(list(self.kinds))
        if self.from_id is not None:
            sql += f" and {row}.from_id = %s"
            args.append(self.from_id)
        elif not self.filtered:
            sql += f" and not {row}.filtered"
        return Gate(sql, tuple(args))


class _Said(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def author_id(self) -> int: ...


async def tell(
    db: Database, account_id: int, kind: Kind, from_id: int, post_id: int | None = None, subject_id: int | None = None
) -> None:
    """Tell someone, once for each kind, person, post and subject; see `tell_each`."""
    await tell_each(db, [account_id], kind, from_id, post_id, subject_id)


async def tell_each(
    db: Database, account_ids: Sequence[int], kind: Kind, from_id: int, post_id: int | None = None, subject_id: int | None = None
) -> list[int]:
    """Tell several people the same: never oneself (but for OF_ONESELF), never across a block, nor of whom or what they muted;
    what their policy holds back waits behind a request, or never comes. The ids of those who hear of it now."""
    if kind == "update":  # the next change is news again
        await db.execute("delete from social.notifications where post_id = %s and kind = 'update'", post_id)
    told = await db.rows(
        f"""with judged as (
                select w.id, w.account_id, t.kind, t.from_id, t.post_id, {policies.VERDICT} as verdict
                from (select %s::text as kind, %s::bigint as from_id, %s::bigint as post_id, %s::bigint as new_since) t
                cross join unnest(%s::bigint[], %s::bigint[]) w(id, account_id)
                left join social.policies y on y.account_id = w.account_id
                left join social.posts p on p.id = t.post_id
                where (w.account_id <> t.from_id or t.kind = any(%s))
                  and not exists (select 1 from social.blocks b where (b.account_id = w.account_id and b.blocked_id = t.from_id)
                                                                   or (b.account_id = t.from_id and b.blocked_id = w.account_id))
                  and not exists (select 1 from social.mutes u where u.account_id = w.account_id and u.muted_id = t.from_id
                                  and u.notifications and (u.until is null or u.until > now()))
                  and not exists (select 1 from social.thread_mutes m where m.account_id = w.account_id and m.thread_id = p.thread_id))
            insert into social.notifications (id, account_id, kind, from_id, post_id, subject_id, filtered)
            select id, account_id, kind, from_id, post_id, %s, verdict = 'filter' from judged where verdict <> 'drop'
            on conflict do nothing returning id, account_id, filtered""",
        kind, from_id, post_id, policies.new_since(), [new_id() for _ in account_ids], list(account_ids),
        list(OF_ONESELF), subject_id,
    )  # fmt: skip
    for id_, account_id, filtered in told:
        if filtered:
            await db.execute(
                "insert into social.notification_requests (id, account_id, from_id) values (%s, %s, %s) on conflict do nothing",
                id_, account_id, from_id,
            )  # fmt: skip
        else:
            await live.tell(db, [f"notify:{account_id}"], "notification", id_)
            await push.wanted(db, account_id, id_, kind)
    return [account_id for _, account_id, filtered in told if not filtered]


async def of_post(db: Database, post: _Said, mentioned: Sequence[int], replied_to: int | None) -> list[int]:
    """Tell the one replied to, and everyone mentioned who was not told already by that. The ids of those who hear of it now, and
    of those who only muted the conversation: it comes to them in silence."""
    heard = await tell_each(db, [replied_to], "reply", post.author_id, post.id) if replied_to is not None else []
    heard += await tell_each(db, [id_ for id_ in mentioned if id_ != replied_to], "mention", post.author_id, post.id)
    silent = await db.values(
        """select m.account_id from social.thread_mutes m join social.posts p on p.thread_id = m.thread_id
           where p.id = %s and m.account_id = any(%s)""",
        post.id, [*mentioned, *([replied_to] if replied_to else [])],
    )  # fmt: skip
    return list(dict.fromkeys(heard + silent))


async def take_back(db: Database, account_id: int, kind: Kind, from_id: int, post_id: int | None = None) -> None:
    """Forget one that was undone before it matters."""
    await db.execute(
        "delete from social.notifications where account_id = %s and kind = %s and from_id = %s and post_id is not distinct from %s",
        account_id, kind, from_id, post_id,
    )  # fmt: skip


async def of(
    db: Database, account_id: int, *, before: int | None = None, after: int | None = None, limit: int = 40
) -> list[Notification]:
    """What happened to someone, newest first. Which posts are shown with it is the door's gate."""
    return await listed(db, account_id, Page(before, after, limit=limit), Asked())


async def listed(db: Database, account_id: int, page: Page, asked: Asked) -> list[Notification]:
    """A page of what is asked for, newest first."""
    more, gate = page.clause("n.id"), asked.clause("n")
    found = await db.many(
        Notification,
        f"select n.* from social.notifications n where n.account_id = %s{more.sql} {gate.sql}{page.tail('n.id', PAGE_MAX)}",
        account_id,
        *more.args,
        *gate.args,
    )
    return page.newest_first(found)


async def one(db: Database, account_id: int, id_: int) -> Notification:
    """One's own notification. Raises NotFound for anyone else's."""
    gate = Asked(filtered=True).clause("n")
    return await db.one(
        Notification,
        f"select n.* from social.notifications n where n.id = %s and n.account_id = %s {gate.sql}",
        id_,
        account_id,
        *gate.args,
    )


async def dismiss(db: Database, account_id: int, id_: int) -> None:
    """Take one off the list. Raises NotFound for anyone else's."""
    if not await db.execute("delete from social.notifications where id = %s and account_id = %s", id_, account_id):
        raise NotFound
    await live.tell(db, [f"notify:{account_id}"], "read", id_)


async def clear(db: Database, account_id: int) -> None:
    """Take all off the list, but what waits behind requests."""
    await db.execute("delete from social.notifications where account_id = %s and not filtered", account_id)
    await live.tell(db, [f"notify:{account_id}"], "read", new_id())


async def unread(db: Database, account_id: int, asked: Asked | None = None, *, most: int = 99) -> int:
    """How many are new, counted up to `most`: of those asked for, else of all that the list shows."""
    gate = (asked or Asked()).clause("n")
    return await db.value(
        f"select count(*) from (select 1 from social.notifications n where n.account_id = %s and n.read_at is null {gate.sql} limit %s) u",
        account_id, *gate.args, most,
    )  # fmt: skip


async def read(db: Database, account_id: int, up_to: int) -> None:
    """Mark everything up to an id as read, and tell the badges."""
    if await db.execute(
        "update social.notifications set read_at = now() where account_id = %s and id <= %s and read_at is null",
        account_id,
        up_to,
    ):
        await live.tell(db, [f"notify:{account_id}"], "read", up_to)
