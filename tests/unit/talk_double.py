"""A chat endpoint over a real socket that behaves as a test says: obedient, hostile, slow, dying."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Messages = list[dict[str, Any]]
Reply = str | dict[str, Any]  # words, or {"tool": name, "arguments": {…} or raw text}, or {"tools": [several of them]}
Manner = Callable[["TalkDouble", dict[str, Any], asyncio.StreamWriter], Awaitable[None]]
CHUNKED = "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n"


@dataclass
class TalkDouble:
    """One endpoint; what it was asked, with which heads, and how many askers hung up on it."""

    manner: Manner
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.lower().split("\r\n")
            length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), 0)
            self.heads.append(head)
            body = await reader.readexactly(length)
            if head.startswith("GET "):
                await send(writer, 200, {"object": "list", "data": []})
                return
            self.asked.append(json.loads(body))
            doing = asyncio.ensure_future(self.manner(self, self.asked[-1], writer))
            gone = asyncio.ensure_future(reader.read(1))
            await asyncio.wait([doing, gone], return_when=asyncio.FIRST_COMPLETED)
            if gone.done() and not doing.done():
                self.left.set()
            for task in (doing, gone):
                task.cancel()
            await asyncio.gather(doing, gone, return_exceptions=True)
        writer.close()


@asynccontextmanager
async def talking(manner: Manner) -> AsyncGenerator[TalkDouble]:
    """It listens while the block runs."""
    one = TalkDouble(manner)
    server = await asyncio.start_server(one.answer, "127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield one
    finally:
        server.close()


@contextmanager
def talking_apart(manner: Manner, port: int = 0) -> Generator[TalkDouble]:
    """The same in a thread of its own, for tests that do not wait asynchronously and for a house in another process."""
    ready, ends, found = threading.Event(), asyncio.Event(), list[tuple[TalkDouble, asyncio.AbstractEventLoop]]()

    async def serve() -> None:
        one = TalkDouble(manner)
        server = await asyncio.start_server(one.answer, "127.0.0.1", port)
        one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        found.append((one, asyncio.get_running_loop()))
        ready.set()
        await ends.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0][0]
    finally:
        found[0][1].call_soon_threadsafe(ends.set)
        thread.join(10)


async def send(writer: asyncio.StreamWriter, status: int, body: Any, *more: str, kind: str = "application/json") -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} x", f"Content-Type: {kind}", f"Content-Length: {len(data)}", "Connection: close", *more]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
    await writer.drain()


async def begin(writer: asyncio.StreamWriter, kind: str = "text/event-stream") -> None:
    writer.write(CHUNKED.format(kind=kind).encode())
    await writer.drain()


async def tell(writer: asyncio.StreamWriter, delta: dict[str, Any], finish: str | None = None, **more: Any) -> None:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [choice], **more}
    writer.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    await writer.drain()


async def done(writer: asyncio.StreamWriter, prompt_tokens: int = 11, tokens: int = 7) -> None:
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": tokens, "total_tokens": prompt_tokens + tokens}
    writer.write(b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\ndata: [DONE]\n\n")
    await writer.drain()


def _calls(reply: dict[str, Any]) -> list[dict[str, Any]]:
    asked = reply.get("tools") or [reply]
    made: list[dict[str, Any]] = []
    for number, one in enumerate(asked):
        arguments = one.get("arguments", {})
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        made.append({"id": f"call_{number}", "type": "function", "function": {"name": one["tool"], "arguments": text}})
    return made


def replies(by: Callable[[Messages], Reply], *, piece: int = 7, pause_s: float = 0.0) -> Manner:
    """Answers as `by` says from the messages: streamed in pieces where asked so, whole otherwise. An obedient model is one line of Python."""

    async def manner(_: TalkDouble, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        reply = by(asked["messages"])
        usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
        if not asked.get("stream"):
            message = (
                {"content": reply} if isinstance(reply, str) else {"content": reply.get("words"), "tool_calls": _calls(reply)}
            )
            finish = "stop" if isinstance(reply, str) else "tool_calls"
            choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
            await send(writer, 200, {"id": "c1", "object": "chat.completion", "choices": [choice], "usage": usage})
            return
        await begin(writer)
        words = reply if isinstance(reply, str) else str(reply.get("words") or "")
        for at in range(0, len(words), piece):
            await tell(writer, {"content": words[at : at + piece]})
            if pause_s:
                await asyncio.sleep(pause_s)
        if isinstance(reply, str):
            await tell(writer, {}, "stop")
        else:
            for number, call in enumerate(_calls(reply)):
                start = {**call, "index": number, "function": {**call["function"], "arguments": ""}}
                await tell(writer, {"tool_calls": [start]})
                text = call["function"]["arguments"]
                for at in range(0, len(text), piece):
                    await tell(writer, {"tool_calls": [{"index": number, "function": {"arguments": text[at : at + piece]}}]})
            await tell(writer, {}, "tool_calls")
        await done(writer)

    return manner


def says(words: str, **more: Any) -> Manner:
    """Always the same words."""
    return replies(lambda _: words, **more)


def refuses(status: int, message: str = "no", *more: str) -> Manner:
    async def manner(_: TalkDouble, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, status, {"error": {"message": message, "type": "x", "param": None, "code": None}}, *more)

    return manner


def sends(*pieces: bytes, kind: str = "text/event-stream", stalls: bool = False) -> Manner:
    """Exactly these bytes, one write each; then it breaks off, or stalls for ever."""

    async def manner(_: TalkDouble, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer, kind)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if stalls:
            await asyncio.Event().wait()

    return manner


async def stalls(_: TalkDouble, __: dict[str, Any], ___: asyncio.StreamWriter) -> None:
    """Takes the request and never says anything."""
    await asyncio.Event().wait()


async def dies(_: TalkDouble, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Says two words and is gone."""
    await begin(writer)
    await tell(writer, {"content": "Once "})
    await tell(writer, {"content": "upon"})
    writer.transport.abort()


def in_turn(*manners: Manner) -> Manner:
    """The first time so, the second time so; the last one from then on."""

    async def manner(one: TalkDouble, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await manners[min(len(one.asked), len(manners)) - 1](one, asked, writer)

    return manner
