"""Whose turn it is before each picture model: people go round, each with the oldest they asked for, however many they have waiting.

Who begins to wait joins the end of the round, and so does who has just been served. Nobody is passed over for ever."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.core.database import Database

SECONDS_A_CANDIDATE = 3.0  # a first guess, until this house has measured its own
LAPSES_FIRST_MAX = 2  # one left more often may itself be what ends its workers
LATELY = 20  # generations that the usual seconds are taken from
# the order of those that wait, all models together: in whose round, and since when that person waits there;
# an id's upper bits are milliseconds since 2026 (core/ids.py)
ORDER = """
    waiting as (
        select id, tier, account_id, row_number() over (partition by tier, account_id order by id) as round,
               to_timestamp(((first_value(id) over (partition by tier, account_id order by id) >> 22) + 1767225600000) / 1000.0) as asked_at
        from studio.generations where state = 'queued' {which}),
    people as (
        select w.tier, w.account_id, greatest(w.asked_at, served.at) as since from waiting w left join lateral (
            select coalesce(g.finished_at, now()) as at from studio.generations g
            where g.account_id = w.account_id and g.tier = w.tier and g.started_at is not null order by g.id desc limit 1) served on true
        where w.round = 1),
    line as (
        select w.id, w.tier, row_number() over (partition by w.tier order by w.round, p.since, w.id) as place
        from waiting w join people p on p.tier = w.tier and p.account_id = w.account_id)"""


async def following(db: Database, tier: str) -> int | None:
    """The generation whose turn it is, None where none waits; one that a dead worker left comes first, the third time last.

    Until this transaction ends nobody else is told of a turn of that model."""
    await db.execute("select pg_advisory_xact_lock(hashtext('studio:turn:' || %s))", tier)
    lapsed = await db.rows(
        """select id, attempts from studio.generations
           where tier = %s and state = 'running' and (leased_until is null or leased_until < now())
           order by attempts > %s, id limit 1""",
        tier, LAPSES_FIRST_MAX,
    )  # fmt: skip
    left, attempts = lapsed[0] if lapsed else (None, 0)
    if left and attempts <= LAPSES_FIRST_MAX:
        return left
    return await db.value(f"with {ORDER.format(which='and tier = %s')} select id from line where place = 1", tier) or left


async def places(db: Database, ids: Sequence[int]) -> dict[int, int]:
    """How many generations are before each of those that wait, what is being painted included; none where it is not waiting."""
    if not ids:
        return {}
    tiers = "and tier in (select tier from studio.generations where id = any(%s))"
    return dict(
        await db.rows(
            f"""with {ORDER.format(which=tiers)}
                select l.id, l.place - 1 + (select count(*) from studio.generations g where g.tier = l.tier and g.state = 'running')
                from line l where l.id = any(%s)""",
            list(ids), list(ids),
        )
    )  # fmt: skip


async def seconds_left(db: Database, id_: int, tier: str) -> int:
    """About how long until one that waits or is being painted is done: the candidates before it, at this model's own speed."""
    before, painting = (
        await db.rows(
            f"""with {ORDER.format(which="and tier = %s")}
                select count(c.id), count(distinct g.id) filter (where g.state = 'running')
                from studio.generations g join studio.candidates c on c.generation_id = g.id and c.state in ('queued', 'running')
                left join line l on l.id = g.id left join line mine on mine.id = %s
                where g.tier = %s and g.state in ('queued', 'running')
                  and (g.id = %s or (mine.id is not null and (g.state = 'running' or l.place < mine.place)))""",
            tier, id_, tier, id_,
        )
    )[0]  # fmt: skip
    each = (await usual_seconds(db, [tier])).get(tier, SECONDS_A_CANDIDATE)
    return round(before * each / max(1, painting)) + 1


async def usual_seconds(db: Database, tiers: Sequence[str]) -> dict[str, float]:
    """What a picture of each model took lately in this house, in seconds; none where it made none yet."""
    rows = await db.rows(
        """select t.tier, lately.each from unnest(%s::text[]) as t (tier), lateral (
               select avg(extract(epoch from g.finished_at - g.started_at) / greatest(1, g.tries)) as each from (
                   select finished_at, started_at, (select count(*) from studio.candidates c where c.generation_id = d.id) as tries
                   from studio.generations d where d.tier = t.tier and d.state = 'done' order by d.id desc limit %s) g) lately
           where lately.each is not null""",
        list(tiers), LATELY,
    )  # fmt: skip
    return {tier: float(each) for tier, each in rows}
