"""May this person remix that picture? Asked before the studio opens with it and again before anything is painted."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Gone, NotAllowed, NotFound
from bowerbird.social import graph, visibility
from bowerbird.studio import pictures
from bowerbird.studio.pictures import Picture


@dataclass(frozen=True, slots=True)
class Leave:
    """Whether it is allowed, and in words why not."""

    allowed: bool
    why_not: str = ""


async def may(db: Database, person: Person | None, creator_id: int, audience: str) -> Leave:
    """Whether `audience` ("everyone", "followers", "no_one") lets this person remix a picture of `creator_id`."""
    follows = person is not None and audience == "followers" and await graph.follows(db, person.id, creator_id)
    return leave(person, creator_id, audience, follows=follows)


def leave(person: Person | None, creator_id: int, audience: str, *, follows: bool) -> Leave:
    """The rule itself, where it is known whether the person follows the creator."""
    if person is None:
        return Leave(False, "Sign in to remix it.")
    if person.id == creator_id or audience == "everyone" or (audience == "followers" and follows):
        return Leave(True)
    return Leave(
        False, "Its author lets followers remix it." if audience == "followers" else "Its author keeps this one as it is."
    )


async def source(db: Database, person: Person, picture_id: int) -> Picture:
    """The picture to remix. Raises NotFound (one may not see it), Gone (taken away) or NotAllowed (its author says no)."""
    picture = await see(db, person, picture_id)
    creator = await people.by_id(db, picture.creator_id)
    leave = await may(db, person, picture.creator_id, picture.may_remix or creator.may_remix)
    if not leave.allowed:
        raise NotAllowed(leave.why_not)
    return picture


async def see(db: Database, viewer: Person | None, picture_id: int) -> Picture:
    """A picture the viewer may see: their own, or one in a post they may see. Raises NotFound or Gone."""
    picture = await pictures.by_id(db, picture_id)
    if picture.deleted_at:
        raise Gone("A picture that its author took down.")
    if viewer and viewer.id == picture.creator_id:
        return picture
    if not picture.media_id or not await visibility.media_seen(db, viewer.id if viewer else None, [picture.media_id]):
        raise NotFound
    return picture
