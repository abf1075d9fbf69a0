"""Asking an OpenAI-compatible images endpoint, ours or any other: streamed where it can, in one piece where it cannot."""

from __future__ import annotations

import base64
import binascii
import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx
import msgspec

from bowerbird.core.errors import Unavailable
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings
from bowerbird.inference.wire import COMPLETED, FAILED, PARTIAL, ImageEvent, ImageRequest, Made, Wishes

ANSWER_BYTES_MAX = 64_000_000
EVENTS_MAX = 2_000
PREVIEWS_MAX = 12
PREVIEW_LENGTH_MAX = 4_000_000  # characters of base64; a larger one is not shown
DRAWING_S_MAX = 900.0  # a sign of life now and then does not keep a place for ever
USUAL_SIZES = ((1024, 1024), (1536, 1024), (1024, 1536))  # the only ones some endpoints know
OUR_MODEL = "illustrator"
DRAW, EDIT = "/images/generations", "/images/edits"
WORDS_ONLY = "This engine cannot start from a picture: only the words were used."
SAID_LENGTH_MAX = 300
POLICY_CODES = ("content_policy_violation", "moderation_blocked", "content_filter")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to ask, as whom, for which model (empty: whichever it likes). `ours`: it understands the `bower` fields."""

    url: str
    key: str
    model: str
    timeout_s: float
    ours: bool

    @property
    def engine(self) -> str:
        """What to call it beside a picture when it does not say so itself: the model, and whose it is."""
        host = urlsplit(self.url).hostname or "another endpoint"
        return f"{self.model} at {host}" if self.model else host


@dataclass(frozen=True, slots=True)
class Wish:
    """One picture asked for; sizes in px."""

    prompt: str
    width: int
    height: int
    seed: int
    wishes: Wishes = field(default_factory=Wishes)
    image: bytes | None = None  # WebP: the parent of a remix, for engines that start from a picture


@dataclass(frozen=True, slots=True)
class Form:
    """One way to say a wish over HTTP. `from_picture`: the parent goes along."""

    path: str
    content: bytes
    content_type: str = "application/json"
    from_picture: bool = False


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
    """The images endpoint in force. The Illustrator's name is never given to another's work."""
    ours = not settings.models_pictures_url
    model = settings.models_pictures_model
    return Endpoint(
        url=settings.pictures_endpoint,
        key=secret(settings, "runner") if ours else settings.models_pictures_key,
        model="" if model == OUR_MODEL and not ours else model,
        timeout_s=settings.models_pictures_timeout_s,
        ours=ours,
    )


async def draw(where: Endpoint, wish: Wish) -> AsyncGenerator[Progress | Finished]:
    """Progress while it is drawn, then the picture. Raises EndpointTrouble; leaving the loop early cancels at the endpoint."""
    timeout = httpx.Timeout(where.timeout_s, connect=10)
    forms = _forms(where, wish)
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=not where.ours) as client:
        try:
            for number, form in enumerate(forms, 1):
                try:
                    async with aclosing(_ask(client, where, form)) as answer:
                        async for said in answer:
                            # what another endpoint says about its picture is no recipe of ours: nobody passes for the Illustrator
                            notes = [] if wish.image is None or form.from_picture else [WORDS_ONLY]
                            yield said if where.ours or isinstance(said, Progress) else Finished(said.image, Made(notes=notes))
                    return
                except _NotThisWay as other:
                    if number == len(forms):
                        raise EndpointTrouble(other.said, again=False) from other
        except httpx.TimeoutException as silent:
            raise EndpointTrouble(f"The picture model said nothing for {where.timeout_s:.0f} seconds.", again=True) from silent
        except httpx.HTTPError as broken:
            raise EndpointTrouble("The picture model cannot be reached or broke off.", again=True) from broken


class _NotThisWay(Exception):
    """It does not know what was asked in this form; another form may do."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


async def _ask(client: httpx.AsyncClient, where: Endpoint, form: Form) -> AsyncGenerator[Progress | Finished]:
    request = client.build_request("POST", f"{where.url}{form.path}", content=form.content, headers=_headers(where, form))
    response = await client.send(request, stream=True)
    try:
        if response.status_code >= 300:
            _refused(response.status_code, await _start(response), ours=where.ours, form=form)
        if "text/event-stream" in response.headers.get("content-type", ""):
            async with aclosing(_events(response)) as events:
                async for said in events:
                    yield said
        else:
            yield _whole(await _start(response))
    finally:
        await response.aclose()


