"""Check a picture: was it made here, does it carry credentials from elsewhere, or is nothing known of it?"""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.core.errors import Invalid, NotFound, TooLarge, TooMany, Unavailable
from bowerbird.core.settings import settings
from bowerbird.door import Ask, address_of, id_of, pool
from bowerbird.gallery import provenance
from bowerbird.gallery import shown as gallery
from bowerbird.media import attachments, blobs, origins
from bowerbird.media.provenance import apart, verdict
from bowerbird.media.provenance.verdict import Verdict
from bowerbird.web import asking, render


@get("/check")
async def read(request: Ask) -> Response[Any]:
    """The page, open to anyone."""
    return await _page(request)


@post("/check", status_code=200)
async def look(request: Ask) -> Response[Any]:
    """Look at a picture that was sent, or at one of this house."""
    form = await asking.form(request)
    me = (await asking.visitor(request)).person
    try:
        chosen = form.id("picture")
        files = form.files.get("file", [])
        data = await files[0].read(settings().upload_bytes_max + 1) if files and not chosen else b""
        if not data and not chosen:
            raise Invalid("Choose a picture first.")
        attachments.checked_size(data)
        async with pool(request).transaction() as db:
            await provenance.allow(db, me, address_of(request))  # counts even where nothing is found
        async with pool(request).reading() as db:
            blob = await provenance.blob_of(db, me, chosen) if chosen else ""
        said = verdict.of(await apart.check(await blobs.get(blob) if chosen else data))
    except (Invalid, TooLarge, TooMany, Unavailable) as wrong:
        return await _page(request, wrong=wrong.said, status=wrong.status)
    return await _page(request, said)


async def _page(request: Ask, said: Verdict | None = None, wrong: str = "", status: int = 200) -> Response[str]:
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        picture = await provenance.found(db, me, said) if said else None
        media_id = picture.media_id if picture else None
        shown = (await gallery.of_media(db, [media_id])).get(media_id) if media_id else None
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "pages/check.jinja", shared, status=status, said=said, title=said.title if said else "",
        picture=picture, shown=shown, wrong=wrong, megabytes=settings().upload_bytes_max // 1_000_000,
    )  # fmt: skip


@post("/uploads/{id_:str}/origin", status_code=303)
async def say(request: Ask, id_: str) -> Response[Any]:
    """Say how one's own upload was made."""
    me = await asking.me(request)
    form = await asking.form(request)
    media_id, word = id_of(id_), origins.sayable(form.text("origin"))
    async with pool(request).transaction() as db:
        own = await attachments.of(db, [media_id])
        if not own or own[0].owner_id != me.id:
            raise NotFound
        await provenance.allow(db, me, address_of(request))
    seen = await apart.check(await blobs.get(own[0].blob)) if word != "unknown" else None
    async with pool(request).transaction() as db:
        await provenance.say(db, me, media_id, word, marked=seen is not None and seen.mark is not None)
    return render.redirect(asking.back(request, "/"), toast=f"It says “{origins.LABELS[word]}” now.")


HANDLERS = [read, look, say]
