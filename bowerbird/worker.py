"""The worker: runs every room's jobs, and again and again what keeps the house tidy."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from itertools import count

from procrastinate import App
from procrastinate.exceptions import ConnectorException

from bowerbird.core import embedded, jobs, limits, telemetry
from bowerbird.core.database import Pool
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
log = logging.getLogger(__name__)


def register(pool: Pool) -> None:
    """Tell the queue what each name means: ids in, one verb called."""

    @jobs.app.task(name="studio:paint", queue="painting")
    async def paint(generation_id: str) -> None:
        await studio_jobs.paint(pool, int(generation_id))

    @jobs.app.task(name="social:deliver", retry=5)
    async def deliver(post_id: str) -> None:
        async with pool.transaction() as db:
            await social_jobs.deliver(db, int(post_id))


async def sweep(pool: Pool, queue: App) -> None:
    """Every few seconds: what a dead worker left goes back into the queue."""
    while True:
        with suppress(Trouble, ConnectorException):
            async with pool.transaction() as db:
                await studio_jobs.sweep(db)
            for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                await queue.job_manager.retry_job(job)
        await asyncio.sleep(SWEEP_S)


async def tidy(pool: Pool, queue: App) -> None:
    """Every minute: end what is due to end."""
    for number in count(1):
        await asyncio.sleep(TIDY_S)
        try:
            async with pool.transaction() as db:
                await showing.purge(db)
                await limits.sweep(db)
                await blobs.sweep(db)
                if number % HOMES_EVERY == 0:
                    await social_jobs.tidy(db)
            await queue.job_manager.delete_old_jobs(nb_hours=24, include_failed=True)
        except (Trouble, ConnectorException) as trouble:
            log.warning("tidying up was put off: %s", trouble)


async def work(where: Settings, url: str) -> None:
    """Work until told to stop; a job in hand is finished by whoever comes next."""
    pool = Pool(url, where.database_connections)
    await pool.open()
    register(pool)
    queue = jobs.connect(url)
    async with queue.open_async():
        chores = [asyncio.create_task(chore(pool, queue)) for chore in (sweep, tidy)]
        hands = [asyncio.create_task(_hands(queue, name, concurrency)) for name, concurrency in (("painting", 1), ("default", 2))]
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, *hands, *chores], return_when=asyncio.FIRST_COMPLETED)
        for task in (stopping, *hands, *chores):
            task.cancel()
        await asyncio.gather(stopping, *hands, *chores, return_exceptions=True)
    await pool.close()


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
