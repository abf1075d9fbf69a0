"""More like this: the same words once more with other seeds. Of another's picture that is a remix, with leave and credit."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, NotFound
from bowerbird.gallery import remixes, styles
from bowerbird.inference import tiers
from bowerbird.media import attachments
from bowerbird.studio import generations, pictures
from bowerbird.studio.generations import Ask, Generation
from bowerbird.studio.pictures import Picture
from bowerbird.studio.presets import Preset

STRENGTH = 0.75  # of a remix: much of the picture stays, the seed decides the rest


async def wanted(db: Database, me: Person, picture_id: int, *, count: int = 4) -> tuple[Ask, Picture | None]:
    """What to queue, and from which picture. Raises NotFound, Gone, NotAllowed (its author says no) or Conflict for an upload."""
    picture = await remixes.source(db, me, picture_id)
    media = await attachments.of(db, [picture.media_id or 0])
    if pictures.uploaded(picture) or not picture.prompt or not media:
        raise Conflict("There are no words behind this picture to try again. Remix it instead.")
    if picture.recipe.get("anew"):  # which part it was is not kept
        raise Conflict("A part of this picture was painted anew. Remix it and choose the part to try again.")
    mine = picture.creator_id == me.id
    was = await generations.of_picture(db, picture.id) if mine else None
    low, high = generations.SIDE_MIN_PX, generations.SIDE_MAX_PX
    asked = Ask(
        prompt=picture.prompt, count=count, width=min(high, max(low, was.width if was and not was.factor else media[0].width)),
        height=min(high, max(low, was.height if was and not was.factor else media[0].height)),
        negative_prompt=was.negative_prompt if was else "", style=was.style if was else "", tier=await _tier(was), strength=STRENGTH,
        preset=await _preset(db, me, picture.recipe.get("style")),
    )  # fmt: skip
    return asked, None if mine else picture


async def _tier(was: Generation | None) -> str:
    """The model it was painted by, while the house has it."""
    return was.tier if was and was.tier in {tier.id for tier in await tiers.offered()} else ""


async def _preset(db: Database, me: Person, snapshot: dict[str, str] | None) -> Preset | None:
    if not snapshot:
        return None
    try:
        return await styles.see(db, me, int(snapshot["id"]))
    except NotFound:
        return None
