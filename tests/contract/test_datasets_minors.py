"""For any order of consents, votes, posts, builds and birthdays: nothing of somebody under 18 is in a dataset, and nothing comes back by itself."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowerbird.core.database import Database, Pool
from bowerbird.events import minors
from bowerbird.learning.datasets import building, ledger
from tests.conftest import House
from tests.contract.test_datasets import somebody
from tests.contract.test_datasets_any import BEGUN, PURPOSES, World, check, people_, step
from tests.contract.test_datasets_any import ops as others
from tests.contract.test_picture_releases import home

Op = tuple[str, int, str | int, bool | None]
ops = st.one_of(others, st.tuples(st.just("minor"), people_, st.just(""), st.booleans()))


async def grow(db: Database, world: World, young: set[int], who: int, *, minor: bool) -> None:
    """Somebody says that they are under 18, or no more, in the house and in the model."""
    me = world.people[who]
    await (minors.say if minor else minors.unsay)(db, me.id, me.id)
    if minor and who not in young:
        mine = {one.item for one in world.signals if one.who == who}
        world.said[who] = dict.fromkeys(PURPOSES, False)
        world.of_item = {key: said for key, said in world.of_item.items() if not said or key[:2] not in mine}
    (young.add if minor else young.discard)(who)


async def lived(house: House, told: list[Op], run: int) -> None:
    pool, young = Pool(house.database_url, 1), set[int]()
    await pool.open()
    with tempfile.TemporaryDirectory() as folder, home(Path(folder)) as where:
        async with pool.reading() as db, db.connection.transaction(force_rollback=True):
            world = World([await somebody(db, f"young{run}_{n}") for n in range(2)])
            for number, op in enumerate([*told, ("build", 0, "", None)]):
                what, who, _, how = op
                if what == "minor":
                    await grow(db, world, young, who, minor=bool(how))
                elif what == "build":
                    for model in ledger.MODELS:
                        built, _ = await building.build(db, where, model)
                        await check(db, world, built)
                        held = await db.values("select distinct person_id from learning.items where dataset_id = %s", built.id)
                        assert not {world.people[one].id for one in young} & set(held)
                elif not (what in ("consent", "item") and how and who in young):  # refused, as test_consents.py has it
                    await step(db, world, op, number)
    await pool.close()


runs = iter(range(1_000_000))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(told=st.lists(ops, min_size=3, max_size=20))
def test_no_dataset_holds_anything_of_who_is_under_18(house: House, told: list[Op]) -> None:
    asyncio.run(lived(house, [*BEGUN, *told], next(runs)))
