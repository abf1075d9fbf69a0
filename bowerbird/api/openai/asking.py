"""Who asks with which token, what they still may today, and what is noted of it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from bowerbird.accounts import usage
from bowerbird.accounts.people import Person
from bowerbird.core.database import Pool
from bowerbird.core.errors import Invalid, NotFound, TooMany, Trouble, Unavailable
from bowerbird.door import Ask, person, pool
from bowerbird.inference.chat import Tier

T = TypeVar("T")
CHAT: dict[str, Tier] = {"bower-full": "full", "bower-mini": "mini", "bower-nano": "nano"}
PICTURE, EMBEDDING = "bower-picture", "bower-embedding"
BODY_BYTES_MAX = 10_000_000
UNDER_WAY_MAX, UNDER_WAY_AFTER_S = 4, 5  # requests of one person in this process; when a fifth may come back
log = logging.getLogger(__name__)
_noting: set[asyncio.Task[None]] = set()
_under_way: Counter[int] = Counter()


async def allowed(request: Ask, scope: str) -> Person:
    """Who asks, counted. Raises NotSignedIn, NotAllowed and TooMany."""
    me = await person(request, scope)
    async with pool(request).transaction() as db:
        await usage.allow(db, me)
    return me


@contextmanager
def place(me: Person) -> Generator[None]:
    """A place among their requests under way, while the block runs. Raises TooMany where they have all they may."""
    if _under_way[me.id] >= UNDER_WAY_MAX:
        raise TooMany(f"{UNDER_WAY_MAX} of your requests are under way. Wait for one to end.", retry_after_s=UNDER_WAY_AFTER_S)
    _under_way[me.id] += 1
    try:
        yield
    finally:
        _under_way[me.id] -= 1
        if not _under_way[me.id]:
            del _under_way[me.id]


async def decoded(request: Ask, kind: type[T]) -> T:
    """What was sent. Raises Invalid saying where it does not fit."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.DecodeError as wrong:
        raise Invalid(f"The request cannot be read: {wrong}") from wrong


async def unless_gone(request: Ask, doing: Coroutine[Any, Any, T]) -> T:
    """What comes of it; called off when the asker hangs up meanwhile, which raises Unavailable for nobody to read."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    work, leaving = asyncio.create_task(doing), asyncio.create_task(gone())
    try:
        await asyncio.wait([work, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Unavailable("The asker hung up.")
        return work.result()
    finally:
        for task in (work, leaving):
            task.cancel()
        await asyncio.gather(work, leaving, return_exceptions=True)


def no_model(name: str) -> NotFound:
    """What is said of a model that this house does not have."""
    return NotFound(f"There is no model “{name[:80]}” here. GET /v1/models says which there are.", model=True)


def note(pool_: Pool, me: Person, tier: str, prompt_tokens: int, tokens: int, seconds: float, *, pictures: int = 0) -> None:
    """Write down what was used, also when the asker has just hung up and their request is being cancelled."""

    async def write() -> None:
        try:
            async with pool_.transaction() as db:
                await usage.record(db, me.id, tier, "api", prompt_tokens, tokens, seconds, pictures=pictures)
        except Trouble as lost:
            log.warning("usage was not written down: %s", lost.said)

    task = asyncio.create_task(write())
    _noting.add(task)
    task.add_done_callback(_noting.discard)
