"""What happened to oneself."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.door import Ask, person, pool
from bowerbird.gallery import cards, faces
from bowerbird.social import notifications, timelines


@get("/api/v1/notifications")
async def notified(request: Ask) -> Response[Any]:
    """What happened to oneself."""
    me = await person(request, "read:notifications")
    page = page_of(request)
    async with pool(request).reading() as db:
        told = await notifications.of(db, me.id, before=page.before, after=page.after, limit=page.limit)
        people = await faces.of(db, [n.from_id for n in told])
        seen = await timelines.of(db, me.id, [n.post_id for n in told if n.post_id])
        shown = {c.id: c for c in await cards.of(db, me, seen)}
    answer = [entities.notification(n, people[n.from_id], shown.get(n.post_id or 0)) for n in told]
    return Response(answer, headers=links(request, [n.id for n in told]))


routes = Router("/", route_handlers=[notified], exception_handlers={Exception: mastodon})
