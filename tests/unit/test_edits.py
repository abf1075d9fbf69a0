"""A remix in an engine that starts from a picture: the parent goes along where it can, and it is told where it cannot."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from bowerbird.inference import images
from bowerbird.inference.images import Endpoint, Finished, Wish
from tests.unit.test_media import encoded

PARENT, CHILD = encoded("WEBP"), encoded("PNG")


@asynccontextmanager
async def endpoint(statuses: dict[str, int]) -> AsyncIterator[tuple[str, list[tuple[str, bytes]]]]:
    """A server over a real socket that answers each path with a status, and remembers what it was sent."""
    heard: list[tuple[str, bytes]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()
        length = int(next(line.split(b":")[1] for line in head.lower().splitlines() if line.startswith(b"content-length")))
        heard.append((path, await reader.readexactly(length)))
        status = statuses[path]
        said: object = (
            {"data": [{"b64_json": base64.b64encode(CHILD).decode()}]} if status == 200 else {"error": {"message": "no"}}
        )
        body = msgspec.json.encode(said)
        writer.write(
            b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            % (status, len(body))
        )
        writer.write(body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard


async def drawn(url: str, image: bytes | None) -> Finished:
    where = Endpoint(url, "", "dreamer", 5, ours=False)
    said = [news async for news in images.draw(where, Wish("at dawn", 768, 768, 1, image=image))]
    assert isinstance(said[-1], Finished)
    return said[-1]


async def test_the_parent_goes_along() -> None:
    async with endpoint({"/images/edits": 200}) as (url, heard):
        made = await drawn(url, PARENT)
    assert (made.image, made.made.notes) == (CHILD, [])
    ((path, body),) = heard
    assert path == "/images/edits"
    assert PARENT in body
    assert b"at dawn" in body


@pytest.mark.parametrize("status", [400, 404, 405, 415, 422])
async def test_an_engine_that_cannot_is_asked_by_words_and_it_is_told(status: int) -> None:
    async with endpoint({"/images/edits": status, "/images/generations": 200}) as (url, heard):
        made = await drawn(url, PARENT)
    assert made.made.notes == [images.WORDS_ONLY]
    assert [path for path, _ in heard][-1] == "/images/generations"


async def test_without_a_parent_nothing_is_edited() -> None:
    async with endpoint({"/images/generations": 200}) as (url, heard):
        made = await drawn(url, None)
    assert made.made.notes == []
    assert [path for path, _ in heard] == ["/images/generations"]
