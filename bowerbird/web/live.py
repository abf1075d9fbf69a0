"""Pages that change while one looks: server-sent events that carry the same fragments the page was made of.

No connection to the database is held between two events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import aclosing, contextmanager
from typing import Any

from litestar import get
from litestar.response import Stream

from bowerbird.accounts.people import Person
from bowerbird.assistant import asked
from bowerbird.core.database import Pool
from bowerbird.core.errors import Trouble
from bowerbird.core.ids import parse
from bowerbird.core.live import Hub, News
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import cards, faces
from bowerbird.gallery.cards import Card
from bowerbird.social import conversations, entries, notifications, timelines
from bowerbird.web import answers, asking, easels, render
from bowerbird.web.branches import Watched
from bowerbird.web.wording import with_emojis

QUIET_S = 15.0
STREAM_S_MAX = 3_600
CARDS_MAX = 40
TOGETHER_S = 0.05  # news that come in a burst are told once
log = logging.getLogger(__name__)


def event(name: str, html: str) -> bytes:
    """One server-sent event."""
    return (
        f"event: {name}\n".encode() + b"".join(b"data: " + line.encode() + b"\n" for line in (html.splitlines() or [""])) + b"\n"
    )


async def gathered(queue: asyncio.Queue[News]) -> list[News]:
    """The next news, with what comes right behind it; nothing after QUIET_S."""
    try:
        first = await asyncio.wait_for(queue.get(), QUIET_S)
    except TimeoutError:
        return []
    await asyncio.sleep(TOGETHER_S)
    return [first, *(queue.get_nowait() for _ in range(queue.qsize()))]


async def told(parts: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """A stream to its end: its time is over, the database is away, or it broke. The browser comes back by itself."""
    try:
        async with asyncio.timeout(STREAM_S_MAX), aclosing(parts):
            async for part in parts:
                yield part
    except (TimeoutError, Trouble) as over:
        log.info("a stream ended: %s", over)
    except Exception:
        log.exception("a stream broke")


@get("/live")
async def page(request: Ask) -> Stream:
    """What a feed page listens to: new posts, alerts, counts."""
    feed = "local" if request.query_params.get("feed") == "local" else "following"
    ids = [found for text in request.query_params.get("cards", "").split(",")[:CARDS_MAX] if (found := parse(text))]
    watching = Watching(request, await asking.me(request))
    top, after = parse(request.query_params.get("thread")), parse(request.query_params.get("after"))
    thread = Watched(top, after or top, watching.csrf) if top else None
    return Stream(
        told(watching.page(feed, parse(request.query_params.get("since")), ids, thread)), media_type="text/event-stream"
    )


@get("/studio/generations/{id_:str}/live")
async def generation(request: Ask, id_: str) -> Stream:
    """What the studio listens to: tries coming into focus."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        await easels.look(db, me, id_of(id_))
    return Stream(told(Watching(request, me).generation(id_of(id_))), media_type="text/event-stream")


