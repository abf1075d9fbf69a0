"""Pictures brought along: uploaded, described, ready to be shown."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, delete, get, post, put
from litestar.datastructures import UploadFile

from bowerbird.accounts.people import Person
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import entities
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.settings import settings
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.gallery import belongings, shown
from bowerbird.media import attachments, pictures, uploads
from bowerbird.media.uploads import Upload
from bowerbird.moderation import screening


def waiting(upload: Upload) -> dict[str, Any]:
    """A MediaAttachment that has no address yet."""
    return {
        "id": str(upload.id), "type": "image", "url": None, "preview_url": None, "remote_url": None, "text_url": None,
        "description": upload.alt or None, "blurhash": None, "meta": {"focus": {"x": upload.focus_x, "y": upload.focus_y}}, "bower": None,
    }  # fmt: skip


@post("/v1/media", status_code=200)
async def upload(request: Ask) -> Response[Any]:
    """Bring a picture, and wait until it is read."""
    return await _upload(request, later=False)


@post("/v2/media", status_code=200)
async def upload_later(request: Ask) -> Response[Any]:
    """Bring a picture; a large one is read while one goes on: 202, then GET says when."""
    return await _upload(request, later=True)


async def _upload(request: Ask, *, later: bool) -> Response[Any]:
    me = await person(request, "write:media")
    form = await request.form()
    data, small = await _bytes(form.get("file")), await _bytes(form.get("thumbnail"))
    if data is None:
        raise Invalid("Send the picture in the field “file”.")
    alt, focus = attachments.checked_alt(str(form.get("description") or "")), uploads.focus_of(str(form.get("focus") or ""))
    async with pool(request).transaction() as db:
        await attachments.allow(db, me.id)
    if later and len(data) <= settings().upload_bytes_max and pictures.pixels(data) >= uploads.LATER_PIXELS_MIN:
        async with pool(request).transaction() as db:
            received = await uploads.receive(db, me.id, data, alt=alt, focus=focus, thumbnail=small)
        return Response(waiting(received), status_code=202)
    made = await screening.brought(pool(request), me.id, data)
    thumb = await screening.brought(pool(request), me.id, small) if small else None
    async with pool(request).transaction() as db:
        media = await attachments.attach(db, me.id, made, alt=alt)
        if focus:
            await attachments.describe(db, me.id, media.id, None, focus)
        if thumb:
            await attachments.put_before(db, me.id, media.id, thumb)
        return Response(entities.attachment((await shown.of_media(db, [media.id]))[media.id]), status_code=200)


@get("/v1/media/{id_:str}")
async def read(request: Ask, id_: str) -> Response[Any]:
    """One's own picture: 206 while it is being read, 422 where it could not be."""
    me = await person(request, "write:media")
    return await _answer(request, me, id_of(id_))


@put("/v1/media/{id_:str}")
async def describe(request: Ask, id_: str) -> Response[Any]:
    """Describe one's own picture, say where it is worth looking, or put another before it."""
    me = await person(request, "write:media")
    media_id, small = id_of(id_), None
    if "multipart" in request.headers.get("content-type", ""):
        form = await request.form()
        said: dict[str, Any] = {key: str(form[key]) for key in ("description", "focus") if key in form}
        small = await _bytes(form.get("thumbnail"))
    else:
        said = await body(request, dict[str, Any])
    alt = None if said.get("description") is None else str(said["description"])
    focus = uploads.focus_of(str(said.get("focus") or ""))
    thumb = await screening.brought(pool(request), me.id, small) if small else None
    async with pool(request).transaction() as db:
        if not await uploads.describe(db, me.id, media_id, alt, focus):
            await attachments.describe(db, me.id, media_id, alt, focus)
            if thumb:
                await attachments.put_before(db, me.id, media_id, thumb)
    return await _answer(request, me, media_id)


@delete("/v1/media/{id_:str}", status_code=200)
async def remove(request: Ask, id_: str) -> dict[str, Any]:
    """Let a picture go that is shown nowhere."""
    me = await person(request, "write:media")
    async with pool(request).transaction() as db:
        await belongings.let_go(db, me, id_of(id_))
    return {}


async def _answer(request: Ask, me: Person, media_id: int) -> Response[Any]:
    async with pool(request).reading() as db:
        ready = [one for one in await attachments.of(db, [media_id]) if one.owner_id == me.id]
        if ready:
            return Response(entities.attachment((await shown.of_media(db, [media_id]))[media_id]))
        received = await uploads.own(db, me.id, media_id)
    if received is None:
        raise NotFound
    if received.error:
        raise Invalid(received.error)
    return Response(waiting(received), status_code=206)


async def _bytes(file: object) -> bytes | None:
    """A file's bytes, one more than may be, so that it is seen when there are too many."""
    return await file.read(settings().upload_bytes_max + 1) if isinstance(file, UploadFile) else None


routes = Router("/api", route_handlers=[upload, upload_later, read, describe, remove], exception_handlers={Exception: mastodon})