def _forms(where: Endpoint, wish: Wish) -> list[Form]:
    """The same wish in every form an endpoint may know, the best first: the next is asked where one is not understood."""
    size = f"{wish.width}x{wish.height}"
    if where.ours:
        asked = ImageRequest(
            prompt=wish.prompt, model=where.model, size=size, seed=wish.seed, stream=True, partial_images=PREVIEWS_MAX, bower=wish.wishes
        )  # fmt: skip
        return [Form(DRAW, msgspec.json.encode(asked))]
    usual = "{}x{}".format(*min(USUAL_SIZES, key=lambda side: abs(math.log(side[0] / side[1] * wish.height / wish.width))))
    streamed: dict[str, Any] = {"stream": True, "partial_images": 3}
    forms = [
        {"size": size, **streamed},
        {"size": usual, **streamed},
        {"size": size, "response_format": "b64_json"},
        {"size": usual},
    ]
    plain = {"prompt": wish.prompt, "n": 1} | ({"model": where.model} if where.model else {})
    drawn = [Form(DRAW, body) for body in dict.fromkeys(msgspec.json.encode(plain | form) for form in forms)]
    return (_edits(plain, usual, wish.image) if wish.image else []) + drawn


def _edits(plain: dict[str, Any], size: str, image: bytes) -> list[Form]:
    """The wish as a change of the parent: multipart, streamed and in one piece."""
    forms: list[Form] = []
    for more in ({"stream": "true", "partial_images": "3"}, {}):
        fields = {key: str(value) for key, value in (plain | {"size": size} | more).items()}
        made = httpx.Request("POST", "http://endpoint", data=fields, files={"image": ("parent.webp", image, "image/webp")})
        forms.append(Form(EDIT, made.read(), made.headers["Content-Type"], from_picture=True))
    return forms


def _headers(where: Endpoint, form: Form) -> dict[str, str]:
    said = {"Content-Type": form.content_type, "Accept-Encoding": "identity"}  # a picture does not shrink, a bomb unpacks
    return said | ({"Authorization": f"Bearer {where.key}"} if where.key else {})


def _refused(status: int, body: bytes, *, ours: bool, form: Form) -> NoReturn:
    """Say why, and whether asking again may help. What an endpoint says of our key is for nobody's eyes."""
    said, code = "", ""
    with suppress(msgspec.DecodeError, KeyError, TypeError):
        error = msgspec.json.decode(body)["error"]
        said, code = str(error["message"])[:SAID_LENGTH_MAX], str(error.get("code"))
    if status in (408, 425, 429) or status >= 500:
        raise EndpointTrouble(f"The picture model is overloaded or broken ({status}).", again=True)
    if status in (401, 403):
        raise EndpointTrouble(f"The picture model does not let this house in ({status}).", again=False)
    refusal = f"The picture model refused: {said or status}"
    unknown = status in (400, 422) or (form.from_picture and status in (404, 405, 413, 415))
    if unknown and not ours and code not in POLICY_CODES:
        raise _NotThisWay(refusal)
    raise EndpointTrouble(refusal, again=False)


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
        if not first.get("b64_json") and first.get("url"):
            raise _NotThisWay("The picture model gave an address in place of a picture.")
        return Finished(_bytes(first["b64_json"]), Made())
    except (msgspec.DecodeError, KeyError, IndexError, TypeError, AttributeError) as wrong:
        raise EndpointTrouble("The picture model answered without a picture.", again=False) from wrong


async def _lines(response: httpx.Response) -> AsyncGenerator[bytes]:
    """The lines of a stream, bounded in bytes and in time, whether or not an end of line ever comes."""
    until = time.monotonic() + DRAWING_S_MAX
    rest, size = bytearray(), 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > ANSWER_BYTES_MAX or time.monotonic() > until:
            raise EndpointTrouble("The picture model sent more than a picture can be.", again=False)
        rest += part
        if b"\n" in part:
            *whole, left = bytes(rest).split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r")
            rest = bytearray(left)
    if rest:
        yield bytes(rest)


async def _events(response: httpx.Response) -> AsyncGenerator[Progress | Finished]:
    """Server-sent events until the picture is complete."""
    events = 0
    async with aclosing(_lines(response)) as lines:
        async for line in lines:
            if not line.startswith(b"data:") or line[5:].strip() == b"[DONE]":
                continue
            events += 1
            if events > EVENTS_MAX:
                raise EndpointTrouble("The picture model sent more than a picture can be.", again=False)
            said = _event(line[5:])
            if said:
                yield said
            if isinstance(said, Finished):
                return
    raise EndpointTrouble("The picture model broke off before the picture was done.", again=True)


def _event(data: bytes) -> Progress | Finished | None:
    try:
        event = msgspec.json.decode(data, type=ImageEvent)
    except msgspec.DecodeError as wrong:
        raise EndpointTrouble("The picture model sent something we cannot read.", again=True) from wrong
    made = event.bower or Made()
    if event.type == PARTIAL:
        preview = _bytes(event.b64_json) if 0 < len(event.b64_json) <= PREVIEW_LENGTH_MAX else None
        return Progress(made.step or max(0, event.partial_image_index) + 1, made.steps or 4, made.stage, preview)
    if event.type == COMPLETED:
        return Finished(_bytes(event.b64_json), made)
    if event.type == FAILED:
        message = str((event.error or {}).get("message", ""))[:SAID_LENGTH_MAX]
        raise EndpointTrouble(f"The picture model refused: {message}", again=False)
    return None


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise EndpointTrouble("The picture model sent something that is no picture.", again=False) from wrong
