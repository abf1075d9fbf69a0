"""The embedded models behind an OpenAI-compatible door on 127.0.0.1: the same interface as any other endpoint."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Literal

import msgspec
from litestar import Litestar, Request, Response, Router, get, post, put
from litestar.exceptions import HTTPException
from litestar.response import Stream
from PIL import Image

from bowerbird.core import kin, telemetry
from bowerbird.core.errors import UNREAD, Invalid, TooLarge, TooMany, Trouble, Unavailable
from bowerbird.core.loopback import decoded, keyed
from bowerbird.core.secrets import secret
from bowerbird.core.settings import settings
from bowerbird.inference import adapters, registry
from bowerbird.inference.chatwire import ADAPTER_FIELD, ADAPTER_HEADER
from bowerbird.inference.runner import eye
from bowerbird.inference.runner.chat import ADAPTERS_MAX, Chat
from bowerbird.inference.runner.embedder import shared
from bowerbird.inference.runner.engines import Engine, Shelf, described
from bowerbird.inference.runner.moderations import moderations
from bowerbird.inference.runner.weighing import weighings
from bowerbird.inference.wire import (
    COMPLETED,
    FAILED,
    IMAGE_LENGTH_MAX,
    PARTIAL,
    PROMPT_LENGTH_MAX,
    ImageEvent,
    ImageRequest,
    sides,
)

WAITING_MAX = 32  # before each engine
TEXTS_MAX = 256
COUNTED_MAX = 600
BODY_BYTES_MAX = 1_000_000
PICTURE_BODY_BYTES_MAX = 2 * IMAGE_LENGTH_MAX + BODY_BYTES_MAX  # a parent and a mask may come along
ADDED = ""  # the one place of all the models that the house added: one of them is in memory at a time
ALIVE_S = 8.0  # a sign of life while an engine loads or waits for its turn
log = logging.getLogger(__name__)


class Studio:
    """The painting threads of this process: so many at once as each engine can, a bounded queue before each."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._places: dict[str, asyncio.Semaphore] = {}
        self._waiting: Counter[str] = Counter()
        self._reward = registry.home(settings()) / registry.REWARD

    def admit(self, engine: Engine) -> None:
        """Raises TooMany while the queue is full. Asked before an answer is begun, so that it can still be refused."""
        if self._waiting[engine.id] >= WAITING_MAX:
            raise TooMany("The painter has too much to do.", retry_after_s=5)

    async def paint(self, engine: Engine, request: ImageRequest, width: int, height: int) -> AsyncGenerator[ImageEvent]:
        """Events of one picture, drawn in a thread; leaving the loop stops the engine at its next step."""
        own = self.shelf.own(engine)
        places = self._places.setdefault(engine.id if own else ADDED, asyncio.Semaphore(engine.together if own else 1))
        self._waiting[engine.id] += 1
        try:
            await places.acquire()
        finally:
            self._waiting[engine.id] -= 1
        stopped = threading.Event()
        try:
            await asyncio.to_thread(self.shelf.make_room, engine)
            seed = request.seed if request.seed is not None else secrets.randbits(31)
            layers = engine.draw(request, width, height, seed, stopped)
            while (event := await asyncio.to_thread(next, layers, None)) is not None:
                yield await asyncio.to_thread(self._scored, event) if event.type == COMPLETED else event
        finally:
            stopped.set()
            places.release()

    def _scored(self, event: ImageEvent) -> ImageEvent:
        """With the reward head's word on it, where this house has learned one. A head that cannot be used stops no picture."""
        try:
            if event.bower and self._reward.exists():
                with Image.open(io.BytesIO(base64.b64decode(event.b64_json))) as picture:
                    event.bower.reward = eye.reward(picture, self._reward)
        except (OSError, ValueError) as wrong:
            log.warning("no reward: %s", wrong)
        return event


@get("/healthz", sync_to_thread=False)
def healthz() -> dict[str, str]:
    """Whether this process stands."""
    return {"status": "ok"}


