"""Versions of the language model's adapter: loaded beside the model as it came, tried by a few, in use, taken back; each answer says which spoke."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from bowerbird.assistant import messages
from bowerbird.core.database import Database, Pool, json
from bowerbird.core.errors import Conflict
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings
from bowerbird.events import consent
from bowerbird.inference import adapters
from bowerbird.inference.adapters import Adapter
from bowerbird.inference.chatwire import ADAPTER_HEADER
from bowerbird.learning import releases, trials
from bowerbird.learning.datasets import building
from bowerbird.learning.gate import Check, Report
from bowerbird.learning.releases import Release
from bowerbird.learning.trials import Heard
from tests.conftest import House, Member
from tests.contract.test_conversations_private import begin, over
from tests.contract.test_datasets import answered, somebody

torch = pytest.importorskip("torch", reason="the [learn] extra is not installed: `make setup-test` brings it")

from bench.adapters import PROJECTIONS, SHAPE  # noqa: E402
from bowerbird.learning.tuning import adapter as files  # noqa: E402
from bowerbird.learning.tuning.lora import Lora  # noqa: E402

New = Callable[..., Member]


def made(folder: Path, seed: int, strength: float = 0.4) -> str:
    """An adapter that has learned nothing but noise: what it says is surely something else; its hash."""
    dice = torch.Generator().manual_seed(seed)
    lora = Lora.begin({(layer, what): shape for layer in range(15, 30) for what, shape in PROJECTIONS.items()}, 8, 16.0, seed)
    with torch.no_grad():
        for _, b in lora.pairs.values():
            b.copy_(torch.randn(b.shape, generator=dice) * strength)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"new-{seed}"
    files.write(lora, SHAPE, file, {"general.name": f"noise {seed}"})
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    file.rename(folder / f"{sha256}.gguf")
    return sha256


@pytest.fixture(scope="module")
def two(house: House) -> Iterator[tuple[str, str]]:
    folder = house.folder / "data" / "adapters"
    found = made(folder, 1), made(folder, 2)
    yield found
    for sha256 in found:
        (folder / f"{sha256}.gguf").unlink()


@pytest.fixture
def runner(house: House) -> Iterator[httpx.Client]:
    """Who may speak with the models' process."""
    key = secret(Settings(data_dir=str(house.folder / "data")), "runner")
    with httpx.Client(
        base_url=f"http://127.0.0.1:{house.runner_port}/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60
    ) as client:
        yield client


def at_hand(runner: httpx.Client, adapter: str) -> None:
    """Until the worker has had it loaded, before anybody asks."""
    until = time.monotonic() + 20
    while adapter not in runner.put("/adapters", json={"hold": []}).json()["adapters"]:
        assert time.monotonic() < until
        time.sleep(0.1)


def spoken(runner: httpx.Client, adapter: str = "", words: int = 8, **more: Any) -> tuple[str, str]:
    """(what it says, the adapter it says it with)."""
    asked = {
        "messages": [{"role": "user", "content": "What is a linocut?"}],
        "temperature": 0,
        "max_tokens": words,
        "bower_adapter": adapter,
    }
    answer = runner.post("/chat/completions", json=asked | more)
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"], answer.headers[ADAPTER_HEADER]


def test_each_answer_is_spoken_with_the_adapter_it_asks_for_and_nothing_of_another_is_left_in_it(
    runner: httpx.Client, two: tuple[str, str]
) -> None:
    one, other = two
    plain, none = spoken(runner)
    assert none == ""
    first, said = spoken(runner, one)
    assert said == one, "loaded when it was first asked for"
    second, _ = spoken(runner, other)
    assert len({plain, first, second}) == 3
    assert runner.put("/adapters", json={"hold": [one, other]}).json()["adapters"][:2] == [other, one]
    for adapter, words in [("", plain), (one, first), ("", plain), (other, second), (one, first), (one, first), ("", plain)]:
        assert spoken(runner, adapter)[0] == words
    assert spoken(runner, lora=[{"id": 0, "scale": 1.0}])[0] == plain, "nobody chooses by number"


def test_what_is_not_there_or_not_whole_is_never_spoken_with(house: House, runner: httpx.Client, two: tuple[str, str]) -> None:
    plain, _ = spoken(runner)
    folder = house.folder / "data" / "adapters"
    words = b"GGUF but not really"
    broken, cut = hashlib.sha256(words).hexdigest(), "a" * 64
    (folder / f"{broken}.gguf").write_bytes(words)
    (folder / f"{cut}.gguf").write_bytes((folder / f"{two[0]}.gguf").read_bytes()[:1000])
    for unknown in ("0" * 64, cut, broken, "../../secrets/runner"):
        assert spoken(runner, unknown) == (plain, "")
    assert spoken(runner, two[0])[1] == two[0], "the others are as they were"
    assert runner.put("/adapters", json={"hold": ["f" * 64] * 5}).status_code == 422
    with httpx.Client(base_url=runner.base_url, verify=False) as stranger:
        assert stranger.put("/adapters", json={"hold": []}).status_code in (401, 403)


