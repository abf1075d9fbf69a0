"""A picture where people see it: its renditions, its recipe, whose it came from and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bowerbird.core.database import Database
from bowerbird.gallery import faces
from bowerbird.media import attachments
from bowerbird.media.attachments import Attachment
from bowerbird.social import timelines, visibility
from bowerbird.studio import lineage, pictures
from bowerbird.studio.pictures import Picture


@dataclass(frozen=True, slots=True)
class Credit:
    """Another picture in the line: whose it is and where it stands, or a tombstone where it is gone or not for everyone."""

    picture_id: int
    deleted: bool  # it cannot be named: `why` says so in words
    username: str | None = None
    url: str | None = None
    thumb_url: str | None = None
    prompt: str = ""
    parent_id: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a picture was made, as it is told beside it."""

    picture_id: int
    creator_id: int
    prompt: str
    engine: str
    model: str
    model_hash: str
    seed: int | None
    width: int
    height: int
    medium: str
    steps: int | None
    reading: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    credits: tuple[str, ...]
    parent: Credit | None
    remixes_count: int
    audience: str  # who may remix it: everyone, followers, no_one
    strength: float | None = None
    may_remix: bool = False  # whether the viewer may; filled in for pages
    why_not: str = ""
    seconds: float | None = None  # what it took to paint
    cost: str = ""  # what the house paid for it, in words
    style: dict[str, Any] | None = None  # the style of a person it was made in: id, name, author_id, version
    anew: int | None = None  # how much of it was painted anew over its parent, in per cent; None: all
    extend: str = ""  # beyond which edges of its parent it goes: left, right, up, down, all
    uploaded: bool = False  # somebody brought it and lets others start from it


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of a post. Sizes in px."""

    media_id: int
    url: str
    small_url: str
    width: int
    height: int
    small_width: int
    small_height: int
    blurhash: str
    tone: str
    alt: str
    focus: tuple[float, float]
    animated: bool
    picture: Recipe | None  # how it was made here
    offered: Recipe | None = None  # an upload that others may remix; never both
    provenance: str = "unknown"  # generated, edited, by_hand, camera or unknown

    @property
    def source(self) -> Recipe | None:
        """What a remix of it starts from, if it may be remixed by anyone at all."""
        return self.picture or self.offered


async def of_posts(db: Database, post_ids: Sequence[int]) -> dict[int, list[Shown]]:
    """The pictures of posts that passed a gate, in their order, by post id."""
    rows = await db.rows(
        "select post_id, media_id from social.post_media where post_id = any(%s) order by post_id, position", list(post_ids)
    )
    ready = await of_media(db, [media_id for _, media_id in rows])
    found: dict[int, list[Shown]] = {}
    for post_id, media_id in rows:
        if media_id in ready:
            found.setdefault(post_id, []).append(ready[media_id])
    return found


async def of_media(db: Database, media_ids: Sequence[int]) -> dict[int, Shown]:
    """Pictures by media id, with recipe and credit where they were made here."""
    media = await attachments.of(db, media_ids)
    made = await pictures.of_media(db, [m.id for m in media])
    recipes = await of_pictures(db, list(made.values()))
    return {m.id: _shown(m, recipes.get(made[m.id].id) if m.id in made else None) for m in media}


async def of_pictures(db: Database, wanted: Sequence[Picture]) -> dict[int, Recipe]:
    """Recipes by picture id."""
    remixes = await lineage.counts(db, [p.id for p in wanted])
    parents = await credits_of(db, [p.parent_id for p in wanted if p.parent_id])
    defaults = dict(
        await db.rows("select id, may_remix from accounts.people where id = any(%s)", [p.creator_id for p in wanted])
        if wanted
        else []
    )
    return {
        p.id: _recipe(
            p, parents.get(p.parent_id or 0), remixes.get(p.id, 0), pictures.audience(p, defaults.get(p.creator_id, "no_one"))
        )
        for p in wanted
    }


async def credits_of(db: Database, picture_ids: Sequence[int]) -> dict[int, Credit]:
    """Credit lines by picture id, the same for every viewer: what is not shown to everyone is a tombstone here."""
    found = await pictures.of(db, list(dict.fromkeys(picture_ids)))
    return {credit.picture_id: credit for credit in await credit_lines(db, list(found.values()))}


async def credit_lines(db: Database, wanted: Sequence[Picture]) -> list[Credit]:
    """The same for pictures at hand, in their order."""
    media_ids = [p.media_id for p in wanted if p.media_id]
    public = await visibility.media_seen(db, None, media_ids)
    standing = set(
        await db.values(
            """select pm.media_id from social.post_media pm join social.posts p on p.id = pm.post_id
               where pm.media_id = any(%s) and p.deleted_at is null""",
            [id_ for id_ in media_ids if id_ not in public],
        )
    )
    where = await timelines.showing(db, None, list(public))
    media = {m.id: m for m in await attachments.of(db, list(public))}
    people = await faces.of(db, [p.creator_id for p in wanted])
    lines: list[Credit] = []
    for p in wanted:
        if p.deleted_at or p.media_id not in public:
            kept = not p.deleted_at and (not p.shown_at or p.media_id in standing)
            why = "that is not shown to everyone" if kept else "that its author took down"
            lines.append(Credit(p.id, deleted=True, parent_id=p.parent_id, why=why))
            continue
        lines.append(
            Credit(
                p.id, False, people[p.creator_id].username, f"/posts/{where[p.media_id]}", media[p.media_id].small_url, p.prompt, p.parent_id
            )
        )  # fmt: skip
    return lines


def _recipe(p: Picture, parent: Credit | None, remixes_count: int, audience: str) -> Recipe:
    r = p.recipe
    return Recipe(
        picture_id=p.id, creator_id=p.creator_id, prompt=p.prompt, engine=str(r.get("engine", "")), model=str(r.get("model", "")),
        model_hash=str(r.get("model_hash", "")), seed=r.get("seed"), width=int(r.get("width", 0)), height=int(r.get("height", 0)),
        medium=str(r.get("medium", "")), steps=r.get("steps"), reading=tuple(r.get("reading", ())), notes=tuple(r.get("notes", ())),
        credits=tuple(r.get("credits", ())), parent=parent, remixes_count=remixes_count, audience=audience, strength=r.get("strength"),
        uploaded=pictures.uploaded(p), seconds=r.get("seconds"), cost=str(r.get("cost", "")),
        style=r.get("style"), anew=r.get("anew"), extend=str(r.get("extend", "")),
    )  # fmt: skip


def _shown(m: Attachment, recipe: Recipe | None) -> Shown:
    return Shown(
        m.id, m.url, m.small_url, m.width, m.height, m.small_width, m.small_height, m.blurhash, m.tone, m.alt,
        (m.focus_x, m.focus_y), m.animated, None if recipe and recipe.uploaded else recipe, recipe if recipe and recipe.uploaded else None,
        m.provenance,
    )  # fmt: skip
