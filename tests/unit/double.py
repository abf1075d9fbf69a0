"""An images endpoint over a real socket that behaves as a test says."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from bowerbird.inference import images

Manner = Callable[["Double", dict[str, Any], asyncio.StreamWriter], Awaitable[None]]


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
            body = await reader.readexactly(length)
            self.asked.append({"multipart": body} if "multipart/form-data" in head else json.loads(body))
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


async def streams_edits(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    await tell(writer, "image_edit.partial_image", b64_json=base64.b64encode(TINY).decode(), partial_image_index=0)
    await tell(writer, "image_edit.completed", b64_json=B64)


async def streams(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    writer.write(b": still here\n\n")
    for number in range(3):
        await tell(writer, images.PARTIAL, b64_json=base64.b64encode(TINY).decode(), partial_image_index=number, created_at=1)
    await tell(writer, "image_generation.something_new", whatever=True)
    await tell(writer, images.COMPLETED, b64_json=B64, usage={"total_tokens": 9})
    writer.write(b"data: [DONE]\n\n")
    await writer.drain()
