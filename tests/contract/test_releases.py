"""From votes to a version in use: the whole walk on a real database, and back again."""

from __future__ import annotations

import os
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bowerbird.assistant import messages
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Conflict, NotFound
from bowerbird.core.paging import Page
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings
from bowerbird.events import consent
from bowerbird.learning import nights, releases, serving
from bowerbird.learning.assistant import head, pair
from bowerbird.learning.assistant.trade import Answers
from bowerbird.learning.datasets import files, receipts, sieve
from tests.conftest import House
from tests.contract import walks
from tests.contract.test_datasets import answered, somebody
from tests.learning.test_assistant_head import BAD, GOOD, QUESTIONS, SUBJECTS, embed


@pytest.fixture
def where(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path))


async def town(db: Database, where: Settings, prefix: str, right: float | None, apart: int = 10, each: int = 8) -> list[int]:
    """People who agreed, and voted, until `apart` of them are kept for the exam; `right` is how often for the good answer, None:
    by turns for either, so that there is nothing to be learned."""
    chance, ids, kept_apart = random.Random(prefix), list[int](), 0
    while kept_apart < apart or len(ids) - kept_apart < 2 * apart:
        me = await somebody(db, f"{prefix}{len(ids)}")
        ids.append(me.id)
        kept_apart += sieve.apart(sieve.person_key(secret(where, "datasets"), me.id))
        await consent.say(db, me.id, {"train_assistant_feedback": True})
        for turn in range(each):
            at = chance.randrange(len(SUBJECTS))
            said = chance.choice(GOOD).format(SUBJECTS[at]), chance.choice(BAD)
            question = f"{QUESTIONS[at]} I am {prefix}{len(ids)}, {chance.randrange(10**6)}."  # nobody asks quite the same
            _, (good, bad) = await answered(db, me, question, *said)
            liked, disliked = (good, bad) if (turn % 2 == 0 if right is None else chance.random() < right) else (bad, good)
            await messages.rate(db, me, liked, 1)
            await messages.rate(db, me, disliked, -1)
    return ids


async def test_votes_become_a_version_and_a_withdrawal_makes_another(db: Database, where: Settings) -> None:
    ids = await town(db, where, "town_a", 0.9)
    first = await walks.through(db, where, Answers(embed))
    assert first.release is not None
    assert first.release.state == "in_use", first.said
    assert first.release.found.passed
    again = await walks.through(db, where, Answers(embed))
    assert again.release is None
    taught = await db.value(
        "select min(person_id) from learning.items where dataset_id = %s and split = 'train' and person_id = any(%s)",
        first.dataset.id,
        ids,
    )
    told = await receipts.of(db, taught, Page(limit=80))
    assert {name for one in told for entry in one.entries for name in entry.releases} == {first.release.name}
    await consent.say(db, taught, {"train_assistant_feedback": False})
    second = await walks.through(db, where, Answers(embed))
    assert second.release is not None
    assert second.release.state == "in_use", second.said
    states = {one.number: (one.state, one.reason) for one in await releases.latest(db, "assistant")}
    assert states[first.release.number] == ("retired", releases.WITHDREW)
    await db.execute("delete from learning.items where person_id = %s", taught)
    alone = head.learn(embed, pair.of_rows(files.read(next(files.home(where, "assistant").iterdir()), "train")))
    assert alone == head.read(serving.file_of(where, "assistant", second.release.number))


async def test_votes_without_meaning_are_held_back_and_cannot_be_promoted(db: Database, where: Settings) -> None:
    await town(db, where, "town_b", None)
    found = await walks.through(db, where, Answers(embed))
    assert found.release is not None
    assert found.release.state == "held"
    assert "Not passed" in found.release.reason
    again = await walks.through(db, where, Answers(embed))  # the same votes are examined once
    assert again.release is None
    with pytest.raises(Conflict):
        await releases.promote(db, "assistant", found.release.number)
    with pytest.raises(NotFound):
        await releases.promote(db, "assistant", 999)


