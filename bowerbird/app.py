"""The web application: every door of the house on one pool, one hub and one doorkeeper."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.config.cors import CORSConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from bowerbird import __version__
from bowerbird.accounts.visitors import Doorkeeper
from bowerbird.api import described, mastodon, mcp, openai
from bowerbird.api.bower import (
    archive,
    arena,
    asked,
    bowers,
    challenges,
    comparisons,
    consents,
    conversations,
    drafts,
    feed,
    generations,
    learning,
    pictures,
    provenance,
    recipes,
    safety,
    sharing,
    shelf,
    styles,
)
from bowerbird.api.mastodon.broadcast import Broadcaster
from bowerbird.core import embedded, kin, telemetry
from bowerbird.core.database import Pool
from bowerbird.core.live import Hub
from bowerbird.core.secrets import secret
from bowerbird.core.settings import settings
from bowerbird.gallery import cards, faces
from bowerbird.media import blobs
from bowerbird.social import filters
from bowerbird.web import pages
from bowerbird.web.heads import WithHeads

FORM_BYTES_SPARE = 200_000


@get("/healthz")
async def healthz(request: Request[Any, Any, Any]) -> dict[str, str]:
    """200 when the house stands: this process runs and its database answers."""
    async with request.app.state.pool.reading() as db:
        await db.value("select 1")
    return {"status": "ok", "version": __version__}


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """What the APIs of this house take and give, for programs."""
    return described.document(request.app)


@get("/media/{hash_:str}")
async def media(request: Request[Any, Any, Any], hash_: str) -> Response[bytes]:
    """A picture's bytes. The name is their hash, so a browser may keep them for good."""
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": f'"{hash_[:64]}"',
        "Access-Control-Allow-Origin": "*",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers)
    return Response(await blobs.get(hash_), media_type="image/webp", headers=headers)


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncGenerator[None]:
    where = settings()
    with embedded.url(where) as url:
        pool, hub = Pool(url, where.database_connections), Hub(url)
        await pool.open()
        await hub.start()
        app.state.pool, app.state.hub, app.state.doorkeeper = pool, hub, Doorkeeper(pool)
        app.state.csrf_key = secret(where, "csrf")
        app.state.broadcaster = Broadcaster(pool, hub, app.state.doorkeeper)
        app.state.broadcaster.start()
        forgetting = asyncio.create_task(_forget(app))
        try:
            yield
        finally:
            await app.state.broadcaster.stop()
            forgetting.cancel()
            with suppress(asyncio.CancelledError):
                await forgetting
            await hub.stop()
            await pool.close()


async def _forget(app: Litestar) -> None:
    """Drop what is kept of posts and people that changed, in this process or another."""
    with app.state.hub.subscribe("counts", "people", "filters") as news:
        while True:
            changed = await news.get()
            if changed.kind == "people":
                app.state.doorkeeper.forget()
                cards.kept.clear()
                faces.kept.clear()
            elif changed.kind == "filters":
                filters.kept.forget(int(changed.id))
            elif changed.kind != "counts":  # numbers come with the version of a row
                cards.kept.forget(int(changed.id))


def serving() -> Litestar:
    """The application of a web process, which ends with the web server that started it."""
    kin.follow(os.getppid())
    return application()


def application() -> Litestar:
    """Built once in each web process."""
    where = settings()
    telemetry.start(where, "serve")
    return WithHeads(
        [
            healthz,
            openapi,
            media,
            *mastodon.routes(),
            generations.routes,
            learning.routes,
            styles.routes,
            bowers.routes,
            asked.routes,
            sharing.routes,
            conversations.routes,
            shelf.routes,
            pictures.routes,
            provenance.routes,
            recipes.routes,
            safety.routes,
            drafts.routes,
            feed.routes,
            archive.routes,
            arena.routes,
            challenges.routes,
            comparisons.routes,
            consents.routes,
            openai.routes,
            *mcp.routes,
            *pages.routes(),
        ],
        lifespan=[_lifespan, mcp.running],
        exception_handlers={Exception: pages.said},
        after_request=pages.guarded,
        compression_config=pages.COMPRESSION,
        cors_config=CORSConfig(
            expose_headers=["Link", "Deprecation", "Retry-After"], max_age=86_400
        ),  # clients in browsers; no cookies
        request_max_body_size=where.upload_bytes_max * 4 + FORM_BYTES_SPARE,
        openapi_config=OpenAPIConfig("Bowerbird", __version__, path="/api/schema", render_plugins=[JsonRenderPlugin()]),
    )
