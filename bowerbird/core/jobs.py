"""The queue: Procrastinate on our own PostgreSQL. Verbs defer inside their transaction; rooms' jobs.py do the work."""

from __future__ import annotations

from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued

from bowerbird.core.database import Database, json

app = procrastinate.App(connector=procrastinate.PsycopgConnector(min_size=1, max_size=4))


def connect(url: str) -> procrastinate.App:
    """The queue on the database at `url`, with every task registered so far. The worker opens it."""
    return app.with_connector(procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4))


async def defer(
    db: Database, task: str, *, once: str | None = None, queue: str = "default", after_s: int = 0, **ids: Any
) -> None:
    """Have `task` done after this transaction commits and `after_s` have passed. With `once`, nothing is added while one with that name waits."""
    later = {"seconds": after_s} if after_s else None
    job = app.configure_task(task, queueing_lock=once, queue=queue, schedule_in=later, connection=db.connection)
    try:
        async with db.savepoint():
            await job.defer_async(**ids)
    except AlreadyEnqueued:
        return


async def under_way(db: Database, task: str, **ids: Any) -> bool:
    """Whether such a job waits or is being done."""
    return await db.value(
        """select exists (select 1 from procrastinate_jobs where task_name = %s and status in ('todo', 'doing') and args @> %s)""",
        task, json(ids),
    )  # fmt: skip
