"""Where a picture comes from, as it may be told to whoever asks; and what its owner says of it."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.accounts.people import Person
from bowerbird.core import limits, live
from bowerbird.core.database import Database
from bowerbird.core.errors import Gone, NotFound
from bowerbird.gallery import remixes
from bowerbird.media import attachments, origins
from bowerbird.media.origins import Origin
from bowerbird.media.provenance import verdict
from bowerbird.media.provenance.verdict import Said, Verdict
from bowerbird.studio.pictures import Picture

CHECKS_MAX = 60  # for a member
ANONYMOUS_CHECKS_MAX = 12  # for an address
CHECKS_WINDOW_S = 600


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands behind a picture: its content credentials as they were signed or came, and whether it carries a mark."""

    said: Said | None
    origin: Origin

    @property
    def marked(self) -> bool:
        """Whether an invisible mark was laid."""
        return self.origin.picture_id is not None


async def allow(db: Database, viewer: Person | None, address: str) -> None:
    """Count a look at a picture, each takes about a second. Raises TooMany past so many in ten minutes."""
    who, most = (f"person:{viewer.id}", CHECKS_MAX) if viewer else (address, ANONYMOUS_CHECKS_MAX)
    await limits.spend(db, f"check:{who}", times_max=most, window_s=CHECKS_WINDOW_S)


async def found(db: Database, viewer: Person | None, said: Verdict) -> Picture | None:
    """The picture a mark names, where the viewer may see it; else nothing is said of whose it is, or that it is there."""
    if said.picture_id is None:
        return None
    try:
        return await remixes.see(db, viewer, said.picture_id)
    except (NotFound, Gone):
        return None


async def blob_of(db: Database, viewer: Person | None, picture_id: int) -> str:
    """The hash of a picture's large rendition. Raises NotFound or Gone where the viewer may not see it."""
    picture = await remixes.see(db, viewer, picture_id)
    media = await attachments.of(db, [picture.media_id or 0])
    if not media:
        raise NotFound
    return media[0].blob


async def proof(db: Database, media_id: int) -> Proof | None:
    """What is kept of a picture's origin, None where there is nothing."""
    origin = (await origins.of(db, [media_id])).get(media_id)
    return Proof(verdict.said_of(origin.credentials), origin) if origin else None


async def say(db: Database, owner: Person, media_id: int, word: str, *, marked: bool) -> None:
    """Say of one's own upload how it was made; posts that show it say so from now on."""
    await origins.say(db, owner.id, media_id, word, marked=marked)
    for post_id in await db.values("select post_id from social.post_media where media_id = %s limit 100", media_id):
        await live.tell(db, ["counts"], "origin", post_id)
