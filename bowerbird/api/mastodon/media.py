"""Pictures brought along: uploaded, described, ready to be shown."""

from __future__ import annotations

from typing import Any

from litestar import Router, post, put
from litestar.datastructures import UploadFile

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.core.errors import Invalid
from bowerbird.core.settings import settings
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.gallery import shown
from bowerbird.media import attachments


@post("/media", status_code=200)
async def upload(request: Ask) -> dict[str, Any]:
    """Bring a picture."""
    me = await person(request, "write:media")
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Invalid("Send the picture in the field “file”.")
    async with pool(request).transaction() as db:
        await attachments.allow(db, me.id)
    made = await attachments.prepare(await file.read(settings().upload_bytes_max + 1))
    async with pool(request).transaction() as db:
        media = await attachments.attach(db, me.id, made, alt=str(form.get("description") or ""))
        return entities.attachment((await shown.of_media(db, [media.id]))[media.id])


@put("/media/{id_:str}")
async def describe(request: Ask, id_: str) -> dict[str, Any]:
    """Describe one's own picture."""
    me = await person(request, "write:media")
    said = await body(request, dict[str, Any])
    focus = str(said.get("focus") or "")
    try:
        place = tuple(max(-1.0, min(1.0, float(part))) for part in focus.split(",")) if focus else None
    except ValueError as wrong:
        raise Invalid("A focus is two numbers between -1 and 1: “0.1,-0.4”.") from wrong
    async with pool(request).transaction() as db:
        await attachments.describe(
            db, me.id, id_of(id_), str(said.get("description") or ""), place if place and len(place) == 2 else None
        )
        return entities.attachment((await shown.of_media(db, [id_of(id_)]))[id_of(id_)])


routes = Router("/api/v1", route_handlers=[upload, describe], exception_handlers={Exception: mastodon})
