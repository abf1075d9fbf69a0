"""A picture made here on its way into the house: marked in its pixels, then signed, both renditions. In a thread of the worker."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import msgspec

from bowerbird.core.settings import Settings, settings
from bowerbird.media import attachments, pictures
from bowerbird.media.origins import Found, Provenance
from bowerbird.media.pictures import Renditions
from bowerbird.media.provenance import certificate, credentials, watermark
from bowerbird.media.provenance.credentials import Made

MARKED = "c2pa.watermarked.unbound"
QUALITY = 92
WEBP = "image/webp"


async def prepare(
    data: bytes,
    picture_id: int,
    made: Made,
    *,
    parent: bytes | None = None,
    provenance: Provenance = "generated",
    side_max: int = pictures.LARGE_SIDE_MAX,
) -> Renditions:
    """What a painter sent, ready to be kept as the picture `picture_id`. Raises TooLarge or Invalid. Needs no database.

    `parent` is the large rendition (WebP) it was made from; its own credentials go inside the new ones."""
    async with attachments.DECODING:
        return await asyncio.to_thread(_prepared, settings(), data, picture_id, made, parent, provenance, side_max)


def _prepared(
    where: Settings, data: bytes, picture_id: int, made: Made, parent: bytes | None, provenance: Provenance, side_max: int
) -> Renditions:
    instance = certificate.instance(where)
    mark = partial(watermark.lay, instance=instance, picture_id=picture_id)
    plain = pictures.render(
        data,
        bytes_max=where.upload_bytes_max,
        pixels_max=where.upload_pixels_max,
        quality=QUALITY,
        change=mark,
        side_max=side_max,
    )
    marked = not plain.animated and min(plain.width, plain.height) >= watermark.SIDE_MIN
    steps = (MARKED,) if marked else ()
    source = (credentials.bounded(parent), WEBP) if parent else None
    large = credentials.created(where, plain.large, WEBP, made, steps=steps, parent=source)
    # the preview says the same itself: with the large one's manifest inside it would grow by as much again, in every timeline
    small = credentials.created(where, plain.small, WEBP, made, steps=(*steps, "c2pa.resized"))
    said = credentials.read(where, large, WEBP)
    assert said is not None, "what was just signed can be read"
    found = Found(
        provenance, msgspec.to_builtins(said), instance if marked else None, picture_id if marked else None, signed=True
    )
    return replace(plain, large=large, small=small, found=found)
