"""For any order of consents, votes, posts, deletions and builds: no dataset holds what is not permitted, all that is permitted is in it, and
receipts say exactly what the datasets hold."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowerbird.accounts.people import Person
from bowerbird.assistant import messages
from bowerbird.core.database import Database, Pool
from bowerbird.core.paging import Page
from bowerbird.core.settings import Settings
from bowerbird.events import consent
from bowerbird.gallery import showing
from bowerbird.learning.datasets import building, receipts
from bowerbird.learning.datasets.ledger import Dataset
from bowerbird.social import posts
from tests.conftest import House
from tests.contract.test_datasets import answered, somebody

FEEDBACK, POSTS, PUBLIC = "train_assistant_feedback", "train_assistant_posts", "public_dataset"
people_ = st.integers(0, 1)
ops = st.one_of(
    st.tuples(st.just("consent"), people_, st.sampled_from([FEEDBACK, POSTS, PUBLIC]), st.sampled_from([True, False, None])),
    st.tuples(st.just("item"), people_, st.sampled_from([FEEDBACK, POSTS]), st.sampled_from([True, False, None])),
    st.tuples(st.just("rate"), people_, st.sampled_from([1, -1]), st.booleans()),
    st.tuples(st.just("post"), people_, st.sampled_from(["public", "unlisted", "private", "direct"]), st.just(None)),
    st.tuples(st.just("delete"), people_, st.just(""), st.just(None)),
    st.tuples(st.just("build"), people_, st.just(""), st.just(None)),
)


@dataclass
class Signal:
    """One event as the model sees it: who may say no to it, and what they said when it happened."""

    event_id: int
    purpose: str
    who: int
    item: tuple[str, int]
    then: frozenset[str]
    gone: bool = False


@dataclass
class World:
    """What ought to be so, kept beside the house in the plainest way."""

    people: list[Person]
    said: list[dict[str, bool]] = field(default_factory=lambda: [{}, {}])
    of_item: dict[tuple[str, int, str], bool] = field(default_factory=dict)
    signals: list[Signal] = field(default_factory=list)

    def grants(self, who: int, item: tuple[str, int], purpose: str) -> bool:
        return self.of_item.get((*item, purpose), self.said[who].get(purpose, False))

    def now(self, who: int, item: tuple[str, int]) -> frozenset[str]:
        return frozenset(purpose for purpose in (FEEDBACK, POSTS, PUBLIC) if self.grants(who, item, purpose))

    def permitted(self, one: Signal, purpose: str) -> bool:
        return not one.gone and purpose in one.then and self.grants(one.who, one.item, purpose)


async def newest_event(db: Database, kind: str, who: int) -> int:
    return await db.value("select max(id) from events.log where kind = %s and actor_id = %s", kind, who)


async def step(db: Database, world: World, op: tuple[str, int, str | int, bool | None], number: int) -> None:
    """One thing that happens, in the house and in the model."""
    what, who, which, how = op
    me = world.people[who]
    if what == "consent":
        await consent.say(db, me.id, {str(which): how})
        world.said[who].pop(str(which), None)
        if how is not None:
            world.said[who][str(which)] = how
    elif what == "item":
        mine = [one for one in world.signals if one.who == who and one.purpose == which]
        if mine:
            kind, id_ = mine[-1].item
            await consent.say_of_item(db, me.id, kind, id_, {str(which): how})
            world.of_item.pop((kind, id_, str(which)), None)
            if how is not None:
                world.of_item[kind, id_, str(which)] = how
    elif what == "rate":
        conversation_id, (answer,) = await answered(
            db, me, f"Question {number} of {me.username}?", f"Answer {number} for {me.username}."
        )
        item = ("conversation", conversation_id)
        then = world.now(who, item)
        await messages.rate(db, me, answer, int(which))
        world.signals.append(Signal(await newest_event(db, "AnswerRated", me.id), FEEDBACK, who, item, then))
        if how:
            await messages.rate(db, me, answer, 0)
            world.signals[-1].gone = True
    elif what == "post":
        then = world.now(who, ("post", 0))
        post = await showing.publish(db, me, f"Post {number} of {me.username}.", visibility=str(which))
        few = which in ("private", "direct")
        world.signals.append(
            Signal(await newest_event(db, "PostPublished", me.id), POSTS, who, ("post", post.id), then, gone=few)
        )
    elif what == "delete":
        mine = [one for one in world.signals if one.who == who and one.item[0] == "post" and not one.gone]
        if mine:
            await posts.delete(db, me, mine[0].item[1])
            mine[0].gone = True


async def check(db: Database, world: World, built: Dataset) -> None:
    """The dataset is what the model says; receipts are what the dataset is."""
    ids = [one.id for one in world.people]
    rows = await db.rows(
        "select person_id, event_ids, public from learning.items where dataset_id = %s and person_id = any(%s)", built.id, ids
    )
    expected = {one.event_id for one in world.signals if world.permitted(one, one.purpose)}
    assert {event_id for _, event_ids, _ in rows for event_id in event_ids} == expected
    by_id = {one.event_id: one for one in world.signals}
    for _, event_ids, public in rows:
        assert public == all(world.permitted(by_id[event_id], PUBLIC) for event_id in event_ids)
    for person in world.people:
        told = await receipts.of(db, person.id, Page(limit=80))
        inside = {one.id for one in told for entry in one.entries if entry.dataset_id == built.id and not entry.reason}
        outside = {one.id for one in told for entry in one.entries if entry.dataset_id == built.id and entry.reason}
        assert inside == {event_id for person_id, event_ids, _ in rows if person_id == person.id for event_id in event_ids}
        assert not inside & outside
        assert {one.id for one in told if one.standing} >= inside


async def lived(house: House, told: list[tuple[str, int, str | int, bool | None]], run: int) -> None:
    pool = Pool(house.database_url, 1)
    await pool.open()
    with tempfile.TemporaryDirectory() as folder:
        async with pool.reading() as db, db.connection.transaction(force_rollback=True):
            world = World([await somebody(db, f"any{run}_{n}") for n in range(2)])
            where = Settings(data_dir=folder)
            for number, op in enumerate([*told, ("build", 0, "", None)]):
                if op[0] == "build":
                    built, _ = await building.build(db, where)
                    await check(db, world, built)
                else:
                    await step(db, world, op, number)
    await pool.close()


runs = iter(range(1_000_000))


BEGUN = [("consent", who, purpose, True) for who in (0, 1) for purpose in (FEEDBACK, POSTS, PUBLIC)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(told=st.lists(ops, min_size=3, max_size=25), agreed=st.booleans())
def test_no_dataset_holds_what_is_not_permitted_and_receipts_say_what_it_holds(
    house: House, told: list[tuple[str, int, str | int, bool | None]], agreed: bool
) -> None:
    asyncio.run(lived(house, [*BEGUN, *told] if agreed else told, next(runs)))
