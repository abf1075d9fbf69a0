"""What people took of what For You showed them becomes a dataset and a version that is served; and back again."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Conflict
from bowerbird.core.ids import new_id
from bowerbird.core.settings import Settings
from bowerbird.events import consent, kinds, log
from bowerbird.feed import nights
from bowerbird.learning import releases, serving
from bowerbird.learning.datasets import building, export, files, taken
from bowerbird.learning.ranker import house, night, trade
from bowerbird.learning.ranker.exam import Exam
from bowerbird.learning.walk import Walked
from tests.conftest import House, Member
from tests.contract import walks
from tests.contract.test_datasets import somebody
from tests.contract.test_feed_pages import desk
from tests.contract.test_picture_releases import where
from tests.learning.test_train_ranker import GROUPS

__all__ = ["where"]
POSTS_EACH, ACTS = 12, trade.Acts(night.EFFORTS["quick"], lambda _: None)


@pytest.fixture(autouse=True)
async def alone(db: Database) -> None:
    """Nobody else here has agreed to anything, and no version was made."""
    await db.execute("delete from events.consents where purpose = 'personalise'")
    await db.execute("delete from learning.releases where model = 'ranker'")


async def act(db: Database, person_id: int, post_id: int, *, shown: bool = True) -> int:
    """Somebody likes a post, which they were `shown` before; the event."""
    if shown:
        page = kinds.SlateServed(actor_id=person_id, item_id=new_id(), posts=[post_id], propensities=[1.0], release="heads-test")
        await log.record(db, page)
    return await log.record(db, kinds.PostLiked(actor_id=person_id, item_id=post_id, visibility="public"))


async def town(db: Database, prefix: str, taste: bool, people: int = 64, each: int = 8) -> list[int]:
    """People who agreed and liked: of eight tastes, or by chance."""
    dice, ids, posts = random.Random(prefix), list[int](), [new_id() for _ in range(GROUPS * POSTS_EACH)]
    for number in range(people):
        me = await somebody(db, f"{prefix}{number}")
        ids.append(me.id)
        await consent.say(db, me.id, {"personalise": True})
        own = posts[number % GROUPS :: GROUPS] if taste else posts
        for post in dice.sample(own, each):
            await act(db, me.id, post)
    return ids


async def walked(db: Database, where: Settings) -> Walked:
    return await walks.through(db, where, ACTS)


async def test_acts_become_a_night_that_is_served_and_a_withdrawal_makes_another(db: Database, where: Settings) -> None:
    people = await town(db, "taste_a", taste=True)
    first = await walked(db, where)
    assert first.release is not None
    assert first.release.state == "in_use", first.said
    assert first.dataset.items == 64 * 8
    folder = where.home / nights.FOLDER
    served = nights.read(folder, _now())
    assert served is not None
    assert served.digest == first.release.sha256
    assert len(served.posts) == GROUPS * POSTS_EACH
    (mine,) = await taken.acts(db, people[0])
    assert (mine.count, mine.kinds, mine.leaving, mine.releases) == (8, {"PostLiked": 8}, 0, ["ranker 1"])
    assert (await walked(db, where)).release is None
    await consent.say(db, people[0], {"personalise": False})
    assert (await taken.acts(db, people[0]))[0].leaving == 8
    second = await walked(db, where)
    assert second.release is not None
    assert second.release.state == "in_use", second.said
    assert (await taken.acts(db, people[0]))[0].left_out == {"withdrawn": 8}
    with pytest.raises(Conflict):
        await releases.promote(db, "ranker", 1, where)
    await db.execute("delete from learning.items where person_id = %s", people[0])  # as if they had never been
    await db.execute("delete from events.log where actor_id = %s", people[0])
    built, dataset = await building.build(db, where, "ranker")
    assert built.id == second.dataset.id
    alone = trade.of_dataset(dataset)
    by = night.tuned(Exam.of(alone).before, ACTS.effort, lambda _: None)
    kept = nights.read(serving.file_of(where, "ranker", 2), _now())
    assert kept is not None
    assert kept.vectors.tobytes() == night.fitted(alone, by).vectors.tobytes()
    assert await releases.rollback(db, "ranker", where) is None
    await releases.settle(db, where)
    assert nights.read(folder, _now()) is None
    assert not list(folder.iterdir())
    await releases.promote(db, "ranker", 2, where)
    await releases.settle(db, where)
    back = nights.read(folder, _now())
    assert back is not None
    assert back.digest == second.release.sha256


def _now() -> int:
    return time.time_ns() // 1_000_000


async def test_the_one_before_is_kept_and_older_ones_are_not(db: Database, where: Settings) -> None:
    people = await town(db, "taste_b", taste=True)
    made: list[Walked] = []
    for _ in range(3):
        made.append(await walked(db, where))
        assert made[-1].release is not None, made[-1].said
        fresh = [(new_id(), new_id()) for _ in range(GROUPS)]  # what came since is known to none before
        for number, me in enumerate(people):
            for post in random.Random(number // GROUPS).sample(fresh[number % GROUPS], 2):
                await act(db, me, post)
    states = [one.release.state if one.release else "" for one in made]
    numbers = sorted(int(one.name) for one in (where.home / "releases" / "ranker").iterdir())
    assert states == ["in_use"] * 3, [one.said["report"] for one in made]
    assert numbers == [2, 3]
    back = await releases.rollback(db, "ranker", where)
    await releases.settle(db, where)
    assert back is not None
    assert back.number == 2
    served = nights.read(where.home / nights.FOLDER, _now())
    assert served is not None
    assert served.digest == back.sha256
    with pytest.raises(Conflict):
        await releases.promote(db, "ranker", 1, where)


async def test_likes_by_chance_are_held_back(db: Database, where: Settings) -> None:
    await town(db, "taste_c", taste=False)
    found = await walked(db, where)
    assert found.release is not None
    assert found.release.state == "held", found.said
    assert not (where.home / nights.FOLDER / nights.FILE).exists()
    assert not list((where.home / "releases" / "ranker").iterdir())


async def test_a_few_likes_teach_nothing_and_none_ever_leaves_the_house(db: Database, where: Settings, tmp_path: Path) -> None:
    (me, *_) = await town(db, "taste_d", taste=True, people=4)
    await consent.say(db, me, {"public_dataset": True})
    found = await walked(db, where)
    assert found.release is None
    assert "Fewer than" in found.why_not
    assert export.write("ranker", next(files.home(where, "ranker").iterdir()), tmp_path / "out") == {}
    assert not list((tmp_path / "out").iterdir())


async def test_what_does_not_teach_is_told_with_its_reason(db: Database, where: Settings) -> None:
    me, robot = await somebody(db, "ines_takes"), await somebody(db, "robot_takes")
    for one in (me, robot):
        await consent.say(db, one.id, {"personalise": True})
    await db.execute("update accounts.people set bot = true where id = %s", robot.id)
    posts = [new_id() for _ in range(6)]
    await act(db, me.id, posts[0])
    await act(db, robot.id, posts[0])
    await act(db, me.id, posts[1])
    await log.record(db, kinds.PostLiked(actor_id=me.id, item_id=posts[1], visibility="public", undone=True))
    await act(db, me.id, posts[2], shown=False)
    forgotten = await act(db, me.id, posts[3])
    await db.execute("insert into feed.forgotten (event_id, account_id) values (%s, %s)", forgotten, me.id)
    for post in (posts[4], posts[4]):
        await act(db, me.id, post)
    built, folder = await building.build(db, where, "ranker")
    assert [row["item_id"] for row in files.read(folder, "train")] == [posts[0], posts[4]]
    (mine,) = await taken.acts(db, me.id)
    assert (mine.count, mine.left_out) == (2, {"changed": 1, "not_shown": 1, "forgotten": 1, "repeated": 1})
    assert (await taken.acts(db, robot.id))[0].left_out == {"machine": 1}
    card = json.loads((folder / "card.json").read_text())
    assert card["kinds"] == {"act": 2}
    assert built.facts.limits["items"] == house.ACTS_MAX


async def test_everybody_sees_how_many_of_their_likes_teach(house: House, newcomer: Callable[..., Member], pool: Pool) -> None:
    author, me = newcomer(), newcomer()
    assert me.client.put("/api/bower/v1/consents", json={"personalise": True}).status_code == 200
    post = author.post("moss on a stone")
    async with pool.transaction() as db:
        page = kinds.SlateServed(
            actor_id=int(me.id), item_id=new_id(), posts=[int(post["id"])], propensities=[1.0], release="heads-test"
        )
        await log.record(db, page)
    assert me.client.post(f"/api/v1/statuses/{post['id']}/favourite").status_code == 200
    built = await asyncio.to_thread(house.command, "learn", "dataset", "ranker", "--json")
    told = me.client.get("/api/bower/v1/receipts").json()
    (acts,) = told["acts"]
    assert (acts["dataset_id"], acts["hash"], acts["count"], acts["kinds"]) == (
        built["id"],
        built["dataset"],
        1,
        {"PostLiked": 1},
    )
    assert told["receipts"] == []
    with desk(house, me) as (browser, _):
        assert "of your likes" in browser.get("/learning").text
    assert me.client.put("/api/bower/v1/consents", json={"personalise": False}).status_code == 200
    await asyncio.to_thread(house.command, "learn", "dataset", "ranker", "--json")
    newest = me.client.get("/api/bower/v1/receipts").json()["acts"][0]
    assert [(one["reason"], one["count"]) for one in newest["left_out"]] == [("withdrawn", 1)]
    assert author.client.get("/api/bower/v1/receipts").json()["acts"] == []
