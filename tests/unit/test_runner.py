"""The embedded models' own door, asked as any OpenAI-compatible endpoint is: with the real SDK, over HTTP."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from PIL import Image

from tests.conftest import House

CHAT = "smollm2-135m-instruct"
HELLO: Any = [{"role": "user", "content": "Say hello."}]


def _key(house: House) -> str:
    return (house.folder / "data" / "secrets" / "runner").read_text()


@pytest.fixture
def sdk(house: House) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"http://127.0.0.1:{house.runner_port}/v1", api_key=_key(house), max_retries=0, timeout=60
    ) as client:
        yield client


@pytest.fixture
def raw(house: House) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {_key(house)}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{house.runner_port}/v1", headers=headers, timeout=60) as client:
        yield client


def _picture(b64: str | None) -> Image.Image:
    assert b64
    return Image.open(io.BytesIO(base64.b64decode(b64)))


def test_it_names_its_models(sdk: openai.OpenAI) -> None:
    ours = [model.id for model in sdk.models.list()]
    assert [id_ for id_ in ours if id_ not in ("painter", "upscaler")] == [
        "illustrator",
        CHAT,
        "all-minilm-l6-v2",
    ]  # the other two are there where their weights are


@pytest.mark.parametrize("path", ["/models", "/images/generations", "/embeddings", "/chat/completions"])
@pytest.mark.parametrize("key", [None, "", "Bearer", "Bearer wrong", "wrong", "Bearer ключ"])
def test_a_wrong_key_opens_nothing(house: House, path: str, key: str | None) -> None:
    headers = {} if key is None else {"Authorization": key.encode()}
    with httpx.Client(base_url=f"http://127.0.0.1:{house.runner_port}/v1", headers=headers) as client:  # type: ignore[arg-type]
        answer = (
            client.get(path) if path == "/models" else client.post(path, json={"prompt": "x", "input": "x", "messages": HELLO})
        )
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")


def test_a_picture_in_one_piece_is_the_same_again(sdk: openai.OpenAI) -> None:
    asked: Any = {"model": "illustrator", "prompt": "a red fox in the snow", "size": "256x384", "extra_body": {"seed": 7}}
    first, again = sdk.images.generate(**asked), sdk.images.generate(**asked)
    assert first.data
    assert again.data
    assert _picture(first.data[0].b64_json).size == (256, 384)
    assert first.data[0].b64_json == again.data[0].b64_json
    assert first.model_extra
    recipe = first.model_extra["bower"]["recipe"]
    assert (recipe["engine"], recipe["seed"], len(recipe["model_hash"])) == ("Illustrator", 7, 64)


def test_a_picture_streams_its_layers(sdk: openai.OpenAI) -> None:
    said: list[Any] = list(
        sdk.images.generate(model="illustrator", prompt="a boat at dusk", size="384x256", stream=True, partial_images=3)  # type: ignore[call-overload]
    )
    assert said[-1].type == "image_generation.completed"
    assert {event.type for event in said[:-1]} == {"image_generation.partial_image"}
    assert len(said) > 6
    assert [bool(event.b64_json) for event in said[:4]] == [True, True, True, False]  # no more previews than were wanted
    assert [event.partial_image_index for event in said[:-1]] == list(range(len(said) - 1))
    assert max(_picture(said[0].b64_json).size) <= 320
    assert _picture(said[-1].b64_json).size == (384, 256)


def test_meaning_as_numbers(sdk: openai.OpenAI) -> None:
    texts = ["a fox sleeping in the snow", "a vixen asleep on a winter night", "the price of steel bolts"]
    answer = sdk.embeddings.create(model="all-minilm-l6-v2", input=texts)
    fox, vixen, bolts = (np.array(one.embedding) for one in answer.data)
    assert [one.index for one in answer.data] == [0, 1, 2]
    assert fox.shape == (384,)
    assert abs(float(np.linalg.norm(fox)) - 1) < 1e-4
    assert fox @ vixen > 0.5 > 0.3 > fox @ bolts
    plain = sdk.embeddings.create(model="all-minilm-l6-v2", input=texts[0], encoding_format="float").data[0].embedding
    assert np.allclose(plain, fox, atol=0.02)  # alone or among others: int8 rounds by what shares its batch
    assert answer.usage.prompt_tokens > 10


def test_it_talks(sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.create(model=CHAT, messages=HELLO, max_tokens=12, temperature=0)
    assert answer.choices[0].message.content
    assert answer.usage
    assert answer.usage.completion_tokens <= 12


def test_it_talks_word_by_word(sdk: openai.OpenAI) -> None:
    stream = sdk.chat.completions.create(model=CHAT, messages=HELLO, max_tokens=12, temperature=0, stream=True)
    pieces = [chunk.choices[0].delta.content for chunk in stream if chunk.choices]
    assert len([piece for piece in pieces if piece]) > 1


def test_more_than_it_can_read_is_said_as_an_error(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError):
        sdk.chat.completions.create(model=CHAT, messages=[{"role": "user", "content": "heron " * 9000}], max_tokens=4)


@pytest.mark.parametrize(
    "bad",
    [
        {"prompt": "x" * 1001}, {"prompt": "x", "size": "10x10"}, {"prompt": "x", "size": "4000x4000"}, {"prompt": "x", "size": "big"},
        {"prompt": "x", "size": "²56x256"}, {"prompt": "x", "n": 2}, {"prompt": "x", "model": "dall-e-3"}, {"prompt": 5}, {}, [], "x",
        {"prompt": "x", "seed": "seven"}, {"prompt": "x", "size": "256x256", "bower": {"edits": {"time": "teatime"}}},
        {"prompt": "x", "size": "256x256", "bower": {"scene": {"world": "nowhere"}}},
    ],
)  # fmt: skip
def test_a_picture_that_cannot_be_is_refused_in_words(raw: httpx.Client, bad: Any) -> None:
    answer = raw.post("/images/generations", json=bad)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_a_scene_that_cannot_be_ends_its_stream_with_an_error(raw: httpx.Client) -> None:
    asked = {"prompt": "x", "size": "256x256", "stream": True, "bower": {"edits": {"time": "teatime"}}}
    lines = [line for line in raw.post("/images/generations", json=asked).text.split("\n") if line.startswith("data:")]
    said = [json.loads(line[5:]) for line in lines]
    assert [event["type"] for event in said] == ["error"]
    assert "teatime" in said[0]["error"]["message"]


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        ("/embeddings", {"input": []}), ("/embeddings", {"input": ["x"] * 257}), ("/embeddings", {"input": 7}), ("/embeddings", {}),
        ("/embeddings", {"input": "x", "encoding_format": "hex"}), ("/chat/completions", {}), ("/chat/completions", []),
        ("/chat/completions", {"messages": []}), ("/chat/completions", {"messages": "hello"}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(raw: httpx.Client, path: str, bad: Any) -> None:
    answer = raw.post(path, json=bad)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_bodies_are_bounded(raw: httpx.Client) -> None:
    for path, more in (
        ("/images/generations", 16_000_000),
        ("/embeddings", 0),
        ("/chat/completions", 0),
    ):  # a parent may come along
        large = raw.post(path, content=b"{" + b" " * (1_100_000 + more))
        assert large.status_code == 413
        assert large.headers["connection"] == "close", "what was not read must not be taken for the next request"
        assert raw.post(path, content=b"{").status_code == 422


def test_who_hangs_up_frees_the_painter(raw: httpx.Client) -> None:
    """Both places taken by pictures that take seconds: hanging up gives them back at the next layer."""
    large = {"prompt": "a jungle in the rain with ten parrots", "size": "1536x1536"}
    for stream in (True, False):
        began = time.monotonic()
        for _ in range(2):
            if stream:
                with raw.stream("POST", "/images/generations", json={**large, "stream": True, "partial_images": 1}) as answer:
                    assert next(answer.iter_lines()).startswith("event:")
            else:
                with pytest.raises(httpx.ReadTimeout):
                    raw.post("/images/generations", json=large, timeout=0.2)
        left = time.monotonic()
        assert raw.post("/images/generations", json={"prompt": "a fox", "size": "256x256"}).status_code == 200
        assert time.monotonic() - left < 6, f"after {left - began:.1f} s of painting"
