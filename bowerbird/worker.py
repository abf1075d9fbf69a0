"""The worker: runs every room's jobs, and again and again what keeps the house tidy."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count

from procrastinate import App
from procrastinate.exceptions import ConnectorException

from bowerbird.core import embedded, jobs, limits, telemetry
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Trouble
from bowerbird.core.settings import Settings, settings
from bowerbird.gallery import showing
from bowerbird.media import blobs
from bowerbird.social import jobs as social_jobs
from bowerbird.studio import jobs as studio_jobs

SWEEP_S = 5
TIDY_S = 60
HOMES_EVERY = 60  # tidyings: homes are looked through once an hour
HEARTBEAT_S = 5
STALLED_S = 20
END_S_MAX = 8.0
log = logging.getLogger(__name__)
Chore = Callable[[Database], Awaitable[object]]


def register(pool: Pool) -> None:
    """Tell the queue what each name means: ids in, one verb called."""

    @jobs.app.task(name="studio:paint", queue="painting")
    async def paint(generation_id: str) -> None:
        await studio_jobs.paint(pool, int(generation_id))

    @jobs.app.task(name="social:deliver", retry=5)
    async def deliver(post_id: str) -> None:
        async with pool.transaction() as db:
            await social_jobs.deliver(db, int(post_id))


async def sweep(pool: Pool, queue: App, stop: asyncio.Event) -> None:
    """Every few seconds: what a dead worker left goes back into the queue."""
    while True:
        with suppress(Trouble, ConnectorException):
            async with pool.transaction() as db:
                await studio_jobs.sweep(db)
            for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                await queue.job_manager.retry_job(job)
        if await _within(stop, SWEEP_S):
            return


async def _within(stop: asyncio.Event, seconds: float) -> bool:
    """Whether it is time to stop, asked for `seconds`. Not left to cancellation: a lost database can swallow that."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


async def tidy(pool: Pool, queue: App, stop: asyncio.Event) -> None:
    """Every minute: end what is due to end. Each chore in a transaction of its own; one that fails keeps none from the rest."""
    chores: list[Chore] = [showing.purge, showing.discard_unused, studio_jobs.forget_previews, limits.sweep, blobs.sweep]
    for number in count(1):
        if await _within(stop, TIDY_S):
            return
        for chore in chores + ([social_jobs.tidy] if number % HOMES_EVERY == 0 else []):
            try:
                async with pool.transaction() as db:
                    await chore(db)
            except Exception as trouble:  # whatever it is, a minute later it is tried again, and painting goes on
                log.warning("%s was put off: %s", chore.__name__, trouble)
        with suppress(ConnectorException):
            await queue.job_manager.delete_old_jobs(nb_hours=24, include_failed=True)


async def work(where: Settings, url: str) -> None:
    """Work until told to stop; a job in hand is finished by whoever comes next."""
    pool = Pool(url, where.database_connections)
    await pool.open()
    register(pool)
    queue = jobs.connect(url)
    async with queue.open_async():
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        tasks = [asyncio.create_task(chore(pool, queue, stop)) for chore in (sweep, tidy)]
        tasks += [asyncio.create_task(_hands(queue, name, together)) for name, together in (("painting", 1), ("default", 2))]
        tasks.append(asyncio.create_task(_stopped(stop)))
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await _end(tasks)
    await pool.close()
    for task in done:
        task.result()  # what made it end, if anything did


async def _stopped(stop: asyncio.Event) -> None:
    await stop.wait()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel and wait; what does not end within END_S_MAX ends with the process, which is then started anew."""
    for task in tasks:
        task.cancel()
    _, left = await asyncio.wait(tasks, timeout=END_S_MAX)
    if left:
        log.warning("%s tasks did not end", len(left))
        os._exit(1)


async def _hands(queue: App, name: str, concurrency: int) -> None:
    """Take jobs from one queue, `concurrency` at a time."""
    await queue.run_worker_async(
        queues=[name],
        name=name,
        concurrency=concurrency,
        install_signal_handlers=False,
        shutdown_graceful_timeout=2,
        update_heartbeat_interval=HEARTBEAT_S,
        stalled_worker_timeout=STALLED_S,
    )


def main() -> None:
    """`bowerbird work`."""
    where = settings()
    telemetry.start(where, "work")
    with embedded.url(where) as url:
        asyncio.run(work(where, url))