class Watching:
    """One person's open stream; it ends with the session that opened it."""

    def __init__(self, request: Ask, me: Person) -> None:
        self.pool: Pool = pool(request)
        self.hub: Hub = request.app.state.hub
        self.request, self.me, self.csrf = request, me, asking.csrf_of(request)

    async def _welcome(self) -> bool:
        return (await asking.visitor(self.request)).person is not None

    async def page(self, feed: str, since: int | None, ids: list[int], thread: Watched | None = None) -> AsyncGenerator[bytes]:
        """`unread`, `letters`, `fresh`, `card-ID` and `thread`, at once and then as they change."""
        topic = "local" if feed == "local" else f"home:{self.me.id}"
        topics = [topic, f"notify:{self.me.id}", f"direct:{self.me.id}", *(f"card:{id_}" for id_ in ids)]
        with self.hub.subscribe(*topics) as queue, self._joining(queue) as join:
            yield event("unread", await self._unread())
            yield event("letters", await self._letters())
            if since and (fresh := await self._fresh(feed, since)):
                yield event("fresh", fresh)
            if thread and (arrived := await self._arrived(thread, join)):
                yield event("thread", arrived)
            while await self._welcome():
                news = await gathered(queue)
                if not news:
                    yield b": still here\n\n"
                if thread and any(n.kind == "counts" for n in news) and (arrived := await self._arrived(thread, join)):
                    yield event("thread", arrived)
                if any(n.kind in ("notification", "read") for n in news):
                    yield event("unread", await self._unread())
                if any(n.kind == "conversation" for n in news):
                    yield event("letters", await self._letters())
                if since and any(n.kind == "post" for n in news) and (fresh := await self._fresh(feed, since)):
                    yield event("fresh", fresh)
                changed = {int(n.id) for n in news if n.kind in ("counts", "edit", "delete", "post")} & set(ids)
                anew = {int(n.id) for n in news if n.kind in ("edit", "delete", "post")}
                for card in await self._cards(sorted(changed)):
                    yield event(f"card-{card.id}", render.fragment("fragments/actions.jinja", card=card, me=True, csrf=self.csrf))
                    if card.id in anew:
                        yield event(f"words-{card.id}", with_emojis(card.html, card.emojis))
                    changed.discard(card.id)
                for id_ in changed & anew:  # what is not to be seen any more
                    yield event(f"card-{id_}", "")
                    yield event(f"words-{id_}", "<p>Its author took this down.</p>")

    @contextmanager
    def _joining(self, queue: asyncio.Queue[News]) -> Generator[Callable[[Iterable[int]], None]]:
        """A way to listen to more cards, for as long as the block runs."""
        joined = set[str]()

        def join(ids: Iterable[int]) -> None:
            topics = {f"card:{id_}" for id_ in ids} - joined
            joined.update(topics)
            self.hub.join(queue, *topics)

        try:
            yield join
        finally:
            self.hub.leave(queue, *joined)

    async def _arrived(self, thread: Watched, join: Callable[[Iterable[int]], None]) -> str:
        html = await thread.news(self.pool, self.me)
        join(thread.ids)
        return html

    async def answer(self, id_: int) -> AsyncGenerator[bytes]:
        """`answer` as it is written, with what it rests on at the end; then `done`."""
        with self.hub.subscribe(f"asked:{id_}") as queue:
            sent = None
            while await self._welcome():
                async with self.pool.reading() as db:
                    one = await asked.own(db, self.me, id_)
                    sources = await answers.sources(db, self.me, [one]) if one.state == "done" else {}
                if sent != (one.state, one.answer):
                    sent = (one.state, one.answer)
                    yield event("answer", render.fragment("fragments/answer.jinja", one=one, sources=sources))
                if one.state not in ("queued", "running"):
                    yield event("done", one.state)
                    return
                if not await gathered(queue):
                    yield b": still here\n\n"

    async def generation(self, id_: int) -> AsyncGenerator[bytes]:
        """`state`, `candidate-ID` and `readings` as they change, `done` at the end."""
        with self.hub.subscribe(f"generation:{id_}", "queue") as queue:
            sent: dict[str, Any] = {}
            while await self._welcome():
                async with self.pool.reading() as db:
                    now = await easels.look(db, self.me, id_)
                for name, mark, template, context in self._parts(now):
                    if sent.get(name) != mark:
                        sent[name] = mark
                        context |= {"generation": now, "csrf": self.csrf}
                        yield event(name, render.fragment(f"fragments/{template}.jinja", **context))
                if not now.busy:
                    yield event("done", now.state)
                    return
                if not await gathered(queue):
                    yield b": still here\n\n"

    def _parts(self, now: easels.Generation) -> list[tuple[str, Any, str, dict[str, Any]]]:
        """(event, what it depends on, template, context) of everything that may have changed."""
        ready = sum(c.state == "done" for c in now.candidates)
        parts: list[tuple[str, Any, str, dict[str, Any]]] = [
            ("state", (now.state, ready, now.place_in_queue, now.seconds_left), "state", {}),
        ]
        for place, c in enumerate(now.candidates, 1):
            parts.append((f"candidate-{c.id}", (c.state, c.step), "candidate", {"candidate": c, "place": place}))
        if ready:
            parts.append(("readings", ready, "readings", {}))
        return parts

    async def _unread(self) -> str:
        async with self.pool.reading() as db:
            return render.fragment("fragments/unread.jinja", unread=await notifications.unread(db, self.me.id))

    async def _letters(self) -> str:
        async with self.pool.reading() as db:
            return render.fragment("fragments/letters.jinja", letters=await conversations.unread(db, self.me))

    async def _fresh(self, feed: str, since: int) -> str:
        async with self.pool.reading() as db:
            authors = await timelines.fresh(db, self.me.id, since, everyone=feed == "local")
            people = await faces.of(db, list(dict.fromkeys(authors))[:3])
        if not authors:
            return ""
        url = "/local" if feed == "local" else "/"
        return render.fragment("fragments/fresh.jinja", count=len(authors), people=list(people.values()), feed_url=url)

    async def _cards(self, ids: list[int]) -> list[Card]:
        if not ids:
            return []
        async with self.pool.reading() as db:
            return await cards.seen(db, self.me, await cards.of(db, self.me, await entries.of(db, self.me.id, ids)))


HANDLERS = [page, generation]
