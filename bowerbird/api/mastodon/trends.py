"""What many people care about just now."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.entities import as_json
from bowerbird.api.mastodon.previews import card
from bowerbird.api.mastodon.tags import tags_of
from bowerbird.door import Ask, limit_of, pool, viewer
from bowerbird.gallery import cards
from bowerbird.social import trends

OFFSET_MAX = 1_000


def offset_of(request: Ask) -> int:
    """How many are to be skipped."""
    text = request.query_params.get("offset", "")
    return min(OFFSET_MAX, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 0


@get(["/api/v1/trends", "/api/v1/trends/tags"])
async def tags(request: Ask) -> list[dict[str, Any]]:
    """Tags."""
    me = await viewer(request, "read")
    async with pool(request).reading() as db:
        names = await trends.tags(db, offset=offset_of(request), limit=limit_of(request, 10, 20))
        return await tags_of(db, names, me.id if me else None)


@get("/api/v1/trends/statuses")
async def statuses(request: Ask) -> Response[bytes]:
    """Posts."""
    me = await viewer(request, "read")
    async with pool(request).reading() as db:
        found = await trends.statuses(db, me.id if me else None, offset=offset_of(request), limit=limit_of(request, 20, 40))
        return as_json(entities.statuses(await cards.of(db, me, found)))


@get("/api/v1/trends/links")
async def links(request: Ask) -> list[dict[str, Any]]:
    """Pages that are linked to."""
    await viewer(request, "read")
    async with pool(request).reading() as db:
        found = await trends.links(db, offset=offset_of(request), limit=limit_of(request, 10, 20))
        history = await trends.history(db, [preview.id for preview in found])
    return [
        {**card(preview), "history": [
            {"day": str(int(d.day.timestamp())), "uses": str(d.posts), "accounts": str(d.people)} for d in history[preview.id]
        ]}
        for preview in found
    ]  # fmt: skip


routes = Router("/", route_handlers=[tags, statuses, links], exception_handlers={Exception: mastodon})