@get("/models", sync_to_thread=True)
def models(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The models that can be asked here; those that draw say what they can."""
    pictures = [msgspec.to_builtins(described(engine)) for engine in request.app.state.studio.shelf.engines()]
    known = {"smollm2-135m-instruct": "chat", "all-minilm-l6-v2": "embedding"}
    others = [{"id": id_, "object": "model", "created": 0, "owned_by": "bowerbird", "kind": kind} for id_, kind in known.items()]
    return {"object": "list", "data": pictures + others}


@post("/images/generations", status_code=200, request_max_body_size=PICTURE_BODY_BYTES_MAX)
async def generations(request: Request[Any, Any, Any]) -> Response[Any]:
    """Draw; streamed as server-sent events when asked so."""
    asked = decoded(await request.body(), ImageRequest)
    if len(asked.prompt) > PROMPT_LENGTH_MAX:
        raise Invalid(f"A prompt has up to {PROMPT_LENGTH_MAX} characters.")
    if asked.n != 1:
        raise Invalid("One picture a request.")
    if asked.bower and max(len(asked.bower.image), len(asked.bower.mask)) > IMAGE_LENGTH_MAX:
        raise TooLarge("The picture to start from is too large.")
    size = sides(asked.size)
    if size is None:
        raise Invalid("A size is WIDTHxHEIGHT, each side 256 to 1536 px.")
    studio: Studio = request.app.state.studio
    engine = await asyncio.to_thread(studio.shelf.engine, asked.model)
    studio.admit(engine)
    events = _told(studio.paint(engine, asked, *size))
    if asked.stream:
        return Stream(_alive(_sse(events, asked.partial_images)), media_type="text/event-stream")
    return Response(await _last(request, events))


async def _alive(said: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The same, with a comment now and then while there is nothing to say."""
    async with aclosing(said):
        while True:
            coming = asyncio.ensure_future(anext(said, b""))
            try:
                while not (await asyncio.wait([coming], timeout=ALIVE_S))[0]:
                    yield b": still here\n\n"
                if not (piece := coming.result()):
                    return
                yield piece
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.gather(coming, return_exceptions=True)


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
    """Talk; the body goes to llama.cpp as it is, and so does its answer back. ADAPTER_FIELD: the hash of an adapter to speak with; a header of
    the answer says with which it does."""
    asked = decoded(await request.body(), dict[str, Any])
    if not isinstance(asked.get("messages"), list) or not asked["messages"]:
        raise Invalid("messages is a list of at least one message.")
    chat: Chat = request.app.state.chat
    answer = await chat.ask(asked, str(asked.pop(ADAPTER_FIELD, "")))
    return Stream(
        answer.pieces, status_code=answer.status, media_type=answer.content_type, headers={ADAPTER_HEADER: answer.adapter}
    )


class AdaptersRequest(msgspec.Struct):
    """PUT /v1/adapters."""

    hold: list[str]


@put("/adapters")
async def hold_adapters(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Have adapters of the language model at hand before anybody waits for them; those that are."""
    wanted = decoded(await request.body(), AdaptersRequest).hold
    if len(wanted) > ADAPTERS_MAX:
        raise Invalid(f"Up to {ADAPTERS_MAX} adapters at once.")
    chat: Chat = request.app.state.chat
    return {"adapters": list(await chat.hold(wanted))}


@post("/tokens", status_code=200)
async def tokens(request: Request[Any, Any, Any]) -> dict[str, list[int]]:
    """How many tokens of the language model each text has."""
    texts = decoded(await request.body(), TokensRequest).input
    if len(texts) > COUNTED_MAX:
        raise Invalid(f"Up to {COUNTED_MAX} texts a request.")
    chat: Chat = request.app.state.chat
    return {"counts": await chat.count(texts)}


class TokensRequest(msgspec.Struct):
    """POST /v1/tokens."""

    input: list[str]


class EmbeddingRequest(msgspec.Struct):
    """POST /v1/embeddings."""

    input: str | list[str]
    model: str = "all-minilm-l6-v2"
    encoding_format: Literal["float", "base64"] = "float"


@post("/embeddings", status_code=200)
async def embeddings(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Meaning as numbers: 384 floats a text, length 1."""
    asked = decoded(await request.body(), EmbeddingRequest)
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


def _said(_: Request[Any, Any, Any], trouble: Exception) -> Response[Any]:
    status, message, kind = 500, "The model failed.", "server_error"
    if isinstance(trouble, Trouble):
        status, message, kind = trouble.status, trouble.said, trouble.code
    elif isinstance(trouble, HTTPException):
        status, message, kind = trouble.status_code, trouble.detail, "invalid_request_error"
    headers = UNREAD if status == TooLarge.status else {}
    return Response({"error": {"message": message, "type": kind, "code": kind}}, status_code=status, headers=headers)


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
        app.state.key, app.state.studio, app.state.chat = key, Studio(Shelf(where)), Chat(key, adapters.folder(where))
        app.state.embedder = await asyncio.to_thread(shared)

    door = Router(
        "/v1",
        route_handlers=[models, generations, completions, hold_adapters, tokens, embeddings, moderations, weighings],
        guards=[keyed],
    )
    return Litestar(
        [healthz, door],
        on_startup=[load],
        exception_handlers={Exception: _said},
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=None,
    )
