"""A picture made here, with the recipe it was made by and the picture it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bowerbird.accounts.people import Audience, Person
from bowerbird.core.database import Database, json
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import new_id
from bowerbird.events import kinds, log
from bowerbird.media import attachments

UPLOAD = "Upload"  # the engine of what somebody brought and offers to others: no engine at all
COLUMNS = "id, creator_id, media_id, prompt, recipe, parent_id, root_id, depth, may_remix, shown_at, deleted_at"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture. `recipe` holds engine, model and hash, seed, steps, size (px), scene or parameters, parent and strength."""

    id: int
    creator_id: int
    media_id: int | None
    prompt: str
    recipe: dict[str, Any]
    parent_id: int | None
    root_id: int
    depth: int
    may_remix: Audience | None
    shown_at: datetime | None
    deleted_at: datetime | None


async def create(
    db: Database,
    creator_id: int,
    media_id: int,
    prompt: str,
    recipe: dict[str, Any],
    parent: Picture | None,
    strength: float,
    *,
    id_: int | None = None,
) -> Picture:
    """Keep a finished picture, private until it is shown. A remix stands below its parent in the lineage.

    `id_` is given where the pixels already carry it."""
    id_ = id_ or new_id()
    if parent:
        recipe = {**recipe, "parent_id": str(parent.id), "strength": strength}
    return await db.one(
        Picture,
        f"""insert into studio.pictures (id, creator_id, media_id, prompt, recipe, parent_id, root_id, depth)
            values (%s, %s, %s, %s, %s, %s, %s, %s) returning {COLUMNS}""",
        id_, creator_id, media_id, prompt, json(recipe),
        parent.id if parent else None, parent.root_id if parent else id_, parent.depth + 1 if parent else 0,
    )  # fmt: skip


async def offer(db: Database, owner_id: int, media_id: int, audience: Audience) -> Picture:
    """Have an upload be a picture that others may start from, or say anew who may. Nothing is offered unless its owner says so."""
    id_ = new_id()
    return await db.one(
        Picture,
        f"""insert into studio.pictures (id, creator_id, media_id, prompt, recipe, root_id, may_remix) values (%s, %s, %s, '', %s, %s, %s)
            on conflict (media_id) do update set may_remix = excluded.may_remix returning {COLUMNS}""",
        id_, owner_id, media_id, json({"engine": UPLOAD}), id_, audience,
    )  # fmt: skip


def uploaded(picture: Picture) -> bool:
    """Whether somebody brought it, rather than having it made here."""
    return picture.recipe.get("engine") == UPLOAD


def audience(picture: Picture, usual: Audience) -> Audience:
    """Who may remix it: what was said of this one, else what its creator `usual`ly says; an upload only as was said of it."""
    return picture.may_remix or ("no_one" if uploaded(picture) else usual)


async def by_id(db: Database, id_: int) -> Picture:
    """A picture, tombstones included. Raises NotFound. Who may see it is the caller's question."""
    return await db.one(Picture, f"select {COLUMNS} from studio.pictures where id = %s", id_)


async def own(db: Database, creator: Person, id_: int) -> Picture:
    """One's own picture that still stands. Raises NotFound."""
    picture = await by_id(db, id_)
    if picture.creator_id != creator.id or picture.deleted_at:
        raise NotFound
    return picture


async def of_media(db: Database, media_ids: Sequence[int]) -> dict[int, Picture]:
    """The pictures behind attachments, by media id; plain uploads have none."""
    if not media_ids:
        return {}
    found = await db.many(Picture, f"select {COLUMNS} from studio.pictures where media_id = any(%s)", list(media_ids))
    return {picture.media_id: picture for picture in found if picture.media_id}


async def of(db: Database, ids: Sequence[int]) -> dict[int, Picture]:
    """Pictures by id, tombstones included."""
    if not ids:
        return {}
    return {p.id: p for p in await db.many(Picture, f"select {COLUMNS} from studio.pictures where id = any(%s)", list(ids))}


async def show(db: Database, creator: Person, media_ids: Sequence[int]) -> list[Picture]:
    """Mark one's pictures as shown to others from now on; those shown for the first time."""
    return await db.many(
        Picture,
        f"update studio.pictures set shown_at = now() where media_id = any(%s) and creator_id = %s and shown_at is null returning {COLUMNS}",
        list(media_ids), creator.id,
    )  # fmt: skip


async def hide(db: Database, media_ids: Sequence[int]) -> None:
    """Have pictures be their makers' own again, as before they were shown; those that others went on from stay in the line."""
    await db.execute(
        """update studio.pictures s set shown_at = null where media_id = any(%s) and shown_at is not null
           and not exists (select 1 from studio.pictures c where c.parent_id = s.id and c.shown_at is not null)""",
        list(media_ids),
    )


async def permit(db: Database, creator: Person, id_: int, audience: Audience | None) -> Picture:
    """Say who may remix this one; None: whoever the account's default allows."""
    await own(db, creator, id_)
    return await db.one(Picture, f"update studio.pictures set may_remix = %s where id = %s returning {COLUMNS}", audience, id_)


async def delete(db: Database, creator_id: int, id_: int) -> None:
    """Take a picture away for good: words, recipe and bytes go, a tombstone keeps its remixes' line whole."""
    picture = await by_id(db, id_)
    if picture.creator_id != creator_id:
        raise NotFound
    if picture.deleted_at:
        return
    await db.execute(
        "update studio.pictures set deleted_at = now(), prompt = '', recipe = '{}', media_id = null where id = %s", picture.id
    )
    await db.execute("delete from studio.timelapses where picture_id = %s", picture.id)
    if picture.media_id:
        await attachments.discard(db, picture.media_id)
    await log.record(db, kinds.PictureDeleted(actor_id=creator_id, item_id=picture.id))
