"""Many pictures in one file: a zip that is written while it is sent, the pictures as they are (with their credentials) and their recipes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import at
from bowerbird.core.paging import Page
from bowerbird.gallery.bowers import Bower, pictures_in
from bowerbird.media import attachments, blobs
from bowerbird.studio import history, pictures
from bowerbird.studio.pictures import Picture

PICTURES_MAX = 500
PER_HOUR_MAX = 20
NAME_LENGTH_MAX = 48
STAMP = (2026, 1, 1, 0, 0, 0)  # zip knows no time zones; when a picture was made stands in its recipe


@dataclass(frozen=True, slots=True)
class File:
    """One picture of a zip: its name without ending, where its bytes are, and what is told of it."""

    name: str
    blob: str
    told: dict[str, Any]


async def of_bower(db: Database, me: Person, bower: Bower) -> list[File]:
    """One's own pictures in a bower that one may see, in its order; others' are theirs to give away. Raises TooMany."""
    await _allow(db, me)
    ids = [one.picture_id for one in await pictures_in(db, me, bower) if one.creator_id == me.id]
    made = await pictures.of(db, ids)
    return await _files(db, [made[id_] for id_ in ids if id_ in made])


async def of_person(db: Database, me: Person, before: int | None = None) -> list[File]:
    """One's own pictures, shown or not, newest first, up to PICTURES_MAX older than `before`. Raises TooMany."""
    await _allow(db, me)
    return await _files(db, await history.pictures(db, me, Page(before=before, limit=PICTURES_MAX)))


async def zipped(files: Sequence[File]) -> AsyncIterator[bytes]:
    """The zip, piece by piece: one picture in memory at a time. Needs no database."""
    out = _Out()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, file in enumerate(files, 1):
            name = f"{number:03d} {file.name}"
            try:
                archive.writestr(zipfile.ZipInfo(f"{name}.webp", STAMP), await blobs.get(file.blob))
            except NotFound:  # taken away meanwhile: the rest is worth having
                continue
            archive.writestr(
                zipfile.ZipInfo(f"{name}.json", STAMP), msgspec.json.format(msgspec.json.encode(file.told), indent=1)
            )
            yield out.taken()
    yield out.taken()


class _Out(io.RawIOBase):
    """What was written since it was last taken. It cannot seek, so that zipfile writes what can be sent at once."""

    def __init__(self) -> None:
        self._parts = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any, /) -> int:
        """Keep a piece."""
        self._parts += data
        return len(data)

    def taken(self) -> bytes:
        """Everything since the last time."""
        taken = bytes(self._parts)
        self._parts.clear()
        return taken


async def _files(db: Database, found: Sequence[Picture]) -> list[File]:
    media = {m.id: m for m in await attachments.of(db, [p.media_id for p in found if p.media_id])}
    return [
        File(
            _name(p.prompt), file.blob,
            {
                "id": str(p.id), "made_at": at(p.id), "prompt": p.prompt, "alt": file.alt or p.recipe.get("alt", ""), "width": file.width,
                "height": file.height, "provenance": file.provenance, "made_from": str(p.parent_id) if p.parent_id else None,
                "recipe": p.recipe,
            },
        )
        for p in found
        if (file := media.get(p.media_id or 0))
    ]  # fmt: skip


def _name(prompt: str) -> str:
    """A file name any system takes."""
    return re.sub(r"[^\w ,()-]+", "", prompt, flags=re.ASCII).strip()[:NAME_LENGTH_MAX].strip(" ,") or "picture"


async def _allow(db: Database, me: Person) -> None:
    await limits.spend(db, f"download:{me.id}", times_max=PER_HOUR_MAX, window_s=3600)
