"""OpenAI's API in a house whose full tier is a scripted endpoint, and whose minute holds few requests."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from bowerbird.accounts import people, tokens, usage
from bowerbird.core.database import Pool
from tests.conftest import House
from tests.contract.test_openai import HELLO, TOOLS, sdk
from tests.unit.talk_double import TalkDouble, dies, refuses, replies, stalls, talking_apart


class Scripted:
    """An endpoint whose manner the tests change."""

    def __init__(self) -> None:
        self.now: Any = replies(lambda _: "hello")
        self.waiting = 0

    async def __call__(self, one: TalkDouble, asked: dict[str, Any], writer: Any) -> None:
        self.waiting += 1
        try:
            await self.now(one, asked, writer)
        finally:
            self.waiting -= 1


@pytest.fixture(scope="module")
def script() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def endpoint(script: Scripted) -> Generator[TalkDouble]:
    with talking_apart(script) as one:
        yield one


@pytest.fixture(scope="module")
def elsewhere(endpoint: TalkDouble, house: House, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    folder: Path = tmp_path_factory.mktemp("elsewhere")
    folder.chmod(0o755)
    environ = {
        "BOWERBIRD_MODELS_FULL_URL": endpoint.url, "BOWERBIRD_MODELS_FULL_MODEL": "big-9", "BOWERBIRD_MODELS_FULL_KEY": "k",
        "BOWERBIRD_MODELS_REQUESTS_PER_MINUTE_MAX": "12",
    }  # fmt: skip
    one = House(folder, environ).start()
    yield one
    assert one.stop() == 0


@pytest.fixture
def abroad(elsewhere: House) -> Generator[openai.OpenAI]:
    name = f"p{secrets.token_hex(4)}"
    elsewhere.command("admin", "account", "create", name, "--email", f"{name}@example.org", "--password", "a nest of blue glass")
    token = elsewhere.command("admin", "token", "create", name, "--scopes", "models")["access_token"]
    with sdk(elsewhere.url, token) as one:
        yield one


def test_tools_are_passed_through_both_ways(abroad: openai.OpenAI, endpoint: TalkDouble, script: Scripted) -> None:
    script.now = replies(
        lambda messages: (
            f"It is {messages[-1]['content']}."
            if messages[-1]["role"] == "tool"
            else {"tool": "weather", "arguments": {"place": "Bern"}}
        )
    )
    asked: Any = {"model": "bower-full", "tools": TOOLS, "tool_choice": "auto"}
    first = abroad.chat.completions.create(**asked, messages=HELLO).choices[0]
    assert first.finish_reason == "tool_calls"
    assert first.message.tool_calls
    call: Any = first.message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"place": "Bern"})
    answered: Any = [*HELLO, first.message, {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
    assert abroad.chat.completions.create(**asked, messages=answered).choices[0].message.content == "It is sunny."
    sent = endpoint.asked[-1]
    assert (sent["tools"], sent["tool_choice"], sent["model"]) == (TOOLS, "auto", "big-9")
    assert [message["role"] for message in sent["messages"]] == ["user", "assistant", "tool"]
    with abroad.chat.completions.stream(**asked, messages=HELLO) as stream:
        final = stream.get_final_completion().choices[0].message
    assert final.tool_calls
    assert final.tool_calls[0].function.name == "weather"


def test_a_schema_is_passed_through(abroad: openai.OpenAI, endpoint: TalkDouble, script: Scripted) -> None:
    script.now = replies(lambda _: '{"colour": "red"}')
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "c", "schema": {"type": "object"}}}
    abroad.chat.completions.create(model="bower-full", messages=HELLO, response_format=wanted)
    assert endpoint.asked[-1]["response_format"] == wanted


def test_it_breaks_off_in_the_middle(abroad: openai.OpenAI, script: Scripted) -> None:
    script.now = dies
    words: list[str] = []

    def listen() -> None:
        for chunk in abroad.chat.completions.create(model="bower-full", messages=HELLO, stream=True):
            words.append(chunk.choices[0].delta.content or "")

    with pytest.raises(openai.APIError):
        listen()
    assert "".join(words) == "Once upon"


def test_the_next_tier_answers_and_says_so(abroad: openai.OpenAI, script: Scripted) -> None:
    script.now = refuses(401, "bad key")
    answer = abroad.chat.completions.create(model="bower-full", messages=HELLO, max_tokens=4)
    assert answer.model == "bower-mini"
    assert answer.model_extra
    assert answer.model_extra["bower"]["why"] == "full does not answer"
    with pytest.raises(openai.InternalServerError):  # with tools only those that know tools are asked
        abroad.chat.completions.create(model="bower-full", messages=HELLO, tools=TOOLS)


async def test_hanging_up_stops_the_model_and_is_noted(elsewhere: House, endpoint: TalkDouble, script: Scripted) -> None:
    script.now = replies(lambda _: "word " * 500, pause_s=0.02)
    endpoint.left.clear()
    pool = Pool(elsewhere.database_url, 1)
    await pool.open()
    async with pool.transaction() as db:
        me = await people.create(db, f"p{secrets.token_hex(4)}", email=None, password=None)
        token = await tokens.create(db, me, ["models"])
    body = {"model": "bower-full", "messages": HELLO, "stream": True}
    heads = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(base_url=elsewhere.url, headers=heads) as program,
        program.stream("POST", "/v1/chat/completions", json=body) as answer,
    ):
        lines = answer.aiter_lines()
        while "word" not in await anext(lines):
            pass
    await until(endpoint.left.is_set)
    noted = await _noted(pool, me.id)
    assert (noted[0].tier, noted[0].tokens > 0, noted[0].tokens < 400) == ("full", True, True)
    await pool.close()


async def _noted(pool: Pool, account_id: int) -> list[usage.Used]:
    async with asyncio.timeout(10):
        while True:
            async with pool.reading() as db:
                if found := await usage.of(db, account_id):
                    return found
            await asyncio.sleep(0.02)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while True:
            if true():
                return
            await asyncio.sleep(0.02)


async def program_of(pool: Pool, scopes: list[str]) -> tuple[int, dict[str, str]]:
    """Somebody new in the house of a pool, and the heads that their program sends."""
    async with pool.transaction() as db:
        me = await people.create(db, f"p{secrets.token_hex(4)}", email=None, password=None)
        return me.id, {"Authorization": f"Bearer {await tokens.create(db, me, scopes)}"}


async def test_hanging_up_before_the_first_word_is_noticed_and_noted(elsewhere: House, script: Scripted) -> None:
    script.now = stalls
    pool = Pool(elsewhere.database_url, 1)
    await pool.open()
    id_, heads = await program_of(pool, ["models"])
    body = {"model": "bower-full", "messages": HELLO, "stream": True}
    async with httpx.AsyncClient(base_url=elsewhere.url, headers=heads, timeout=60) as program:
        asking = asyncio.create_task(program.post("/v1/chat/completions", json=body))
        await until(lambda: script.waiting == 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await until(lambda: script.waiting == 0)
    noted = (await _noted(pool, id_))[0]
    assert (noted.tier, noted.requests, noted.prompt_tokens > 0, noted.tokens) == ("full", 1, True, 0)
    await pool.close()


@pytest.mark.parametrize("stream", [False, True])
async def test_only_so_many_requests_of_one_person_are_under_way(elsewhere: House, script: Scripted, stream: bool) -> None:
    script.now = stalls
    pool = Pool(elsewhere.database_url, 1)
    await pool.open()
    (_, heads), (_, others) = await program_of(pool, ["models"]), await program_of(pool, ["models"])
    await pool.close()
    body = {"model": "bower-full", "messages": HELLO, "stream": stream, "max_tokens": 2}
    async with httpx.AsyncClient(base_url=elsewhere.url, headers=heads, timeout=60) as program:
        waiting = [asyncio.create_task(program.post("/v1/chat/completions", json=body)) for _ in range(4)]
        await until(lambda: script.waiting == 4)
        script.now = replies(lambda _: "hello")
        over = await program.post("/v1/chat/completions", json=body)
        assert (over.status_code, over.json()["error"]["code"]) == (429, "rate_limit_exceeded")
        assert int(over.headers["Retry-After"]) == 5
        assert (await program.post("/v1/chat/completions", json=body, headers=others)).status_code == 200
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await until(lambda: script.waiting == 0)
        for _ in range(5):  # places are given back by whoever hung up and by whoever was answered
            assert (await program.post("/v1/chat/completions", json=body)).status_code == 200


async def test_an_answer_in_the_chat_that_breaks_off_is_counted(elsewhere: House, script: Scripted) -> None:
    script.now = dies
    pool = Pool(elsewhere.database_url, 1)
    await pool.open()
    id_, heads = await program_of(pool, ["read", "write"])
    async with httpx.AsyncClient(base_url=elsewhere.url, headers=heads, timeout=60) as browser:
        said = {"text": "Tell me of the sea.", "tier": "full"}
        _, answer = (await browser.post("/api/bower/v1/conversations", json=said)).json()["messages"]
        noted = (await _noted(pool, id_))[0]
        assert (noted.tier, noted.door, noted.requests) == ("full", "chat", 1)
        assert (noted.prompt_tokens > 50, 0 < noted.tokens < 20) == (True, True)
        told = (await browser.get(f"/api/bower/v1/messages/{answer['id']}")).json()
        assert (told["state"], told["text"][:4]) == ("failed", "Once")
    await pool.close()


async def test_many_who_wait_for_words_hold_no_connection(elsewhere: House, script: Scripted) -> None:
    script.now = stalls
    pool = Pool(elsewhere.database_url, 1)
    await pool.open()
    heads = [(await program_of(pool, ["models"]))[1] for _ in range(2)]
    await pool.close()
    body = {"model": "bower-full", "messages": HELLO}
    async with httpx.AsyncClient(base_url=elsewhere.url, timeout=60) as browser:
        waiting = [
            asyncio.create_task(browser.post("/v1/chat/completions", json=body, headers=one)) for one in heads for _ in range(4)
        ]
        await until(lambda: script.waiting == 8)
        assert (await browser.get("/healthz")).status_code == 200  # with four connections in the process
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    await until(lambda: script.waiting == 0)  # whoever hangs up is answered no more


def test_a_minute_holds_only_so_many_requests(abroad: openai.OpenAI) -> None:
    def ask() -> None:
        for _ in range(25):  # a new minute may begin in between
            abroad.embeddings.create(model="bower-embedding", input="x")

    with pytest.raises(openai.RateLimitError) as over:
        ask()
    assert 0 < int(over.value.response.headers["Retry-After"]) <= 60
