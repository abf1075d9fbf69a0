"""From liked answers to an adapter that a few people try, on a real database and a tiny language model; and what a withdrawal does to it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

torch = pytest.importorskip("torch", reason="the [learn] extra is not installed: `make setup-test` brings it")

from bowerbird.assistant import messages  # noqa: E402
from bowerbird.core.database import Database  # noqa: E402
from bowerbird.core.secrets import secret  # noqa: E402
from bowerbird.core.settings import Settings  # noqa: E402
from bowerbird.events import consent  # noqa: E402
from bowerbird.inference import adapters  # noqa: E402
from bowerbird.learning import nights, releases  # noqa: E402
from bowerbird.learning.adapter import lesson, shelf, walk  # noqa: E402
from bowerbird.learning.adapter.budget import Budget  # noqa: E402
from bowerbird.learning.adapter.sitting import Means  # noqa: E402
from bowerbird.learning.adapter.walk import Begun, Made  # noqa: E402
from bowerbird.learning.datasets import sieve  # noqa: E402
from bowerbird.learning.walk import Walked  # noqa: E402
from tests.conftest import House  # noqa: E402
from tests.contract.test_datasets import answered, somebody  # noqa: E402
from tests.learning import taught_llama  # noqa: E402
from tests.learning.test_adapter_exam import RECIPE, SMALL  # noqa: E402
from tests.learning.test_assistant_head import embed  # noqa: E402
from tests.learning.tiny_llama import Tiny  # noqa: E402


@pytest.fixture(scope="module")
def tiny() -> Tiny:
    return taught_llama.shared()


@pytest.fixture
def where(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path))


async def likers(db: Database, where: Settings, prefix: str, apart: int = 9, each: int = 8) -> list[int]:
    """People who agreed, and liked answers with the sky in them, until `apart` of them are kept for the exam."""
    ids, kept_apart = list[int](), 0
    while kept_apart < apart or len(ids) - kept_apart < 2 * apart:
        me = await somebody(db, f"{prefix}{len(ids)}")
        ids.append(me.id)
        kept_apart += sieve.apart(sieve.person_key(secret(where, "datasets"), me.id))
        await consent.say(db, me.id, {"train_assistant_feedback": True})
        for number in range(each):
            question, colour = taught_llama.asks(len(ids), number)
            _, (answer,) = await answered(db, me, question, f"Paint it {colour}, as the sky is {colour}.")
            await messages.rate(db, me, answer, 1)
    return ids


def learned(where: Settings, tiny: Tiny, begun: Begun, seconds: float = 10_000) -> Made | Walked:
    means = Means(tiny.file, where.home / walk.HOME, embed, lambda text: float("harm" in text))
    return lesson.given(
        begun, means, begun.file(where), walk.reward(where, begun), Budget(seconds), lambda _: None, RECIPE, SMALL
    )


async def test_liked_answers_become_a_version_that_a_few_try_and_a_withdrawal_ends_it(
    db: Database, where: Settings, tiny: Tiny
) -> None:
    await likers(db, where, "sky_a")
    begun = await walk.begin(db, where)
    assert begun.why_not == ""
    home = where.home / walk.HOME
    short = await asyncio.to_thread(learned, where, tiny, begun, 1.0)
    assert isinstance(short, Walked)
    assert short.said["state"] in ("out_of_budget", "examining")
    assert "goes on next night" in str(short.said["reason"])
    made = await asyncio.to_thread(learned, where, tiny, begun)
    assert isinstance(made, Made)
    found = {check.name: check for check in made.report.checks}
    assert found.keys() >= {
        "enough", "likelihood", "forgetting", "exposure", "recited", "length", "evasive", "loops", "toxicity", "tasks", "refusals",
        "injection", "harm", "speed",
    }  # fmt: skip
    assert all(found[name].passed for name in ("enough", "likelihood", "length", "evasive", "loops", "recited")), found
    # who is examined with, and the secrets, are another town's each time: where chance holds it, it is the rest that goes on
    report = msgspec.structs.replace(made.report, checks=[check for check in made.report.checks if check.passed])
    ended = await walk.end(db, where, begun, Made(made.file, report))
    release = ended.release
    assert release
    assert (release.name, release.model) == ("adapter 1", "adapter")
    assert (release.state, release.share) == ("trial", 5), ended.said
    file = adapters.file_of(where, release.sha256)
    assert file.read_bytes() == made.file.read_bytes()
    assert [(one.name, one.share) for one in await adapters.served(db)] == [("adapter 1", 5)]
    assert "is tried by 5 %" in (await walk.begin(db, where)).why_not
    await releases.promote(db, "adapter", 1, where)
    again = await walk.begin(db, where)
    assert again.why_not == "Nothing was said since the last version was made."
    assert again.file(where) == file
    assert shelf.tidy(where, again.kept) == 0
    taught = await db.value(
        "select min(person_id) from learning.items where dataset_id = %s and split = 'train'", begun.dataset.id
    )
    await consent.say(db, taught, {"train_assistant_feedback": False})
    without = await walk.begin(db, where)
    assert without.why_not == ""
    assert without.champion is None
    assert await adapters.served(db) == []
    assert (await releases.latest(db, "adapter", 1))[0].reason == releases.WITHDREW
    assert shelf.tidy(where, without.kept) == 1
    assert not file.exists()
    assert (home / walk.RUN / "adapter.gguf").exists()
    assert list((home / "activations").iterdir())
    walk.leave(where, without)
    assert not (home / walk.RUN).exists()
    assert not (home / "activations").exists()


def test_the_command_walks_by_itself(house: House) -> None:
    said = house.command("learn", "adapter", "--json")
    assert said["state"] == "nothing"
    assert "it takes 40 of 5" in said["reason"]
    assert "adapter" in nights.WALKS


async def test_too_little_teaches_nothing_and_says_so(db: Database, where: Settings, tiny: Tiny) -> None:
    begun = await walk.begin(db, where)
    assert "0 liked answers of 0 people may be learned from; it takes 40 of 5." in begun.why_not
    assert walk.leave(where, begun).said["state"] == "nothing"
    await likers(db, where, "sky_few", apart=3, each=8)
    begun = await walk.begin(db, where)
    assert "are kept for the exam; it takes 60 of 8" in begun.why_not


async def test_what_did_not_pass_is_held_and_no_file_of_it_is_served(db: Database, where: Settings, tmp_path: Path) -> None:
    await likers(db, where, "sky_held")
    begun = await walk.begin(db, where)
    file = tmp_path / "adapter.gguf"
    file.write_bytes(b"an adapter")
    checks = [walk.gate.Check(name="length", text="Answers about as long as before", value=0.3, limit=0.7, passed=False)]
    report = walk.Report(model="adapter", round=1, error=0.03, items=1, people=1, checks=checks)
    ended = await walk.end(db, where, begun, Made(file, report))
    assert ended.release
    assert ended.release.state == "held"
    assert "Answers about as long" in ended.release.reason
    assert not adapters.folder(where).exists()
