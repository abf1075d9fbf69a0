"""Pictures made here on their way into one post: chosen from several generations, in order, each with a description to be edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.gallery import shown
from bowerbird.gallery.shown import Shown
from bowerbird.media import attachments
from bowerbird.studio import pictures


async def chosen(db: Database, me: Person, picture_ids: Sequence[int]) -> list[int]:
    """The media of one's own pictures, in the order asked for; another's or one that is gone is left out."""
    found = await pictures.of(db, picture_ids)
    mine = [found[id_] for id_ in dict.fromkeys(picture_ids) if id_ in found]
    return [one.media_id for one in mine if one.creator_id == me.id and one.media_id and not one.deleted_at]


async def laid_out(db: Database, me: Person, media_ids: Sequence[int]) -> list[Shown]:
    """One's own pictures in the order asked for."""
    own = {one.id for one in await attachments.of(db, media_ids) if one.owner_id == me.id}
    seen = await shown.of_media(db, [id_ for id_ in dict.fromkeys(media_ids) if id_ in own])
    return [seen[id_] for id_ in dict.fromkeys(media_ids) if id_ in seen]


async def descriptions(db: Database, media: Sequence[Shown]) -> dict[int, str]:
    """What stands in for people who cannot see them, by media id: as it was written, else as the recipe suggests."""
    made = await pictures.of_media(db, [one.media_id for one in media])
    return {
        one.media_id: one.alt or (str(made[one.media_id].recipe.get("alt", "")) if one.media_id in made else "") for one in media
    }


async def describe(db: Database, me: Person, alts: Mapping[int, str]) -> None:
    """Write down how they are described. Raises NotFound for another's, Invalid for a description too long."""
    own = {one.id: one for one in await attachments.of(db, list(alts)) if one.owner_id == me.id}
    for media_id, alt in alts.items():
        if media_id not in own:
            raise NotFound
        if own[media_id].alt != alt:
            await attachments.describe(db, me.id, media_id, alt)
