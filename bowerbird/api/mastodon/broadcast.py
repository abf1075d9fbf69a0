"""News to every open stream of this process: each is looked at once, asked once who may see it, encoded once, sent to all."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager, suppress

from bowerbird.accounts import sessions, tokens
from bowerbird.accounts.people import Person
from bowerbird.accounts.visitors import Doorkeeper, Visitor
from bowerbird.api.mastodon import happenings
from bowerbird.api.mastodon.channels import Channel
from bowerbird.api.mastodon.frames import Frames, Wire
from bowerbird.core.database import Pool
from bowerbird.core.errors import TooMany, Trouble
from bowerbird.core.live import Hub, News
from bowerbird.social import filter_rows, filters

STREAMS_PER_PERSON_MAX = 20
CHANNELS_MAX = 50  # on one stream
WAITING_MAX = 300  # events a stream may be behind; one slower than that ends, and its program asks anew
NEWS_MAX = 20_000
LOOK_AGAIN_S = 60.0
log = logging.getLogger(__name__)
Listeners = set[tuple["Stream", Channel]]


class Stream:
    """One open connection: whose it is, what it listens to, what waits to be sent (None: it is over)."""

    def __init__(self, who: Visitor, wire: Wire) -> None:
        self.me = who.required()
        self.token_id, self.session_id = who.token.id if who.token else None, who.session_id
        self.wire: Wire = wire
        self.channels: dict[tuple[str, ...], Channel] = {}
        self.waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.over = False

    def send(self, frame: bytes) -> None:
        """Have something sent; a stream too far behind is over."""
        if self.waiting.qsize() >= WAITING_MAX:
            self.end()
        elif not self.over:
            self.waiting.put_nowait(frame)

    def end(self) -> None:
        """Nothing more comes."""
        if not self.over:
            self.over = True
            self.waiting.put_nowait(None)


class Broadcaster:
    """The streams of this process, on one queue of news."""

    def __init__(self, pool: Pool, hub: Hub, doorkeeper: Doorkeeper) -> None:
        self._pool, self._hub, self._doorkeeper = pool, hub, doorkeeper
        self._news: asyncio.Queue[News] = asyncio.Queue(NEWS_MAX)
        self._streams: set[Stream] = set()
        self._listening: dict[str, Listeners] = defaultdict(set)
        self._filtering: set[int] = set()  # those of the listeners who have filters at all
        self._looked = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to pass news on."""
        self._hub.join(self._news, "people")
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End every stream."""
        for stream in self._streams:
            stream.end()
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def admit(self, me: Person) -> None:
        """Before a stream is opened. Raises TooMany where someone has too many."""
        if sum(stream.me.id == me.id for stream in self._streams) >= STREAMS_PER_PERSON_MAX:
            raise TooMany(f"You have {STREAMS_PER_PERSON_MAX} streams open. Close one first.")
        await self._look_at_filters(me.id)

    @contextmanager
    def open(self, who: Visitor, wire: Wire) -> Generator[Stream]:
        """A stream that listens to nothing yet."""
        stream, me = Stream(who, wire), who.required()
        self._streams.add(stream)
        self.join(stream, Channel(("",), (f"filters:{me.id}",), frozenset()))  # heard of, not passed on
        try:
            yield stream
        finally:
            stream.end()
            self._streams.discard(stream)
            for label in list(stream.channels):
                self.leave(stream, label)
            if not any(other.me.id == me.id for other in self._streams):
                self._filtering.discard(me.id)

    def join(self, stream: Stream, channel: Channel) -> None:
        """Listen to a channel too."""
        if channel.label in stream.channels or len(stream.channels) >= CHANNELS_MAX:
            return
        stream.channels[channel.label] = channel
        for topic in channel.topics:
            self._listening[topic].add((stream, channel))
        self._hub.join(self._news, *channel.topics)

    def leave(self, stream: Stream, label: tuple[str, ...]) -> None:
        """Listen to it no longer."""
        channel = stream.channels.pop(label, None)
        for topic in channel.topics if channel else ():
            self._listening[topic].discard((stream, channel))  # pyright: ignore[reportArgumentType]
            if not self._listening[topic]:
                del self._listening[topic]
                self._hub.leave(self._news, topic)

    async def _run(self) -> None:
        while True:
            for news in await self._gathered():
                try:
                    await self._pass_on(news)
                except Trouble as trouble:
                    log.warning("streams: %s", trouble)
                except Exception:
                    log.exception("streams: something could not be passed on")

    async def _gathered(self) -> list[News]:
        """What waits, each thing once: a post for very many homes comes in several pieces. A look at who still may
        listen once in LOOK_AGAIN_S, whatever else comes."""
        rest = self._looked + LOOK_AGAIN_S - time.monotonic()
        try:
            found = [await asyncio.wait_for(self._news.get(), max(0.0, rest))] if rest > 0 else [News("people", "", ["people"])]
        except TimeoutError:
            return [News("people", "", ["people"])]
        found += [self._news.get_nowait() for _ in range(self._news.qsize())]
        merged: dict[tuple[str, str], News] = {}
        for news in found:
            before = merged.get((news.kind, news.id))
            merged[news.kind, news.id] = News(news.kind, news.id, [*before.topics, *news.topics]) if before else news
        return list(merged.values())

    async def _pass_on(self, news: News) -> None:
        if news.kind == "people":
            await self._look_at_tokens()
            return
        for topic in news.topics if news.kind == "filters" else ():
            if topic.startswith("filters:"):
                await self._look_at_filters(int(topic.partition(":")[2]))
        wanted = {pair for topic in news.topics for pair in self._listening.get(topic, ()) if news.kind in pair[1].kinds}
        if not wanted:
            return
        viewers = {stream.me.id: stream.me for stream, _ in wanted}
        async with self._pool.reading() as db:
            happened = await happenings.look(db, news.kind, int(news.id), viewers, self._filtering)
        frames: dict[int | None, Frames] = {}
        for stream, channel in wanted:
            if (seen := happened.for_(stream.me.id, media_only=channel.media_only)) is not None:
                frame = frames.setdefault(id(seen), Frames(happened.event, seen))
                stream.send(frame.of(stream.wire, channel.label))

    async def _look_at_filters(self, account_id: int) -> None:
        """Most have none, and cost nothing."""
        filters.kept.forget(account_id)
        async with self._pool.reading() as db:
            has = bool(await filter_rows.of(db, account_id))
        (self._filtering.add if has else self._filtering.discard)(account_id)

    async def _look_at_tokens(self) -> None:
        """Someone changed, or showed a program out: end the streams whose token opens no door any more."""
        self._doorkeeper.forget()
        self._looked = time.monotonic()
        if not self._streams:
            return
        async with self._pool.reading() as db:
            by_token = await tokens.standing(db, [s.token_id for s in self._streams if s.token_id])
            by_session = await sessions.standing(db, [s.session_id for s in self._streams if s.session_id])
        for stream in list(self._streams):
            if not (stream.token_id in by_token or stream.session_id in by_session):
                stream.end()
