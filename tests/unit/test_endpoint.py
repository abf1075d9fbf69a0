"""Any OpenAI-compatible images endpoint: asked over a real socket, whatever it answers, however it fails."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from contextlib import aclosing, suppress
from typing import Any

import pytest

from bowerbird.core import outside
from bowerbird.core.settings import load
from bowerbird.inference import images
from bowerbird.inference.images import Endpoint, EndpointTrouble, Finished, Progress, Wish, draw, endpoint
from tests.unit.double import (
    B64,
    PNG,
    TINY,
    Double,
    Manner,
    answers,
    begin,
    double,
    refuses,
    send,
    streams,
    streams_edits,
    tell,
)

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


def _elsewhere(url: str) -> Manner:
    """Answers with an address of its own, where a picture lies."""

    async def manner(one: Double, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await answers(json.dumps({"data": [{"url": url}]}).encode())(one, asked, writer)

    return manner


async def _files(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    page = b"/page" in head.split(b"\r\n")[0]
    await send(writer, 200, b"<html>" if page else PNG, "text/html" if page else "image/png")
    writer.close()


async def test_an_address_out_in_the_world_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "rule", lambda: lambda _address, _port: True)  # this test's own network counts as the world
    server = await asyncio.start_server(_files, "127.0.0.1", 0)
    where = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, double(_elsewhere(f"{where}/picture.png")) as one:
        assert await drawn(at(one)) == [Finished(PNG, images.Made())]
        assert len(one.asked) == 1
    server = await asyncio.start_server(_files, "127.0.0.1", 0)
    where = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        raised, one = await trouble(_elsewhere(f"{where}/page"))
    assert "of another kind" in raised.said
    assert any(a.get("response_format") == "b64_json" for a in one.asked)


async def test_a_remix_is_an_edit_with_the_parents_pixels_and_a_mask() -> None:
    async with double(streams_edits) as one:
        said = await drawn(at(one), Wish("at night", 768, 768, 7, image=TINY, mask=PNG))
    assert [type(s) for s in said] == [Progress, Finished]
    assert said[-1] == Finished(PNG, images.Made())  # nothing to excuse: it started from the picture
    body = one.asked[0]["multipart"]
    assert "POST /v1/images/edits" in one.headers[0]
    assert TINY in body
    assert PNG in body
    assert b'name="mask"' in body


async def test_an_endpoint_without_edits_draws_from_the_words_and_says_so() -> None:
    async def manner(one: Double, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await (refuses(404, "no such path") if "multipart" in asked else streams)(one, asked, writer)

    async with double(manner) as one:
        said = await drawn(at(one), Wish("at night", 768, 768, 7, image=TINY))
    assert said[-1] == Finished(PNG, images.Made(notes=[images.WORDS_ONLY]))


async def test_ours_is_sent_the_parent_under_its_own_key() -> None:
    async with double(streams) as one:
        await drawn(at(one, ours=True), Wish("at night", 768, 768, 7, image=TINY))
    assert one.asked[0]["bower"] == {"image": base64.b64encode(TINY).decode()}


async def test_its_rules_are_told_as_its_rules() -> None:
    async def in_the_stream(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await tell(
            writer, "error", error={"message": "Not this.", "type": "image_generation_user_error", "code": "moderation_blocked"}
        )

    for manner in (
        in_the_stream,
        refuses(400, "Not this.", "content_policy_violation"),
        refuses(403, "Not this.", "content_filter"),
    ):
        raised, one = await trouble(manner)
        assert (raised.policy, raised.again, len(one.asked)) == (True, False, 1)
        assert raised.said == "The rules of the picture model forbid this: Not this."


@pytest.mark.parametrize(("told", "after_s"), [("7", 7), ("86400", 60), ("soon", 0), ("-3", 0)])
async def test_when_to_come_back_is_heard(told: str, after_s: float) -> None:
    raised, _ = await trouble(refuses(429, "slow down", None, f"Retry-After: {told}"))
    assert (raised.again, raised.after_s) == (True, after_s)


@pytest.mark.parametrize("ours", [True, False])
async def test_what_it_counts_and_says_is_bounded_and_fits_a_database(ours: bool) -> None:
    async def odd(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        bower = {"step": 3_000_000_000, "steps": -(10**30), "stage": "wo\x00rking" * 99}
        await tell(writer, images.PARTIAL, partial_image_index=3_000_000_000, **({"bower": bower} if ours else {}))
        await tell(writer, "error", error={"message": "no\x00t this" * 99})

    said: list[Progress | Finished] = []

    async def listen(where: Endpoint) -> None:
        async for news in draw(where, WISH):
            said.append(news)

    async with double(odd) as one:
        with pytest.raises(EndpointTrouble) as raised:
            await listen(at(one, ours=ours))
    assert isinstance(said[0], Progress)
    assert (said[0].step, said[0].steps) == (1000, 0 if ours else 4)
    assert said[0].stage == (("working" * 9)[:60] if ours else "")
    assert raised.value.said.startswith("The picture model refused: not thisnot this")
    assert "\x00" not in raised.value.said
    assert len(raised.value.said) < 400


def test_tiers_stand_side_by_side() -> None:
    foreign = load({"BOWERBIRD_MODELS_PICTURES_URL": "http://pictures.example/v1"})
    home = load({})
    assert (images.usual(foreign), images.usual(home)) == ("endpoint", "illustrator")
    assert images.usual(load({"BOWERBIRD_MODELS_PICTURES_MODEL": "painter"})) == "paint"
    for where in (foreign, home):
        ours = [endpoint(where, tier) for tier in ("illustrator", "paint", "sd-turbo")]
        assert [(one.ours, one.model) for one in ours] == [(True, "illustrator"), (True, "painter"), (True, "sd-turbo")]
        assert {one.url for one in ours} == {"http://127.0.0.1:8011/v1"}
    with pytest.raises(EndpointTrouble):
        endpoint(home, "endpoint")
