"""Pictures someone brought or had made: a row each, owned, described, ready to be shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, TooLarge
from bowerbird.core.ids import new_id
from bowerbird.core.settings import settings
from bowerbird.media import blobs, labels, origins, pictures
from bowerbird.media.provenance import apart

ALT_LENGTH_MAX = 1500
UPLOADS_PER_HOUR_MAX = 120
DECODING = asyncio.Semaphore(2)  # pictures decoded at once in this process: each may take 200 MB for a moment


@dataclass(frozen=True, slots=True)
class Attachment:
    """One picture as it can be shown. Sizes in px; `blob` and `small` are blob hashes, `tone` its mean colour."""

    id: int
    owner_id: int
    blob: str
    width: int
    height: int
    blurhash: str
    tone: str
    alt: str
    focus_x: float
    focus_y: float
    generated: bool
    animated: bool
    small: str
    small_width: int
    small_height: int
    unused_since: datetime | None = None  # when it was last taken out of a post
    provenance: origins.Provenance = "unknown"

    @property
    def url(self) -> str:
        """Address of the large rendition."""
        return blobs.url(self.blob)

    @property
    def small_url(self) -> str:
        """Address of the small rendition."""
        return blobs.url(self.small)


async def allow(db: Database, owner_id: int, uploads: int = 1) -> None:
    """Count uploads before anything is decoded. Raises TooMany past UPLOADS_PER_HOUR_MAX."""
    for _ in range(uploads):
        await limits.spend(db, f"upload:{owner_id}", times_max=UPLOADS_PER_HOUR_MAX, window_s=3600)


async def prepare(data: bytes, *, quality: int = 88) -> pictures.Renditions:
    """Decode and re-encode in a thread; content credentials that came with it are read, and go on with our renditions; so is what it says of
    learning from it.

    Raises TooLarge or Invalid. Needs no database: call it before opening one."""
    bounds = settings()
    checked_size(data)
    async with DECODING:
        made = await asyncio.to_thread(
            pictures.render, data, bytes_max=bounds.upload_bytes_max, pixels_max=bounds.upload_pixels_max, quality=quality
        )
    return await apart.carry(data, made) if apart.speaks(data) else made


async def attach(
    db: Database, owner_id: int, made: pictures.Renditions, *, alt: str = "", generated: bool = False, id_: int | None = None
) -> Attachment:
    """Keep a prepared picture for `owner_id`. Raises Invalid for a description too long, before any bytes are written."""
    alt = checked_alt(alt)
    large = await blobs.put(db, made.large, "image/webp")
    small = await blobs.put(db, made.small, "image/webp")
    provenance = "generated" if generated and made.found.provenance == "unknown" else made.found.provenance
    attachment = await db.one(
        Attachment,
        """insert into media.attachments
               (id, owner_id, blob, width, height, blurhash, tone, alt, generated, animated, small, small_width, small_height, provenance)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning *""",
        id_ or new_id(), owner_id, large, made.width, made.height, made.blurhash, made.tone, alt, generated, made.animated,
        small, made.small_width, made.small_height, provenance,
    )  # fmt: skip
    if made.label:
        await labels.put(db, attachment.id, made.label)
    if made.found != origins.NOTHING:
        await origins.keep(db, attachment.id, made.found)
    return attachment


def checked_size(data: bytes) -> None:
    """Raises TooLarge for more bytes than an upload may have."""
    if len(data) > (most := settings().upload_bytes_max):
        raise TooLarge(f"That picture is {len(data) / 1e6:.1f} MB; up to {most / 1e6:.0f} MB fit.")


def checked_alt(alt: str) -> str:
    """A description, trimmed. Raises Invalid when it is too long."""
    if len(alt) > ALT_LENGTH_MAX:
        raise Invalid(f"A description can have up to {ALT_LENGTH_MAX} characters; this one has {len(alt)}.")
    return alt.strip().replace("\x00", "")


async def describe(
    db: Database, owner_id: int, media_id: int, alt: str | None, focus: tuple[float, float] | None = None
) -> Attachment:
    """Change the description and focus (-1..1 from the centre) of one's own picture; None keeps it. Raises NotFound for another's."""
    x, y = focus or (None, None)
    return await db.one(
        Attachment,
        """update media.attachments set alt = coalesce(%s, alt), focus_x = coalesce(%s, focus_x), focus_y = coalesce(%s, focus_y)
           where id = %s and owner_id = %s returning *""",
        None if alt is None else checked_alt(alt), x, y, media_id, owner_id,
    )  # fmt: skip


async def put_before(db: Database, owner_id: int, media_id: int, made: pictures.Renditions) -> Attachment:
    """Show another picture small, where the large one is not shown yet. Raises NotFound for another's."""
    small = await blobs.put(db, made.small, "image/webp")
    return await db.one(
        Attachment,
        """update media.attachments set small = %s, small_width = %s, small_height = %s, blurhash = %s, tone = %s
           where id = %s and owner_id = %s returning *""",
        small, made.small_width, made.small_height, made.blurhash, made.tone, media_id, owner_id,
    )  # fmt: skip


async def own(db: Database, owner_id: int, media_ids: Sequence[int]) -> list[Attachment]:
    """One's own pictures in the order asked for. Raises Invalid when one is not there or not theirs."""
    found = {a.id: a for a in await of(db, media_ids) if a.owner_id == owner_id}
    if missing := [id_ for id_ in media_ids if id_ not in found]:
        if await db.value("select data is not null from media.uploads where id = %s and owner_id = %s", missing[0], owner_id):
            raise Invalid("A picture is still being read. Try again in a moment.")
        raise Invalid(f"Picture {missing[0]} is not among yours. Upload it again.")
    return [found[id_] for id_ in media_ids]


async def of(db: Database, media_ids: Sequence[int]) -> list[Attachment]:
    """The pictures with these ids, in no order; those that are gone are left out."""
    if not media_ids:
        return []
    return await db.many(Attachment, "select * from media.attachments where id = any(%s)", list(media_ids))


async def discard(db: Database, media_id: int) -> None:
    """Delete a picture's row; its bytes go with the next sweep if nothing else uses them."""
    await db.execute("delete from media.attachments where id = %s", media_id)
