"""POST /mcp: who asks, from where, how often, whether the token allows it; then the official SDK's server, which keeps no session.

Every request stands for itself, so that any of several web processes may answer it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import Litestar, Request, asgi
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from bowerbird.accounts.visitors import Visitor
from bowerbird.api.mcp.callers import KEY, Caller
from bowerbird.api.mcp.listing import scope_of
from bowerbird.api.mcp.registration import METADATA, SCOPES
from bowerbird.api.mcp.serving import server
from bowerbird.core import limits
from bowerbird.core.errors import NotAllowed, NotSignedIn, TooLarge, Trouble
from bowerbird.core.settings import settings
from bowerbird.door import pool, told

PATH = "/mcp"
BODY_BYTES_MAX = 256_000
REQUESTS_PER_MINUTE_MAX = 240  # by person
HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class _Params(msgspec.Struct):
    name: Any = None


class _Message(msgspec.Struct):
    """As much of a message as says which scope it needs."""

    method: Any = None
    params: _Params | None = None


@asynccontextmanager
async def running(app: Litestar) -> AsyncGenerator[None]:
    """The protocol's server, while the web process stands."""
    manager = StreamableHTTPSessionManager(server(), stateless=True, max_request_body_size=BODY_BYTES_MAX)
    async with manager.run():
        app.state.mcp = manager
        yield


@asgi(PATH)
async def mcp(scope: Any, receive: Any, send: Any) -> None:
    """Let in who may, and hand over. Cookies count for nothing here."""
    request = Request[Any, Any, Any](scope, receive)
    try:
        _from_here(request)
        found = await _bearer(request)
        body = await _body(receive) if request.method == "POST" else b""
        needed = _needed(body)
        if found.token and not found.token.allows(needed):
            await _say(send, 403, f"This token has no scope “{needed}”.", _challenge("insufficient_scope", needed))
            return
        me = found.required()
        async with pool(request).transaction() as db:
            await limits.spend(db, f"mcp:{me.id}", times_max=REQUESTS_PER_MINUTE_MAX, window_s=60)
        if request.method != "POST":  # nothing is kept between requests, so there is no stream to hold open or to end
            await _say(send, 405, "Messages are posted here.", {"Allow": "POST"})
            return
    except NotSignedIn as nobody:
        given = bool(request.headers.get("authorization"))
        await _say(send, 401, nobody.said, _challenge("invalid_token" if given else ""))
        return
    except Trouble as trouble:
        status, _, said, headers = told(request, trouble)
        await _say(send, 403 if status == 422 else status, said, headers)
        return
    caller = Caller(me, found, pool(request), request.app.state.hub)
    await request.app.state.mcp.handle_request({**scope, KEY: caller}, _again(body, receive), send)


def _from_here(request: Request[Any, Any, Any]) -> None:
    """Raises NotAllowed for a page of another site, or of one that took this house's address (DNS rebinding). Apps send no Origin."""
    origin = request.headers.get("origin")
    if origin is not None and origin != settings().origin:
        raise NotAllowed("Pages of other sites cannot ask here; let their server do it.")


async def _bearer(request: Request[Any, Any, Any]) -> Visitor:
    given = request.headers.get("authorization", "")
    if given[:7].lower() != "bearer ":
        raise NotSignedIn("Ask with an access token: Authorization: Bearer …")
    return await request.app.state.doorkeeper.by_token(given[7:].strip())


def _needed(body: bytes) -> str:
    """The scope that a message needs; anything else is for the protocol's server to answer, to anyone who may ask at all."""
    try:
        message = msgspec.json.decode(body, type=_Message)
    except (msgspec.DecodeError, RecursionError):
        return " ".join(SCOPES)
    if message.method == "tools/call" and message.params:
        return scope_of(message.params.name)
    return "read" if str(message.method).startswith("resources/") else " ".join(SCOPES)


async def _body(receive: Any) -> bytes:
    """All of it. Raises TooLarge past BODY_BYTES_MAX."""
    parts, size, more = list[bytes](), 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_BYTES_MAX:
            raise TooLarge("That message is too long.")
        more = message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Any) -> Any:
    """What was read once, to be read again."""
    given = False

    async def once_more() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once_more


def _challenge(error: str, scope: str = "") -> dict[str, str]:
    """RFC 9728, 5.1: where a program learns how to be let in. Scopes that would do are named."""
    said = [f'error="{error}"'] if error else []
    said += [f'scope="{scope or " ".join(SCOPES)}"', f'resource_metadata="{settings().origin}{METADATA}{PATH}"']
    return {"WWW-Authenticate": f"Bearer {', '.join(said)}"}


async def _say(send: Any, status: int, said: str, headers: dict[str, str]) -> None:
    body = msgspec.json.encode({"error": said})
    lines = {**HEADERS, **headers, "Content-Length": str(len(body))}
    raw = [(name.lower().encode(), value.encode()) for name, value in lines.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})
