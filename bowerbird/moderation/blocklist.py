"""Pictures that are not taken in: their PDQ hashes, and what is near one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.ids import at, new_id

HASHES_MAX = 100_000  # each look goes through all of them: about 0.1 s (bench/blocklist.py)
WHY_LENGTH_MAX = 300
NEAR_BITS_MAX = 31
COLUMNS = "id, hash::text as bits, why"


@dataclass(frozen=True, slots=True)
class Blocked:
    """One blocked picture."""

    id: int
    bits: str
    why: str

    @property
    def hex(self) -> str:
        """Its hash as it is written down."""
        return f"{int(self.bits, 2):064x}"

    @property
    def added_at(self) -> datetime:
        """Since when."""
        return at(self.id)


async def hash_of(image: bytes) -> tuple[str, int]:
    """(PDQ in hex, quality 0 to 100) of a picture of ours. NumPy is loaded here and not before: most web processes never need it."""
    from bowerbird.media import pdq

    found = await asyncio.to_thread(pdq.of, image)
    return found.hex, found.quality


async def add(db: Database, hex_: str, why: str, *, quality: int = 100) -> Blocked:
    """Block a picture. Raises Invalid for what is no hash or of too plain a picture, Conflict where it stands already."""
    from bowerbird.media import pdq

    found = pdq.parsed(hex_)
    if quality < pdq.QUALITY_MIN:
        raise Invalid(
            f"That picture is too plain to be told from others (quality {quality} of 100, {pdq.QUALITY_MIN} are needed)."
        )
    if not 1 <= len(why.strip()) <= WHY_LENGTH_MAX:
        raise Invalid(f"Say why, in up to {WHY_LENGTH_MAX} characters.")
    if await db.value("select count(*) from moderation.blocklist") >= HASHES_MAX:
        raise Invalid(f"The list holds {HASHES_MAX} hashes; remove some first.")
    made = await db.maybe(
        Blocked,
        f"""insert into moderation.blocklist (hash, id, why) values (%s::text::bit(256), %s, %s)
            on conflict (hash) do nothing returning {COLUMNS}""",
        f"{int(found, 16):0256b}", new_id(), why.strip(),
    )  # fmt: skip
    if made is None:
        raise Conflict("That hash is on the list already.")
    return made


async def remove(db: Database, hex_: str) -> None:
    """Let it in again. Raises NotFound."""
    from bowerbird.media import pdq

    bits = f"{int(pdq.parsed(hex_), 16):0256b}"
    if not await db.execute("delete from moderation.blocklist where hash = %s::text::bit(256)", bits):
        raise NotFound("That hash is not on the list.")


async def of(db: Database, *, limit: int = 100) -> list[Blocked]:
    """The newest first."""
    return await db.many(Blocked, f"select {COLUMNS} from moderation.blocklist order by id desc limit %s", min(limit, 1000))


async def empty(db: Database) -> bool:
    """Whether nothing is blocked, so that nothing has to be hashed."""
    return not await db.value("select exists (select 1 from moderation.blocklist)")


async def near(db: Database, hex_: str) -> bool:
    """Whether one on the list is within NEAR_BITS_MAX of it."""
    return bool(
        await db.value(
            "select exists (select 1 from moderation.blocklist where bit_count(hash # %s::text::bit(256)) <= %s)",
            f"{int(hex_, 16):0256b}", NEAR_BITS_MAX,
        )
    )  # fmt: skip
