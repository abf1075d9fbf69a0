"""Posts planned for later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, Router, delete, get, put

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.api.mastodon.people import when
from bowerbird.core.errors import Invalid
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.gallery import scheduled as planned
from bowerbird.gallery import shown
from bowerbird.gallery.scheduled import Scheduled
from bowerbird.gallery.shown import Shown


class NewTime(msgspec.Struct):
    """PUT /api/v1/scheduled_statuses/:id."""

    scheduled_at: str


def moment(text: str) -> datetime:
    """A time as clients send it. Raises Invalid."""
    try:
        return datetime.fromisoformat(text.strip().replace(" ", "T"))
    except ValueError as wrong:
        raise Invalid("scheduled_at is a time like 2030-05-01T12:00:00Z.") from wrong


def scheduled(said: Scheduled, pictures: dict[int, Shown] | None = None) -> dict[str, Any]:
    """A ScheduledStatus; `bower.error` says why one was not published."""
    return {
        "id": str(said.id),
        "scheduled_at": when(said.due_at),
        "params": {"scheduled_at": None, "application_id": None, **said.params},
        "media_attachments": [entities.attachment(pictures[id_]) for id_ in said.media_ids if pictures and id_ in pictures],
        "bower": {"error": said.error},
    }


@get("/")
async def every(request: Ask) -> Response[Any]:
    """What one has planned."""
    me = await person(request, "read:statuses")
    async with pool(request).reading() as db:
        found = await planned.of(db, me, page_of(request))
        pictures = await shown.of_media(db, [id_ for one in found for id_ in one.media_ids])
    return Response([scheduled(one, pictures) for one in found], headers=links(request, [one.id for one in found]))


@get("/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """One of them."""
    me = await person(request, "read:statuses")
    async with pool(request).reading() as db:
        found = await planned.own(db, me, id_of(id_))
        return scheduled(found, await shown.of_media(db, found.media_ids))


@put("/{id_:str}")
async def move(request: Ask, id_: str) -> dict[str, Any]:
    """Say it at another time."""
    me = await person(request, "write:statuses")
    asked = await body(request, NewTime)
    async with pool(request).transaction() as db:
        found = await planned.move(db, me, id_of(id_), moment(asked.scheduled_at))
        return scheduled(found, await shown.of_media(db, found.media_ids))


@delete("/{id_:str}", status_code=200)
async def cancel(request: Ask, id_: str) -> dict[str, Any]:
    """Do not say it."""
    me = await person(request, "write:statuses")
    async with pool(request).transaction() as db:
        await planned.cancel(db, me, id_of(id_))
    return {}


routes = Router(
    "/api/v1/scheduled_statuses", route_handlers=[every, read, move, cancel], exception_handlers={Exception: mastodon}
)
