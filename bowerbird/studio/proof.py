"""What a painter sent becomes a picture that can prove where it comes from: marked with its id, signed, its parent inside."""

from __future__ import annotations

from typing import Any

from bowerbird.core.database import Pool
from bowerbird.core.errors import Invalid, NotFound, TooLarge, Trouble
from bowerbird.inference.images import EndpointTrouble
from bowerbird.media import attachments, blobs
from bowerbird.media.attachments import Attachment
from bowerbird.media.origins import Provenance
from bowerbird.media.pictures import LARGE_SIDE_MAX, Renditions
from bowerbird.media.provenance import making
from bowerbird.media.provenance.credentials import Made
from bowerbird.studio.pictures import Picture


async def prepare(
    pool: Pool, image: bytes, picture_id: int, recipe: dict[str, Any], source: Picture | None, *, side_max: int = LARGE_SIDE_MAX
) -> Renditions:
    """Ready to be attached. Raises EndpointTrouble for what is no picture, or cannot be signed."""
    parent = await _parent(pool, source)
    # a remix of what was generated is as generated as its parent; what starts from an upload is an edit of it
    provenance: Provenance = "edited" if parent and parent[0].provenance != "generated" else "generated"
    made = Made(str(recipe.get("engine", "")), str(recipe.get("model", "")), str(recipe.get("model_hash", "")))
    try:
        return await making.prepare(
            image, picture_id, made, parent=parent[1] if parent else None, provenance=provenance, side_max=side_max
        )
    except (Invalid, TooLarge) as unreadable:
        raise EndpointTrouble("The picture model sent something that is no picture.", again=False) from unreadable
    except Trouble as unsigned:
        raise EndpointTrouble(f"The picture could not be signed: {unsigned.said}", again=False) from unsigned


async def _parent(pool: Pool, source: Picture | None) -> tuple[Attachment, bytes] | None:
    if source is None or source.media_id is None:
        return None
    async with pool.reading() as db:
        media = await attachments.of(db, [source.media_id])
    try:
        return (media[0], await blobs.get(media[0].blob)) if media else None
    except NotFound:  # taken away meanwhile
        return None
