"""The embedded models behind an OpenAI-compatible door on 127.0.0.1: the same interface as any other endpoint."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import secrets
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Literal

import msgspec
from litestar import Litestar, Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.response import Stream

from bowerbird.core import kin, telemetry
from bowerbird.core.errors import Invalid, NotSignedIn, TooMany, Trouble, Unavailable
from bowerbird.core.secrets import same, secret
from bowerbird.core.settings import settings
from bowerbird.inference.runner import drawing
from bowerbird.inference.runner.chat import Chat
from bowerbird.inference.runner.embedder import shared
from bowerbird.inference.wire import COMPLETED, FAILED, PARTIAL, PROMPT_LENGTH_MAX, ImageEvent, ImageRequest, sides

PAINTING_MAX = 2  # pictures painted at once: as many as an ordinary machine has cores to spare
WAITING_MAX = 32
TEXTS_MAX = 256
BODY_BYTES_MAX = 1_000_000
log = logging.getLogger(__name__)


class Studio:
    """The painting threads of this process, a bounded queue before them."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(PAINTING_MAX)
        self._waiting = 0

    def admit(self) -> None:
        """Raises TooMany while the queue is full. Asked before an answer is begun, so that it can still be refused."""
        if self._waiting >= WAITING_MAX:
            raise TooMany("The painter has too much to do.", retry_after_s=5)

    async def paint(self, request: ImageRequest, width: int, height: int) -> AsyncGenerator[ImageEvent]:
        """Events of one picture, drawn in a thread; leaving the loop stops the thread at its next layer."""
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        stopped = threading.Event()
        seed = request.seed if request.seed is not None else secrets.randbits(31)
        layers = drawing.draw(request, width, height, seed, stopped)
        try:
            while (event := await asyncio.to_thread(next, layers, None)) is not None:
                yield event
        finally:
            stopped.set()
            self._places.release()


def _key_guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    given = connection.headers.get("authorization", "").removeprefix("Bearer ")
    if not same(given, connection.app.state.key):
        raise NotSignedIn("The key is wrong.")


@get("/healthz", sync_to_thread=False)
def healthz() -> dict[str, str]:
    """Whether this process stands."""
    return {"status": "ok"}


@get("/models", sync_to_thread=False)
def models() -> dict[str, Any]:
    """The models that can be asked here."""
    known = {"illustrator": "picture", "smollm2-135m-instruct": "chat", "all-minilm-l6-v2": "embedding"}
    return {
        "object": "list",
        "data": [
            {"id": id_, "object": "model", "created": 0, "owned_by": "bowerbird", "kind": kind} for id_, kind in known.items()
        ],
    }


@post("/images/generations", status_code=200)
async def generations(request: Request[Any, Any, Any]) -> Response[Any]:
    """Draw; streamed as server-sent events when asked so."""
    asked = _decoded(await request.body(), ImageRequest)
    if len(asked.prompt) > PROMPT_LENGTH_MAX:
        raise Invalid(f"A prompt has up to {PROMPT_LENGTH_MAX} characters.")
    if asked.n != 1 or asked.model != "illustrator":
        raise Invalid("One picture a request, by the model “illustrator”.")
    size = sides(asked.size)
    if size is None:
        raise Invalid("A size is WIDTHxHEIGHT, each side 256 to 1536 px.")
    studio: Studio = request.app.state.studio
    studio.admit()
    events = _told(studio.paint(asked, *size))
    if asked.stream:
        return Stream(_sse(events, asked.partial_images), media_type="text/event-stream")
    return Response(await _last(request, events))


async def _told(events: AsyncGenerator[ImageEvent]) -> AsyncGenerator[ImageEvent]:
    """The same events; what goes wrong as the last of them. Words that break the painter break it again: no use in asking twice."""
    try:
        async with aclosing(events):
            async for event in events:
                yield event
    except (Trouble, msgspec.ValidationError, ValueError) as wrong:
        yield ImageEvent(type=FAILED, error={"message": str(wrong)[:300], "type": "invalid_request_error"})
    except Exception:
        log.exception("painting failed")
        yield ImageEvent(type=FAILED, error={"message": "The painter failed on these words.", "type": "server_error"})


