"""Large pictures that came in and wait to be decoded: raw bytes for a moment, then an attachment of the same id, or a sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bowerbird.core import jobs
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, Trouble
from bowerbird.core.ids import before, new_id
from bowerbird.media import attachments
from bowerbird.media.pictures import Renditions

LATER_PIXELS_MIN = 4_000_000  # fewer are decoded while one waits
Focus = tuple[float, float]
Look = Callable[[int, bytes], Awaitable[Renditions]]  # (owner, bytes): decoded and looked at, or a Trouble


@dataclass(frozen=True, slots=True)
class Upload:
    """One picture on its way. `error` says why it never becomes one."""

    id: int
    owner_id: int
    alt: str
    focus_x: float
    focus_y: float
    error: str | None


@dataclass(frozen=True, slots=True)
class Raw:
    """What is to be decoded."""

    id: int
    owner_id: int
    data: bytes
    thumbnail: bytes | None


async def receive(
    db: Database, owner_id: int, data: bytes, *, alt: str = "", focus: Focus | None = None, thumbnail: bytes | None = None
) -> Upload:
    """Keep the bytes until they are decoded. Raises Invalid for a description too long."""
    id_, place = new_id(), focus or (0.0, 0.0)
    said = await db.one(
        Upload,
        """insert into media.uploads (id, owner_id, data, thumbnail, alt, focus_x, focus_y) values (%s, %s, %s, %s, %s, %s, %s)
           returning id, owner_id, alt, focus_x, focus_y, error""",
        id_, owner_id, data, thumbnail, attachments.checked_alt(alt), *place,
    )  # fmt: skip
    await jobs.defer(db, "media:decode", queue="moving", upload_id=str(id_))
    return said


async def own(db: Database, owner_id: int, id_: int) -> Upload | None:
    """One's own upload that is no attachment yet."""
    return await db.maybe(
        Upload,
        "select id, owner_id, alt, focus_x, focus_y, error from media.uploads where id = %s and owner_id = %s",
        id_,
        owner_id,
    )


async def describe(db: Database, owner_id: int, id_: int, alt: str | None, focus: Focus | None) -> Upload | None:
    """Change what is said of it while it waits."""
    x, y = focus or (None, None)
    return await db.maybe(
        Upload,
        """update media.uploads set alt = coalesce(%s, alt), focus_x = coalesce(%s, focus_x), focus_y = coalesce(%s, focus_y)
           where id = %s and owner_id = %s and data is not null returning id, owner_id, alt, focus_x, focus_y, error""",
        None if alt is None else attachments.checked_alt(alt), x, y, id_, owner_id,
    )  # fmt: skip


async def raw(db: Database, id_: int) -> Raw | None:
    """The bytes to decode, None once that was done."""
    return await db.maybe(Raw, "select id, owner_id, data, thumbnail from media.uploads where id = %s and data is not null", id_)


async def decode(found: Raw, look: Look) -> tuple[Renditions, Renditions | None] | str:
    """The picture and its thumbnail as `look` lets them in, or why there is none. Opens no transaction of its own."""
    try:
        made = await look(found.owner_id, found.data)
        return made, await look(found.owner_id, found.thumbnail) if found.thumbnail else None
    except Trouble as why:
        return why.said


async def settle(db: Database, id_: int, made: tuple[Renditions, Renditions | None] | str) -> None:
    """What waited becomes an attachment of the same id, or stays as a sentence; its raw bytes go. Twice is once."""
    if isinstance(made, str):
        await db.execute("update media.uploads set data = null, thumbnail = null, error = %s where id = %s", made, id_)
        return
    waiting = await db.maybe(
        Upload,
        "delete from media.uploads where id = %s and data is not null returning id, owner_id, alt, focus_x, focus_y, error",
        id_,
    )
    if waiting is None:
        return
    large, small = made
    await attachments.attach(db, waiting.owner_id, large, alt=waiting.alt, id_=id_)
    await attachments.describe(db, waiting.owner_id, id_, None, (waiting.focus_x, waiting.focus_y))
    if small:
        await attachments.put_before(db, waiting.owner_id, id_, small)


async def discard(db: Database, owner_id: int, id_: int) -> bool:
    """Let one go; whether there was one."""
    return bool(await db.execute("delete from media.uploads where id = %s and owner_id = %s", id_, owner_id))


async def forget_old(db: Database) -> int:
    """What nobody asked for since yesterday."""
    return await db.execute("delete from media.uploads where id < %s", before(datetime.now(UTC) - timedelta(days=1)))


def focus_of(said: str) -> Focus | None:
    """A focus as clients send it, "x,y", kept within -1..1. Raises Invalid."""
    if not said:
        return None
    try:
        x, y = (max(-1.0, min(1.0, float(part))) for part in said.split(","))
    except ValueError as wrong:
        raise Invalid("A focus is two numbers between -1 and 1: “0.1,-0.4”.") from wrong
    return x, y
