"""Asking an OpenAI-compatible images endpoint, ours or any other: streamed where it can, in one piece where it cannot."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from bowerbird.core.errors import Unavailable
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings
from bowerbird.inference.wire import COMPLETED, FAILED, PARTIAL, ImageEvent, ImageRequest, Made, Wishes

ANSWER_BYTES_MAX = 64_000_000
EVENTS_MAX = 2_000
PREVIEWS_MAX = 12


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to ask, as whom, for which model. `ours`: it understands the `bower` fields."""

    url: str
    key: str
    model: str
    timeout_s: float
    ours: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """One picture asked for; sizes in px."""

    prompt: str
    width: int
    height: int
    seed: int
    wishes: Wishes = field(default_factory=Wishes)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is; `preview` is a small picture (WebP, PNG or JPEG bytes) or None."""

    step: int
    steps: int
    stage: str
    preview: bytes | None


@dataclass(frozen=True, slots=True)
class Finished:
    """The picture's bytes as the endpoint sent them, and what it said about them."""

    image: bytes
    made: Made


class EndpointTrouble(Unavailable):
    """The endpoint failed us. `again`: asking once more may help (it was silent, broke off or is overloaded)."""

    code = "endpoint"

    def __init__(self, said: str, *, again: bool) -> None:
        super().__init__(said)
        self.again = again


def endpoint(settings: Settings) -> Endpoint:
    """The images endpoint in force."""
    ours = not settings.models_pictures_url
    return Endpoint(
        url=settings.pictures_endpoint,
        key=secret(settings, "runner") if ours else settings.models_pictures_key,
        model=settings.models_pictures_model,
        timeout_s=settings.models_pictures_timeout_s,
        ours=ours,
    )


async def draw(where: Endpoint, wish: Wish) -> AsyncGenerator[Progress | Finished]:
    """Progress while it is drawn, then the picture. Raises EndpointTrouble; leaving the loop early cancels at the endpoint."""
    timeout = httpx.Timeout(where.timeout_s, connect=10)
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False) as client:
        try:
            async for said in _ask(client, where, wish, stream=True):
                yield said
        except httpx.TimeoutException as silent:
            raise EndpointTrouble(f"The picture model said nothing for {where.timeout_s:.0f} seconds.", again=True) from silent
        except httpx.HTTPError as broken:
            raise EndpointTrouble("The picture model cannot be reached or broke off.", again=True) from broken


async def _ask(client: httpx.AsyncClient, where: Endpoint, wish: Wish, *, stream: bool) -> AsyncGenerator[Progress | Finished]:
    request = client.build_request(
        "POST", f"{where.url}/images/generations", content=_body(where, wish, stream), headers=_headers(where)
    )
    response = await client.send(request, stream=True)
    try:
        if response.status_code == 400 and stream and not where.ours:
            retry = True  # an endpoint that knows no streaming says so with a 400: ask again in one piece
        else:
            retry = False
            _check(response, await _start(response) if response.status_code >= 300 else b"")
            if "text/event-stream" in response.headers.get("content-type", ""):
                async for said in _events(response):
                    yield said
            else:
                yield _whole(await _start(response))
    finally:
        await response.aclose()
    if retry:
        async for said in _ask(client, where, wish, stream=False):
            yield said


def _body(where: Endpoint, wish: Wish, stream: bool) -> bytes:
    size = f"{wish.width}x{wish.height}"
    asked: dict[str, Any] = {"model": where.model, "prompt": wish.prompt, "n": 1, "size": size}
    if stream:
        asked |= {"stream": True, "partial_images": PREVIEWS_MAX if where.ours else 3}
    if not where.ours:
        return msgspec.json.encode(asked)
    return msgspec.json.encode(
        ImageRequest(
            prompt=wish.prompt,
            model=where.model,
            size=size,
            seed=wish.seed,
            stream=stream,
            partial_images=PREVIEWS_MAX,
            bower=wish.wishes,
        )
    )


def _headers(where: Endpoint) -> dict[str, str]:
    return {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {where.key}"} if where.key else {})


def _check(response: httpx.Response, body: bytes) -> None:
    status = response.status_code
    if status < 300:
        return
    said = ""
    with suppress(msgspec.DecodeError, KeyError, TypeError):
        said = str(msgspec.json.decode(body)["error"]["message"])[:300]
    if status in (429, 500, 502, 503, 504):
        raise EndpointTrouble(f"The picture model is overloaded or broken ({status}).", again=True)
    raise EndpointTrouble(f"The picture model refused: {said or status}", again=False)


async def _start(response: httpx.Response) -> bytes:
    """The whole body, bounded."""
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > ANSWER_BYTES_MAX:
            raise EndpointTrouble("The picture model sent more than a picture can be.", again=False)
        parts.append(part)
    return b"".join(parts)


def _whole(body: bytes) -> Finished:
    """An answer in one piece: {"data": [{"b64_json": …}]}."""
    try:
        first = msgspec.json.decode(body)["data"][0]
        return Finished(_bytes(first["b64_json"]), Made())
    except (msgspec.DecodeError, KeyError, IndexError, TypeError) as wrong:
        raise EndpointTrouble("The picture model answered without a picture.", again=False) from wrong


async def _events(response: httpx.Response) -> AsyncGenerator[Progress | Finished]:
    """Server-sent events until the picture is complete."""
    size = events = 0
    async for line in response.aiter_lines():
        size += len(line)
        if size > ANSWER_BYTES_MAX or events > EVENTS_MAX:
            raise EndpointTrouble("The picture model sent more than a picture can be.", again=False)
        if not line.startswith("data:") or line[5:].strip() == "[DONE]":
            continue
        events += 1
        try:
            event = msgspec.json.decode(line[5:], type=ImageEvent)
        except msgspec.DecodeError as wrong:
            raise EndpointTrouble("The picture model sent something we cannot read.", again=True) from wrong
        made = event.bower or Made()
        if event.type == PARTIAL:
            preview = _bytes(event.b64_json) if event.b64_json else None
            yield Progress(made.step or event.partial_image_index + 1, made.steps or 4, made.stage, preview)
        elif event.type == COMPLETED:
            yield Finished(_bytes(event.b64_json), made)
            return
        elif event.type == FAILED:
            raise EndpointTrouble(f"The picture model refused: {str((event.error or {}).get('message', ''))[:300]}", again=False)
    raise EndpointTrouble("The picture model broke off before the picture was done.", again=True)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise EndpointTrouble("The picture model sent something that is no picture.", again=False) from wrong
