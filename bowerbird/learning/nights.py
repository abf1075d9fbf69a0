"""It learns by itself: once a night, in quiet hours, everything that can be learned is walked through by processes of their own, niced and with a
budget of CPU time. One that is killed is begun again; what came of it stands in the lab log on /learning."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from bowerbird.core import leases
from bowerbird.core.database import Database, Pool, json
from bowerbird.core.ids import before
from bowerbird.core.settings import Settings
from bowerbird.learning import orders

WALKS = ("assistant", "adapter", "ranker", "reward")  # as `bowerbird learn` calls them, one after the other
SIGNALS = ("AnswerRated", "AnswerAgain", "AnswerPreferred", "CandidatePicked", "AnswerVoted", "PictureVoted")
LEASE_S, RENEW_S = 180, 45  # whoever walks a night and dies leaves it to another
LEASE = f"clock_timestamp() + interval '{LEASE_S} seconds'"
OWN = "day = %s and walk = %s and began_at = %s and ended_at is null"
NICE = 19
WALL_TIMES = 6  # a niced process on a busy machine may wait this many times what it computes
log = logging.getLogger(__name__)


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


async def claim(db: Database, day: date, after_signals: int = 0, *, ordered: bool = False) -> Night | None:
    """Take a night, for one worker of several; None where it is another's or over. One that was given up is taken over, and is known by when it
    `began_at` from then on; where one is over, `after_signals` new ones (0: however many) are a reason for another, and so is that it is
    `ordered`."""
    last = await db.maybe(Night, "select * from learning.nights where day = %s order by walk desc limit 1", day)
    walk = 1 if last is None else last.walk
    if last and last.ended_at:
        if not ordered and (not after_signals or await signals(db, last.began_at) < after_signals):
            return None
        walk += 1
    return await db.maybe(
        Night,
        f"""insert into learning.nights as n (day, walk, leased_until) values (%s, %s, {LEASE})
            on conflict (day, walk) do update set began_at = clock_timestamp(), leased_until = excluded.leased_until
            where n.ended_at is null and coalesce(n.leased_until, '-infinity') < now() returning *""",
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


async def renewed(db: Database, night: Night) -> int:
    """Say that whoever walks a night is alive; 0 where it is not theirs any more."""
    return await db.execute(
        f"update learning.nights set leased_until = {LEASE} where {OWN}", night.day, night.walk, night.began_at
    )


async def ended(db: Database, night: Night, told: dict[str, dict[str, Any]]) -> int:
    """Write down what came of a night; 0 where somebody else took it over."""
    return await db.execute(
        f"update learning.nights set ended_at = clock_timestamp(), told = %s where {OWN}",
        json(told),
        night.day,
        night.walk,
        night.began_at,
    )


async def latest(db: Database, limit: int = 7) -> list[Night]:
    """The last nights that ended, the newest first."""
    return await db.many(
        Night, "select * from learning.nights where ended_at is not null order by day desc, walk desc limit %s", min(limit, 100)
    )


async def learn(pool: Pool, where: Settings, now: datetime, walks: Sequence[str] = WALKS) -> bool:
    """If a night is due or an administrator ordered one, walk through it; whether it was. What fails is written down, and keeps nothing else from
    being learned. While learning is paused, none is due; and one that another worker took over is not gone on with."""
    day = is_time(where, now)
    async with pool.transaction() as db:
        ordered = await orders.wanted(db) is not None
        if (day is None and not ordered) or await orders.paused(db) or (ordered and await under_way(db)):
            return False
        night = await claim(db, day or now.date(), where.learn_after_signals, ordered=ordered)
        if night is None:
            return False
    told = await _leased(pool, night, walks, where.learn_cpu_minutes * 60)
    if told is not None:
        async with pool.transaction() as db:
            if await ended(db, night, told):
                return True
    log.warning("the walk of %s was taken over by another worker", night.day)
    return False


async def _leased(pool: Pool, night: Night, walks: Sequence[str], cpu_s: int) -> dict[str, dict[str, Any]] | None:
    """What came of each walk; None where the night was taken over meanwhile: what was under way is stopped."""
    over = asyncio.Event()
    walking = asyncio.create_task(_each(walks, cpu_s))
    kept = asyncio.create_task(leases.keep(pool, over, RENEW_S, lambda db: renewed(db, night)))
    try:
        await asyncio.wait((walking, kept), return_when=asyncio.FIRST_COMPLETED)
        if walking.done():
            return walking.result()
        if wrong := kept.exception():  # nobody can say whose the night is: it is left to whoever comes next
            log.warning("a night's lease could not be kept: %s", wrong)
        return None
    finally:
        over.set()
        for task in (walking, kept):
            task.cancel()
        await asyncio.gather(walking, kept, return_exceptions=True)


async def _each(walks: Sequence[str], cpu_s: int) -> dict[str, dict[str, Any]]:
    return {name: await _walk(name, cpu_s) for name in walks}


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
