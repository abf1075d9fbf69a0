"""One's own picture two or four times larger: asked for like any other, a new picture in its lineage."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, Unavailable
from bowerbird.inference import tiers
from bowerbird.media import attachments
from bowerbird.media.attachments import Attachment
from bowerbird.studio import generations, pictures
from bowerbird.studio.generations import Generation

FACTORS = (2, 4)
PIXELS_MAX = 1024 * 1024
SIDE_MAX_PX = 4096


def fits(media: Attachment) -> list[int]:
    """By how much a picture can grow here."""
    if media.animated or media.width * media.height > PIXELS_MAX:
        return []
    return [factor for factor in FACTORS if max(media.width, media.height) * factor <= SIDE_MAX_PX]


async def ask(db: Database, me: Person, picture_id: int, factor: int) -> Generation:
    """Queue it. Raises NotFound for another's, Unavailable without the upscaler, Invalid, Conflict for one too large, or TooMany."""
    picture = await pictures.own(db, me, picture_id)
    if factor not in FACTORS:
        raise Invalid("A picture becomes 2 or 4 times larger.")
    media = await attachments.of(db, [picture.media_id or 0])
    if not media or factor not in fits(media[0]):
        raise Conflict(
            f"Up to {SIDE_MAX_PX} px a side can come out, from up to a million pixels. This one is too large for that."
        )
    if not await tiers.enlarges():
        raise Unavailable("This house has no upscaler at the moment.")
    wanted = generations.Ask(
        prompt=picture.prompt,
        width=media[0].width * factor,
        height=media[0].height * factor,
        count=1,
        seed=0,
        strength=0.0,
        factor=factor,
    )
    return await generations.ask(db, me, wanted, picture)
