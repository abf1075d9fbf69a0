"""What someone keeps in mind about someone else, for their own eyes."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import TooLarge

LENGTH_MAX = 2_000


async def write(db: Database, me: Person, other: Person, text: str) -> None:
    """Keep a note about someone; an empty one takes it away. Raises TooLarge."""
    text = text.replace("\x00", "").strip()
    if len(text) > LENGTH_MAX:
        raise TooLarge(f"A note has up to {LENGTH_MAX} characters.")
    if not text:
        await db.execute("delete from social.notes where account_id = %s and about_id = %s", me.id, other.id)
        return
    await db.execute(
        """insert into social.notes (account_id, about_id, text) values (%s, %s, %s)
           on conflict (account_id, about_id) do update set text = excluded.text""",
        me.id, other.id, text,
    )  # fmt: skip
