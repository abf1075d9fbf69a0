"""How alike two pictures are: a difference hash of 128 bits each (Neal Krawetz, "Kind of Like That", 2013), across and down.

It survives other sizes, formats and small changes of colour; it does not survive a turn or a mirror."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from bowerbird.core.database import Database
from bowerbird.core.errors import Trouble
from bowerbird.media import blobs

SIDE = 8
BITS = 2 * SIDE * SIDE
AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Unread:
    """A picture whose hash is not known yet."""

    media_id: int
    small: str


def of(data: bytes) -> str:
    """The hash of a picture of ours as BITS characters "0" and "1". Raises OSError for anything else. CPU-bound, a millisecond."""
    with Image.open(io.BytesIO(data)) as opened:
        grey = opened.convert("L")
        across = grey.resize((SIDE + 1, SIDE), Image.Resampling.BOX).tobytes()
        down = grey.resize((SIDE, SIDE + 1), Image.Resampling.BOX).tobytes()
    bits = ["01"[across[y * (SIDE + 1) + x] < across[y * (SIDE + 1) + x + 1]] for y in range(SIDE) for x in range(SIDE)]
    bits += ["01"[down[y * SIDE + x] < down[(y + 1) * SIDE + x]] for y in range(SIDE) for x in range(SIDE)]
    return "".join(bits)


async def unread(db: Database, *, limit: int = AT_ONCE) -> list[Unread]:
    """Pictures that nobody has looked at, the newest first."""
    return await db.many(
        Unread,
        """select a.id as media_id, a.small from media.attachments a
           where not exists (select 1 from media.likenesses l where l.media_id = a.id) order by a.id desc limit %s""",
        limit,
    )


async def read(wanted: Sequence[Unread]) -> list[tuple[int, str | None]]:
    """(media id, hash) of each; None where it cannot be read. Needs no database."""
    found: list[tuple[int, str | None]] = []
    for one in wanted:
        try:
            found.append((one.media_id, await asyncio.to_thread(of, await blobs.get(one.small))))
        except (OSError, Trouble):
            found.append((one.media_id, None))
    return found


async def keep(db: Database, read_: Sequence[tuple[int, str | None]]) -> None:
    """Write hashes down; pictures that went meanwhile are left out."""
    for media_id, bits in read_:
        await db.execute(
            """insert into media.likenesses (media_id, bits) select id, %s::bit(128) from media.attachments where id = %s
               on conflict (media_id) do nothing""",
            bits, media_id,
        )  # fmt: skip