def test_who_is_in_the_middle_of_an_answer_hears_it_to_its_end(house: House, runner: httpx.Client) -> None:
    new = made(house.folder / "data" / "adapters", 3)
    asked = {"messages": [{"role": "user", "content": "Tell me a long story about a bird."}], "max_tokens": 150, "stream": True}
    with runner.stream("POST", "/chat/completions", json=asked | {"temperature": 0}) as answer:
        pieces = answer.iter_lines()
        next(pieces)
        assert new in runner.put("/adapters", json={"hold": [new]}).json()["adapters"]
        rest = list(pieces)
    assert "data: [DONE]" in rest
    assert spoken(runner, new)[1] == new


def test_one_whose_file_was_deleted_keeps_no_other_from_speaking(house: House, runner: httpx.Client) -> None:
    folder = house.folder / "data" / "adapters"
    old, new = made(folder, 4), made(folder, 5)
    assert spoken(runner, old)[1] == old
    (folder / f"{old}.gguf").unlink()  # somebody it learned from withdrew
    assert spoken(runner, new)[1] == new
    assert spoken(runner, old)[1] == "", "it is not in memory any more either"


async def test_an_answer_says_which_version_spoke_and_going_back_takes_no_time(
    newcomer: New, pool: Pool, runner: httpx.Client, two: tuple[str, str]
) -> None:
    ines = newcomer(scopes="read write models")

    async def serve(share: int) -> None:
        async with pool.transaction() as db:
            await (adapters.serve(db, "adapter 901", two[0], share) if share else adapters.withdraw(db, "adapter 901"))

    def answer() -> dict[str, Any]:
        _, begun = begin(ines, "Say hello to me in one short sentence.")
        return over(ines.client, begun["id"])

    def program() -> dict[str, Any]:
        asked = {"model": "bower-mini", "messages": [{"role": "user", "content": "Hello."}], "max_tokens": 4}
        return ines.client.post("/v1/chat/completions", json=asked, timeout=60).json()["bower"]

    await serve(100)
    try:
        await asyncio.to_thread(at_hand, runner, two[0])
        told = await asyncio.to_thread(answer)
        assert (told["model"], told["release"]) == ("smollm2-135m-instruct", "adapter 901")
        assert (await asyncio.to_thread(program))["release"] == "adapter 901"
    finally:
        await serve(0)
    assert (await asyncio.to_thread(answer))["release"] is None
    assert (await asyncio.to_thread(program))["release"] is None


def test_a_few_try_it_and_have_every_other_answer_of_it() -> None:
    new, old = Adapter("adapter 2", "b" * 64, 25), Adapter("adapter 1", "a" * 64, 100)
    people = range(10**9, 10**9 + 2_000)
    tried = [one for one in people if adapters.tries(new, one)]
    assert 0.21 < len(tried) / len(people) < 0.29
    mixed = [adapters.chosen([old, new], tried[0], answer) for answer in range(400)]
    assert 0.4 < mixed.count(new) / 400 < 0.6
    assert mixed.count(new) + mixed.count(old) == 400
    others = next(one for one in people if one not in tried)
    assert {adapters.chosen([old, new], others, answer) for answer in range(50)} == {old}
    assert adapters.chosen([new], others, 1) is None
    wider = Adapter("adapter 2", "b" * 64, 26)
    assert all(adapters.tries(wider, one) for one in tried), "whoever tries it goes on trying it"


async def version(db: Database, where: Settings, number: int, *, passed: bool = True) -> Release:
    dataset, _ = await building.build(db, where)
    check = Check(name="enough", text="Enough", value=1.0, limit=1.0, passed=passed)
    report = Report(model="adapter", round=1, error=0.01, items=1, people=1, checks=[check])
    return await releases.made(db, dataset, number, f"{number:064x}", report)


@pytest.fixture
def where(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path))


async def test_from_five_people_in_a_hundred_to_everyone_and_back(db: Database, where: Settings) -> None:
    first = await releases.admit(db, await version(db, where, 701))
    assert (first.state, first.share) == ("trial", 5)
    assert await adapters.served(db) == [Adapter("adapter 701", first.sha256, 5)]
    await trials.watch(db)
    assert (await trial(db)).share == 5, "not before its time"
    await later(db, timedelta(hours=49))
    await trials.watch(db)
    assert (await trial(db)).share == 25
    await trials.watch(db)
    assert (await trial(db)).share == 25
    await later(db, timedelta(hours=49))
    await trials.watch(db)
    assert await adapters.served(db) == [Adapter("adapter 701", first.sha256, 100)]
    second = await releases.admit(db, await version(db, where, 702))
    assert [one.name for one in await adapters.served(db)] == ["adapter 701", "adapter 702"]
    back = await releases.rollback(db, "adapter")
    assert back is not None
    assert back.number == 701, "the one on trial goes first"
    assert [one.name for one in await adapters.served(db)] == ["adapter 701"]
    assert (await releases.latest(db, "adapter", 1))[0].state == "held"
    await releases.promote(db, "adapter", second.number)
    back = await releases.rollback(db, "adapter")
    assert back is not None
    assert back.number == 701
    assert await releases.rollback(db, "adapter") is None
    assert await adapters.served(db) == []
    failed = await version(db, where, 703, passed=False)
    with pytest.raises(Conflict):
        await releases.try_with(db, failed.number, 5)


