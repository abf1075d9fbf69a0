"""`bowerbird run`: starts every process of the house, restarts what dies, ends all of it cleanly."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httpx

from bowerbird.accounts import invites
from bowerbird.core import embedded, kin, migrate, telemetry
from bowerbird.core.database import Pool
from bowerbird.core.settings import Settings

RESTART_S_MAX = 10.0
STEADY_S = 30.0
GRACE_S = 12.0
START_S = 60.0
WATCH_S = 0.5
ARENAS_MAX = "2"  # glibc keeps an arena a thread: two cost nothing in speed here and save 130 MB after a few pictures
log = logging.getLogger(__name__)


@dataclass
class Child:
    """One process of the house, kept running."""

    name: str
    environ: dict[str, str]
    process: asyncio.subprocess.Process | None = None
    falls: int = 0
    stopping: bool = field(default=False)

    async def keep(self) -> None:
        """Run it; when it dies, again, after a pause that doubles while it keeps dying at once."""
        while not self.stopping:
            began = time.monotonic()
            code = await self._once()
            if self.stopping:
                return
            self.falls = 0 if time.monotonic() - began > STEADY_S else self.falls + 1
            pause = min(RESTART_S_MAX, 0.2 * 2 ** min(self.falls, 10))
            log.warning("%s ended (%s); starting it again in %.1f s", self.name, code, pause)
            await asyncio.sleep(pause)

    async def _once(self) -> int | None:
        try:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bowerbird.cli", self.name, env=self.environ, start_new_session=True
            )
        except OSError as trouble:  # no memory or no process left for the moment
            log.error("%s could not be started: %s", self.name, trouble)
            return None
        code = await self.process.wait()
        self._sweep()
        return code

    def _sweep(self) -> None:
        """End what a dead process has left behind: its group is its own."""
        if self.process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end, and end it if it does not within GRACE_S."""
        self.stopping = True
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), GRACE_S)
        except TimeoutError:
            log.warning("%s does not end by itself", self.name)
        self._sweep()


@contextmanager
def _alone(where: Settings) -> Generator[None]:
    """Hold the data directory for this block; a killed process lets go of it at once."""
    where.home.mkdir(parents=True, exist_ok=True)
    with open(where.home / "run.lock", "a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            raise SystemExit(f"A house already runs in {where.home}. Close it first, or set BOWERBIRD_DATA_DIR.") from held
        yield


async def run(where: Settings) -> None:
    """Bring the house up, say where it is, and keep it up until Ctrl-C. Raises SystemExit where it stands already."""
    with _alone(where):
        await _run(where)


async def _run(where: Settings) -> None:
    telemetry.start(where, "run")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    began = time.monotonic()
    own = None if where.database_url else embedded.embedded(where)
    url = await asyncio.to_thread(own.start) if own else where.database_url
    applied = await asyncio.to_thread(migrate.migrate, url)
    if applied:
        log.info("database: %s migrations applied", len(applied))
    environ = {"MALLOC_ARENA_MAX": ARENAS_MAX, **os.environ, "BOWERBIRD_DATABASE_URL": url, kin.PARENT: str(os.getpid())}
    children = [Child(name, environ) for name in ("models", "feed", "serve", "work")]
    keeping = [asyncio.create_task(child.keep()) for child in children]
    if own:
        keeping.append(asyncio.create_task(_watch(own, stop)))
    try:
        if await _up(where, stop):
            await _welcome(where, url, time.monotonic() - began)
        await stop.wait()
    finally:
        print("\nClosing the house…", flush=True)
        await asyncio.gather(*(child.stop() for child in children))
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
        if own:
            await asyncio.to_thread(own.stop)
        print("Closed. Everything is kept.", flush=True)


async def _watch(own: embedded.Embedded, stop: asyncio.Event) -> None:
    """Start the database again when it dies."""
    while not stop.is_set():
        await asyncio.sleep(WATCH_S)
        if not own.alive() and not stop.is_set():
            log.warning("the database ended; starting it again")
            try:
                await asyncio.to_thread(own.start)
            except Exception as trouble:  # whatever it is, the next look half a second later tries again
                log.error("the database did not start: %s", trouble)


async def _up(where: Settings, stop: asyncio.Event) -> bool:
    """Wait until the doors answer."""
    async with httpx.AsyncClient(timeout=2) as client:
        until = time.monotonic() + START_S
        doors = [f"http://127.0.0.1:{where.port}/healthz", f"http://127.0.0.1:{where.runner_port}/healthz"]
        while doors and time.monotonic() < until and not stop.is_set():
            try:
                if (await client.get(doors[0])).status_code == 200:
                    doors.pop(0)
                    continue
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)
    if doors and not stop.is_set():
        log.error("%s does not answer after %s s. `bowerbird doctor` says what is wrong.", doors[0], START_S)
    return not doors


async def _welcome(where: Settings, url: str, seconds: float) -> None:
    pool = Pool(url, 2)
    await pool.open()
    async with pool.transaction() as db:
        code = await invites.first_admin(db)
    await pool.close()
    print(f"\n  {where.name} stands at {where.origin}   (up in {seconds:.1f} s; Ctrl-C closes it)", flush=True)
    if code:
        print(f"  The first administrator signs up here, once:\n  {where.origin}/signup?invite={code}\n", flush=True)
