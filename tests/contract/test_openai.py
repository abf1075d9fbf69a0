"""OpenAI's API as people's own programs speak it: the real `openai` SDK, unchanged, over HTTP."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable, Generator
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from PIL import Image

from bowerbird.accounts import usage
from bowerbird.core.database import Pool
from tests.conftest import House, Member

New = Callable[..., Member]
HELLO: Any = [{"role": "user", "content": "Say hello."}]
TOOLS: Any = [
    {
        "type": "function",
        "function": {"name": "weather", "description": "The weather", "parameters": {"type": "object", "properties": {"place": {"type": "string"}}}},
    }
]  # fmt: skip


def sdk(url: str, token: str, **more: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=token, max_retries=0, timeout=120, **more)


@pytest.fixture
def ines(newcomer: New) -> Member:
    return newcomer(scopes="models")


@pytest.fixture
def client(house: House, ines: Member) -> Generator[openai.OpenAI]:
    with sdk(house.url, ines.token) as one:
        yield one


async def used(pool: Pool, member: Member, tier: str, requests: int) -> usage.Used:
    """What is noted of a tier, once so many requests are: each is written down just after its answer."""
    async with asyncio.timeout(10):
        while True:
            async with pool.reading() as db:
                found = [one for one in await usage.of(db, int(member.id)) if one.tier == tier and one.requests >= requests]
            if found:
                assert (found[0].door, found[0].requests) == ("api", requests)
                return found[0]
            await asyncio.sleep(0.02)


def test_models(client: openai.OpenAI) -> None:
    found = {model.id: model.model_extra or {} for model in client.models.list()}
    assert list(found) == ["bower-full", "bower-mini", "bower-nano", "bower-picture", "bower-embedding"]
    assert found["bower-mini"]["bower"] == {
        "kind": "chat", "model": "smollm2-135m-instruct", "at": "this machine", "up": True, "tools": False, "context_tokens": 2048,
    }  # fmt: skip
    assert client.models.retrieve("bower-picture").id == "bower-picture"
    with pytest.raises(openai.NotFoundError) as none:
        client.models.retrieve("gpt-9")
    assert (none.value.code, none.value.param) == ("model_not_found", "model")


async def test_it_talks_whole_and_word_by_word_and_notes_it(client: openai.OpenAI, ines: Member, pool: Pool) -> None:
    whole = client.chat.completions.create(model="bower-mini", messages=HELLO, max_tokens=12, temperature=0)
    assert whole.model == "bower-mini"
    assert whole.choices[0].message.content
    assert whole.choices[0].finish_reason in ("stop", "length")
    assert whole.usage
    assert 0 < whole.usage.completion_tokens <= 12
    assert whole.model_extra
    assert whole.model_extra["bower"] == {"tier": "mini", "model": "smollm2-135m-instruct", "release": None, "why": ""}
    chunks = list(
        client.chat.completions.create(
            model="bower-nano", messages=HELLO, max_tokens=12, temperature=0, stream=True, stream_options={"include_usage": True}
        )
    )
    words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert len([word for word in words if word]) > 1
    assert "".join(word or "" for word in words) == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage or (chunks[-1].usage and chunks[-1].usage.completion_tokens > 0)
    noted = await used(pool, ines, "mini", 1)
    assert (noted.prompt_tokens, noted.tokens) == (whole.usage.prompt_tokens, whole.usage.completion_tokens)
    assert (await used(pool, ines, "nano", 1)).tokens > 0


def test_a_schema_is_kept_to(client: openai.OpenAI) -> None:
    colour = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green"]}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "colour", "schema": colour, "strict": True}}
    answer = client.chat.completions.create(
        model="bower-full",
        messages=[{"role": "user", "content": "A colour."}],
        max_tokens=40,
        temperature=0,
        response_format=wanted,
    )
    assert json.loads(answer.choices[0].message.content or "")["colour"] in ("red", "green")


def test_tools_that_the_model_does_not_know_are_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="does not call tools"):
        client.chat.completions.create(model="bower-mini", messages=HELLO, tools=TOOLS)
    answer = client.chat.completions.create(model="bower-mini", messages=HELLO, tools=TOOLS, tool_choice="none", max_tokens=4)
    assert answer.choices[0].message.content


async def test_pictures(client: openai.OpenAI, ines: Member, pool: Pool) -> None:
    asked: Any = {"model": "bower-picture", "prompt": "a red fox in the snow", "size": "256x384", "extra_body": {"seed": 7}}
    whole = client.images.generate(**asked, response_format="b64_json")
    assert whole.data
    picture = Image.open(io.BytesIO(base64.b64decode(whole.data[0].b64_json or "")))
    assert picture.size == (256, 384)
    by_url = client.images.generate(**asked)
    assert by_url.data
    assert ines.client.get(by_url.data[0].url or "").content[8:12] == b"WEBP"
    assert whole.model_extra
    generation = ines.client.get(f"/api/bower/v1/generations/{whole.model_extra['bower']['generation_id']}")
    assert generation.status_code == 403  # a token for the models opens nothing else
    assert (await used(pool, ines, "picture", 2)).pictures == 2


def test_pictures_by_the_rules_of_the_house(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(model="bower-picture", prompt="a naked child", size="256x256")
    assert refused.value.code == "content_policy_violation"
    wrongs: list[Any] = [{"size": "9x9"}, {"n": 9}, {"prompt": "x" * 5000}, {"stream": True}, {"output_format": "png"}]
    for wrong in wrongs:
        with pytest.raises(openai.BadRequestError):
            client.images.generate(**({"model": "bower-picture", "prompt": "a fox"} | wrong))


def test_embeddings(client: openai.OpenAI) -> None:
    texts = ["a fox sleeping in the snow", "a vixen asleep on a winter night", "the price of steel bolts"]
    answer = client.embeddings.create(model="bower-embedding", input=texts)
    fox, vixen, bolts = (np.array(one.embedding) for one in answer.data)
    assert fox @ vixen > 0.5 > 0.3 > fox @ bolts
    plain = client.embeddings.create(model="bower-embedding", input=texts[0], encoding_format="float").data[0].embedding
    assert np.allclose(plain, fox, atol=0.02)
    many = client.embeddings.create(model="bower-embedding", input=[f"text {n}" for n in range(70)])
    assert [one.index for one in many.data] == list(range(70))
    wrongs: list[Any] = [{"input": []}, {"input": [""]}, {"input": "x" * 9000}, {"dimensions": 12}, {"input": [1, 2]}]
    for wrong in wrongs:
        with pytest.raises(openai.BadRequestError):
            client.embeddings.create(**({"model": "bower-embedding", "input": "x"} | wrong))
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="text-embedding-9", input="x")


def test_wrong_tokens_and_scopes(house: House, newcomer: New) -> None:
    with pytest.raises(openai.AuthenticationError) as wrong:
        sdk(house.url, "nope").models.list()
    assert (wrong.value.code, wrong.value.type) == ("invalid_api_key", "invalid_request_error")
    for scopes in ("read write", "models:embeddings"):
        with pytest.raises(openai.PermissionDeniedError):
            sdk(house.url, newcomer(scopes=scopes).token).chat.completions.create(model="bower-mini", messages=HELLO)
    only = sdk(house.url, newcomer(scopes="models:embeddings").token)
    assert only.embeddings.create(model="bower-embedding", input="x").data


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/chat/completions", {}, 400), ("/chat/completions", [], 400), ("/chat/completions", {"messages": []}, 400),
        ("/chat/completions", {"model": "gpt-9", "messages": HELLO}, 404), ("/chat/completions", {"messages": HELLO}, 404),
        ("/chat/completions", {"model": "bower-mini", "messages": HELLO, "n": 3}, 400),
        ("/chat/completions", {"model": "bower-mini", "messages": HELLO, "temperature": 9}, 400),
        ("/chat/completions", {"model": "bower-mini", "messages": [{"role": "wizard", "content": "x"}]}, 400),
        ("/chat/completions", {"model": "bower-mini", "messages": [{"role": "user", "content": "heron " * 20_000}]}, 400),
        ("/images/generations", {"prompt": "x" * 200_000}, 413), ("/audio/speech", {"input": "x"}, 404), ("/embeddings", 7, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_in_openais_shape(house: House, ines: Member, path: str, body: Any, status: int) -> None:
    answer = httpx.post(f"{house.url}/v1{path}", json=body, headers={"Authorization": f"Bearer {ines.token}"}, timeout=60)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]


async def test_a_day_holds_only_so_many_tokens(client: openai.OpenAI, ines: Member, pool: Pool) -> None:
    async with pool.transaction() as db:
        await usage.record(db, int(ines.id), "full", "chat", 400_000, 200_000, 1.0)
    with pytest.raises(openai.RateLimitError) as over:
        client.chat.completions.create(model="bower-mini", messages=HELLO)
    assert over.value.code == "rate_limit_exceeded"
    assert 0 < int(over.value.response.headers["Retry-After"]) <= 86_401
