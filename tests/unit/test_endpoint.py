"""Any OpenAI-compatible images endpoint: asked over a real socket, whatever it answers, however it fails."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from contextlib import aclosing, suppress
from typing import Any

import pytest

from bowerbird.core.settings import load
from bowerbird.inference import images
from bowerbird.inference.images import Endpoint, EndpointTrouble, Finished, Progress, Wish, draw, endpoint
from tests.unit.double import B64, PNG, TINY, Double, Manner, answers, begin, double, refuses, streams, tell

WISH = Wish("a red fox", 768, 768, 7)


def at(one: Double, *, timeout_s: float = 5, ours: bool = False) -> Endpoint:
    return Endpoint(one.url, "key-7", "dreamer-9", timeout_s, ours)


async def drawn(where: Endpoint, wish: Wish = WISH) -> list[Progress | Finished]:
    return [said async for said in draw(where, wish)]


async def trouble(manner: Manner, *, timeout_s: float = 5) -> tuple[EndpointTrouble, Double]:
    async with double(manner) as one:
        with pytest.raises(EndpointTrouble) as raised:
            await asyncio.wait_for(drawn(at(one, timeout_s=timeout_s)), 20)
    return raised.value, one


async def test_it_streams_previews_and_the_picture() -> None:
    async with double(streams) as one:
        said = await drawn(at(one))
    assert [type(s) for s in said] == [Progress, Progress, Progress, Finished]
    assert [(s.step, s.steps, s.preview) for s in said if isinstance(s, Progress)] == [(1, 4, TINY), (2, 4, TINY), (3, 4, TINY)]
    assert isinstance(said[-1], Finished)
    assert said[-1].image == PNG
    assert len(one.asked) == 1
    expected = {"prompt": "a red fox", "n": 1, "model": "dreamer-9", "size": "768x768", "stream": True, "partial_images": 3}
    assert one.asked[0] == expected  # and nothing that the standard does not know
    assert "authorization: bearer key-7" in one.headers[0].lower()


async def test_it_streams_without_previews() -> None:
    async def manner(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer, "text/event-stream; charset=utf-8")
        await tell(writer, images.COMPLETED, b64_json=B64)

    async with double(manner) as one:
        assert await drawn(at(one)) == [Finished(PNG, images.Made())]


async def test_it_knows_no_streaming_and_answers_plain_json() -> None:
    async with double(answers(json.dumps({"created": 1, "data": [{"b64_json": B64}]}).encode())) as one:
        assert await drawn(at(one)) == [Finished(PNG, images.Made())]
        assert len(one.asked) == 1


@pytest.mark.parametrize("status", [400, 422])
async def test_it_refuses_to_stream_and_is_asked_for_the_whole(status: int) -> None:
    async def manner(one: Double, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if "stream" in asked:
            return await refuses(status, "Unknown parameter: 'stream'.")(one, asked, writer)
        return await answers(json.dumps({"data": [{"b64_json": B64}]}).encode())(one, asked, writer)

    async with double(manner) as one:
        assert await drawn(at(one)) == [Finished(PNG, images.Made())]
    assert [sorted(a) for a in one.asked][-1] == ["model", "n", "prompt", "response_format", "size"]


async def test_it_knows_only_the_usual_sizes() -> None:
    async def manner(one: Double, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        known = asked["size"] in ("1024x1024", "1536x1024", "1024x1536")
        await (streams if known else refuses(400, "Invalid value: size"))(one, asked, writer)

    for width, height, usual in [
        (768, 768, "1024x1024"),
        (704, 880, "1024x1536"),
        (960, 640, "1536x1024"),
        (640, 1000, "1024x1536"),
    ]:
        async with double(manner) as one:
            assert isinstance((await drawn(at(one), Wish("a fox", width, height, 7)))[-1], Finished)
        assert [a["size"] for a in one.asked] == [f"{width}x{height}", usual]
        assert one.asked[-1]["stream"] is True


async def test_an_address_in_place_of_a_picture_is_not_followed() -> None:
    raised, one = await trouble(answers(json.dumps({"data": [{"url": "http://127.0.0.1:1/secret"}]}).encode()))
    assert (raised.again, "address" in raised.said) == (False, True)
    assert any(a.get("response_format") == "b64_json" for a in one.asked)  # it was asked to send the bytes


@pytest.mark.parametrize(
    ("status", "again", "said"),
    [
        (400, False, "The picture model refused: no such model"), (404, False, "The picture model refused: no such model"),
        (401, False, "The picture model does not let this house in (401)."), (403, False, "The picture model does not let this house in (403)."),
        (408, True, "overloaded or broken (408)"), (429, True, "overloaded or broken (429)"), (500, True, "overloaded or broken (500)"),
        (503, True, "overloaded or broken (503)"), (529, True, "overloaded or broken (529)"),
    ],
)  # fmt: skip
async def test_it_refuses(status: int, again: bool, said: str) -> None:
    raised, one = await trouble(refuses(status, "no such model"))
    assert raised.again is again
    assert said in raised.said
    assert len(one.asked) == (4 if status == 400 else 1)


async def test_what_it_says_of_our_key_is_told_to_nobody() -> None:
    raised, _ = await trouble(refuses(401, "Incorrect API key provided: sk-abc***xyz"))
    assert "sk-" not in raised.said


async def test_words_it_does_not_like_are_not_sent_again() -> None:
    raised, one = await trouble(refuses(400, "Your request was rejected by the safety system.", "moderation_blocked"))
    assert (raised.again, len(one.asked)) == (False, 1)
    assert "safety system" in raised.said


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with double(streams) as elsewhere:
        raised, _ = await trouble(refuses(status, "over there", None, f"Location: {elsewhere.url}/images/generations"))
        assert raised.again is False
        assert elsewhere.asked == []


async def test_silence_is_an_end() -> None:
    async def stalls(_: Double, __: dict[str, Any], ___: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def only_headers(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await asyncio.sleep(60)

    async def one_preview(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await tell(writer, images.PARTIAL, b64_json=base64.b64encode(TINY).decode(), partial_image_index=0)
        await asyncio.sleep(60)

    for manner in (stalls, only_headers, one_preview):
        began = time.monotonic()
        raised, one = await trouble(manner, timeout_s=0.5)
        assert raised.again is True
        assert "said nothing for" in raised.said
        assert time.monotonic() - began < 5
        await asyncio.wait_for(one.left.wait(), 2)


async def test_signs_of_life_do_not_keep_a_place_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breathes(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        while True:
            writer.write(b": still here\n\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    monkeypatch.setattr(images, "DRAWING_S_MAX", 0.5)
    raised, _ = await trouble(breathes)
    assert raised.again is False


async def test_nobody_listens() -> None:
    async with double(streams) as one:
        pass
    with pytest.raises(EndpointTrouble) as raised:
        await drawn(at(one))
    assert raised.value.again is True


async def test_it_breaks_off() -> None:
    async def at_once(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def after_a_preview(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await tell(writer, images.PARTIAL, b64_json=base64.b64encode(TINY).decode(), partial_image_index=0)

    async def within_the_picture(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        writer.write(b'data: {"type": "' + images.COMPLETED.encode() + b'", "b64_json": "' + B64[:40].encode())
        await writer.drain()

    async def short_of_its_length(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")
        await writer.drain()

    for manner in (at_once, after_a_preview, within_the_picture, short_of_its_length):
        raised, _ = await trouble(manner)
        assert raised.again is True, manner.__name__


@pytest.mark.parametrize(
    ("body", "kind", "again"),
    [
        (b"<html>It works!</html>", "text/html", False), (b"{}", "application/json", False), (b"[]", "application/json", False),
        (b'{"data": []}', "application/json", False), (b'{"data": [{"b64_json": "%%%"}]}', "application/json", False),
        (b'{"data": ["x"]}', "application/json", False), (b'{"data": [{"b64_json": 7}]}', "application/json", False), (b"", "", False),
        (PNG, "image/png", False), (b"\x00\xff" * 500, "application/octet-stream", False), (b"data: {oops\n\n", "text/event-stream", True),
        (b'data: {"type": 5}\n\n', "text/event-stream", True), (b"hello", "text/event-stream", True), (b"", "text/event-stream", True),
        (b'data: {"type": "error", "error": {"message": "boom"}}\n\n', "text/event-stream", False),
        (f'data: {{"type": "{images.COMPLETED}", "b64_json": "no picture!"}}\n\n'.encode(), "text/event-stream", False),
    ],
)  # fmt: skip
async def test_it_talks_nonsense(body: bytes, kind: str, again: bool) -> None:
    raised, _ = await trouble(answers(body, kind))
    assert raised.again is again
    assert raised.said.startswith("The picture model")


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
@pytest.mark.parametrize("piece", [b": noise\n" * 2000, b"x" * 16_000, b'data: {"type": "ping"}\n\n' * 500])
async def test_it_never_stops(monkeypatch: pytest.MonkeyPatch, kind: str, piece: bytes) -> None:
    async def endless(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer, kind)
        with suppress(ConnectionError):
            while True:
                writer.write(piece)
                await writer.drain()

    monkeypatch.setattr(images, "ANSWER_BYTES_MAX", 2_000_000)
    raised, one = await trouble(endless)
    assert (raised.again, "more than a picture" in raised.said) == (False, True)
    await asyncio.wait_for(one.left.wait(), 2)


async def test_leaving_early_hangs_up() -> None:
    async def patient(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await tell(writer, images.PARTIAL, b64_json=base64.b64encode(TINY).decode(), partial_image_index=0)
        await asyncio.sleep(60)

    async with double(patient) as one:
        async with aclosing(draw(at(one), WISH)) as said:
            async for news in said:
                assert isinstance(news, Progress)
                break
        await asyncio.wait_for(one.left.wait(), 2)


async def test_a_stranger_cannot_pass_for_the_illustrator() -> None:
    async def pretends(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await tell(writer, images.COMPLETED, b64_json=B64, bower={"recipe": {"engine": "Illustrator"}, "alt": "mine"})

    async with double(pretends) as one:
        assert await drawn(at(one)) == [Finished(PNG, images.Made())]
        said = await drawn(at(one, ours=True))
    assert isinstance(said[-1], Finished)
    assert said[-1].made.recipe == {"engine": "Illustrator"}
    foreign = {"BOWERBIRD_MODELS_PICTURES_URL": "http://pictures.example/v1/"}
    unnamed, named = endpoint(load(foreign)), endpoint(load({**foreign, "BOWERBIRD_MODELS_PICTURES_MODEL": "dreamer-9"}))
    assert (unnamed.url, unnamed.model, unnamed.engine) == ("http://pictures.example/v1", "", "pictures.example")
    assert named.engine == "dreamer-9 at pictures.example"
