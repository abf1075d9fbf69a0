"""Walks hold up nobody: what takes long is done between transactions, and what happens meanwhile is seen at the end. What is served follows the
ledger, and a night that was taken over is let go."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import click
import msgspec
import psutil
import psycopg
import pytest

from bowerbird.core import settings as settings_module
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Conflict
from bowerbird.core.settings import Settings
from bowerbird.events import consent
from bowerbird.inference import registry
from bowerbird.inference.runner import traits
from bowerbird.learning import nights, releases, serving, walk, walking
from bowerbird.learning.assistant.head import Head
from bowerbird.learning.datasets import building
from bowerbird.learning.datasets.ledger import Model
from bowerbird.learning.gate import Report
from bowerbird.learning.tuning.alone import alone
from tests.conftest import House, free_port
from tests.contract.test_datasets import somebody
from tests.contract.test_keepers import PASSED, version
from tests.contract.test_ranker_releases import act

LOCK = "hashtext('learning.datasets')"
FOUND = msgspec.structs.replace(PASSED, model="assistant")


@pytest.fixture
def where(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path))


@pytest.fixture
def here(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """This process is at the house's own command line."""
    for name, value in house.env.items():
        monkeypatch.setenv(name, value)
    settings_module.settings.cache_clear()
    yield settings_module.settings()
    settings_module.settings.cache_clear()


@dataclass
class Looking:
    """A trade that looks about while it learns, and then has too little to learn from."""

    url: str
    free: bool = False
    model: ClassVar[Model] = "ranker"
    too_few: ClassVar[str] = "It only looked."

    def learn(self, dataset: Path) -> None:
        with psycopg.connect(self.url, autocommit=True) as other:
            (self.free,) = other.execute(f"select pg_try_advisory_lock({LOCK})").fetchone() or (False,)

    def write(self, candidate: None, file: Path) -> str:
        raise AssertionError

    def examine(self, candidate: None, against: Path | None, dataset: Path, round_: int) -> Report:
        raise AssertionError


def test_nobody_waits_while_it_learns(house: House, here: Settings) -> None:
    looking = Looking(house.database_url)
    assert walking.walked(here, looking).why_not == "It only looked."
    assert looking.free, "another may build its dataset"


@dataclass
class Sure:
    """A trade whose candidate passes everything."""

    model: ClassVar[Model] = "assistant"
    too_few: ClassVar[str] = ""

    def learn(self, dataset: Path) -> Head:
        return Head([0.0] * traits.WIDTH, [1.0] * traits.WIDTH, 1.0, 40, 2, "")

    def write(self, candidate: Head, file: Path) -> str:
        candidate.write(file)
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def examine(self, candidate: Head, against: Path | None, dataset: Path, round_: int) -> Report:
        return FOUND


def test_what_passed_is_served_once_the_walk_is_over(house: House, here: Settings) -> None:
    ended = walking.walked(here, Sure())
    one = ended.release
    assert one is not None, ended.said
    try:
        assert one.state == "in_use"
        kept = serving.file_of(here, "assistant", one.number)
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == one.sha256
        assert (registry.home(here) / registry.ANSWER_REWARD).read_bytes() == kept.read_bytes()
        assert not serving.candidate_of(here, "assistant").exists()
        assert walking.walked(here, Sure()).why_not == walk.NOTHING_SAID
    finally:
        with psycopg.connect(house.database_url, autocommit=True) as ledger:
            ledger.execute("delete from learning.releases where id = %s", (one.id,))
        serving.put(here, "assistant", None)
        serving.gone(serving.file_of(here, "assistant", one.number))


def test_one_walk_of_a_model_at_a_time(house: House, here: Settings) -> None:
    with alone(here.home / "releases" / "ranker.walk", "taken"), pytest.raises(click.ClickException, match="Another walk of"):
        walking.ranker.main(["--effort", "quick"], standalone_mode=False)


async def begun(db: Database, where: Settings) -> walk.Begun:
    """One that has learned a head; its file lies as a candidate."""
    Head([0.0], [1.0], 1.0, 40, 2, "").write(serving.candidate_of(where, "assistant"))
    return await walk.begin(db, where, "assistant")


async def test_what_came_into_use_meanwhile_is_not_replaced_unseen(db: Database, where: Settings) -> None:
    start = await begun(db, where)
    one = await version(db, where, "assistant", 907, "in_use")
    made = walk.Made(serving.candidate_of(where, "assistant"), "0" * 64, FOUND)
    ended = await walk.end(db, where, start, made)
    assert (ended.release, ended.why_not, ended.state) == (None, walk.CHANGED, "examining")
    assert made.file.exists()
    assert [found.id for found in await releases.latest(db, "assistant", 1)] == [one.id]


async def test_what_somebody_left_meanwhile_is_written_down_and_never_in_use(db: Database, where: Settings) -> None:
    taught = 0
    while not taught:
        me = await somebody(db, f"leaves_{time.monotonic_ns() % 10**9}")
        await consent.say(db, me.id, {"personalise": True})
        await act(db, me.id, 1)
        start = await walk.begin(db, where, "ranker")
        taught = await db.value(
            "select person_id from learning.items where dataset_id = %s and person_id = %s and split = 'train'",
            start.dataset.id, me.id,
        )  # fmt: skip
    await consent.say(db, taught, {"personalise": False})
    await building.build(db, where, "ranker")
    file = serving.candidate_of(where, "ranker")
    file.mkdir(parents=True)
    report = msgspec.structs.replace(PASSED, model="ranker")
    ended = await walk.end(db, where, start, walk.Made(file, "0" * 64, report))
    assert ended.release
    assert (ended.release.state, ended.release.reason) == ("held", f"Meanwhile: {releases.WITHDREW}")
    assert await releases.in_use(db, "ranker") is None
    with pytest.raises(Conflict, match="withdrew"):
        await releases.promote(db, "ranker", ended.release.number, where)


