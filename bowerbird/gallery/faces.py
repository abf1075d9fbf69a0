"""People as they are shown beside what they made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import ids as ids_
from bowerbird.core.database import Database
from bowerbird.media import attachments
from bowerbird.social import graph, text
from bowerbird.social.graph import Relation


@dataclass(frozen=True, slots=True)
class Face:
    """Someone beside a post, and (from `followers_count` on) what only their page or a given viewer asks for."""

    id: int
    username: str
    display_name: str
    role: str
    avatar_url: str | None
    header_url: str | None
    bio: str
    remix_default: str
    followers_count: int = 0
    following_count: int = 0
    posts_count: int = 0
    me_follows: bool = False
    follows_me: bool = False
    i_block: bool = False
    is_me: bool = False

    @property
    def url(self) -> str:
        """Their page."""
        return f"/@{self.username}"

    @property
    def created_at(self) -> datetime:
        """When they joined."""
        return ids_.at(self.id)

    @property
    def bio_html(self) -> str:
        """The bio as safe HTML."""
        return text.html(self.bio)


async def of(db: Database, ids: Sequence[int]) -> dict[int, Face]:
    """Faces by id; people who left are still named, so that old threads read well."""
    found = await people.of(db, list(dict.fromkeys(ids)))
    return await _faces(db, list(found.values()))


async def profile(db: Database, viewer: Person | None, person: Person) -> Face:
    """Someone's page: their numbers, and how the viewer stands to them."""
    standing = await graph.standing(db, person.id)
    face = (await _faces(db, [person]))[person.id]
    face = replace(face, followers_count=standing.followers, following_count=standing.following, posts_count=standing.posts)
    return (await seen(db, viewer, [face]))[face.id]


async def seen(db: Database, viewer: Person | None, found: Iterable[Face]) -> dict[int, Face]:
    """The same faces with how the viewer stands to them, by id."""
    each = {face.id: face for face in found}
    relations = await graph.relations(db, viewer.id if viewer else None, list(each))
    for id_, face in each.items():
        relation = relations.get(id_, Relation())
        each[id_] = replace(
            face,
            me_follows=relation.follows,
            follows_me=relation.followed_by,
            i_block=relation.blocks,
            is_me=viewer is not None and viewer.id == id_,
        )
    return each


async def _faces(db: Database, found: list[Person]) -> dict[int, Face]:
    media_ids = [id_ for person in found for id_ in (person.avatar_id, person.header_id) if id_]
    media = {a.id: a for a in await attachments.of(db, media_ids)}

    def url(media_id: int | None, *, small: bool) -> str | None:
        shown = media.get(media_id or 0)
        return (shown.small_url if small else shown.url) if shown else None

    return {
        p.id: Face(
            p.id, p.username, p.name, p.role, url(p.avatar_id, small=True), url(p.header_id, small=False), p.bio, p.may_remix
        )
        for p in found
    }
