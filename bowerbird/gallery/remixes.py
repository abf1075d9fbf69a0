"""May this person remix that picture? Asked before the studio opens with it and again before anything is queued.

A change binds from then on: what was made or queued before stays. An upload is offered by its owner, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.accounts import people
from bowerbird.accounts.people import Audience, Person
from bowerbird.core import live
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Gone, NotAllowed, NotFound
from bowerbird.media import attachments
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
    leave = await may(db, person, picture.creator_id, pictures.audience(picture, creator.may_remix))
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


async def permit(db: Database, me: Person, picture_id: int, audience: Audience | None) -> Picture:
    """Say who may remix one's own picture from now on; None: whoever the account's default allows. Raises NotFound for another's."""
    picture = await pictures.permit(db, me, picture_id, audience)
    await _tell(db, picture)
    return picture


async def offer(db: Database, me: Person, media_id: int, audience: Audience) -> Picture:
    """Say who may remix an upload of one's own. Raises Invalid for another's, Conflict for what was made here and has a page of its own."""
    brought = (await attachments.own(db, me.id, [media_id]))[0]
    if brought.generated:
        raise Conflict("That picture was made here. Who may remix it is said on its own page.")
    picture = await pictures.offer(db, me.id, media_id, audience)
    if await db.value("select exists (select 1 from social.post_media where media_id = %s)", media_id):
        await pictures.show(db, me, [media_id])
    await _tell(db, picture)
    return picture


async def _tell(db: Database, picture: Picture) -> None:
    """What is kept of the posts that show it is old now."""
    for post_id in await db.values("select post_id from social.post_media where media_id = %s", picture.media_id):
        await live.tell(db, ["counts", f"card:{post_id}"], "edit", post_id)
