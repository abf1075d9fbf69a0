"""The web application: every door of the house on one pool, one hub and one doorkeeper."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from bowerbird import __version__
from bowerbird.accounts.visitors import Doorkeeper
from bowerbird.api import mastodon
from bowerbird.api.bower import generations, pictures
from bowerbird.core import embedded, kin, telemetry
from bowerbird.core.database import Pool
from bowerbird.core.live import Hub
from bowerbird.core.secrets import secret
from bowerbird.core.settings import settings
from bowerbird.gallery import cards
from bowerbird.media import blobs
from bowerbird.web import pages

FORM_BYTES_SPARE = 200_000


@get("/healthz")
async def healthz(request: Request[Any, Any, Any]) -> dict[str, str]:
    """200 when the house stands: this process runs and its database answers."""
    async with request.app.state.pool.reading() as db:
        await db.value("select 1")
    return {"status": "ok", "version": __version__}


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """What the Bower API takes and gives, for programs."""
    schema = request.app.openapi_schema.to_schema()
    schema["paths"] = {path: said for path, said in schema["paths"].items() if path.startswith("/api/bower/")}
    bodies = {**generations.BODIES, **pictures.BODIES}
    _, found = msgspec.json.schema_components(bodies.values(), ref_template="#/components/schemas/{name}")
    schema["components"] = {"schemas": found}
    for (method, path), kind in bodies.items():
        reference = {"$ref": f"#/components/schemas/{kind.__name__}"}
        schema["paths"][path][method]["requestBody"] = {"content": {"application/json": {"schema": reference}}}
    return schema


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
        forgetting = asyncio.create_task(_forget(app))
        try:
            yield
        finally:
            forgetting.cancel()
            with suppress(asyncio.CancelledError):
                await forgetting
            await hub.stop()
            await pool.close()


async def _forget(app: Litestar) -> None:
    """Drop what is kept of posts and people that changed, in this process or another."""
    with app.state.hub.subscribe("counts", "people") as news:
        while True:
            changed = await news.get()
            if changed.kind == "people":
                app.state.doorkeeper.forget()
                cards.kept.clear()
            else:
                cards.kept.forget(int(changed.id))


def application() -> Litestar:
    """Built once in each web process."""
    kin.follow(os.getppid())
    where = settings()
    telemetry.start(where, "serve")
    return Litestar(
        [
            healthz,
            openapi,
            media,
            *mastodon.routes(),
            generations.routes,
            pictures.routes,
            *pages.routes(),
        ],
        lifespan=[_lifespan],
        exception_handlers={Exception: pages.said},
        after_request=pages.guarded,
        compression_config=pages.COMPRESSION,
        request_max_body_size=where.upload_bytes_max * 4 + FORM_BYTES_SPARE,
        openapi_config=OpenAPIConfig("Bowerbird", __version__, path="/api/schema", render_plugins=[JsonRenderPlugin()]),
    )
