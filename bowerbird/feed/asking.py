"""Asking the feed's own process. It may be away; then pages go on without it."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import httpcore
import msgspec

from bowerbird.core.errors import Unavailable
from bowerbird.core.secrets import secret
from bowerbird.core.settings import settings
from bowerbird.feed.wire import PageAnswer, PageRequest, StateAnswer, TasteAnswer, WhyAnswer, WhyRequest

T = TypeVar("T")
TIMEOUT_S = 2.5
CONNECTIONS_MAX = 16
_pool: tuple[asyncio.AbstractEventLoop, httpcore.AsyncConnectionPool] | None = None


class FeedAway(Unavailable):
    """It did not answer, or something else."""

    said = "The feed is just starting. Your posts are safe; look at Following meanwhile."


async def page(wanted: PageRequest) -> PageAnswer:
    """A page of posts. Raises FeedAway."""
    return await _asked("POST", "/pages", wanted, PageAnswer)


async def why(person_id: int, post_id: int) -> WhyAnswer:
    """The whole sum behind a post's place. Raises FeedAway."""
    return await _asked("POST", "/why", WhyRequest(person_id, post_id), WhyAnswer)


async def taste(person_id: int) -> TasteAnswer:
    """What was learned of somebody. Raises FeedAway."""
    return await _asked("POST", "/taste", WhyRequest(person_id, 0), TasteAnswer)


async def state() -> StateAnswer:
    """How it stands. Raises FeedAway."""
    return await _asked("GET", "/state", None, StateAnswer)


def _connections() -> httpcore.AsyncConnectionPool:
    """Kept open between requests, one pool for the loop this process runs."""
    global _pool
    loop = asyncio.get_running_loop()
    if _pool is None or _pool[0] is not loop:
        _pool = loop, httpcore.AsyncConnectionPool(max_connections=CONNECTIONS_MAX, keepalive_expiry=30)
    return _pool[1]


async def _asked(method: str, path: str, given: object, kind: type[T]) -> T:
    where = settings()
    headers = [("Authorization", f"Bearer {secret(where, 'feed')}"), ("Content-Type", "application/json")]
    url = f"http://127.0.0.1:{where.feed_port}{path}"
    try:
        async with asyncio.timeout(TIMEOUT_S):
            answer = await _connections().request(method, url, headers=headers, content=msgspec.json.encode(given))
        if answer.status != 200:
            raise FeedAway
        return msgspec.json.decode(answer.content, type=kind)
    except (TimeoutError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, msgspec.DecodeError) as away:
        raise FeedAway from away