async def test_going_back_is_one_step(db: Database, where: Settings) -> None:
    with pytest.raises(Conflict):
        await releases.rollback(db, "assistant")
    await town(db, where, "town_c", 0.95)
    first = await walks.through(db, where, Answers(embed))
    assert first.release is not None
    assert first.release.state == "in_use", first.said
    assert await releases.rollback(db, "assistant", where) is None
    assert await releases.in_use(db, "assistant") is None
    assert (await releases.promote(db, "assistant", first.release.number, where)).state == "in_use"


async def test_a_handful_of_votes_teaches_nothing(db: Database, where: Settings) -> None:
    await town(db, where, "town_d", 1.0, apart=1, each=2)
    found = await walks.through(db, where, Answers(embed))
    assert found.release is None
    assert "Fewer than" in found.why_not


def test_nights_have_their_hours() -> None:
    where = Settings(learn_hour=23)
    at = datetime(2026, 11, 28, 23, 5, tzinfo=UTC)
    assert nights.is_time(where, at) == date(2026, 11, 28)
    assert nights.is_time(where, at + timedelta(hours=2)) == date(2026, 11, 28)  # past midnight it is still that night
    assert nights.is_time(where, at + timedelta(hours=5)) is None
    assert nights.is_time(Settings(learn_hour=-1), at) is None


async def test_a_night_is_walked_once_and_says_what_came_of_it(house: House, pool: Pool) -> None:
    where = Settings(data_dir=str(house.folder / "data"), learn_cpu_minutes=2)
    at = datetime(1990 + house.port % 30, 1, 1, where.learn_hour, 30, tzinfo=UTC)
    before = {name: os.environ.get(name) for name in house.env}
    os.environ.update(house.env)
    try:
        assert await nights.learn(pool, where, at, ("assistant", "nothing of the kind"))
        assert not await nights.learn(pool, where, at)
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
    async with pool.reading() as db:
        night = next(one for one in await nights.latest(db, 100) if one.day == at.date())
    assert {"dataset", "items", "people", "state"} <= set(night.told["assistant"])
    assert "No such command" in night.told["nothing of the kind"]["error"]
    async with httpx.AsyncClient(base_url=house.url) as anybody:
        page = await anybody.get("/learning")
    assert page.status_code == 200
    assert "Night by night" in page.text
    assert "No such command" in page.text


async def claimed(db: Database, day: date, after_signals: int = 0) -> int | None:
    night = await nights.claim(db, day, after_signals)
    return night and night.walk


async def test_a_night_that_nobody_ended_is_taken_over_and_is_no_longer_its_walkers(db: Database) -> None:
    day = date(1980, 1, 1)
    lost = await nights.claim(db, day)
    assert lost is not None
    assert await claimed(db, day) is None
    assert await nights.renewed(db, lost)
    await db.execute("update learning.nights set leased_until = now() - interval '1 second' where day = %s", day)
    own = await nights.claim(db, day)
    assert own is not None
    assert (own.day, own.walk) == (lost.day, lost.walk)
    assert await claimed(db, day) is None
    assert not await nights.renewed(db, lost)
    assert not await nights.ended(db, lost, {"assistant": {"error": "mine"}})
    assert await nights.ended(db, own, {"assistant": {"error": "x"}})
    assert not await nights.renewed(db, own), "it is over"
    assert await db.value("select told from learning.nights where day = %s", day) == {"assistant": {"error": "x"}}
    await db.execute("update learning.nights set leased_until = now() - interval '1 second' where day = %s", day)
    assert await claimed(db, day) is None


async def test_enough_new_signals_begin_another_walk_in_the_same_night(db: Database) -> None:
    day = date(1980, 1, 2)
    first = await nights.claim(db, day, 4)
    assert first is not None
    assert await claimed(db, day, 4) is None, "it is under way"
    await nights.ended(db, first, {})
    me, shy = await somebody(db, "rates_on"), await somebody(db, "rates_shyly")
    await consent.say(db, me.id, {"train_assistant_feedback": True})
    for who in (me, shy):
        _, answers = await answered(db, who, "What is a wash?", "Thin paint.", "A river.", "Soap.")
        for one in answers:
            await messages.rate(db, who, one, 1)
    assert await claimed(db, day, 4) is None, "who did not agree does not count"
    assert await claimed(db, day) is None
    assert await claimed(db, day, 3) == 2
    assert await claimed(db, day, 3) is None
