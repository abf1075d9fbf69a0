"""For any order of consents, votes, posts, deletions and builds: no dataset holds what is not permitted, all that is permitted is in it, and
receipts say exactly what the datasets hold."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowerbird.accounts.people import Person
from bowerbird.assistant import messages
from bowerbird.core.database import Database, Pool
from bowerbird.core.paging import Page
from bowerbird.events import consent
from bowerbird.gallery import showing
from bowerbird.learning.datasets import building, ledger, receipts, taken
from bowerbird.learning.datasets.ledger import Dataset
from bowerbird.social import posts, reactions
from bowerbird.studio import pictures
from tests.conftest import House
from tests.contract.test_datasets import answered, somebody
from tests.contract.test_picture_releases import drawn, home, pick
from tests.contract.test_ranker_releases import act

FEEDBACK, POSTS, PUBLIC = "train_assistant_feedback", "train_assistant_posts", "public_dataset"
PICKS, PICTURES, PERSONALISE = "train_picture_picks", "train_pictures", "personalise"
PURPOSES = (FEEDBACK, POSTS, PUBLIC, PICKS, PICTURES, PERSONALISE)
MODEL = {FEEDBACK: "assistant", POSTS: "assistant", PICKS: "pictures", PICTURES: "pictures", PERSONALISE: "ranker"}
people_ = st.integers(0, 1)
ops = st.one_of(
    st.tuples(st.just("consent"), people_, st.sampled_from(PURPOSES), st.sampled_from([True, False, None])),
    st.tuples(
        st.just("item"), people_, st.sampled_from([FEEDBACK, POSTS, PICKS, PICTURES]), st.sampled_from([True, False, None])
    ),
    st.tuples(st.just("rate"), people_, st.sampled_from([1, -1]), st.booleans()),
    st.tuples(st.just("post"), people_, st.sampled_from(["public", "unlisted", "private", "direct"]), st.just(None)),
    st.tuples(st.just("show"), people_, st.just(""), st.booleans()),
    st.tuples(st.just("pick"), people_, st.just(""), st.booleans()),
    st.tuples(st.just("act"), people_, st.just(""), st.booleans()),
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
    own: tuple[set[int], set[int]] = field(default_factory=lambda: (set(), set()))  # posts

    def grants(self, who: int, item: tuple[str, int], purpose: str) -> bool:
        return self.of_item.get((*item, purpose), self.said[who].get(purpose, False))

    def now(self, who: int, item: tuple[str, int]) -> frozenset[str]:
        return frozenset(purpose for purpose in PURPOSES if self.grants(who, item, purpose))

    def permitted(self, one: Signal, purpose: str) -> bool:
        return not one.gone and purpose in one.then and self.grants(one.who, one.item, purpose)

    def publish(
        self, event_id: int, who: int, item: tuple[str, int], then: frozenset[str], *, words: bool, picture: bool
    ) -> None:
        """One event that two models may learn from, each by its own purpose."""
        self.signals.append(Signal(event_id, POSTS, who, item, then, gone=not words))
        self.signals.append(Signal(event_id, PICTURES, who, item, then, gone=not picture))


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
        world.own[who].add(post.id)
        few = which in ("private", "direct")
        world.publish(await newest_event(db, "PostPublished", me.id), who, ("post", post.id), then, words=not few, picture=False)
    elif what in ("show", "pick", "act"):
        await seen(db, world, what, who, bool(how), number)
    elif what == "delete":
        mine = [one for one in world.signals if one.who == who and one.item[0] == "post" and not one.gone]
        if mine and mine[0].item[1] in world.own[who]:
            await posts.delete(db, me, mine[0].item[1])
            for one in world.signals:
                one.gone |= one.item == mine[0].item


async def seen(db: Database, world: World, what: str, who: int, how: bool, number: int) -> None:
    """Something with pictures: shown, and liked by the other if `how`; one of two tries taken, and the other deleted if `how`; a post of anybody
    liked that For You showed, unless `how`."""
    me, other = world.people[who], world.people[1 - who]
    if what == "show":
        then, picture = world.now(who, ("post", 0)), await drawn(db, me, prompt=f"prompt {number} of {me.username}")
        post = await showing.publish(db, me, f"Picture {number} of {me.username}.", media_ids=[picture.media_id])
        world.own[who].add(post.id)
        world.publish(await newest_event(db, "PostPublished", me.id), who, ("post", post.id), then, words=True, picture=how)
        if how:
            await reactions.like(db, other, post.id)
    elif what == "pick":
        then, tries = world.now(who, ("generation", 0)), [await drawn(db, me) for _ in range(3)]
        event_id = await pick(db, me, tries, 0)
        generation_id = await db.value("select item_id from events.log where id = %s", event_id)
        world.signals.append(Signal(event_id, PICKS, who, ("generation", generation_id), then, gone=how))
        if how:
            await pictures.delete(db, me.id, tries[1].id)
    else:
        taken_ = {one.item for one in world.signals if one.purpose == PERSONALISE and one.who == who}
        open_ = [one.item for one in world.signals if one.purpose == POSTS and not one.gone and one.item not in taken_]
        if open_:
            then = world.now(who, open_[0])
            event_id = await act(db, me.id, open_[0][1], shown=not how)
            world.signals.append(Signal(event_id, PERSONALISE, who, open_[0], then, gone=how))


async def check(db: Database, world: World, built: Dataset) -> None:
    """The dataset is what the model says; receipts are what the dataset is."""
    ids = [one.id for one in world.people]
    rows = await db.rows(
        "select person_id, event_ids, public from learning.items where dataset_id = %s and person_id = any(%s)", built.id, ids
    )
    mine = [one for one in world.signals if MODEL[one.purpose] == built.model]
    expected = {one.event_id for one in mine if world.permitted(one, one.purpose)}
    assert {event_id for _, event_ids, _ in rows for event_id in event_ids} == expected
    by_id = {one.event_id: one for one in mine}
    for _, event_ids, public in rows:
        assert public == (built.model != "ranker" and all(world.permitted(by_id[event_id], PUBLIC) for event_id in event_ids))
    for person in world.people:
        held = {event_id for person_id, event_ids, _ in rows if person_id == person.id for event_id in event_ids}
        if built.model == "ranker":
            told = [one for one in await taken.acts(db, person.id) if one.dataset_id == built.id]
            assert sum(one.count for one in told) == len(held)
            out = await db.value(
                "select count(*) from learning.exclusions where dataset_id = %s and person_id = %s", built.id, person.id
            )
            assert sum(count for one in told for count in one.left_out.values()) == out
            assert not any(one.leaving for one in told)
            continue
        told_ = await receipts.of(db, person.id, Page(limit=80))
        inside = {one.id for one in told_ for entry in one.entries if entry.dataset_id == built.id and not entry.reason}
        outside = {one.id for one in told_ for entry in one.entries if entry.dataset_id == built.id and entry.reason}
        assert inside == held
        assert not inside & outside
        assert {one.id for one in told_ if one.standing} >= inside


async def lived(house: House, told: list[tuple[str, int, str | int, bool | None]], run: int) -> None:
    pool = Pool(house.database_url, 1)
    await pool.open()
    with tempfile.TemporaryDirectory() as folder, home(Path(folder)) as where:
        async with pool.reading() as db, db.connection.transaction(force_rollback=True):
            world = World([await somebody(db, f"any{run}_{n}") for n in range(2)])
            for number, op in enumerate([*told, ("build", 0, "", None)]):
                if op[0] == "build":
                    for model in ledger.MODELS:
                        built, _ = await building.build(db, where, model)
                        await check(db, world, built)
                else:
                    await step(db, world, op, number)
    await pool.close()


runs = iter(range(1_000_000))


BEGUN = [("consent", who, purpose, True) for who in (0, 1) for purpose in PURPOSES]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(told=st.lists(ops, min_size=3, max_size=25), agreed=st.booleans())
def test_no_dataset_holds_what_is_not_permitted_and_receipts_say_what_it_holds(
    house: House, told: list[tuple[str, int, str | int, bool | None]], agreed: bool
) -> None:
    asyncio.run(lived(house, [*BEGUN, *told] if agreed else told, next(runs)))
