"""The lineage of pictures: a forest. No cycle, no orphan, tombstones keep it whole."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bowerbird.accounts import people
from bowerbird.core.database import Database, Pool
from bowerbird.core.ids import new_id
from bowerbird.gallery import tree
from bowerbird.media import attachments
from bowerbird.media import pictures as rendering
from bowerbird.studio import lineage, pictures
from bowerbird.studio.pictures import Picture
from tests.unit.test_media import encoded


async def grown(db: Database, parents: list[int]) -> list[Picture]:
    """A forest: the picture at each place is made from the one at `parents[place]` before it (itself: from nothing)."""
    person = await people.create(db, f"t{new_id() % 10**9}", email=None, password=None)
    rendition = rendering.render(encoded("PNG", (32, 32)), bytes_max=10**6, pixels_max=10**6)
    made: list[Picture] = []
    for place, parent in enumerate(parents):
        media = await attachments.attach(db, person.id, rendition)
        picture = await pictures.create(
            db, person.id, media.id, f"picture {place}", {"seed": place}, made[parent] if parent < place else None, 0.5
        )
        await pictures.show(db, person, [media.id])
        made.append(await pictures.by_id(db, picture.id))
    return made


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 30), min_size=1, max_size=12))
async def test_whatever_is_remixed_the_lines_lead_to_a_root(pool: Pool, choices: list[int]) -> None:
    parents = [min(choice, place) for place, choice in enumerate(choices)]
    async with pool.reading() as db, db.connection.transaction(force_rollback=True):
        made = await grown(db, parents)
        for place, picture in enumerate(made):
            line = await lineage.ancestors(db, picture)
            assert [p.depth for p in line] == list(range(picture.depth - 1, -1, -1))
            assert picture.root_id == (line[-1].id if line else picture.id)
            assert picture.id not in {p.id for p in line}
            below = {p.id for p in await lineage.descendants(db, picture)}
            assert below == {p.id for p in made if p.id != picture.id and await _stands_below(db, p, picture)}
            assert (await lineage.counts(db, [picture.id])).get(picture.id, 0) == sum(
                parent == place and at != place for at, parent in enumerate(parents)
            )
            leaves = await tree.of(db, picture.id)
            ids = [leaf.picture_id for leaf in leaves]
            assert picture.id in ids
            assert all(leaf.parent_id is None or leaf.parent_id in ids for leaf in leaves)


async def _stands_below(db: Database, picture: Picture, above: Picture) -> bool:
    return above.id in {p.id for p in await lineage.ancestors(db, picture)}


async def test_a_cycle_cannot_be_written(db: Database) -> None:
    first, second = await grown(db, [0, 0])
    with pytest.raises(psycopg.errors.CheckViolation):
        async with db.savepoint():
            await db.execute("update studio.pictures set parent_id = %s where id = %s", second.id, first.id)


async def test_a_deleted_parent_leaves_a_tombstone(db: Database) -> None:
    first, second, third = await grown(db, [0, 0, 1])
    await pictures.delete(db, second.creator_id, second.id)
    line = await lineage.ancestors(db, third)
    assert [(p.id, p.deleted_at is not None, p.prompt) for p in line] == [(second.id, True, ""), (first.id, False, "picture 0")]
    assert {p.id for p in await lineage.descendants(db, first)} == {second.id, third.id}
    assert await lineage.counts(db, [first.id]) == {}
    assert await db.value("select count(*) from media.attachments where id = %s", second.media_id) == 0


async def test_drafts_come_along_when_what_they_were_made_from_is_shown(db: Database) -> None:
    """A draft of a draft, remixed further in private: showing the middle one makes it the root of what is below it."""
    person = await people.create(db, f"t{new_id() % 10**9}", email=None, password=None)
    rendition = rendering.render(encoded("PNG", (32, 32)), bytes_max=10**6, pixels_max=10**6)
    line: list[Picture] = []
    for place in range(4):
        media = await attachments.attach(db, person.id, rendition)
        line.append(await pictures.create(db, person.id, media.id, f"{place}", {}, line[-1] if line else None, 0.5))
    first, second, third, fourth = line
    assert {one.root_id for one in line} == {first.id}
    assert second.media_id
    await pictures.show(db, person, [second.media_id])
    assert await lineage.settle(db, second) is None
    now = [await pictures.by_id(db, one.id) for one in line]
    assert [(one.root_id, one.depth) for one in now] == [(first.id, 0), (second.id, 0), (second.id, 1), (second.id, 2)]
    assert [one.parent_id for one in now] == [None, None, second.id, third.id]
    assert fourth.id == now[-1].id
