"""What happens, as it happens: server-sent events, one channel each, and one WebSocket for many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from litestar import Response, Router, WebSocket, get, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.response import Stream as Streamed

from bowerbird.accounts.visitors import Visitor
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon import channels
from bowerbird.api.mastodon.broadcast import Broadcaster, Stream
from bowerbird.api.mastodon.channels import Channel
from bowerbird.core.errors import NotSignedIn, Trouble
from bowerbird.door import Ask, pool, visitor

QUIET_S = 15.0
MESSAGE_LENGTH_MAX = 4_000
QUIET = msgspec.json.encode({"stream": [], "event": "thump", "payload": ""})
REFUSED, GOING = 4_401, 1_001


@get("/health", sync_to_thread=False)
def health() -> Response[str]:
    """Whether streams can be had."""
    return Response("OK", media_type="text/plain")


@get("/{channel:path}")
async def listen(request: Ask, channel: str) -> Streamed:
    """One channel as server-sent events: `user`, `user/notification`, `public`, `public/local`, `public/media`, `hashtag`, `list`, `direct`."""
    asked = request.query_params
    given = asked.get("access_token")
    found: Visitor = await (request.app.state.doorkeeper.by_token(given) if given else visitor(request))
    me = found.required()
    name = channel.strip("/").replace("/", ":")
    if name.startswith("public") and asked.get("only_media") in ("true", "1") and not name.endswith("media"):
        name += ":media"
    wanted = await channels.find(pool(request), me, found.token, name, tag=asked.get("tag", ""), list_id=asked.get("list", ""))
    broadcaster: Broadcaster = request.app.state.broadcaster
    await broadcaster.admit(me)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Streamed(_events(broadcaster, found, wanted), media_type="text/event-stream", headers=headers)


async def _events(broadcaster: Broadcaster, found: Visitor, wanted: Channel) -> AsyncGenerator[bytes]:
    """Everything on one channel, and a sign of life in between."""
    with broadcaster.open(found, "sse") as stream:
        broadcaster.join(stream, wanted)
        yield b":)\n\n"
        while True:
            try:
                frame = await asyncio.wait_for(stream.waiting.get(), QUIET_S)
            except TimeoutError:
                frame = b":thump\n\n"
            if frame is None:
                return
            yield frame


@websocket("/")
async def talk(socket: WebSocket[Any, Any, Any]) -> None:
    """Many channels on one connection: those of the address, and those asked for by messages."""
    broadcaster: Broadcaster = socket.app.state.broadcaster
    protocol = socket.headers.get("sec-websocket-protocol", "").partition(",")[0].strip()
    bearer = socket.headers.get("authorization", "")
    token = socket.query_params.get("access_token") or protocol or (bearer[7:].strip() if bearer[:7].lower() == "bearer " else "")
    try:
        if not token:
            raise NotSignedIn
        found: Visitor = await socket.app.state.doorkeeper.by_token(token)
        await broadcaster.admit(found.required())
    except Trouble as no:
        await socket.close(REFUSED, no.said)
        return
    await socket.accept(subprotocols=protocol or None)
    with broadcaster.open(found, "ws") as stream:
        if socket.query_params.get("stream"):
            await _heard(socket, stream, found, {**dict(socket.query_params), "type": "subscribe"})
        hands = [asyncio.create_task(_ears(socket, stream, found)), asyncio.create_task(_mouth(socket, stream))]
        try:
            await asyncio.wait(hands, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for hand in hands:
                hand.cancel()
            await asyncio.gather(*hands, return_exceptions=True)
        if stream.over:  # only now: Granian sends no close while something waits to receive
            await socket.close(GOING, "over")


async def _mouth(socket: WebSocket[Any, Any, Any], stream: Stream) -> None:
    """What waits, as it comes, and a sign of life in between."""
    while True:
        try:
            frame = await asyncio.wait_for(stream.waiting.get(), QUIET_S)
        except TimeoutError:
            frame = QUIET
        if frame is None:
            return
        await socket.send_text(frame.decode())


async def _ears(socket: WebSocket[Any, Any, Any], stream: Stream, found: Visitor) -> None:
    """What the program asks for, until it hangs up."""
    while True:
        try:
            text = await socket.receive_text()
        except WebSocketDisconnect:
            return
        try:
            said = msgspec.json.decode(text if len(text) <= MESSAGE_LENGTH_MAX else "", type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError):
            continue
        await _heard(socket, stream, found, said)


async def _heard(socket: WebSocket[Any, Any, Any], stream: Stream, found: Visitor, said: dict[str, Any]) -> None:
    """Begin or stop to listen; what cannot be had is said on the stream."""
    broadcaster: Broadcaster = socket.app.state.broadcaster
    name, tag, list_id = (str(said.get(key) or "") for key in ("stream", "tag", "list"))
    try:
        channel = await channels.find(socket.app.state.pool, found.required(), found.token, name, tag=tag, list_id=list_id)
    except Trouble as no:
        stream.send(msgspec.json.encode({"error": no.said, "status": no.status}))
        return
    if said.get("type") == "subscribe":
        broadcaster.join(stream, channel)
    elif said.get("type") == "unsubscribe":
        broadcaster.leave(stream, channel.label)


routes = Router("/api/v1/streaming", route_handlers=[health, listen, talk], exception_handlers={Exception: mastodon})
