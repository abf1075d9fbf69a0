"""Where a picture comes from: check any picture, say how one's own upload was made."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, post, put
from litestar.datastructures import UploadFile

from bowerbird.api.errors import problem
from bowerbird.core.errors import Invalid
from bowerbird.core.settings import settings
from bowerbird.door import Ask, address_of, body, id_of, person, pool, viewer
from bowerbird.gallery import provenance
from bowerbird.media import attachments, blobs, origins
from bowerbird.media.provenance import apart, verdict


class Which(msgspec.Struct):
    """POST /api/bower/v1/provenance/check, where no file is sent: a picture of this house."""

    picture_id: str


class Word(msgspec.Struct):
    """PUT /api/bower/v1/media/ID/provenance: by_hand, camera or unknown."""

    provenance: str


@post("/provenance/check", status_code=200)
async def check(request: Ask) -> dict[str, Any]:
    """Whether a picture was made here, carries credentials from elsewhere, or is unknown; and why. No account is needed."""
    me = await viewer(request)
    data = None
    if "multipart" in request.headers.get("content-type", ""):
        file = (await request.form()).get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("Send the picture in the field “file”.")
        data = await file.read(settings().upload_bytes_max + 1)
        attachments.checked_size(data)
    asked = None if data is not None else await body(request, Which)
    async with pool(request).transaction() as db:
        await provenance.allow(db, me, address_of(request))  # counts even where nothing is found
    async with pool(request).reading() as db:
        blob = await provenance.blob_of(db, me, id_of(asked.picture_id)) if asked else ""
    said = verdict.of(await apart.check(data if data is not None else await blobs.get(blob)))
    async with pool(request).reading() as db:
        picture = await provenance.found(db, me, said)
    mark = said.mark
    return {
        "answer": said.answer,
        "summary": said.title,
        "signed_here": said.signed,
        "reasons": list(said.reasons),
        "watermark": {"agree": mark.agree, "bits": mark.bits, "scale": mark.scale, "ours": said.picture_id is not None}
        if mark
        else None,
        "credentials": msgspec.to_builtins(said.credentials) if said.credentials else None,
        "picture": {"id": str(picture.id), "url": f"{settings().origin}/pictures/{picture.id}"} if picture else None,
    }


@put("/media/{id_:str}/provenance")
async def say(request: Ask, id_: str) -> dict[str, str]:
    """Say of one's own upload that it was made by hand or by a camera. Refused where the file itself says that AI made it."""
    me = await person(request, "write:media")
    word, media_id = origins.sayable((await body(request, Word)).provenance), id_of(id_)
    async with pool(request).transaction() as db:
        own = (await attachments.own(db, me.id, [media_id]))[0]
        await provenance.allow(db, me, address_of(request))
    seen = await apart.check(await blobs.get(own.blob)) if word != "unknown" else None
    async with pool(request).transaction() as db:
        await provenance.say(db, me, media_id, word, marked=seen is not None and seen.mark is not None)
    return {"provenance": word, "label": origins.LABELS[word]}


routes = Router("/api/bower/v1", route_handlers=[check, say], exception_handlers={Exception: problem})
