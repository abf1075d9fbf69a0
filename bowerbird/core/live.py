"""News of a commit to every open page: NOTIFY in the writing transaction, one listening connection a process,
fan-out in memory. The payload holds topics and ids only; readers fetch what they may see."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Generator, Iterable
from contextlib import contextmanager, suppress

import msgspec
import psycopg

from bowerbird.core.database import Database

CHANNEL = "bowerbird_live"
PAYLOAD_BYTES_MAX = 7_500  # PostgreSQL refuses 8,000
QUEUE_LENGTH_MAX = 200
RECONNECT_S = 1.0
log = logging.getLogger(__name__)


class News(msgspec.Struct, frozen=True):
    """What happened (`kind`) to which id, for the readers of some topics."""

    kind: str
    id: str
    topics: list[str]


async def tell(db: Database, topics: Iterable[str], kind: str, id_: int) -> None:
    """Tell everyone who listens to one of `topics`, when and if this transaction commits."""
    chunk: list[str] = []
    size = 0
    for topic in topics:
        if size + len(topic) > PAYLOAD_BYTES_MAX - 200:
            await _notify(db, News(kind, str(id_), chunk))
            chunk, size = [], 0
        chunk.append(topic)
        size += len(topic) + 3
    if chunk:
        await _notify(db, News(kind, str(id_), chunk))


async def _notify(db: Database, news: News) -> None:
    await db.execute("select pg_notify(%s, %s)", CHANNEL, msgspec.json.encode(news).decode())


class Hub:
    """The listeners of this process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queues: dict[str, set[asyncio.Queue[News]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen; returns once PostgreSQL has confirmed it."""
        self._task = asyncio.create_task(self._listen())
        await asyncio.wait_for(self.listening.wait(), 30)

    async def stop(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @contextmanager
    def subscribe(self, *topics: str) -> Generator[asyncio.Queue[News]]:
        """A queue of the news on `topics`. A reader too slow for it loses the oldest, never blocks others."""
        queue: asyncio.Queue[News] = asyncio.Queue(QUEUE_LENGTH_MAX)
        self.join(queue, *topics)
        try:
            yield queue
        finally:
            self.leave(queue, *topics)

    def join(self, queue: asyncio.Queue[News], *topics: str) -> None:
        """Have the news on `topics` put into `queue` too, until it leaves them."""
        for topic in topics:
            self._queues[topic].add(queue)

    def leave(self, queue: asyncio.Queue[News], *topics: str) -> None:
        """No more news on `topics` for `queue`."""
        for topic in topics:
            self._queues[topic].discard(queue)
            if not self._queues[topic]:
                del self._queues[topic]

    def deliver(self, news: News) -> None:
        """Put news into the queue of everyone who listens to one of its topics, once each."""
        for queue in {queue for topic in news.topics for queue in self._queues.get(topic, ())}:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(news)

    async def _listen(self) -> None:
        while True:
            try:
                async for news in self._notifications():
                    self.deliver(news)
            except (psycopg.Error, OSError) as lost:
                log.warning("live: connection lost (%s), listening again", lost)
            self.listening.clear()
            await asyncio.sleep(RECONNECT_S)

    async def _notifications(self) -> AsyncIterator[News]:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            await connection.execute(f"listen {CHANNEL}".encode())
            self.listening.set()
            async for notify in connection.notifies():
                yield msgspec.json.decode(notify.payload, type=News)