async def _sse(events: AsyncGenerator[ImageEvent], previews_max: int) -> AsyncGenerator[bytes]:
    shown = 0
    async with aclosing(events):
        async for event in events:
            if event.type == PARTIAL:
                shown += 1
                if shown > previews_max:
                    event.b64_json = ""
            yield b"event: " + event.type.encode() + b"\ndata: " + msgspec.json.encode(event) + b"\n\n"


async def _last(request: Request[Any, Any, Any], events: AsyncGenerator[ImageEvent]) -> dict[str, Any]:
    """The picture in one piece; stops painting when the asker hangs up. Raises Invalid for what cannot be painted."""

    async def last() -> ImageEvent | None:
        found = None
        async with aclosing(events):
            async for event in events:
                found = event
        return found

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    painting, leaving = asyncio.create_task(last()), asyncio.create_task(gone())
    try:
        await asyncio.wait([painting, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not painting.done():
            raise Unavailable("The asker hung up.")
        event = painting.result()
    finally:
        for task in (painting, leaving):
            task.cancel()
        await asyncio.gather(painting, leaving, return_exceptions=True)
    if event is None or event.type != COMPLETED:
        raise Invalid(str(((event and event.error) or {}).get("message", "Nothing came of it.")))
    made = {"b64_json": event.b64_json, "revised_prompt": None}
    return {"created": int(time.time()), "data": [made], "bower": msgspec.to_builtins(event.bower)}


@post("/chat/completions", status_code=200)
async def completions(request: Request[Any, Any, Any]) -> Stream:
    """Talk; the body goes to llama.cpp as it is, and so does its answer back."""
    body = await request.body()
    asked = _decoded(body, dict[str, Any])
    if not isinstance(asked.get("messages"), list) or not asked["messages"]:
        raise Invalid("messages is a list of at least one message.")
    chat: Chat = request.app.state.chat
    answer = await chat.ask(body)
    return Stream(answer.pieces, status_code=answer.status, media_type=answer.content_type)


class EmbeddingRequest(msgspec.Struct):
    """POST /v1/embeddings."""

    input: str | list[str]
    model: str = "all-minilm-l6-v2"
    encoding_format: Literal["float", "base64"] = "float"


@post("/embeddings", status_code=200)
async def embeddings(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Meaning as numbers: 384 floats a text, length 1."""
    asked = _decoded(await request.body(), EmbeddingRequest)
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    if not 1 <= len(texts) <= TEXTS_MAX:
        raise Invalid(f"1 to {TEXTS_MAX} texts a request.")
    vectors = await asyncio.to_thread(request.app.state.embedder.embed, texts)
    packed = asked.encoding_format == "base64"
    data = [
        {"object": "embedding", "index": i, "embedding": base64.b64encode(v.tobytes()).decode() if packed else v.tolist()}
        for i, v in enumerate(vectors.astype("<f4"))
    ]
    used = await asyncio.to_thread(lambda: sum(request.app.state.embedder.count_tokens(text) for text in texts))
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "model": "all-minilm-l6-v2", "data": data, "usage": usage}


def _decoded(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as wrong:
        raise Invalid(f"The request cannot be read: {wrong}") from wrong


def _said(_: Request[Any, Any, Any], trouble: Exception) -> Response[Any]:
    status, message, kind = 500, "The model failed.", "server_error"
    if isinstance(trouble, Trouble):
        status, message, kind = trouble.status, trouble.said, trouble.code
    elif isinstance(trouble, HTTPException):
        status, message, kind = trouble.status_code, trouble.detail, "invalid_request_error"
    return Response({"error": {"message": message, "type": kind, "code": kind}}, status_code=status)


def serving() -> Litestar:
    """The application of the models' process, which ends with the server that started it."""
    kin.follow(os.getppid())
    return application()


def application() -> Litestar:
    """The runner's web application; models load in the background so that the door opens at once."""
    where = settings()
    telemetry.start(where, "models")
    key = secret(where, "runner")

    async def load(app: Litestar) -> None:
        app.state.key, app.state.studio, app.state.chat = key, Studio(), Chat(key)
        app.state.embedder = await asyncio.to_thread(shared)

    door = Router("/v1", route_handlers=[models, generations, completions, embeddings], guards=[_key_guard])
    return Litestar(
        [healthz, door],
        on_startup=[load],
        exception_handlers={Exception: _said},
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=None,
    )
