"""It learns by itself: once a night, in quiet hours, everything that can be learned is walked through by processes of their own, niced and with a
budget of CPU time. One that is killed is begun again; what came of it stands in the lab log on /learning."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from bowerbird.core.database import Database, Pool, json
from bowerbird.core.errors import Trouble
from bowerbird.core.ids import before
from bowerbird.core.settings import Settings
from bowerbird.learning import orders

WALKS = ("assistant", "adapter", "ranker", "reward")  # as `bowerbird learn` calls them, one after the other
SIGNALS = ("AnswerRated", "AnswerAgain", "AnswerPreferred", "CandidatePicked", "AnswerVoted", "PictureVoted")
LEASE_S, RENEW_S = 180, 45  # whoever walks a night and dies leaves it to another
LEASE = f"clock_timestamp() + interval '{LEASE_S} seconds'"
NICE = 19
WALL_TIMES = 6  # a niced process on a busy machine may wait this many times what it computes


@dataclass(frozen=True, slots=True)
class Night:
    """One of them, or another `walk` in the same night. `told`: by walk, what came of it; `error` in it where nothing did."""

    day: date
    began_at: datetime
    ended_at: datetime | None
    told: dict[str, dict[str, Any]]
    walk: int = 1
    leased_until: datetime | None = None


def is_time(where: Settings, now: datetime) -> date | None:
    """The day whose night it is, by the hours of UTC; None in daytime, and where it is switched off."""
    if where.learn_hour < 0:
        return None
    begun = now - timedelta(hours=where.learn_hour)
    return begun.date() if begun.hour < where.learn_quiet_hours else None


def due(where: Settings, now: datetime) -> datetime | None:
    """When the next night begins; None where none ever does."""
    if where.learn_hour < 0:
        return None
    begins = now.astimezone(UTC).replace(hour=where.learn_hour, minute=0, second=0, microsecond=0)
    return begins if begins > now else begins + timedelta(days=1)


async def claim(db: Database, day: date, after_signals: int = 0, *, ordered: bool = False) -> int | None:
    """Take a night, for one worker of several: the number of its walk, None where it is another's or over. One that was given up is taken over;
    where one is over, `after_signals` new ones (0: however many) are a reason for another, and so is that it is `ordered`."""
    last = await db.maybe(Night, "select * from learning.nights where day = %s order by walk desc limit 1", day)
    walk = 1 if last is None else last.walk
    if last and last.ended_at:
        if not ordered and (not after_signals or await signals(db, last.began_at) < after_signals):
            return None
        walk += 1
    return await db.value(
        f"""insert into learning.nights as n (day, walk, leased_until) values (%s, %s, {LEASE})
            on conflict (day, walk) do update set began_at = clock_timestamp(), leased_until = excluded.leased_until
            where n.ended_at is null and coalesce(n.leased_until, '-infinity') < now() returning walk""",
        day, walk,
    )  # fmt: skip


async def signals(db: Database, since: datetime) -> int:
    """How many there were since, of those who agreed."""
    return await db.value(
        "select count(*) from events.log where id > %s and kind = any(%s) and cardinality(consents) > 0",
        before(since),
        list(SIGNALS),
    )


async def under_way(db: Database) -> bool:
    """Whether one is being walked through."""
    return await db.value("select exists (select 1 from learning.nights where ended_at is null and leased_until > now())")


async def ended(db: Database, day: date, walk: int, told: dict[str, dict[str, Any]]) -> None:
    """Write down what came of a night."""
    await db.execute(
        "update learning.nights set ended_at = clock_timestamp(), told = %s where day = %s and walk = %s", json(told), day, walk
    )


async def latest(db: Database, limit: int = 7) -> list[Night]:
    """The last nights that ended, the newest first."""
    return await db.many(
        Night, "select * from learning.nights where ended_at is not null order by day desc, walk desc limit %s", min(limit, 100)
    )


async def learn(pool: Pool, where: Settings, now: datetime, walks: Sequence[str] = WALKS) -> bool:
    """If a night is due or an administrator ordered one, walk through it; whether it was. What fails is written down, and keeps nothing else from
    being learned. While learning is paused, none is due."""
    night = is_time(where, now)
    async with pool.transaction() as db:
        ordered = await orders.wanted(db) is not None
        if (night is None and not ordered) or await orders.paused(db) or (ordered and await under_way(db)):
            return False
        day = night or now.date()
        number = await claim(db, day, where.learn_after_signals, ordered=ordered)
        if number is None:
            return False
    alive = asyncio.create_task(_renew(pool, day, number))
    try:
        told = {name: await _walk(name, where.learn_cpu_minutes * 60) for name in walks}
    finally:
        alive.cancel()
        await asyncio.gather(alive, return_exceptions=True)
    async with pool.transaction() as db:
        await ended(db, day, number, told)
    return True


async def _renew(pool: Pool, day: date, walk: int) -> None:
    """Say now and then that whoever walks a night is alive."""
    while True:
        with suppress(Trouble):  # the database is away: it is told a little later
            async with pool.transaction() as db:
                await db.execute(f"update learning.nights set leased_until = {LEASE} where day = %s and walk = %s", day, walk)
        await asyncio.sleep(RENEW_S)


async def _walk(name: str, cpu_s: int) -> dict[str, Any]:
    """One `bowerbird learn NAME --json` in a process of its own, with CPU-seconds to spend."""

    def modest() -> None:
        os.nice(NICE)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 5))

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bowerbird.learning", name, "--json", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        preexec_fn=modest, env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), cpu_s * WALL_TIMES)
    except (TimeoutError, asyncio.CancelledError) as stopped:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if isinstance(stopped, asyncio.CancelledError):
            raise
        return {"error": "It took too long and was stopped."}
    if process.returncode and process.returncode < 0:
        return {"error": f"It was stopped after {cpu_s // 60} minutes of computing."}
    if process.returncode:
        lines = err.decode(errors="replace").strip().splitlines()
        return {"error": (lines[-1] if lines else "It ended without a word.").removeprefix("Error: ")[:300]}
    try:
        return msgspec.json.decode(out.splitlines()[-1], type=dict[str, Any])
    except (msgspec.DecodeError, IndexError):
        return {"error": "It said nothing that could be read."}
