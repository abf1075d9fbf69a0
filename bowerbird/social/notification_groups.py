"""Notifications told as one: the likes of a post, its boosts, the follows of a day. A group stands where its newest member does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.core import live
from bowerbird.core.database import Database, Gate
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import new_id, parse
from bowerbird.core.paging import Page
from bowerbird.social.notifications import PAGE_MAX, Asked, Notification

GROUPED = ("like", "boost", "follow")
SAMPLE_MAX = 8
ALONE = "ungrouped-"


@dataclass(frozen=True, slots=True)
class Group:
    """Several notifications as one: the newest, how many there are, and the latest people in it."""

    newest: Notification
    key: str
    count: int
    from_ids: list[int]


async def of(db: Database, account_id: int, page: Page, asked: Asked, grouped: Sequence[str] = GROUPED) -> list[Group]:
    """A page of groups, newest first; kinds that are not in `grouped` stand each for itself."""
    heads = await (_above if page.upward is not None else _below)(db, account_id, page, asked, grouped)
    return page.newest_first(await _whole(db, account_id, heads, asked, grouped))


async def _below(db: Database, account_id: int, page: Page, asked: Asked, grouped: Sequence[str]) -> list[Notification]:
    """Down from the newest, from head to head: a group of thousands is passed over by its key. Those begun above the page stay out."""
    more, gate, above = page.clause("n.id"), asked.clause("n"), asked.clause("m")
    key = "case when n.kind = any(v.grouped) then n.group_key else '' end"
    step = f"n.account_id = v.me{more.sql} {gate.sql}"
    return await db.many(
        Notification,
        f"""with recursive v as (select %s::bigint as me, %s::text[] as grouped), hidden as (
                select coalesce(array_agg(distinct m.group_key), '{{}}') as keys from v join social.notifications m on m.account_id = v.me
                where m.id >= %s::bigint and m.kind = any(v.grouped) {above.sql}),
            walk as (
                (select n.id, 1 as place, hidden.keys || {key} as seen from v, hidden, social.notifications n
                 where {step} and not ({key} <> '' and {key} = any(hidden.keys)) order by n.id desc limit 1)
                union all
                select x.id, w.place + 1, w.seen || x.key from walk w, lateral (
                    select n.id, {key} as key from v, social.notifications n
                    where {step} and n.id < w.id and not ({key} <> '' and {key} = any(w.seen)) order by n.id desc limit 1) x
                where w.place < %s)
            select n.* from walk join social.notifications n on n.id = walk.id order by n.id desc""",
        account_id, list(grouped), page.before, *above.args, *more.args, *gate.args, *more.args, *gate.args,
        max(1, min(page.limit, PAGE_MAX)),
    )  # fmt: skip


async def _above(db: Database, account_id: int, page: Page, asked: Asked, grouped: Sequence[str]) -> list[Notification]:
    """Up from an id: few are newer than what a program has seen last."""
    more, gate, newer = page.clause("n.id"), asked.clause("n"), asked.clause("m")
    return await db.many(
        Notification,
        f"""select n.* from social.notifications n where n.account_id = %s{more.sql} {gate.sql}
            and not (n.kind = any(%s) and exists (select 1 from social.notifications m where m.account_id = n.account_id
                     and m.group_key = n.group_key and m.id > n.id {newer.sql})){page.tail("n.id", PAGE_MAX)}""",
        account_id, *more.args, *gate.args, list(grouped), *newer.args,
    )  # fmt: skip


async def one(db: Database, account_id: int, key: str) -> Group:
    """One's own group. Raises NotFound for anyone else's."""
    gate, which = Asked(filtered=True).clause("n"), _keyed(key)
    heads = await db.many(
        Notification,
        f"select n.* from social.notifications n where n.account_id = %s and {which.sql} {gate.sql} order by n.id desc limit 1",
        account_id, *which.args, *gate.args,
    )  # fmt: skip
    if not heads:
        raise NotFound
    return (await _whole(db, account_id, heads, Asked(filtered=True), () if key.startswith(ALONE) else GROUPED))[0]


async def people(db: Database, account_id: int, key: str) -> list[int]:
    """Everyone in a group, the latest first. Raises NotFound for anyone else's."""
    await one(db, account_id, key)
    gate, which = Asked(filtered=True).clause("n"), _keyed(key)
    return await db.values(
        f"select n.from_id from social.notifications n where n.account_id = %s and {which.sql} {gate.sql} order by n.id desc limit {PAGE_MAX}",
        account_id, *which.args, *gate.args,
    )  # fmt: skip


async def dismiss(db: Database, account_id: int, key: str) -> None:
    """Take a whole group off the list; one that is gone already is no trouble."""
    which = _keyed(key)
    await db.execute(f"delete from social.notifications n where n.account_id = %s and {which.sql}", account_id, *which.args)
    await live.tell(db, [f"notify:{account_id}"], "read", new_id())


async def unread(db: Database, account_id: int, asked: Asked, grouped: Sequence[str] = GROUPED, *, most: int = 100) -> int:
    """How many groups hold something new, counted up to `most`."""
    gate = asked.clause("n")
    return await db.value(
        f"""select count(*) from (
                select distinct case when n.kind = any(%s) then n.group_key else n.id::text end from social.notifications n
                where n.account_id = %s and n.read_at is null {gate.sql} limit %s) g""",
        list(grouped), account_id, *gate.args, most,
    )  # fmt: skip


async def _whole(
    db: Database, account_id: int, heads: Sequence[Notification], asked: Asked, grouped: Sequence[str]
) -> list[Group]:
    several = [n.group_key for n in heads if n.kind in grouped]
    gate = asked.clause("n")
    rows = await db.rows(
        f"""select n.group_key, count(*), (array_agg(n.from_id order by n.id desc))[1:{SAMPLE_MAX}] from social.notifications n
            where n.account_id = %s and n.group_key = any(%s) {gate.sql} group by n.group_key""",
        account_id, several, *gate.args,
    ) if several else []  # fmt: skip
    found = {key: (count, from_ids) for key, count, from_ids in rows}
    return [
        Group(n, n.group_key, *found.get(n.group_key, (1, [n.from_id])))
        if n.kind in grouped
        else Group(n, f"{ALONE}{n.id}", 1, [n.from_id])
        for n in heads
    ]


def _keyed(key: str) -> Gate:
    alone = parse(key.removeprefix(ALONE)) if key.startswith(ALONE) else None
    return Gate("n.id = %s", (alone,)) if alone is not None else Gate("n.group_key = %s", (key[:80],))
