"""People as they are shown beside what they made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import ids as ids_
from bowerbird.core.database import Database
from bowerbird.media import attachments
from bowerbird.social import graph, text
from bowerbird.social.graph import Relation, Standing


@dataclass(frozen=True, slots=True)
class Face:
    """Someone beside a post: names and pictures, nothing that depends on who looks."""

    id: int
    username: str
    display_name: str
    role: str
    avatar_url: str | None
    header_url: str | None
    bio: str
    remix_default: str

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


@dataclass(frozen=True, slots=True)
class Profile:
    """Someone's page as a viewer sees it."""

    face: Face
    standing: Standing
    relation: Relation
    is_me: bool


async def of(db: Database, ids: Sequence[int]) -> dict[int, Face]:
    """Faces by id; people who left are still named, so that old threads read well."""
    found = await people.of(db, list(dict.fromkeys(ids)))
    return await _faces(db, list(found.values()))


async def face(db: Database, person: Person) -> Face:
    """One face."""
    return (await _faces(db, [person]))[person.id]


async def profile(db: Database, viewer: Person | None, person: Person) -> Profile:
    """Someone's page, with how the viewer stands to them."""
    relation = (await graph.relations(db, viewer.id if viewer else None, [person.id])).get(person.id, Relation())
    return Profile(
        await face(db, person), await graph.standing(db, person.id), relation, viewer is not None and viewer.id == person.id
    )


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
    }  # fmt: skip
