"""A picture's family as far as it can be drawn: from the first picture down, tombstones included, at most LEAVES_MAX."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.gallery import shown
from bowerbird.studio import lineage, pictures

LEAVES_MAX = 40


@dataclass(frozen=True, slots=True)
class Leaf:
    """One picture of the family. `here`: the one whose family this is."""

    picture_id: int
    parent_id: int | None
    depth: int
    deleted: bool
    username: str | None
    url: str | None
    thumb_url: str | None
    prompt: str
    remixes_count: int
    here: bool
    why: str = ""  # a tombstone's, in words


async def of(db: Database, picture_id: int) -> list[Leaf]:
    """Parents before children. What is not shown to everyone is a tombstone."""
    here = await pictures.by_id(db, picture_id)
    above = await lineage.ancestors(db, here)
    top = above[-1] if above else here
    family = [top, *await lineage.descendants(db, top)]
    if all(p.id != here.id for p in family):
        family.append(here)
    near = {p.id for p in above[-LEAVES_MAX:]} | {here.id, top.id}
    family = [p for p in family if p.id in near] + [p for p in family if p.id not in near][: max(0, LEAVES_MAX - len(near))]
    kept = {p.id for p in family}
    family = sorted((p for p in family if p.parent_id is None or p.parent_id in kept), key=lambda p: (p.depth, p.id))
    credits_ = {c.picture_id: c for c in await shown.credit_lines(db, family)}
    counts = await lineage.counts(db, [p.id for p in family])
    return [
        Leaf(
            p.id, p.parent_id, p.depth - top.depth, credits_[p.id].deleted, credits_[p.id].username, credits_[p.id].url,
            credits_[p.id].thumb_url, credits_[p.id].prompt, counts.get(p.id, 0), p.id == here.id,
            "not for everyone" if "shown" in credits_[p.id].why else "taken down",
        )
        for p in family
    ]  # fmt: skip
