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
from bowerbird.core.settings import Settings

WALKS = ("assistant", "ranker", "reward")  # as `bowerbird learn` calls them, one after the other
HOURS = 4  # a night is this long: a house that was off at its hour learns a little later
GIVEN_UP_AFTER = timedelta(hours=2)  # a night that began and never ended: whoever had it is gone
NICE = 19
WALL_TIMES = 6  # a niced process on a busy machine may wait this many times what it computes


@dataclass(frozen=True, slots=True)
class Night:
    """One of them. `told`: by walk, what came of it; `error` in it where nothing did."""

    day: date
    began_at: datetime
    ended_at: datetime | None
    told: dict[str, dict[str, Any]]


def is_time(where: Settings, now: datetime) -> date | None:
    """The day whose night it is, by the hours of UTC; None in daytime, and where it is switched off."""
    if where.learn_hour < 0:
        return None
    begun = now - timedelta(hours=where.learn_hour)
    return begun.date() if begun.hour < HOURS else None


async def claim(db: Database, day: date) -> bool:
    """Take a night, for one worker of several; whether it is one's own. One that was given up is taken over."""
    return bool(
        await db.value(
            """insert into learning.nights as n (day) values (%s)
               on conflict (day) do update set began_at = clock_timestamp() where n.ended_at is null and n.began_at < %s returning 1""",
            day, datetime.now(UTC) - GIVEN_UP_AFTER,
        )
    )  # fmt: skip


async def ended(db: Database, day: date, told: dict[str, dict[str, Any]]) -> None:
    """Write down what came of a night."""
    await db.execute("update learning.nights set ended_at = clock_timestamp(), told = %s where day = %s", json(told), day)


async def latest(db: Database, limit: int = 7) -> list[Night]:
    """The last nights that ended, the newest first."""
    return await db.many(
        Night, "select * from learning.nights where ended_at is not null order by day desc limit %s", min(limit, 100)
    )


async def learn(pool: Pool, where: Settings, now: datetime, walks: Sequence[str] = WALKS) -> bool:
    """If a night is due, walk through it; whether it was. What fails is written down, and keeps nothing else from being learned."""
    day = is_time(where, now)
    if day is None:
        return False
    async with pool.transaction() as db:
        if not await claim(db, day):
            return False
    told = {name: await _walk(name, where.learn_cpu_minutes * 60) for name in walks}
    async with pool.transaction() as db:
        await ended(db, day, told)
    return True


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
