"""What was made from what: up to the first picture, down to every remix, with tombstones where one was taken away."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.core.database import Database, of_row
from bowerbird.studio.pictures import COLUMNS, Picture

DEPTH_MAX = 200
DESCENDANTS_MAX = 500
FAMILY_MAX = 2_000


async def ancestors(db: Database, picture: Picture) -> list[Picture]:
    """From the parent up to the first picture."""
    columns = of_row(COLUMNS, "p")
    return await db.many(
        Picture,
        f"""with recursive line as (
                select {columns}, 1 as step from studio.pictures p where p.id = %s
                union all select {columns}, line.step + 1 from studio.pictures p join line on p.id = line.parent_id where line.step < %s)
            select {COLUMNS} from line order by step""",
        picture.parent_id, DEPTH_MAX,
    )  # fmt: skip


async def descendants(db: Database, picture: Picture) -> list[Picture]:
    """Every shown picture made from this one, directly or by way of others, oldest first; tombstones hold the line together."""
    columns = of_row(COLUMNS, "p")
    return await db.many(
        Picture,
        f"""with recursive below as (
                select p.id, 1 as step from studio.pictures p where p.parent_id = %s
                union all select p.id, below.step + 1 from studio.pictures p join below on p.parent_id = below.id where below.step < %s)
            select {columns} from studio.pictures p where p.id in (select id from below limit %s) and p.shown_at is not null order by p.id""",
        picture.id, DEPTH_MAX, DESCENDANTS_MAX,
    )  # fmt: skip


async def family(db: Database, top_id: int, viewer_id: int | None) -> dict[int, int | None]:
    """Up to FAMILY_MAX pictures from one down with their parents' ids, parents before children: those that were shown, and the viewer's
    own drafts. The limit stands inside the sort: the walk goes generation by generation and ends where it is reached."""
    rows = await db.rows(
        """with recursive below as (
                select p.id, p.parent_id, 1 as step from studio.pictures p where p.id = %s
                union all select p.id, p.parent_id, below.step + 1 from studio.pictures p join below on p.parent_id = below.id
                    where below.step < %s and (p.shown_at is not null or p.creator_id = %s))
            select id, parent_id from (select * from below limit %s) bounded order by step, id""",
        top_id, DEPTH_MAX, viewer_id or 0, FAMILY_MAX,
    )  # fmt: skip
    return dict(rows)


async def counts(db: Database, ids: Sequence[int]) -> dict[int, int]:
    """How many shown remixes each picture has, counted directly below it."""
    if not ids:
        return {}
    return dict(
        await db.rows(
            """select parent_id, count(*) from studio.pictures
               where parent_id = any(%s) and shown_at is not null and deleted_at is null group by parent_id""",
            list(ids),
        )
    )


async def settle(db: Database, picture: Picture) -> Picture | None:
    """As a picture is shown: hang it below the nearest ancestor that is shown too, past private drafts; that one, or None.

    What was made from it meanwhile comes along, however private: root and depth of all below follow."""
    above = await ancestors(db, picture)
    parent = next((p for p in above if p.shown_at), None)
    if picture.parent_id != (parent.id if parent else None):
        await db.execute(
            "update studio.pictures set parent_id = %s, root_id = %s, depth = %s where id = %s",
            parent.id if parent else None, parent.root_id if parent else picture.id, parent.depth + 1 if parent else 0, picture.id,
        )  # fmt: skip
        await db.execute(
            """with recursive below as (
                    select c.id, p.root_id, p.depth + 1 as depth from studio.pictures p join studio.pictures c on c.parent_id = p.id where p.id = %s
                    union all select c.id, below.root_id, below.depth + 1 from below join studio.pictures c on c.parent_id = below.id)
                update studio.pictures p set root_id = below.root_id, depth = below.depth from below where p.id = below.id""",
            picture.id,
        )
    return parent
