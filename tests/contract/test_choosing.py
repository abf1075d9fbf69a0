"""Of several answers of the embedded model the one is given that people here would like best, once they have taught that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import httpx
import numpy as np
import pytest

from bowerbird.assistant import choosing
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings, settings
from bowerbird.inference import chat
from bowerbird.inference.chat import Begun, Finished, Words
from bowerbird.inference.chatwire import ChatRequest, Message
from bowerbird.inference.runner import traits
from bowerbird.learning import serving
from bowerbird.learning.assistant.head import Head
from tests.conftest import House
from tests.contract import walks

WORDS = 768  # the place of "how many words" among the traits


@pytest.fixture
def here(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """This process speaks with the house's models; the ledger of the house says that a head is in use."""
    monkeypatch.setenv("BOWERBIRD_DATA_DIR", str(house.folder / "data"))
    monkeypatch.setenv("BOWERBIRD_RUNNER_PORT", str(house.runner_port))
    settings.cache_clear()
    with walks.in_use(house, "assistant"):
        yield settings()
    settings.cache_clear()


def taught(where: Settings, of_words: float) -> None:
    """A head that likes long answers, or short ones, is in service."""
    weights = np.zeros(traits.WIDTH)
    weights[WORDS] = of_words
    file = serving.file_of(where, "assistant", 900)
    Head(list(weights), [1.0] * traits.WIDTH, 1.0, 40, 2, "").write(file)
    serving.put(where, "assistant", 900)


def broken(where: Settings) -> None:
    """A head that fits nothing is in service."""
    file = serving.file_of(where, "assistant", 900)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"weights": [1.0], "scales": [1.0]}')
    serving.put(where, "assistant", 900)


async def test_a_house_that_was_taught_weighs_answers(here: Settings) -> None:
    assert await chat.weighed("Why?", ["Because."]) is None
    taught(here, 1.0)
    long, short = await chat.weighed("Why?", ["Because it is so and never was otherwise.", "Because."]) or [0, 0]
    assert long > short
    taught(here, -1.0)
    long, short = await chat.weighed("Why?", ["Because it is so and never was otherwise.", "Because."]) or [0, 0]
    assert long < short, "at once"
    broken(here)
    with pytest.raises(chat.Unavailable):
        await chat.weighed("Why?", ["Because."])


async def test_the_best_of_several_is_given_whole_and_all_are_counted(here: Settings) -> None:
    taught(here, -1.0)
    request = ChatRequest(messages=[Message(role="user", content="Say anything about rain.")], max_tokens=40, temperature=1.5)
    async with aclosing(choosing.best(request, ["mini"], "", "Say anything about rain.", 3, 9)) as said:
        begun, words, finished = [one async for one in said]
    assert isinstance(begun, Begun)
    assert begun.why == "The best of 3 by what people here like"
    assert isinstance(words, Words)
    assert words.text
    assert isinstance(finished, Finished)
    assert finished.tokens > 0
    assert finished.prompt_tokens > 3 * 5


async def test_what_is_written_is_given_where_nobody_can_weigh_it(here: Settings) -> None:
    broken(here)
    request = ChatRequest(messages=[Message(role="user", content="Say anything about rain.")], max_tokens=8)
    async with aclosing(choosing.best(request, ["mini"], "", "Say anything about rain.", 2, 9)) as said:
        begun, words, _ = [one async for one in said]
    assert isinstance(begun, Begun)
    assert begun.why == "One of 2"
    assert isinstance(words, Words)
    assert words.text


def test_only_the_house_may_ask(house: House, here: Settings, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{house.runner_port}/v1/weighings"
    said = {"question": "Why?", "answers": ["x"] * 9}
    assert httpx.post(url, json=said).status_code in (401, 403)
    headers = {"Authorization": f"Bearer {secret(here, 'runner')}"}
    assert httpx.post(url, json=said, headers=headers).status_code == 422
    assert httpx.post(url, json={"question": "x" * 50_000, "answers": []}, headers=headers).status_code == 422
