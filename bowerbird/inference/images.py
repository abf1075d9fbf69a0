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

from bowerbird.core import outside
from bowerbird.core.addresses import OutsideTrouble
from bowerbird.core.errors import Unavailable
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings
from bowerbird.inference.wire import (
    COMPLETED,
    EDIT_COMPLETED,
    EDIT_PARTIAL,
    FAILED,
    PARTIAL,
    ImageEvent,
    ImageRequest,
    Made,
    Wishes,
)

ANSWER_BYTES_MAX = 64_000_000
EVENTS_MAX = 2_000
PREVIEWS_MAX = 12
PREVIEW_LENGTH_MAX = 4_000_000  # characters of base64; a larger one is not shown
DRAWING_S_MAX = 900.0  # a sign of life now and then does not keep a place for ever
USUAL_SIZES = ((1024, 1024), (1536, 1024), (1024, 1536))  # the only ones some endpoints know
ILLUSTRATOR, PAINT, ENDPOINT = "illustrator", "paint", "endpoint"  # tiers; any other is a model that the house added
MODELS = {PAINT: "painter"}  # where a tier is not called as its model is
FETCH_S_MAX = 60.0
FETCH_TYPES = ("image/", "application/octet-stream", "binary/octet-stream")
AFTER_S_MAX = 60.0
DRAW, EDIT = "/images/generations", "/images/edits"
WORDS_ONLY = "This engine cannot start from a picture: only the words were used."
SAID_LENGTH_MAX = 300
STEPS_MAX, STAGE_LENGTH_MAX = 1000, 60
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
    mask: bytes | None = None  # PNG or WebP, grey, white where it is to be painted anew


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
    """The endpoint failed us. `again`: asking once more may help (it was silent, broke off or is overloaded), after `after_s`.
    `policy`: it will not draw these words."""

    code = "endpoint"

    def __init__(self, said: str, *, again: bool, after_s: float = 0.0, policy: bool = False) -> None:
        super().__init__(said)
        self.again, self.after_s, self.policy = again, after_s, policy


def usual(settings: Settings) -> str:
    """The tier for who chose none: the endpoint where one is set, else the model that is named, the Illustrator unless said otherwise."""
    if settings.models_pictures_url:
        return ENDPOINT
    return next(
        (tier for tier, model in MODELS.items() if model == settings.models_pictures_model), settings.models_pictures_model
    )


def endpoint(settings: Settings, tier: str = "") -> Endpoint:
    """Where a tier's pictures come from. Another's work never gets the Illustrator's name. Raises EndpointTrouble where it is gone."""
    tier = tier or usual(settings)
    if tier == ENDPOINT:
        if not settings.models_pictures_url:
            raise EndpointTrouble("The endpoint that was asked for is not set up here any more.", again=False)
        model = "" if settings.models_pictures_model == ILLUSTRATOR else settings.models_pictures_model
        return Endpoint(
            settings.pictures_endpoint, settings.models_pictures_key, model, settings.models_pictures_timeout_s, ours=False
        )
    url, key = f"http://127.0.0.1:{settings.runner_port}/v1", secret(settings, "runner")
    return Endpoint(url, key, MODELS.get(tier, tier), settings.models_pictures_timeout_s, ours=True)


async def draw(where: Endpoint, wish: Wish) -> AsyncGenerator[Progress | Finished]:
    """Progress while it is drawn, then the picture. Raises EndpointTrouble; leaving the loop early cancels at the endpoint."""
    timeout = httpx.Timeout(where.timeout_s, connect=10)
    forms = _forms(where, wish)
    trust, roots = not where.ours, outside.roots()
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=trust, verify=roots) as client:
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
            _refused(response, await _start(response), ours=where.ours, form=form)
        if "text/event-stream" in response.headers.get("content-type", ""):
            async with aclosing(_events(response)) as events:
                async for said in events:
                    yield said
        else:
            body = await _start(response)
            yield _whole(body) or await _fetched(body)
    finally:
        await response.aclose()


