"""Pictures someone brought and shows nowhere: only these can be let go one by one."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.media import attachments, uploads


async def let_go(db: Database, me: Person, media_id: int) -> None:
    """Delete one's own upload. Raises NotFound for another's, Invalid for one that is shown or was made here."""
    if await uploads.discard(db, me.id, media_id):
        return
    found = [one for one in await attachments.of(db, [media_id]) if one.owner_id == me.id]
    if not found:
        raise NotFound
    if found[0].generated:
        raise Invalid("That picture was made here. Take it down where it is shown.")
    shown = await db.value(
        """select exists (select 1 from social.post_media where media_id = %s)
               or exists (select 1 from accounts.people where avatar_id = %s or header_id = %s)""",
        media_id, media_id, media_id,
    )  # fmt: skip
    if shown:
        raise Invalid("That picture is shown in a post or on your page.")
    await attachments.discard(db, media_id)
