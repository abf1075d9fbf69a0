"""The worker: runs every room's jobs, and again and again what keeps the house tidy."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from procrastinate import App, RetryStrategy
from procrastinate.exceptions import ConnectorException

from bowerbird.accounts import apps
from bowerbird.assistant import answering, asked, export, replying
from bowerbird.core import embedded, jobs, limits, live, telemetry
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Trouble
from bowerbird.core.settings import Settings, settings
from bowerbird.events import months
from bowerbird.feed import export as feed_export
from bowerbird.feed import slates, umpire
from bowerbird.gallery import archive, archive_contents, bring, challenge_scores, leaving, scheduled, showing
from bowerbird.inference import adapters, chat, embeddings
from bowerbird.learning import nights, releases, trials
from bowerbird.learning.arena import leaving as arena_leaving
from bowerbird.learning.arena import playing, standings, taking
from bowerbird.learning.datasets import belongings
from bowerbird.media import blobs, files, likeness, uploads
from bowerbird.media.provenance import certificate
from bowerbird.moderation import decisions, screening
from bowerbird.social import idempotency, meanings, previews, requests, trends, votes
from bowerbird.social import jobs as social_jobs
from bowerbird.studio import challenges
from bowerbird.studio import jobs as studio_jobs

SWEEP_S = 5
TIDY_S = 60
UNDERSTAND_S = COMPARE_S = 10
ADAPT_S, ADAPT_AGAIN_S = 3, 60  # the models' process may have begun anew
WARM_TRIES = 30
HOMES_EVERY = 60  # tidyings: homes are looked through once an hour
TIERS_AT_ONCE = 8  # picture models painted with side by side, so that a slow one holds up none but itself
HEARTBEAT_S = 5
STALLED_S = 20
END_S_MAX = 8.0
AGAIN = RetryStrategy(max_attempts=3, exponential_wait=4)  # after 4, 16 and 64 s
log = logging.getLogger(__name__)
Chore = Callable[[Database], Awaitable[object]]


def register(pool: Pool) -> None:
    """Tell the queue what each name means: ids in, one verb called."""

    @jobs.app.task(name="studio:paint", queue="painting")
    async def paint(tier: str) -> None:
        await studio_jobs.paint(pool, tier, partial(screening.drawn, pool))

    @jobs.app.task(name="social:deliver", retry=5)
    async def deliver(post_id: str) -> None:
        async with pool.transaction() as db:
            await social_jobs.deliver(db, int(post_id))

    @jobs.app.task(name="social:push", queue="push", retry=RetryStrategy(max_attempts=5, exponential_wait=4))
    async def push(notification_id: str, subscription_id: str) -> None:
        await social_jobs.push(pool, int(notification_id), int(subscription_id))

    @jobs.app.task(name="social:retell", retry=5)
    async def retell(post_id: str, kind: str, after: str) -> None:
        async with pool.transaction() as db:
            await social_jobs.retell(db, int(post_id), kind, int(after))

    @jobs.app.task(name="social:herald", retry=5)
    async def herald(post_id: str) -> None:
        async with pool.transaction() as db:
            await social_jobs.herald(db, int(post_id))

    @jobs.app.task(name="assistant:answer", queue="talking")
    async def answer(message_id: str) -> None:
        await answering.answer(pool, int(message_id))

    @jobs.app.task(name="learning:bout", queue="arena")
    async def bout(bout_id: str) -> None:
        await playing.play(pool, int(bout_id))

    @jobs.app.task(name="assistant:reply", queue="replying")
    async def reply() -> None:
        await replying.reply(pool)

    _network(pool)
    _moving(pool)


def _moving(pool: Pool) -> None:
    """Taking along, bringing along, leaving: in steps, each a transaction, so that a dead worker loses one at most."""

    @jobs.app.task(name="gallery:archive", retry=AGAIN)
    async def pack(archive_id: str) -> None:
        async with pool.transaction() as db:
            wanted = await archive.begin(db, int(archive_id))
        if wanted is None:
            return
        with TemporaryDirectory() as folder:
            file = Path(folder) / "archive.zip"
            async with pool.reading() as db:
                owner = await archive.owner(db, wanted)
                more = {
                    **await export.files(db, owner),
                    **await feed_export.files(db, owner),
                    **await belongings.files(db, owner),
                    **await taking.files(db, owner),
                }
                await archive_contents.pack(db, owner, file, more)
            size_bytes = await files.put(wanted.file, file)
        async with pool.transaction() as db:
            await archive.ready(db, wanted.id, size_bytes)

    @jobs.app.task(name="gallery:bring", retry=AGAIN)
    async def take_in(brought_id: str) -> None:
        await _steps(pool, bring.step, int(brought_id))

    @jobs.app.task(name="gallery:leave", retry=AGAIN)
    async def leave(account_id: str) -> None:
        async with pool.transaction() as db:
            await asked.forget(db, int(account_id))
        await _steps(pool, arena_leaving.forget, int(account_id))
        await _steps(pool, leaving.step, int(account_id))

    @jobs.app.task(name="social:let_in", retry=AGAIN)
    async def let_in(account_id: str) -> None:
        await _steps(pool, requests.let_in, int(account_id))


async def _steps(pool: Pool, step: Callable[[Database, int], Awaitable[bool]], id_: int) -> None:
    """Step by step until there is no more to do."""
    more = True
    while more:
        async with pool.transaction() as db:
            more = await step(db, id_)


def _network(pool: Pool) -> None:
    """What comes later or takes a while: polls that end, links to look at, posts at their time, pictures to read."""

    @jobs.app.task(name="social:poll_end", retry=5)
    async def poll_end(poll_id: str) -> None:
        async with pool.transaction() as db:
            await votes.end(db, int(poll_id))

    @jobs.app.task(name="gallery:publish", retry=5)
    async def publish(scheduled_id: str) -> None:
        async with pool.transaction() as db:
            await scheduled.publish(db, int(scheduled_id))

    @jobs.app.task(name="social:preview", retry=3)
    async def preview(post_id: str) -> None:
        async with pool.transaction() as db:
            url = await previews.begin(db, int(post_id))
        if url:
            seen = await previews.look(url)
            async with pool.transaction() as db:
                await previews.keep(db, int(post_id), url, seen)

    @jobs.app.task(name="media:decode", retry=3)
    async def decode(upload_id: str) -> None:
        async with pool.reading() as db:
            raw = await uploads.raw(db, int(upload_id))
        if raw:
            made = await uploads.decode(raw, partial(screening.brought, pool))
            async with pool.transaction() as db:
                await uploads.settle(db, raw.id, made)


async def sweep(pool: Pool, queue: App, stop: asyncio.Event) -> None:
    """Every few seconds: what a dead worker left goes back into the queue."""
    while True:
        with suppress(Trouble, ConnectorException):
            for chore in (studio_jobs.sweep, answering.sweep, replying.sweep, playing.sweep):
                async with pool.transaction() as db:
                    await chore(db)
            with suppress(psycopg.Error):  # one mention must not keep the rest of the house from being swept
                await asked.take_in(pool)
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
    chores: list[Chore] = [showing.purge, showing.discard_unused, studio_jobs.forget_previews, limits.sweep, apps.sweep]
    chores += [idempotency.sweep, blobs.sweep, votes.end_due, scheduled.publish_late, uploads.forget_old, previews.forget_unused]
    chores += [decisions.forget_words, archive.forget_old, bring.carry_on, leaving.carry_on]
    chores += [challenges.today, challenge_scores.settle, slates.forget_old, umpire.watch, trials.watch, months.keep]
    chores += [trends.refresh, releases.settle, standings.settle, arena_leaving.forget_old]
    for number in count(1):
        if await _within(stop, TIDY_S):
            return
        for chore in chores + ([social_jobs.tidy] if number % HOMES_EVERY == 0 else []):
            try:
                async with pool.transaction() as db:
                    await chore(db)
            except Exception as trouble:  # whatever it is, a minute later it is tried again, and painting goes on
                log.warning("%s was put off: %s", chore.__name__, trouble)
        try:
            await standings.refresh(pool)
        except Exception as trouble:  # as above
            log.warning("the standings of the arena were put off: %s", trouble)
        with suppress(ConnectorException):
            await queue.job_manager.delete_old_jobs(nb_hours=24, include_failed=True)


async def understand(pool: Pool, _: App, stop: asyncio.Event) -> None:
    """Every little while: the meaning of what was published is read, as long as the model is up."""
    reader = meanings.Reader()
    while not await _within(stop, UNDERSTAND_S):
        with suppress(Trouble):  # the model or the database is away: again later, from the same place
            async with pool.reading() as db:
                unread = await reader.unread(db)
            if unread:
                vectors = await embeddings.of([said for _, said in unread])
                async with pool.transaction() as db:
                    await meanings.keep(db, [(post_id, vector) for (post_id, _), vector in zip(unread, vectors, strict=True)])
            reader.go_on()


async def learn(pool: Pool, _: App, stop: asyncio.Event) -> None:
    """Every night: what people agreed to teach is learned from."""
    while not await _within(stop, TIDY_S):
        try:
            await nights.learn(pool, settings(), datetime.now(UTC))
        except Trouble as trouble:
            log.warning("the night's learning was put off: %s", trouble)


async def adapt(pool: Pool, _: App, stop: asyncio.Event) -> None:
    """The embedded model has the adapters that are served at hand before anybody waits for them."""
    held, told_at = list[str](), float("-inf")
    while not await _within(stop, ADAPT_S):
        with suppress(Trouble):  # the models' process is away: again in a moment
            async with pool.reading() as db:
                wanted = [one.sha256 for one in await adapters.served(db)]
            if wanted and (wanted != held or time.monotonic() - told_at > ADAPT_AGAIN_S):
                await chat.hold(wanted)
                held, told_at = wanted, time.monotonic()


async def warm(_: Pool, __: App, stop: asyncio.Event) -> None:
    """Have the embedded model read its prompts and the classifier learn its examples, so that the first who asks need not wait for that."""
    if settings().assistant == "on":
        for _number in range(WARM_TRIES):
            with suppress(Trouble):
                await answering.warm()
                break
            if await _within(stop, UNDERSTAND_S):
                return
    await stop.wait()


async def hear(pool: Pool, _: App, stop: asyncio.Event) -> None:
    """As soon as somebody mentions the assistant: what they ask is taken in. What was missed, the sweep finds."""
    async with pool.transaction() as db:
        own = await asked.bower(db)
    hub = live.Hub(pool.url)
    await hub.start()
    ended = asyncio.create_task(stop.wait())
    try:
        with hub.subscribe(f"notify:{own.id}") as news:
            while not stop.is_set():
                heard = asyncio.create_task(news.get())
                await asyncio.wait((heard, ended), return_when=asyncio.FIRST_COMPLETED)
                heard.cancel()
                try:
                    await asked.take_in(pool)
                except Exception as trouble:  # whatever one mention does, the next is heard, and painting goes on
                    log.warning("a mention was put off: %s", trouble)
    finally:
        ended.cancel()
        await hub.stop()


async def compare(pool: Pool, _: App, stop: asyncio.Event) -> None:
    """Every little while: how new pictures look is written down, then what is entered in challenges is compared with theme and others."""
    pause_s = 0.0
    while not await _within(stop, pause_s):
        pause_s = COMPARE_S
        with suppress(Trouble):
            async with pool.reading() as db:
                unread = await likeness.unread(db)
            if unread:
                read = await likeness.read(unread)
                async with pool.transaction() as db:
                    await likeness.keep(db, read)
            if len(unread) == likeness.AT_ONCE:  # an entry is compared with everything older
                pause_s = 0.05
                continue
            async with pool.reading() as db:
                waiting = await challenge_scores.unweighed(db)
            vectors = await embeddings.of([words for one in waiting for words in (one.theme, one.words)])
            async with pool.transaction() as db:
                for place, one in enumerate(waiting):
                    similarity = challenge_scores.cosine(vectors[2 * place], vectors[2 * place + 1])
                    await challenge_scores.weigh(db, one, similarity)


async def work(where: Settings, url: str) -> None:
    """Work until told to stop; a job in hand is finished by whoever comes next."""
    certificate.of(where)  # made now where there is none; one that cannot be used is said at once
    pool = Pool(url, where.database_connections)
    await pool.open()
    register(pool)
    queue = jobs.connect(url)
    async with queue.open_async():
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        tasks = [
            asyncio.create_task(chore(pool, queue, stop))
            for chore in (sweep, tidy, understand, compare, hear, learn, adapt, warm)
        ]
        tasks += [
            asyncio.create_task(_hands(queue, name, together))
            for name, together in (
                ("painting", TIERS_AT_ONCE),
                ("default", 2),
                ("push", 4),
                ("talking", 4),
                ("replying", 2),
                ("arena", 2),
                ("moving", 2),
                ("looking", 2),
            )
        ]
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
