"""Bowers: named, ordered collections of pictures with a cover. Whatever one holds is shown only to who may see that picture itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.gallery import remixes, shown
from bowerbird.gallery.shown import Shown
from bowerbird.social import names, visibility
from bowerbird.studio import pictures

Seen = Literal["public", "unlisted", "private"]
VISIBILITIES: tuple[Seen, ...] = ("public", "unlisted", "private")
NAME_LENGTH_MAX, ABOUT_LENGTH_MAX = 80, 500
OWN_MAX, HOLDS_MAX = 200, 500
CHANGES_PER_HOUR_MAX = 600
COLUMNS = "id, account_id, name, about, visibility, cover_id"


@dataclass(frozen=True, slots=True)
class Bower:
    """One collection. `cover_id`: the picture chosen as cover; None: the first."""

    id: int
    account_id: int
    name: str
    about: str
    visibility: Seen
    cover_id: int | None


@dataclass(frozen=True, slots=True)
class Hung:
    """A picture as it hangs in a bower, or anywhere a viewer keeps some."""

    picture_id: int
    creator_id: int
    shown: Shown


async def create(db: Database, me: Person, name: str, about: str = "", visibility: str = "private") -> Bower:
    """Make one, private unless said otherwise. Raises Invalid, Conflict past OWN_MAX or TooMany."""
    said = await _checked(db, me, name, about, visibility)
    if await db.value("select count(*) from gallery.bowers where account_id = %s", me.id) >= OWN_MAX:
        raise Conflict(f"You have {OWN_MAX} bowers. Delete one first.")
    return await db.one(
        Bower,
        f"insert into gallery.bowers (id, account_id, name, about, visibility) values (%s, %s, %s, %s, %s) returning {COLUMNS}",
        new_id(), me.id, *said,
    )  # fmt: skip


async def change(db: Database, me: Person, id_: int, name: str, about: str, visibility: str, cover_id: int | None) -> Bower:
    """Say it otherwise. The cover is a picture that hangs in it. Raises Invalid, NotFound for another's, or TooMany."""
    await own(db, me, id_)
    said = await _checked(db, me, name, about, visibility)
    if cover_id is not None and cover_id not in await _ids(db, id_):
        raise Invalid("The cover is one of the pictures in it.")
    return await db.one(
        Bower,
        f"update gallery.bowers set name = %s, about = %s, visibility = %s, cover_id = %s where id = %s returning {COLUMNS}",
        *said, cover_id, id_,
    )  # fmt: skip


async def remove(db: Database, me: Person, id_: int) -> None:
    """Take one's own down; its pictures stay where they are. Raises NotFound."""
    await own(db, me, id_)
    await db.execute("delete from gallery.bowers where id = %s", id_)


async def hang(db: Database, me: Person, id_: int, picture_id: int) -> None:
    """Put a picture one may see at its end. Twice is once. Raises NotFound, Gone, Conflict past HOLDS_MAX or TooMany."""
    await own(db, me, id_)
    await limits.spend(db, f"bower:{me.id}", times_max=CHANGES_PER_HOUR_MAX, window_s=3600)
    picture = await remixes.see(db, me, picture_id)
    if len(held := await _ids(db, id_)) >= HOLDS_MAX and picture.id not in held:
        raise Conflict(f"A bower holds up to {HOLDS_MAX} pictures.")
    await db.execute(
        """insert into gallery.bower_pictures (bower_id, picture_id, position)
           select %s, %s, coalesce(max(position), 0) + 1 from gallery.bower_pictures where bower_id = %s on conflict do nothing""",
        id_, picture.id, id_,
    )  # fmt: skip


async def take(db: Database, me: Person, id_: int, picture_id: int) -> None:
    """Take a picture out of it; what does not hang there changes nothing. Raises NotFound for another's bower."""
    await own(db, me, id_)
    await db.execute("delete from gallery.bower_pictures where bower_id = %s and picture_id = %s", id_, picture_id)
    await db.execute("update gallery.bowers set cover_id = null where id = %s and cover_id = %s", id_, picture_id)


async def order(db: Database, me: Person, id_: int, picture_ids: Sequence[int]) -> None:
    """Hang those named first, in this order, the others after them as they hung. Raises NotFound for another's bower."""
    await own(db, me, id_)
    held = await _ids(db, id_)
    first = [one for one in dict.fromkeys(picture_ids) if one in held]
    wanted = [*first, *(one for one in held if one not in first)]
    await db.execute(
        """update gallery.bower_pictures b set position = w.position from unnest(%s::bigint[]) with ordinality as w (picture_id, position)
           where b.bower_id = %s and b.picture_id = w.picture_id""",
        wanted, id_,
    )  # fmt: skip


