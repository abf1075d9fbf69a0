"""That somebody is under 18, said by those who keep the house; they themselves can say it, but not take this back."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import NotAllowed
from bowerbird.events import minors

KEEPERS = ("moderator", "admin")


async def say(db: Database, keeper: Person, account_id: int, *, minor: bool) -> None:
    """Say so, or that they are not. Raises NotAllowed for who keeps nothing."""
    if keeper.role not in KEEPERS:
        raise NotAllowed("Moderators say that of others.")
    if minor:
        await minors.say(db, account_id, keeper.id)
    else:
        await minors.unsay(db, account_id, None)
