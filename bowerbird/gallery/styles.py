"""People's styles as others meet them: who may see one, by whom it is, its example where that may be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Gone, NotFound
from bowerbird.gallery import faces, remixes, shown
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Shown
from bowerbird.social import names, visibility
from bowerbird.studio import pictures, presets
from bowerbird.studio.presets import Preset, Said


@dataclass(frozen=True, slots=True)
class Style:
    """A style as a viewer may see it. `parent`: the one it was forked from, where that may be named."""

    preset: Preset
    author: Face
    example: Shown | None
    mine: bool
    parent: tuple[Preset, Face] | None = None

    @property
    def url(self) -> str:
        """Its page."""
        return f"/styles/{self.preset.id}"


async def see(db: Database, viewer: Person | None, id_: int) -> Preset:
    """One's own, or a published one of somebody who has not blocked the viewer. Raises NotFound."""
    preset = await presets.by_id(db, id_)
    if not await _seen(db, viewer, [preset]):
        raise NotFound
    return preset


async def of(db: Database, viewer: Person | None, found: Sequence[Preset]) -> list[Style]:
    """For a page or an API, in their order; those the viewer may not see are left out."""
    found = await _seen(db, viewer, found)
    above = await presets.of(db, [p.forked_from for p in found if p.forked_from])
    named = {p.id: p for p in await _seen(db, viewer, list(above.values()))}
    people = await faces.of(db, [p.author_id for p in [*found, *named.values()]])
    examples = await _examples(db, viewer, found)
    viewer_id = viewer.id if viewer else None
    return [
        Style(
            p, people[p.author_id], examples.get(p.id), p.author_id == viewer_id,
            (parent, people[parent.author_id]) if (parent := named.get(p.forked_from or 0)) else None,
        )
        for p in found
        if p.author_id in people
    ]  # fmt: skip


async def one(db: Database, viewer: Person | None, id_: int) -> Style:
    """The same for one. Raises NotFound."""
    return (await of(db, viewer, [await see(db, viewer, id_)]))[0]


async def credit(db: Database, viewer: Person | None, snapshot: dict[str, Any] | None) -> dict[str, Any] | None:
    """The style a picture was made in as it may be named: id and author only while it is there for the viewer."""
    if not snapshot:
        return None
    found = await of(db, viewer, list((await presets.of(db, [int(snapshot["id"])])).values()))
    author = found[0].author.username if found else None
    return {
        "id": snapshot["id"] if found else None,
        "name": snapshot["name"],
        "author": author,
        "version": snapshot["version"],
    }


async def make(db: Database, me: Person, said: Said, *, forked_from: int | None = None) -> Preset:
    """Make a style, from another one that one may see where it is forked. Raises Invalid, NotFound or TooMany."""
    source = await see(db, me, forked_from) if forked_from else None
    return await presets.create(db, me, await _with_example(db, me, said), forked_from=source)


async def change(db: Database, me: Person, id_: int, said: Said) -> Preset:
    """Say one's own otherwise. Raises Invalid, NotFound or TooMany."""
    await presets.own(db, me, id_)
    return await presets.change(db, me, id_, await _with_example(db, me, said))


async def _with_example(db: Database, me: Person, said: Said) -> Said:
    """An example is a picture one may see; one that is gone is left out."""
    if said.example_id is None:
        return said
    try:
        return replace(said, example_id=(await remixes.see(db, me, said.example_id)).id)
    except Gone:
        return replace(said, example_id=None)


async def _seen(db: Database, viewer: Person | None, found: Sequence[Preset]) -> list[Preset]:
    viewer_id = viewer.id if viewer else None
    passed = set(await names.unblocked(db, viewer_id, list({p.author_id for p in found})))
    return [p for p in found if p.author_id == viewer_id or (p.published_at and p.author_id in passed)]


async def _examples(db: Database, viewer: Person | None, found: Sequence[Preset]) -> dict[int, Shown]:
    """By style id: one's own pictures, and others' that stand in a post one may see."""
    made = await pictures.of(db, [p.example_id for p in found if p.example_id])
    media_ids = [p.media_id for p in made.values() if p.media_id]
    viewer_id = viewer.id if viewer else None
    seen = await visibility.media_seen(db, viewer_id, media_ids)
    allowed = {p.id: p.media_id for p in made.values() if p.media_id and (p.media_id in seen or p.creator_id == viewer_id)}
    ready = await shown.of_media(db, list(allowed.values()))
    return {
        p.id: ready[media_id] for p in found for media_id in [allowed.get(p.example_id or 0)] if media_id and media_id in ready
    }