def _forms(where: Endpoint, wish: Wish) -> list[Form]:
    """The same wish in every form an endpoint may know, the best first: the next is asked where one is not understood."""
    size = f"{wish.width}x{wish.height}"
    if where.ours:
        asked = ImageRequest(
            prompt=wish.prompt, model=where.model, size=size, seed=wish.seed, stream=True, partial_images=PREVIEWS_MAX,
            bower=msgspec.structs.replace(wish.wishes, image=_text(wish.image), mask=_text(wish.mask)),
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
    return (_edits(plain, usual, wish.image, wish.mask) if wish.image else []) + drawn


def _text(data: bytes | None) -> str:
    return base64.b64encode(data).decode() if data else ""


def _edits(plain: dict[str, Any], size: str, image: bytes, mask: bytes | None) -> list[Form]:
    """The wish as a change of the parent: multipart, streamed and in one piece."""
    files = {"image": ("parent.webp", image, "image/webp")} | ({"mask": ("mask.png", mask, "image/png")} if mask else {})
    forms: list[Form] = []
    for more in ({"stream": "true", "partial_images": "3"}, {}):
        fields = {key: str(value) for key, value in (plain | {"size": size} | more).items()}
        made = httpx.Request("POST", "http://endpoint", data=fields, files=files)
        forms.append(Form(EDIT, made.read(), made.headers["Content-Type"], from_picture=True))
    return forms


def _headers(where: Endpoint, form: Form) -> dict[str, str]:
    said = {"Content-Type": form.content_type, "Accept-Encoding": "identity"}  # a picture does not shrink, a bomb unpacks
    return said | ({"Authorization": f"Bearer {where.key}"} if where.key else {})


def _refused(response: httpx.Response, body: bytes, *, ours: bool, form: Form) -> NoReturn:
    """Say why, and whether asking again may help. What an endpoint says of our key is for nobody's eyes."""
    status, error = response.status_code, {}
    with suppress(msgspec.DecodeError, KeyError, TypeError):
        error = msgspec.json.decode(body)["error"]
    said, policy = _complaint(error)
    if policy:
        raise EndpointTrouble(said, again=False, policy=True)
    if status in (408, 425, 429) or status >= 500:
        after = response.headers.get("retry-after", "")
        after_s = min(AFTER_S_MAX, int(after)) if after.isdecimal() and len(after) < 6 else 0.0
        raise EndpointTrouble(f"The picture model is overloaded or broken ({status}).", again=True, after_s=after_s)
    if status in (401, 403):
        raise EndpointTrouble(f"The picture model does not let this house in ({status}).", again=False)
    refusal = said or f"The picture model refused: {status}"
    unknown = status in (400, 422) or (form.from_picture and status in (404, 405, 413, 415))
    if unknown and not ours:
        raise _NotThisWay(refusal)
    raise EndpointTrouble(refusal, again=False)


def _complaint(error: Any) -> tuple[str, bool]:
    """What an endpoint's error says, in our sentence, and whether its rules are the reason."""
    if not isinstance(error, dict):
        return "", False
    message = _line(error.get("message"), SAID_LENGTH_MAX)
    policy = str(error.get("code")) in POLICY_CODES or str(error.get("type")) in POLICY_CODES
    if policy:
        return f"The rules of the picture model forbid this: {message or 'it gives no reason'}", True
    return (f"The picture model refused: {message}" if message else ""), False


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


def _whole(body: bytes) -> Finished | None:
    """An answer in one piece: {"data": [{"b64_json": …}]}; None where it is an address in place of the bytes."""
    try:
        first = msgspec.json.decode(body)["data"][0]
        if not first.get("b64_json") and first.get("url"):
            return None
        return Finished(_bytes(first["b64_json"]), Made())
    except (msgspec.DecodeError, KeyError, IndexError, TypeError, AttributeError) as wrong:
        raise EndpointTrouble("The picture model answered without a picture.", again=False) from wrong


async def _fetched(body: bytes) -> Finished:
    """The picture at the address that was given: fetched as any stranger's address is, never from within our own network."""
    url = str(msgspec.json.decode(body)["data"][0]["url"])
    try:
        page = await outside.get(url, types=FETCH_TYPES, bytes_max=ANSWER_BYTES_MAX, total_s=FETCH_S_MAX)
    except OutsideTrouble as lost:
        said = f"The picture model gave an address in place of a picture, and it could not be fetched: {lost.said}"
        if not lost.again:
            raise _NotThisWay(said) from lost
        raise EndpointTrouble(said, again=True) from lost
    return Finished(page.body, Made())


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
    made.step, made.steps, made.stage = _count(made.step), _count(made.steps), _line(made.stage, STAGE_LENGTH_MAX)
    if event.type in (PARTIAL, EDIT_PARTIAL):
        preview = _bytes(event.b64_json) if 0 < len(event.b64_json) <= PREVIEW_LENGTH_MAX else None
        step, steps = (made.step, made.steps) if event.bower else (_count(max(0, event.partial_image_index) + 1), 4)
        return Progress(step, steps, made.stage, preview)
    if event.type in (COMPLETED, EDIT_COMPLETED):
        return Finished(_bytes(event.b64_json), made)
    if event.type == FAILED:
        said, policy = _complaint(event.error)
        raise EndpointTrouble(said or "The picture model refused: it gives no reason.", again=False, policy=policy)
    return None


def _count(said: int) -> int:
    return min(max(0, said), STEPS_MAX)


def _line(said: object, length_max: int) -> str:
    """Text as a database takes it: no NUL, and bounded."""
    return str(said or "").replace("\x00", "")[:length_max]


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise EndpointTrouble("The picture model sent something that is no picture.", again=False) from wrong
