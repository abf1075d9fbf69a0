"""A picture's whole family as one viewer may see it: laid out, with who made each, what changed on the way, and what is not theirs to see."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.gallery import differences, faces, layout
from bowerbird.gallery.differences import Setting
from bowerbird.gallery.faces import Face
from bowerbird.gallery.layout import Node
from bowerbird.media import attachments
from bowerbird.media.attachments import Attachment
from bowerbird.media.origins import LABELS
from bowerbird.social import timelines, visibility
from bowerbird.studio import lineage, pictures
from bowerbird.studio.pictures import Picture

OPENED_MAX = 30
GONE, UNSEEN = "taken down by its author", "not shown to you"


@dataclass(slots=True)
class Member:
    """One place in the tree: a picture, a tombstone (`why`), or a fold of `more` pictures. `x` and `y` in columns and rows.

    `changes` are the words against the parent's as (kind, words) and `settings` what else changed, both empty where the parent is not seen."""

    id: int
    x: float
    y: int
    more: int = 0
    skipped: int = 0
    opens: str = ""  # the query that unfolds it
    why: str = ""
    here: bool = False
    draft: bool = False
    author: Face | None = None
    url: str = ""
    thumb: Attachment | None = None
    prompt: str = ""
    alt: str = ""
    label: str = ""
    changes: list[tuple[differences.Kind, str]] = field(default_factory=list[tuple[differences.Kind, str]])
    settings: list[Setting] = field(default_factory=list[Setting])
    children: list[Member] = field(default_factory=list["Member"])

    @property
    def changed(self) -> bool:
        """Whether any word is another than the parent's."""
        return any(kind != "same" for kind, _ in self.changes)


@dataclass(frozen=True, slots=True)
class Family:
    """The tree and what is to be said of it. `total` counts every picture of the family, drawn or folded."""

    top: Member
    columns: int
    rows: int
    total: int
    people: int
    generations: int

    @property
    def members(self) -> list[Member]:
        """Everyone drawn, parents before children."""
        found, waiting = list[Member](), [self.top]
        while waiting:
            one = waiting.pop(0)
            found.append(one)
            waiting[:0] = one.children
        return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the viewer may know of the pictures at hand."""

    pictures: dict[int, Picture]
    media: dict[int, Attachment]
    where: dict[int, int]
    people: dict[int, Face]
    mine: int
    here: int

    def shows(self, picture: Picture) -> bool:
        return picture.media_id in self.media and (picture.media_id in self.where or picture.creator_id == self.mine)


async def of(db: Database, viewer: Person | None, here: Picture, opened: Sequence[int] = ()) -> Family:
    """The family of a picture the viewer may see. `opened`: branches to unfold, at most OPENED_MAX of them."""
    above = await lineage.ancestors(db, here)
    parents = await lineage.family(db, (above[-1] if above else here).id, viewer.id if viewer else None)
    if here.id not in parents:  # a private draft on the way down, or a family too large to be read whole
        parents |= {p.id: p.parent_id for p in reversed(above)} | {here.id: here.parent_id}
    asked = [id_ for id_ in opened if id_ in parents][:OPENED_MAX]
    drawing = await asyncio.to_thread(layout.draw, parents, here.id, asked)
    known = await _known(db, viewer, [node.id for node in drawing.nodes if not node.more], here.id)
    top = await asyncio.to_thread(_member, drawing.top, None, known, asked)  # compares every prompt with its parent's
    people = {p.creator_id for p in known.pictures.values() if known.shows(p)}
    return Family(top, drawing.columns, drawing.rows, len(parents), len(people), drawing.rows)


async def _known(db: Database, viewer: Person | None, ids: list[int], here: int) -> _Seen:
    mine = viewer.id if viewer else 0
    found = await pictures.of(db, ids)
    media_ids = [p.media_id for p in found.values() if p.media_id and not p.deleted_at]
    seen = await visibility.media_seen(db, viewer.id if viewer else None, media_ids)
    own = {p.media_id for p in found.values() if p.media_id and p.creator_id == mine}
    media = {m.id: m for m in await attachments.of(db, [*(seen | own)])}
    where = await timelines.showing(db, viewer.id if viewer else None, list(seen))
    people = await faces.of(db, [p.creator_id for p in found.values()])
    return _Seen(found, media, where, people, mine, here)


def _member(node: Node, parent: Picture | None, known: _Seen, opened: list[int]) -> Member:
    """A node with its branch; recursion as deep as the drawing is, which is bounded (layout.NODES_MAX)."""
    if node.more:
        query = "&".join(f"open={id_}" for id_ in [*opened, -node.id]) if len(opened) < OPENED_MAX else ""
        return Member(node.id, node.x, node.y, more=node.more, opens=query)
    picture = known.pictures[node.id]
    one = Member(node.id, node.x, node.y, skipped=node.skipped, here=node.id == known.here)
    if picture.deleted_at:
        one.why = GONE
    elif not known.shows(picture):
        one.why = UNSEEN
    else:
        media_id = picture.media_id or 0
        one.author, one.thumb, one.prompt = known.people.get(picture.creator_id), known.media[media_id], picture.prompt
        one.alt, one.label = known.media[media_id].alt, label(picture, known.media[media_id])
        one.url, one.draft = f"/pictures/{picture.id}", picture.shown_at is None
        if parent and known.shows(parent) and not node.skipped:
            one.changes = differences.words(parent.prompt, picture.prompt)
            one.settings = differences.settings(parent.recipe, picture.recipe)
    one.children = [_member(child, picture, known, opened) for child in node.children]
    return one


def label(picture: Picture, media: Attachment) -> str:
    """Where it comes from, in a word or two, as its pin says it."""
    engine = str(picture.recipe.get("engine", ""))
    return LABELS[media.provenance] if pictures.uploaded(picture) else f"AI-made · {engine}" if engine else "AI-made"
