"""A picture for eyes that are not to know whose it is: its pixels, with the mark in them, without the credentials that name its model. Those are
back with the vote."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core.database import Pool
from bowerbird.core.errors import NotFound
from bowerbird.learning.arena import bouts
from bowerbird.media import attachments, blobs
from bowerbird.media.provenance import credentials


async def picture(pool: Pool, me: Person, bout_id: int, side: str) -> bytes:
    """One side's picture as WebP, naming nobody before the vote. Raises NotFound. Opens its own connection: none is held while bytes are read."""
    async with pool.reading() as db:
        _, found = await bouts.side(db, me, bout_id, side)
        media = await attachments.of(db, [found.media_id or 0])
    if not media:
        raise NotFound
    whole = await blobs.get(media[0].blob)
    return whole if found.who else credentials.bare(whole)