async def test_everyone_sees_how_a_trial_stands(house: House, pool: Pool, where: Settings) -> None:
    async with pool.transaction() as db:
        one = await releases.admit(db, await version(db, where, 731))
        heard = Heard(people=7, mean=-0.1, low=-0.4, high=0.2, answers=(9, 8), failed=(0, 1))
        await db.execute("update learning.releases set tried = %s where id = %s", json(msgspec.to_builtins(heard)), one.id)
    try:
        async with httpx.AsyncClient(base_url=house.url) as anybody:
            page = (await anybody.get("/learning")).text
            told = (await anybody.get("/api/bower/v1/learning/releases")).json()["releases"][0]
        assert "Tried by 5 of a hundred people" in page
        assert "Too close to tell" in page
        assert "-0.40" in page.replace("−", "-")
        assert (told["state"], told["share"], told["tried"]["people"]) == ("trial", 5, 7)
    finally:
        async with pool.transaction() as db:
            await releases.end_trial(db, "adapter", "It was a test.")
            await db.execute("delete from learning.releases where id = %s", one.id)


async def trial(db: Database) -> Release:
    found = await releases.on_trial(db, "adapter")
    assert found
    return found


async def later(db: Database, by: timedelta) -> None:
    await db.execute("update learning.releases set since = since - %s where state = 'trial'", by)


async def test_people_who_like_the_other_answers_better_end_a_trial(db: Database, where: Settings) -> None:
    one = await releases.admit(db, await version(db, where, 711))
    await later(db, timedelta(hours=1))
    for number in range(60):
        agreed = number % 2 == 0
        me = await somebody(db, f"tries_{number}")
        await consent.say(db, me.id, {"train_assistant_feedback": agreed})
        for turn in range(3):
            _, (new, old) = await answered(db, me, f"What is {turn}?", "That one.", "This one.")
            await db.execute("update assistant.messages set release = %s where id = %s", one.name, new)
            await messages.rate(db, me, new, -1 if agreed else 1)  # who did not agree is not heard
            await messages.rate(db, me, old, 1 if agreed else -1)
        if number == 5:
            heard = await trials.hear(db, await trial(db))
            assert (heard.people, heard.answers) == (3, (18, 18))
            assert not heard.harm, "three people are not enough"
    await trials.watch(db)
    ended = (await releases.latest(db, "adapter", 1))[0]
    assert ended.state == "held"
    assert "30 people" in ended.reason
    assert ended.tried["high"] < 0
    assert await adapters.served(db) == []
    await trials.watch(db)  # nothing is on trial any more


async def test_an_answer_that_failed_before_its_first_word_counts_for_whom_it_was_asked_of(db: Database, where: Settings) -> None:
    one = await releases.try_with(db, (await version(db, where, 712)).number, 99)
    await later(db, timedelta(hours=1))
    me = await somebody(db, "hears_nothing")
    _, (spoken_with, *others) = await answered(db, me, "Why?", "So.", *["No."] * 40)
    await db.execute("update assistant.messages set release = %s where id = %s", one.name, spoken_with)
    await db.execute("update assistant.messages set state = 'failed', model = null where id = any(%s)", others)
    heard = await trials.hear(db, await trial(db))
    asked = [adapters.chosen(await adapters.served(db), me.id, id_) for id_ in others]
    if adapters.tries((await adapters.served(db))[0], me.id):
        assert 5 < asked.count(None) < 35
    assert heard.failed == (len(others) - asked.count(None), asked.count(None))
    assert heard.answers == (heard.failed[0] + 1, heard.failed[1])


async def test_a_trial_of_what_may_not_be_promoted_any_more_ends(db: Database, where: Settings) -> None:
    one = await releases.try_with(db, (await version(db, where, 713)).number, 25)
    await later(db, timedelta(hours=97))
    await db.execute("update learning.datasets set items = items + 1 where id = %s", one.dataset_id)  # somebody left the house
    await trials.watch(db)
    assert (await releases.latest(db, "adapter", 1))[0].reason.endswith("adapter 713 learned from somebody who withdrew.")
    assert await adapters.served(db) == []


def test_answers_that_come_to_nothing_end_a_trial_and_chance_does_not() -> None:
    def heard(**more: Any) -> Heard:
        return Heard(**{"people": 0, "mean": 0.0, "low": -1.0, "high": 1.0, "answers": (40, 40), "failed": (0, 0)} | more)

    assert not heard().harm
    assert not heard(failed=(4, 1)).harm
    assert "9 of its 40" in heard(failed=(9, 1)).harm
    assert not heard(answers=(4, 40), failed=(4, 0)).harm
    assert heard(people=12, low=-0.6, high=-0.1).harm
