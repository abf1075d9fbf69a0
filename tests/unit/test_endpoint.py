"""Any OpenAI-compatible images endpoint: asked over a real socket, whatever it answers, however it fails."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from bowerbird.core.settings import load
from bowerbird.inference import images
from bowerbird.inference.images import Endpoint, EndpointTrouble, Finished, Progress, Wish, draw, endpoint
from tests.conftest import House, Member, finished, picture_of

Manner = Callable[["Double", dict[str, Any], asyncio.StreamWriter], Awaitable[None]]
WISH = Wish("a red fox", 768, 768, 7)


def _encoded(kind: str, colour: str = "#c05020", side: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, kind)
    return out.getvalue()


PNG = _encoded("PNG")
TINY = _encoded("WEBP", side=16)
B64 = base64.b64encode(PNG).decode()


@dataclass
class Double:
    """An endpoint that behaves as the test says; what it was asked, and whether the asker hung up on it."""

    manner: Manner
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
            self.headers.append(head)
            self.asked.append(json.loads(await reader.readexactly(length)))
            doing = asyncio.ensure_future(self.manner(self, self.asked[-1], writer))
            gone = asyncio.ensure_future(reader.read(1))  # the asker says nothing more: this ends when it hangs up
            await asyncio.wait([doing, gone], return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                self.left.set()
            for task in (doing, gone):
                task.cancel()
            await asyncio.gather(doing, gone, return_exceptions=True)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def double(manner: Manner) -> AsyncIterator[Double]:
    one = Double(manner)
    server = await asyncio.start_server(one.answer, "127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield one
    finally:
        server.close()


def at(one: Double, *, timeout_s: float = 5, ours: bool = False) -> Endpoint:
    return Endpoint(one.url, "key-7", "dreamer-9", timeout_s, ours)


async def send(writer: asyncio.StreamWriter, status: int, body: bytes, kind: str = "application/json", *more: str) -> None:
    lines = [f"HTTP/1.1 {status} x", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close", *more]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    await writer.drain()


async def begin(writer: asyncio.StreamWriter, kind: str = "text/event-stream") -> None:
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()


async def tell(writer: asyncio.StreamWriter, type_: str, **fields: Any) -> None:
    writer.write(f"event: {type_}\r\ndata: {json.dumps({'type': type_, **fields})}\r\n\r\n".encode())
    await writer.drain()


def refuses(status: int, message: str = "no", code: str | None = None, *more: str) -> Manner:
    async def manner(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
        await send(writer, status, json.dumps(body).encode(), "application/json", *more)

    return manner


def answers(body: bytes, kind: str = "application/json") -> Manner:
    async def manner(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 200, body, kind)

    return manner


async def streams(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    writer.write(b": still here\n\n")
    for number in range(3):
        await tell(writer, images.PARTIAL, b64_json=base64.b64encode(TINY).decode(), partial_image_index=number, created_at=1)
    await tell(writer, "image_generation.something_new", whatever=True)
    await tell(writer, images.COMPLETED, b64_json=B64, usage={"total_tokens": 9})
    writer.write(b"data: [DONE]\n\n")
    await writer.drain()


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


async def _by_the_words(one: Double, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    if "refuse" in asked["prompt"]:
        await refuses(401, "Incorrect API key provided: sk-abc")(one, asked, writer)
    elif "silent" in asked["prompt"]:
        await asyncio.sleep(60)
    elif "nonsense" in asked["prompt"]:
        await answers(json.dumps({"data": [{"b64_json": base64.b64encode(b"no picture").decode()}]}).encode())(one, asked, writer)
    else:
        await streams(one, asked, writer)


def _asks(member: Member, prompt: str) -> dict[str, Any]:
    answer = member.client.post("/api/bower/v1/generations", json={"prompt": prompt, "count": 2})
    assert answer.status_code == 202, answer.text
    return finished(member, answer.json()["id"], within_s=30)


def _live_there(house: House) -> None:
    """What someone sees whose house asks a stranger for pictures."""
    made = house.command("admin", "account", "create", "ines", "--email", "ines@example.org")
    token = house.command("admin", "token", "create", "ines")["access_token"]
    with httpx.Client(base_url=house.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        ines = Member(made["id"], "ines", token, client)
        done = picture_of(ines, "a red fox")
        candidate = done["candidates"][0]
        assert (done["state"], candidate["engine"], candidate["reading"]) == ("done", "dreamer-9 at 127.0.0.1", [])
        said = ines.post("by a stranger", media_ids=[candidate["media_id"]])
        recipe = said["media_attachments"][0]["bower"]
        assert (recipe["engine"], recipe["model"]) == ("dreamer-9 at 127.0.0.1", "dreamer-9")
        page = client.get(f"/pictures/{candidate['picture_id']}").text
        assert "dreamer-9" in page
        assert "Illustrator" not in page
        assert client.get(candidate["url"]).content[8:12] == b"WEBP"
        for words, sentence in [
            ("refuse this", "The picture model does not let this house in (401)."),
            ("stay silent", "The picture model said nothing for 1 seconds."),
            ("talk nonsense", "The picture model sent something that is no picture."),
        ]:
            failed = _asks(ines, words)
            assert (failed["state"], failed["error"]) == ("failed", sentence)
            assert [c["state"] for c in failed["candidates"]] == ["failed", "failed"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that the embedded PostgreSQL can reach too: it runs as a user of its own when we are root."""
    with tempfile.TemporaryDirectory(prefix="bower-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


async def test_a_house_that_asks_a_stranger(folder: Path) -> None:
    async with double(_by_the_words) as one:
        house = House(folder, {
            "BOWERBIRD_MODELS_PICTURES_URL": one.url, "BOWERBIRD_MODELS_PICTURES_MODEL": "dreamer-9",
            "BOWERBIRD_MODELS_PICTURES_TIMEOUT_S": "1",
        })  # fmt: skip
        await asyncio.to_thread(house.start)
        try:
            await asyncio.to_thread(_live_there, house)
        finally:
            assert await asyncio.to_thread(house.stop) == 0
