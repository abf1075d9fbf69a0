"""Talking to any OpenAI-compatible chat endpoint: over a real socket, whatever it answers, however it fails; and to the embedded model."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowerbird.core.settings import load
from bowerbird.inference import chat, chatbreaker
from bowerbird.inference.chat import Begun, ChatTrouble, Finished, Talker, Tier, ToolsAsked, Words, talk_at
from bowerbird.inference.chatwire import ChatRequest, Function, Lines, Message, Tool, data_of
from tests.conftest import House
from tests.unit.talk_double import Manner, dies, in_turn, refuses, replies, says, sends, stalls, talking

HELLO = ChatRequest(messages=[Message(role="system", content="Be kind."), Message(role="user", content="Hello?")], max_tokens=40)
DRAW = Tool(function=Function(name="draw", parameters={"type": "object", "properties": {"prompt": {"type": "string"}}}))
TOOLED = msgspec.structs.replace(HELLO, tools=[DRAW])
ENOUGH = b'data: {"choices":[{"delta":{"content":"ok"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    chatbreaker.known.clear()
    yield
    chatbreaker.known.clear()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "PAUSE_S", 0.01)


def at(url: str, tier: Tier = "full", *, timeout_s: float = 5, tools: bool = True, model: str = "scripted-9") -> Talker:
    return Talker(tier, url, "key-7", model, False, timeout_s, 8192, tools)


async def told(request: ChatRequest, *talkers: Talker) -> list[Any]:
    async with aclosing(talk_at(request, talkers)) as said:
        return [one async for one in said]


def words(said: list[Any]) -> str:
    return "".join(one.text for one in said if isinstance(one, Words))


async def trouble(manner: Manner, request: ChatRequest = HELLO, *, timeout_s: float = 5) -> tuple[ChatTrouble, int, list[Any]]:
    said: list[Any] = []
    async with talking(manner) as one:
        where = at(one.url, timeout_s=timeout_s)

        async def all_of_it() -> None:
            async with asyncio.timeout(20), aclosing(talk_at(request, [where])) as answer:
                async for item in answer:
                    said.append(item)

        with pytest.raises(ChatTrouble) as raised:
            await all_of_it()
    return raised.value, len(one.asked), said


async def test_it_streams() -> None:
    async with talking(says("Once upon a time there was a heron.")) as one:
        said = await told(HELLO, at(one.url))
    assert said[0] == Begun("full", "scripted-9", "")
    assert len(said) > 5
    assert words(said) == "Once upon a time there was a heron."
    last = said[-1]
    assert (last.reason, last.prompt_tokens, last.tokens) == ("stop", 11, 7)
    assert one.asked[0] == {
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello?"}],
        "model": "scripted-9", "max_tokens": 40, "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip
    assert "authorization: bearer key-7" in one.heads[0].lower()


async def test_it_asks_for_tools_in_pieces() -> None:
    reply = {
        "tools": [{"tool": "draw", "arguments": {"prompt": "a fox “ß”"}}, {"tool": "draw", "arguments": ""}],
        "words": "Yes.",
    }
    async with talking(replies(lambda _: reply)) as one:
        said = await told(TOOLED, at(one.url))
    assert words(said) == "Yes."
    (asked,) = [item for item in said if isinstance(item, ToolsAsked)]
    assert [(c.id, c.name, json.loads(c.arguments)) for c in asked.calls] == [
        ("call_0", "draw", {"prompt": "a fox “ß”"}),
        ("call_1", "draw", {}),
    ]
    assert said[-1].reason == "tool_calls"
    assert one.asked[0]["tools"][0]["function"]["name"] == "draw"


async def test_tools_are_not_sent_where_they_are_not_known() -> None:
    async with talking(says("no")) as one:
        await told(TOOLED, at(one.url, tools=False))
    assert "tools" not in one.asked[0]


@pytest.mark.parametrize("arguments", ["{not json", "[1]", '"draw"', '{"a": 1}}'])
async def test_malformed_tool_calls_are_trouble_and_asked_again(arguments: str) -> None:
    raised, asked, said = await trouble(replies(lambda _: {"tool": "draw", "arguments": arguments}), TOOLED)
    assert raised.again
    assert (asked, said) == (chat.TRIES, [])


async def test_one_that_does_not_stream_is_understood() -> None:
    body = {"choices": [{"message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}], "usage": None}
    async with talking(sends(json.dumps(body).encode(), kind="application/json; charset=utf-8")) as one:
        said = await told(HELLO, at(one.url))
    assert words(said) == "whole"
    assert said[-1].tokens >= 1  # a guess: it did not count


@pytest.mark.parametrize(
    "pieces",
    [
        (b": keep-alive\r\n\r\n", ENOUGH.replace(b"\n", b"\r\n")),
        (ENOUGH.replace(b"\n", b"\r"),),
        tuple(ENOUGH[i : i + 1] for i in range(len(ENOUGH))),
        (b"\xef\xbb\xbf" + ENOUGH,),
        (b"event: x\nid: 7\nretry: 5\n" + ENOUGH,),
        (ENOUGH.removesuffix(b"\n\ndata: [DONE]\n\n"),),  # ends without a last line's end
        (b'data:{"choices":[{"delta":{"role":"assistant","content":null,"tool_calls":null}}],"usage":null}\n\n' + ENOUGH,),
    ],
)
async def test_streams_come_in_many_shapes(pieces: tuple[bytes, ...]) -> None:
    async with talking(sends(*pieces)) as one:
        assert words(await told(HELLO, at(one.url))) == "ok"


@given(st.lists(st.integers(0, 60)), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_lines_are_the_same_however_they_are_cut(cuts: list[int], end: bytes) -> None:
    whole = end.join([b"data: a", b"", b": x", b"data:b", b"data: [DONE]", b""])
    lines, found, last = Lines(), list[bytes](), 0
    for cut in sorted(min(cut, len(whole)) for cut in cuts):
        found += lines.feed(whole[last:cut])
        last = cut
    found += lines.feed(whole[last:]) + lines.end()
    assert [data for line in found if (data := data_of(line)) is not None] == [b"a", b"b", b"[DONE]"]


async def test_it_is_asked_again_before_the_first_word() -> None:
    for first in (refuses(500), refuses(503), refuses(408), refuses(429), sends(), sends(b"data: {nonsense\n\n")):
        async with talking(in_turn(first, says("at last"))) as one:
            assert words(await told(HELLO, at(one.url))) == "at last"
            assert len(one.asked) == 2


async def test_never_after_it() -> None:
    raised, asked, said = await trouble(dies)
    assert (words(said), asked, raised.again) == ("Once upon", 1, True)
    assert isinstance(said[0], Begun)


async def test_it_waits_as_long_as_it_is_told() -> None:
    async with talking(in_turn(refuses(429, "slow", "Retry-After: 1"), says("ok"))) as one:
        began = time.monotonic()
        assert words(await told(HELLO, at(one.url))) == "ok"
        assert time.monotonic() - began >= 1
    raised, asked, _ = await trouble(refuses(429, "slow", "Retry-After: 600"))
    assert (asked, raised.after_s, raised.busy) == (1, 600.0, True)  # no use waiting: said at once


@pytest.mark.parametrize(
    ("status", "tries", "refused"),
    [(400, 1, True), (422, 1, True), (401, 1, False), (403, 1, False), (404, 1, False), (302, 1, False), (500, 3, False)],
)
async def test_it_refuses(status: int, tries: int, refused: bool) -> None:
    raised, asked, _ = await trouble(refuses(status, "key sk-abc is wrong"))
    assert (asked, raised.refused) == (tries, refused)
    assert ("sk-abc" in raised.said) is refused  # what it says of our key is told to nobody


async def test_an_endpoint_that_does_not_count_is_asked_without() -> None:
    async with talking(in_turn(refuses(400, "Unknown parameter: stream_options"), says("ok"))) as one:
        assert words(await told(HELLO, at(one.url))) == "ok"
    assert ["stream_options" in asked for asked in one.asked] == [True, False]


async def test_silence_is_an_end() -> None:
    for manner in (stalls, sends(stalls=True)):
        began = time.monotonic()
        raised, asked, _ = await trouble(manner, timeout_s=0.3)
        assert "said nothing" in raised.said
        assert (asked, time.monotonic() - began < 6) == (chat.TRIES, True)
    first = b'data: {"choices":[{"delta":{"content":"well"}}]}\n\n'
    raised, asked, said = await trouble(sends(first, stalls=True), timeout_s=0.3)
    assert (words(said), asked) == ("well", 1)


async def test_signs_of_life_do_not_last_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breathes(_: Any, __: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while True:
            writer.write(b": still here\n\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    monkeypatch.setattr(chat, "TALK_S_MAX", 0.5)
    raised, asked, _ = await trouble(breathes)
    assert (raised.again, asked) == (False, 1)


async def test_more_than_an_answer_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "ANSWER_BYTES_MAX", 10_000)
    monkeypatch.setattr(chat, "EVENTS_MAX", 20)
    for pieces in ((b"x" * 20_000,), (b"data: {}\n\n" * 30,), (b'data: {"choices":[]}' + b" " * 9_000, b"\n" * 2_000)):
        raised, _, _ = await trouble(sends(*pieces))
        assert not raised.again


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [((b"<html>",), "text/html"), ((b"{}",), "application/json"), ((b"[]",), "application/json"), ((b"\xff\xfe",), "application/json")],
)  # fmt: skip
async def test_what_is_no_answer(pieces: tuple[bytes, ...], kind: str) -> None:
    _, _, said = await trouble(sends(*pieces, kind=kind))
    assert said == []


async def test_an_error_within_the_stream() -> None:
    raised, _, _ = await trouble(sends(b'data: {"error": {"message": "out of\\u0000 memory"}}\n\n'))
    assert raised.said == "The language model failed: out of memory"


async def test_the_next_tier_answers_and_says_so() -> None:
    async with talking(refuses(500)) as down, talking(says("from below")) as up:
        said = await told(HELLO, at(down.url), at(up.url, "mini", model="small-1"))
    assert said[0] == Begun("mini", "small-1", "full does not answer")
    assert words(said) == "from below"


async def test_a_request_that_is_at_fault_goes_to_nobody_else() -> None:
    async with talking(refuses(400, "too long")) as picky, talking(says("x")) as other:
        with pytest.raises(ChatTrouble, match="too long"):
            await told(HELLO, at(picky.url), at(other.url, "mini"))
    assert other.asked == []


async def test_tiers_at_the_same_place_fail_together() -> None:
    async with talking(refuses(500)) as down:
        with pytest.raises(ChatTrouble):
            await told(HELLO, at(down.url), at(down.url, "mini"), at(down.url, "nano"))
    assert len(down.asked) == chat.TRIES


async def test_nobody_listens() -> None:
    async with talking(says("x")) as one:
        pass
    with pytest.raises(ChatTrouble, match="cannot be reached"):
        await told(HELLO, at(one.url))


async def test_one_that_fails_again_and_again_rests_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chatbreaker, "REST_S", 0.3)
    async with talking(in_turn(*[refuses(500)] * 4, says("back"))) as one:
        for _ in range(2):
            with pytest.raises(ChatTrouble):
                await told(HELLO, at(one.url))
        assert len(one.asked) == 4
        breaker = chatbreaker.of(at(one.url).place)
        assert not breaker.up
        began = time.monotonic()
        with pytest.raises(ChatTrouble, match="rests") as raised:
            await told(HELLO, at(one.url))
        assert (len(one.asked), time.monotonic() - began < 0.2, raised.value.after_s > 0) == (4, True, True)
        breaker.rests_until = time.monotonic()
        assert (breaker.admits(), breaker.admits()) == (True, False)  # one asker tries
        breaker.leave()
        assert words(await told(HELLO, at(one.url))) == "back"
        assert breaker.up


async def test_being_busy_is_no_failure() -> None:
    async with talking(refuses(429)) as one:
        for _ in range(3):
            with pytest.raises(ChatTrouble):
                await told(HELLO, at(one.url))
    assert chatbreaker.of(at(one.url).place).up


async def test_leaving_stops_the_model() -> None:
    async with talking(says("word " * 500, pause_s=0.02)) as one:
        async with aclosing(talk_at(HELLO, [at(one.url)])) as said:
            async for item in said:
                if isinstance(item, Words):
                    break
        await asyncio.wait_for(one.left.wait(), 5)


def test_tiers_come_from_the_settings(tmp_path: Any) -> None:
    where = load({
        "BOWERBIRD_DATA_DIR": str(tmp_path), "BOWERBIRD_MODELS_FULL_URL": "https://models.example/v1/", "BOWERBIRD_MODELS_FULL_KEY": "k",
        "BOWERBIRD_MODELS_FULL_MODEL": "big-9", "BOWERBIRD_MODELS_FULL_TOOLS": "false", "BOWERBIRD_MODELS_CHAT_TIMEOUT_S": "9",
    })  # fmt: skip
    full, mini = chat.talker(where, "full"), chat.talker(where, "mini")
    assert full == Talker("full", "https://models.example/v1", "k", "big-9", False, 9.0, 8192, False)
    assert (full.host, mini.host, mini.model, mini.ours, mini.calls_tools) == (
        "models.example", "this machine", chat.EMBEDDED, True, False,
    )  # fmt: skip


@pytest.fixture
def embedded(house: House, monkeypatch: pytest.MonkeyPatch) -> Talker:
    where = load({"BOWERBIRD_DATA_DIR": str(house.folder / "data"), "BOWERBIRD_RUNNER_PORT": str(house.runner_port)})
    monkeypatch.setattr(chat, "settings", lambda: where)
    return chat.talker(where, "nano")


async def test_the_embedded_model_talks(embedded: Talker) -> None:
    said = [one async for one in chat.talk(HELLO, ["full", "mini"])]
    assert said[0] == Begun("full", "smollm2-135m-instruct", "")
    assert words(said)
    last = said[-1]
    assert isinstance(last, Finished)
    assert last.prompt_tokens > 10
    assert 0 < last.tokens <= 40


async def test_the_embedded_model_counts(embedded: Talker) -> None:
    texts = ["", "Hello world", "The heron stood in the shallow water and waited for the fish. " * 30]
    counts = await chat.count(texts)
    assert counts[0] == 0
    assert counts[1] == 2
    assert 300 <= counts[2] <= 460
    assert all(guess >= real for guess, real in zip(map(chat.guessed, texts), counts, strict=True))


async def test_the_tiers_say_how_they_are(embedded: Talker) -> None:
    chat.probed.clear()
    assert [(one.tier, one.endpoint, one.up) for one in await chat.state()] == [
        (tier, "this machine", True) for tier in chat.TIERS
    ]
    for _ in range(chatbreaker.OPENS_AT):
        chatbreaker.of(embedded.place).bad()
    assert not any(one.up for one in await chat.state())
