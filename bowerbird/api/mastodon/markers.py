"""How far one has read."""

from __future__ import annotations

from typing import Any, cast

from litestar import Router, get, post

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.people import when
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, person, pool
from bowerbird.social import markers, notifications
from bowerbird.social.markers import TIMELINES, Marker


@get("/api/v1/markers")
async def read(request: Ask) -> dict[str, Any]:
    """Where one was."""
    me = await person(request, "read:statuses")
    asked = [name for key in ("timeline[]", "timeline") for name in request.query_params.getall(key, [])]
    async with pool(request).reading() as db:
        return {marker.timeline: _entity(marker) for marker in await markers.of(db, me.id, [a for a in asked if a in TIMELINES])}


@post("/api/v1/markers", status_code=200)
async def move(request: Ask) -> dict[str, Any]:
    """Where one is now; `version` says on what that is based."""
    me = await person(request, "write:statuses")
    sent = await body(request, dict[str, Any])
    told: dict[str, Any] = {}
    async with pool(request).transaction() as db:
        for name in TIMELINES:
            said = sent.get(name)
            if not isinstance(said, dict) or not said:
                continue
            marker = cast(dict[str, Any], said)
            last, version = parse(str(marker.get("last_read_id", ""))), parse(str(marker.get("version", "")))
            if last is None or (version or 0) > 2**31 - 1:
                raise Invalid("Say the last id that was read.")
            told[name] = _entity(await markers.move(db, me.id, name, last, version=version))
            if name == "notifications":
                await notifications.read(db, me.id, last)
    return told


def _entity(marker: Marker) -> dict[str, Any]:
    return {"last_read_id": str(marker.last_read_id), "version": marker.version, "updated_at": when(marker.updated_at)}


routes = Router("/", route_handlers=[read, move], exception_handlers={Exception: mastodon})
