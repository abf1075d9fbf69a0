"""Administrators steer what is learned, each time with a reason; nobody else does; and everybody is told by when what they took back is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from bowerbird.accounts import people
from bowerbird.assistant import messages
from bowerbird.core.database import Database, Pool, json
from bowerbird.core.errors import Conflict, Invalid, NotAllowed, NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.core.settings import Settings
from bowerbird.events import consent
from bowerbird.inference import adapters, registry
from bowerbird.inference.runner import traits
from bowerbird.learning import keepers, nights, orders, promises, releases, serving
from bowerbird.learning.assistant.head import Head
from bowerbird.learning.datasets import building, receipts, taken_back
from bowerbird.learning.gate import Check, Report
from bowerbird.learning.releases import Release
from tests.conftest import House, Member
from tests.contract.test_chat_pages import post, seated
from tests.contract.test_datasets import answered, somebody

New = Callable[..., Member]
PAGE = "/learning/keeping"
BETTER = Check(name="better", text="Better.", value=0.7, low=0.6, high=0.8, limit=0.5, before=0.5, chance=0.01, passed=True)
PASSED = Report(model="adapter", round=1, error=0.05, items=80, people=10, checks=[BETTER])


@pytest.fixture
def where(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path))


async def version(db: Database, where: Settings, model: str, number: int, state: str = "held") -> Release:
    """One that passed, of a dataset that stands."""
    built, _ = await building.build(db, where, "assistant" if model == "adapter" else model)  # type: ignore[arg-type]
    report = msgspec.structs.replace(PASSED, model=model)
    await db.execute(
        """insert into learning.releases (id, model, number, dataset_id, sha256, report, state, since)
           values (%s, %s, %s, %s, %s, %s, %s, case when %s = 'in_use' then clock_timestamp() end)""",
        new_id(), model, number, built.id, f"{number:064x}", json(msgspec.to_builtins(report)), state, state,
    )  # fmt: skip
    return (await releases.latest(db, model, 1))[0]


async def test_an_administrator_puts_into_use_and_goes_back_with_a_reason(db: Database, where: Settings) -> None:
    keeper = await people.create(db, "keeper_of_versions", email=None, password=None, role="admin")
    one = await version(db, where, "adapter", 901)
    with pytest.raises(Conflict, match="no longer kept"):
        await keepers.promote(db, keeper, "adapter", 901, "It answers better.", where)
    file = adapters.file_of(where, one.sha256)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    with pytest.raises(Invalid, match="Say why"):
        await keepers.promote(db, keeper, "adapter", 901, "   ", where)
    assert (await keepers.promote(db, keeper, "adapter", 901, "It answers better.", where)).state == "in_use"
    with pytest.raises(NotFound):
        await keepers.promote(db, keeper, "adapter", 902, "x", where)
    with pytest.raises(NotFound):
        await keepers.promote(db, keeper, "painter", 1, "x", where)
    assert await keepers.rollback(db, keeper, "adapter", "It rambles.", where) is None
    with pytest.raises(Conflict, match="No version"):
        await keepers.rollback(db, keeper, "adapter", "x", where)
    told = [(one.account_id, one.verb, one.model, one.number, one.why) for one in await orders.latest(db, 2)]
    assert told == [
        (keeper.id, "rollback", "adapter", None, "It rambles."),
        (keeper.id, "promote", "adapter", 901, "It answers better."),
    ]


async def test_only_administrators_may(db: Database, where: Settings) -> None:
    for role in ("user", "moderator"):
        someone = await people.create(db, f"no_keeper_{role}", email=None, password=None, role=role)
        for verb in (
            keepers.promote(db, someone, "adapter", 1, "x", where), keepers.rollback(db, someone, "adapter", "x", where),
            keepers.pause(db, someone, "x"), keepers.resume(db, someone, "x"), keepers.run(db, someone, "x"),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                await verb
    assert not [one for one in await orders.latest(db) if one.why == "x"]


async def test_a_night_that_was_ordered_is_walked_once_and_none_while_paused(db: Database) -> None:
    keeper = await people.create(db, "keeper_of_nights", email=None, password=None, role="admin")
    day = datetime(1971, 1, 1, tzinfo=UTC).date()
    await keepers.pause(db, keeper, "The machine is needed.")
    with pytest.raises(Conflict, match="paused already"):
        await keepers.pause(db, keeper, "x")
    with pytest.raises(Conflict, match="paused"):
        await keepers.run(db, keeper, "x")
    await keepers.resume(db, keeper, "It is free again.")
    assert await orders.paused(db) is None
    with pytest.raises(Conflict, match="not paused"):
        await keepers.resume(db, keeper, "x")
    await db.execute("update learning.nights set ended_at = clock_timestamp() where ended_at is null")
    await keepers.run(db, keeper, "To see what comes of it.")
    assert await orders.wanted(db) is not None
    with pytest.raises(Conflict, match="already"):
        await keepers.run(db, keeper, "x")
    night = await nights.claim(db, day, ordered=True)
    assert night is not None
    assert night.walk == 1
    assert await orders.wanted(db) is not None, "it may be killed yet"
    assert await nights.claim(db, day, ordered=True) is None
    with pytest.raises(Conflict, match="already"):
        await keepers.run(db, keeper, "x")
    await nights.ended(db, night, {})
    assert await orders.wanted(db) is None
    await keepers.run(db, keeper, "Once more.")
    assert await nights.claim(db, day) is None
    second = await nights.claim(db, day, ordered=True)
    assert second is not None
    assert second.walk == 2


@dataclass
class Standing:
    """Orders and nights that a test commits, gone after it: other tests read the same house."""

    since: int


@pytest.fixture
async def standing(pool: Pool) -> AsyncIterator[Standing]:
    kept = Standing(new_id())
    yield kept
    async with pool.transaction() as db:
        await db.execute("delete from learning.orders where id > %s", kept.since)
        await db.execute("delete from learning.releases where number in (903, 906)")


async def test_the_worker_learns_nothing_while_paused_and_at_once_when_told(pool: Pool, standing: Standing) -> None:
    where, noon = Settings(learn_hour=3), datetime.now(UTC).replace(year=1972, hour=12)
    async with pool.transaction() as db:
        keeper = await people.create(db, f"keeper_{standing.since % 10**9}", email=None, password=None, role="admin")
        await keepers.pause(db, keeper, "A test.")
    assert not await nights.learn(pool, where, noon.replace(hour=3), ())
    async with pool.transaction() as db:
        await keepers.resume(db, keeper, "A test.")
    assert not await nights.learn(pool, where, noon, ())
    async with pool.transaction() as db:
        if not await nights.under_way(db):
            await keepers.run(db, keeper, "A test.")
    assert await nights.learn(pool, where, noon, ())
    assert not await nights.learn(pool, where, noon, ())


@pytest.fixture
async def waiting(pool: Pool, house: House, standing: Standing) -> None:
    """A version that passed and is held."""
    async with pool.transaction() as db:
        await version(db, Settings(data_dir=str(house.folder / "data")), "adapter", 903)


async def test_the_command_line_is_written_down_too_and_serves_at_once(
    house: House, newcomer: New, pool: Pool, standing: Standing
) -> None:
    where, admin = Settings(data_dir=str(house.folder / "data")), newcomer(role="admin")
    Head([0.0] * traits.WIDTH, [1.0] * traits.WIDTH, 1.0, 40, 2, "").write(file := serving.file_of(where, "assistant", 906))
    served = registry.home(where) / registry.ANSWER_REWARD
    async with pool.transaction() as db:
        await version(db, where, "assistant", 906)
    told = await asyncio.to_thread(house.command, "learn", "promote", "assistant", "906", "--why", "It was <b> asked for.")
    assert told["state"] == "in_use"
    assert served.read_bytes() == file.read_bytes()
    told = await asyncio.to_thread(house.command, "learn", "rollback", "assistant")
    assert told["release"] is None
    assert not served.exists()
    file.unlink()
    async with pool.reading() as db:
        last = [(one.account_id, one.verb, one.model, one.number, one.why) for one in await orders.latest(db, 2)]
    assert last == [
        (None, "rollback", "assistant", None, "No reason was given."),
        (None, "promote", "assistant", 906, "It was <b> asked for."),
    ]

    def page() -> str:
        with seated(house, admin.name) as browser:
            return browser.get(PAGE).text

    said = await asyncio.to_thread(page)
    assert "The command line" in said
    assert "It was &lt;b&gt; asked for." in said


async def test_the_page_serves_at_once(house: House, newcomer: New, pool: Pool, standing: Standing) -> None:
    where, admin = Settings(data_dir=str(house.folder / "data")), newcomer(role="admin")
    Head([0.0] * traits.WIDTH, [1.0] * traits.WIDTH, 1.0, 40, 2, "").write(file := serving.file_of(where, "assistant", 906))
    served = registry.home(where) / registry.ANSWER_REWARD
    async with pool.transaction() as db:
        await version(db, where, "assistant", 906)

    def said(verb: str, **form: str) -> int:
        with seated(house, admin.name) as browser:
            return post(browser, f"{PAGE}/{verb}", why="A test.", model="assistant", **form).status_code

    assert await asyncio.to_thread(said, "promote", number="906") == 303
    assert served.read_bytes() == file.read_bytes()
    assert await asyncio.to_thread(said, "rollback") == 303
    assert not served.exists()
    file.unlink()


@pytest.mark.usefixtures("waiting")
def test_the_page_is_for_administrators(house: House, newcomer: New, visitor: httpx.Client) -> None:
    admin, moderator, anybody = newcomer(role="admin"), newcomer(role="moderator"), newcomer()
    assert visitor.get(PAGE).headers["location"].startswith("/signin")
    for member in (moderator, anybody):
        with seated(house, member.name) as browser:
            assert browser.get(PAGE).status_code == 403
            for verb in ("pause", "resume", "run", "promote", "rollback"):
                assert post(browser, f"{PAGE}/{verb}", why="because", model="adapter", number="1").status_code == 403
            assert PAGE not in browser.get("/learning").text
    with seated(house, admin.name) as browser:
        assert PAGE in browser.get("/learning").text
        page = browser.get(PAGE).text
        assert "Put into use …" in page
        assert "Language model 903" in page
        assert post(browser, f"{PAGE}/promote", why="x", model="adapter", number="903").status_code == 409, (
            "its file is not there"
        )
        assert post(browser, f"{PAGE}/promote", why="x", model="adapter", number="one").status_code == 404
        assert post(browser, f"{PAGE}/rollback", why="x", model="adapter").status_code == 409
        assert post(browser, f"{PAGE}/forget", why="x").status_code == 404
        assert post(browser, f"{PAGE}/pause", why="").status_code == 422
        assert browser.post(f"{PAGE}/pause", data={"why": "no token"}).status_code == 403
        assert post(browser, f"{PAGE}/pause", why="The machine moves <b>").status_code == 303
        page = browser.get(PAGE).text
        assert "The machine moves &lt;b&gt;" in page
        assert f'href="/@{admin.name}"' in page
        assert post(browser, f"{PAGE}/run", why="x").status_code == 409
        assert "Learning is paused by an administrator since" in visitor.get("/learning").text
        assert anybody.client.get("/api/bower/v1/receipts").json()["due"]["paused_since"]
        assert post(browser, f"{PAGE}/resume", why="It has moved").status_code == 303
    assert "paused by an administrator" not in visitor.get("/learning").text
    due = anybody.client.get("/api/bower/v1/receipts").json()["due"]
    assert due["paused_since"] is None
    assert due["next_build"] < due["by"]


def test_the_next_night_has_a_date() -> None:
    at = datetime(2026, 11, 28, 23, 5, tzinfo=UTC)
    assert nights.due(Settings(learn_hour=3), at) == datetime(2026, 11, 29, 3, tzinfo=UTC)
    assert nights.due(Settings(learn_hour=3), at.replace(hour=2)) == datetime(2026, 11, 28, 3, tzinfo=UTC)
    assert nights.due(Settings(learn_hour=3), at.replace(hour=3, minute=0)) == datetime(2026, 11, 29, 3, tzinfo=UTC)
    assert nights.due(Settings(learn_hour=-1), at) is None


async def test_a_receipt_says_when_it_goes_and_then_that_it_went(db: Database, where: Settings) -> None:
    ines, noor = await somebody(db, "ines_promised"), await somebody(db, "noor_promised")
    for who, answer in ((ines, "Sized linen."), (noor, "Raw cotton.")):
        await consent.say(db, who.id, {"train_assistant_feedback": True})
        _, (good,) = await answered(db, who, f"What do I paint on, {who.username}?", answer)
        await messages.rate(db, who, good, 1)
    one = await version(db, where, "assistant", 904, "in_use")
    split = await db.value("select split from learning.items where dataset_id = %s and person_id = %s", one.dataset_id, ines.id)
    (mine,) = await receipts.of(db, ines.id, Page())
    assert await taken_back.of(db, [mine]) == {}
    await receipts.withdraw(db, ines.id, mine.id)
    (mine,) = await receipts.of(db, ines.id, Page())
    told = (await taken_back.of(db, [mine]))[mine.id]
    taught = [("assistant 904", "in_use")] if split == "train" else []
    assert told.without is None
    assert [(version.name, version.state) for version in told.versions] == taught
    now = datetime.now(UTC)
    promise = await promises.of(db, Settings(learn_hour=3, learn_quiet_hours=4), now)
    assert promise.next_build is not None
    assert promise.by == promise.next_build + timedelta(hours=4)
    assert await promises.of(db, Settings(learn_hour=-1), now) == promises.Promise(None, None)
    built, _ = await building.build(db, where)
    await releases.retire(db, "assistant", releases.WITHDREW)
    (mine,) = await receipts.of(db, ines.id, Page())
    told = (await taken_back.of(db, [mine]))[mine.id]
    assert told.without == built.built_at
    assert all(version.gone and version.until for version in told.versions)
    (other,) = await receipts.of(db, noor.id, Page())
    assert await taken_back.of(db, [other]) == {}