async def test_two_that_end_at_once_have_numbers_of_their_own(pool: Pool) -> None:
    model = "pictures"
    async with pool.transaction() as db:
        number = await releases.next_number(db, model)

        async def other() -> int:
            async with pool.transaction() as theirs:
                return await releases.next_number(theirs, model)

        waiting = asyncio.create_task(other())
        await asyncio.sleep(0.5)
        assert not waiting.done()
        dataset = await db.value("select id from learning.datasets limit 1")
        await db.execute(
            """insert into learning.releases (id, model, number, dataset_id, sha256, report, state)
               values (%s, %s, %s, %s, '', '{}', 'held')""",
            number, model, number, dataset,
        )  # fmt: skip
    try:
        assert await waiting == number + 1
    finally:
        async with pool.transaction() as db:
            await db.execute("delete from learning.releases where id = %s and model = %s", number, model)


@asynccontextmanager
async def building_elsewhere(pool: Pool) -> AsyncIterator[Database]:
    """Somebody builds a dataset, as long as this is open."""
    async with pool.transaction() as db:
        await db.execute(f"select pg_advisory_xact_lock({LOCK})")
        yield db


async def test_whoever_waits_for_a_dataset_is_told_when_it_takes_too_long(
    pool: Pool, where: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "WAIT_S", 0.5)
    async with building_elsewhere(pool), pool.reading() as other:
        with pytest.raises(Conflict, match="Another dataset is being built"):
            await building.turn(other)
        with pytest.raises(Conflict, match="Another dataset is being built"):
            await building.build(other, where)


async def test_what_was_said_while_somebody_waited_is_in_their_dataset(house: House, pool: Pool) -> None:
    asks = "select count(*) from pg_stat_activity where query like %s and pid <> pg_backend_pid()"
    async with building_elsewhere(pool) as db:
        me = await somebody(db, f"late_{free_port()}")
        await consent.say(db, me.id, {"personalise": True})
        waits = asyncio.create_task(asyncio.to_thread(house.command, "learn", "dataset", "ranker", "--json"))
        async with pool.reading() as other:
            while not await other.value(asks, "%lock(hashtext('learning.datasets%"):
                assert not waits.done()
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        await act(db, me.id, 1)
    built = await waits
    try:
        async with pool.reading() as db:
            held = await db.value(
                "select count(*) from learning.items where dataset_id = %s and person_id = %s", int(built["id"]), me.id
            )
        assert held == 1
    finally:
        async with pool.transaction() as db:
            await consent.say(db, me.id, {"personalise": False})


async def undone(db: Database, change: Awaitable[object]) -> None:
    """A change in a transaction that comes to nothing."""
    with suppress(ZeroDivisionError):
        async with db.savepoint():
            await change
            raise ZeroDivisionError


async def test_what_is_served_follows_the_ledger_and_no_change_that_was_undone(db: Database, where: Settings) -> None:
    served = registry.home(where) / registry.ANSWER_REWARD
    await version(db, where, "assistant", 908, "held")
    with pytest.raises(Conflict, match="no longer kept"):
        await releases.promote(db, "assistant", 908, where)
    Head([1.0], [1.0], 1.0, 40, 2, "").write(serving.file_of(where, "assistant", 908))
    await undone(db, releases.promote(db, "assistant", 908, where))
    await releases.settle(db, where)
    assert not served.exists(), "a change that was undone moves no file"
    await releases.promote(db, "assistant", 908, where)
    assert not served.exists(), "before it is committed, none either"
    await releases.settle(db, where)
    assert served.read_bytes() == serving.file_of(where, "assistant", 908).read_bytes()
    was = served.stat().st_mtime_ns
    await releases.settle(db, where)
    assert served.stat().st_mtime_ns == was
    served.write_text("{}")  # a crash between commit and service, or a hand
    await releases.settle(db, where)
    assert served.read_bytes() == serving.file_of(where, "assistant", 908).read_bytes()
    await undone(db, releases.retire(db, "assistant", "By hand."))
    assert served.exists()
    await releases.retire(db, "assistant", "By hand.")
    await releases.settle(db, where)
    assert not served.exists()


async def test_a_night_that_another_took_over_is_let_go(here: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nights, "RENEW_S", 0.3)
    at = datetime(1960, 1, 1, max(0, here.learn_hour), 30, tzinfo=UTC)

    def walks() -> list[psutil.Process]:
        return [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]

    async with building_elsewhere(pool):  # so that the walk waits
        before = walks()
        learning = asyncio.create_task(nights.learn(pool, here, at, ("assistant",)))
        async with pool.reading() as db:
            while not (mine := [one for one in walks() if one not in before]):
                assert not learning.done()
                await asyncio.sleep(0.1)
            await asyncio.sleep(1)
            assert not learning.done(), "it holds the night, and says so"
            assert await db.execute("update learning.nights set began_at = clock_timestamp() where day = %s", at.date())
        assert not await asyncio.wait_for(learning, 10)
        assert not [one for one in mine if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    async with pool.transaction() as db:
        assert await db.value("select ended_at is null and told = '{}' from learning.nights where day = %s", at.date())
        await db.execute("delete from learning.nights where day = %s", at.date())