async def own(db: Database, me: Person, id_: int) -> Bower:
    """One's own. Raises NotFound."""
    bower = await db.one(Bower, f"select {COLUMNS} from gallery.bowers where id = %s", id_)
    if bower.account_id != me.id:
        raise NotFound
    return bower


async def see(db: Database, viewer: Person | None, id_: int) -> Bower:
    """One's own, or another's that is public or unlisted and whose owner has not blocked the viewer. Raises NotFound."""
    bower = await db.one(Bower, f"select {COLUMNS} from gallery.bowers where id = %s", id_)
    if viewer and bower.account_id == viewer.id:
        return bower
    if bower.visibility == "private" or not await names.unblocked(db, viewer.id if viewer else None, [bower.account_id]):
        raise NotFound
    return bower


async def of(db: Database, viewer: Person | None, account_id: int, page: Page) -> list[Bower]:
    """Someone's, newest first: all of one's own, of another's those that are public."""
    viewer_id = viewer.id if viewer else None
    if not await names.unblocked(db, viewer_id, [account_id]):
        return []
    stretch = page.clause("id")
    found = await db.many(
        Bower,
        f"""select {COLUMNS} from gallery.bowers where account_id = %s and (%s or visibility = 'public')
            {stretch.sql}{page.tail("id")}""",
        account_id, account_id == viewer_id, *stretch.args,
    )  # fmt: skip
    return page.newest_first(found)


async def pictures_in(db: Database, viewer: Person | None, bower: Bower) -> list[Hung]:
    """What hangs in it, in its order, as far as the viewer may see it: what was taken back is not there."""
    return await hung(db, viewer, await _ids(db, bower.id))


async def covers(db: Database, viewer: Person | None, bowers: Sequence[Bower]) -> dict[int, tuple[Hung | None, int]]:
    """(the cover as far as the viewer may see one, how many pictures they see), by bower id."""
    rows = await db.rows(
        "select bower_id, picture_id from gallery.bower_pictures where bower_id = any(%s) order by bower_id, position",
        [bower.id for bower in bowers],
    )
    seen = {one.picture_id: one for one in await hung(db, viewer, [picture_id for _, picture_id in rows])}
    found: dict[int, tuple[Hung | None, int]] = {}
    for bower in bowers:
        held = [seen[picture_id] for bower_id, picture_id in rows if bower_id == bower.id and picture_id in seen]
        chosen = next((one for one in held if one.picture_id == bower.cover_id), held[0] if held else None)
        found[bower.id] = (chosen, len(held))
    return found


async def hung(db: Database, viewer: Person | None, picture_ids: Sequence[int]) -> list[Hung]:
    """Pictures in this order: one's own, and others' that stand in a post one may see. The rest is left out."""
    made = await pictures.of(db, list(dict.fromkeys(picture_ids)))
    viewer_id = viewer.id if viewer else None
    seen = await visibility.media_seen(db, viewer_id, [p.media_id for p in made.values() if p.media_id])
    allowed = [
        (p, p.media_id)
        for id_ in picture_ids
        if (p := made.get(id_)) and not p.deleted_at and p.media_id and (p.media_id in seen or p.creator_id == viewer_id)
    ]
    ready = await shown.of_media(db, [media_id for _, media_id in allowed])
    return [Hung(p.id, p.creator_id, ready[media_id]) for p, media_id in allowed if media_id in ready]


async def holding(db: Database, me: Person, picture_id: int) -> set[int]:
    """Which of one's bowers a picture hangs in."""
    found = await db.values(
        """select b.id from gallery.bowers b join gallery.bower_pictures p on p.bower_id = b.id
           where b.account_id = %s and p.picture_id = %s""",
        me.id, picture_id,
    )  # fmt: skip
    return set(found)


async def _ids(db: Database, id_: int) -> list[int]:
    return await db.values("select picture_id from gallery.bower_pictures where bower_id = %s order by position, picture_id", id_)


async def _checked(db: Database, me: Person, name: str, about: str, visibility: str) -> tuple[str, str, Seen]:
    await limits.spend(db, f"bower:{me.id}", times_max=CHANGES_PER_HOUR_MAX, window_s=3600)
    name, about = " ".join(name.replace("\x00", "").split()), about.replace("\x00", "").strip()
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise Invalid(f"A bower wants a name of up to {NAME_LENGTH_MAX} characters.")
    if len(about) > ABOUT_LENGTH_MAX:
        raise Invalid(f"Up to {ABOUT_LENGTH_MAX} characters about a bower; these are {len(about)}.")
    if visibility not in VISIBILITIES:
        raise Invalid("A bower is public, unlisted or private.")
    return name, about, visibility
