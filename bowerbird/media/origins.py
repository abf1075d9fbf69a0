"""Where a picture comes from: one word of five, the content credentials behind it, and its invisible mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bowerbird.core.database import Database, json
from bowerbird.core.errors import Invalid, NotFound

Provenance = Literal["generated", "edited", "by_hand", "camera", "unknown"]
Reserved = Literal["", "credentials", "metadata"]
SAYABLE: tuple[Provenance, ...] = ("unknown", "by_hand", "camera")
LABELS: dict[str, str] = {
    "generated": "AI-made",
    "edited": "AI-made from a picture",
    "by_hand": "Made by hand, says its author",
    "camera": "Camera, says its author",
    "unknown": "Origin unknown",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out while a picture was read or made, to be kept with it. `credentials` as in provenance.credentials.Credentials."""

    provenance: Provenance = "unknown"
    credentials: dict[str, Any] | None = None
    instance: int | None = None
    picture_id: int | None = None
    signed: bool = False
    reserved: Reserved = ""  # where the file says that no model may learn from it


NOTHING = Found()


@dataclass(frozen=True, slots=True)
class Origin:
    """What is kept of it."""

    media_id: int
    credentials: dict[str, Any] | None
    said_at: datetime | None
    instance: int | None
    picture_id: int | None
    signed_at: datetime | None
    reserved: Reserved = ""


async def keep(db: Database, media_id: int, found: Found) -> None:
    """Write down what was found out about a picture that was just attached."""
    await db.execute(
        """insert into media.origins (media_id, credentials, instance, picture_id, signed_at, reserved)
           values (%s, %s, %s, %s, case when %s then now() end, %s)""",
        media_id, json(found.credentials) if found.credentials else None, found.instance, found.picture_id, found.signed, found.reserved,
    )  # fmt: skip


async def of(db: Database, media_ids: Sequence[int]) -> dict[int, Origin]:
    """What is known of these, by media id; plain uploads have nothing."""
    if not media_ids:
        return {}
    found = await db.many(Origin, "select * from media.origins where media_id = any(%s)", list(media_ids))
    return {origin.media_id: origin for origin in found}


async def reserved(db: Database, media_ids: Sequence[int]) -> Reserved:
    """Where one of these says that no model may learn from it, "" where none does."""
    return (
        await db.value("select max(reserved) from media.origins where media_id = any(%s)", list(media_ids)) or ""
        if media_ids
        else ""
    )


def sayable(provenance: str) -> Provenance:
    """What a person may say of an upload. Raises Invalid for anything else."""
    for word in SAYABLE:
        if word == provenance:
            return word
    raise Invalid("A picture of your own can be “by_hand”, “camera” or “unknown”.")


async def say(db: Database, owner_id: int, media_id: int, provenance: str, *, marked: bool) -> None:
    """Say of one's own upload how it was made. Raises NotFound for another's, Invalid where the file itself says otherwise.

    `marked`: whether it carries an invisible mark of this house, which the caller has looked for."""
    word = sayable(provenance)
    was = await db.value(
        "select provenance from media.attachments where id = %s and owner_id = %s for update", media_id, owner_id
    )
    if was is None:
        raise NotFound
    if was in ("generated", "edited") or (marked and word != "unknown"):
        raise Invalid("This picture was made with AI, and says so itself. That cannot be changed.")
    await db.execute("update media.attachments set provenance = %s where id = %s", word, media_id)
    await db.execute(
        """insert into media.origins (media_id, said_at) values (%s, now())
           on conflict (media_id) do update set said_at = case when %s = 'unknown' then null else now() end""",
        media_id, word,
    )  # fmt: skip
