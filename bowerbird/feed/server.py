"""`bowerbird feed`: the process that ranks, behind a door of its own on 127.0.0.1."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, get, post
from litestar.exceptions import HTTPException

from bowerbird.core import embedded, kin, telemetry
from bowerbird.core.database import Pool
from bowerbird.core.errors import UNREAD, TooLarge, Trouble
from bowerbird.core.live import Hub
from bowerbird.core.loopback import decoded, keyed
from bowerbird.core.secrets import secret
from bowerbird.core.settings import settings
from bowerbird.feed import editions, told
from bowerbird.feed.ranking import Ranking
from bowerbird.feed.wire import PageRequest, WhyRequest

BODY_BYTES_MAX = 400_000
CONNECTIONS = 4


@get("/healthz", sync_to_thread=False)
def healthz() -> dict[str, str]:
    """Whether this process stands, and has read the log."""
    return {"status": "ok"}


@post("/pages", status_code=200)
async def pages(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A page for somebody."""
    return _json(await _ranking(request).page(decoded(await request.body(), PageRequest)))


@post("/why", status_code=200)
async def why(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The whole sum for one post."""
    return _json(await _ranking(request).why(decoded(await request.body(), WhyRequest)))


@post("/taste", status_code=200)
async def taste(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What was learned of somebody."""
    return _json(told.taste(_ranking(request).learner, (decoded(await request.body(), WhyRequest)).person_id))


@get("/state")
async def state(request: Request[Any, Any, Any]) -> Response[bytes]:
    """How it stands."""
    ranking = _ranking(request)
    return _json(told.state(ranking.learner, ranking.pipeline, ranking.release))


@get("/digests")
async def digests(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Of what was learned, part by part, for whoever holds a replay against it: seconds of work in a large house, so not for the public."""
    return _json(await asyncio.to_thread(lambda: _ranking(request).learner.digests))


def _ranking(request: Request[Any, Any, Any]) -> Ranking:
    return request.app.state.ranking


def _json(answer: object) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _said(_: Request[Any, Any, Any], trouble: Exception) -> Response[Any]:
    status = (
        trouble.status if isinstance(trouble, Trouble) else trouble.status_code if isinstance(trouble, HTTPException) else 500
    )
    return Response({"error": str(trouble)[:300]}, status_code=status, headers=UNREAD if status == TooLarge.status else {})


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncGenerator[None]:
    where = settings()
    with embedded.url(where) as url:
        pool, hub = Pool(url, CONNECTIONS), Hub(url)
        await pool.open()
        await hub.start()
        app.state.key, app.state.ranking = secret(where, "feed"), Ranking(pool, hub)
        await app.state.ranking.load()
        running = [
            asyncio.create_task(app.state.ranking.follow()),
            asyncio.create_task(editions.publish(pool, app.state.ranking)),
        ]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await hub.stop()
            await pool.close()


def serving() -> Litestar:
    """The application of the feed's process, which ends with the server that started it."""
    kin.follow(os.getppid())
    return application()


def application() -> Litestar:
    """Opens its door when it has read the log."""
    telemetry.start(settings(), "feed")
    door = Router("/", route_handlers=[pages, why, taste, state, digests], guards=[keyed])
    return Litestar(
        [healthz, door], lifespan=[_lifespan], exception_handlers={Exception: _said}, request_max_body_size=BODY_BYTES_MAX,
        openapi_config=None,
    )  # fmt: skip
