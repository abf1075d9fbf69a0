"""POST /v1/chat/completions: words from the house's models, streamed or whole; tools and JSON schemas are passed through."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec
from litestar import Response, post
from litestar.response import Stream

from bowerbird.accounts.people import Person
from bowerbird.api.openai.asking import BODY_BYTES_MAX, CHAT, allowed, decoded, no_model, note, unless_gone
from bowerbird.core.database import Pool
from bowerbird.core.errors import Invalid, TooMany
from bowerbird.core.settings import settings
from bowerbird.door import Ask, pool
from bowerbird.inference import chat
from bowerbird.inference.chat import TIERS, Begun, ChatTrouble, Finished, Tier, ToolsAsked, Words
from bowerbird.inference.chatwire import ChatRequest

AFTER_S = 10


@dataclass(slots=True)
class Talk:
    """One answer on its way out."""

    id: str
    created: int
    began: float
    begun: Begun
    asked: ChatRequest
    said: list[str]
    finished: Finished | None = None

    @property
    def about(self) -> dict[str, Any]:
        """What every piece of it says of itself."""
        return {"id": self.id, "created": self.created, "model": f"bower-{self.begun.tier}"}

    @property
    def used(self) -> tuple[int, int]:
        """(read, said) in tokens; about, where it was stopped before the model counted."""
        if self.finished:
            return self.finished.prompt_tokens, self.finished.tokens
        return sum(chat.guessed(message.text) for message in self.asked.messages), len(self.said)

    @property
    def usage(self) -> dict[str, int]:
        """The same, as it travels."""
        prompt, tokens = self.used
        return {"prompt_tokens": prompt, "completion_tokens": tokens, "total_tokens": prompt + tokens}

    @property
    def bower(self) -> dict[str, Any]:
        """Who really answered, and why where it is another."""
        return {"tier": self.begun.tier, "model": self.begun.model, "why": self.begun.why}


def tiers_for(asked: ChatRequest) -> list[Tier]:
    """The tier that is meant and those below it, which answer where it fails. Raises NotFound for a model there is not, Invalid for
    tools where none of them knows any."""
    tier = CHAT.get(asked.model)
    if tier is None:
        raise no_model(asked.model)
    able: list[Tier] = list(TIERS[TIERS.index(tier) :])
    if asked.tools and asked.tool_choice != "none":
        able = [one for one in able if chat.talker(settings(), one).calls_tools]
        if not able or able[0] != tier:
            raise Invalid(
                f"The model behind {asked.model} does not call tools. Ask without tools, or ask a model whose `bower.tools` is true."
            )
    return able


def _told(trouble: ChatTrouble) -> NoReturn:
    """Raises what a program understands: its own fault, come back later, or the house's."""
    if trouble.refused:
        raise Invalid(trouble.said) from trouble
    if trouble.busy:
        raise TooMany(trouble.said, retry_after_s=int(trouble.after_s) or AFTER_S) from trouble
    raise trouble


@post("/chat/completions", status_code=200, request_max_body_size=BODY_BYTES_MAX)
async def completions(request: Ask) -> Response[Any] | Stream:
    """Talk. Errors come before the first byte, so that a program hears of them by their status."""
    me = await allowed(request, "models:chat")
    asked = await decoded(request, ChatRequest)
    answer = chat.talk(msgspec.structs.replace(asked, stream=False, stream_options=None), tiers_for(asked))
    if not asked.stream:
        return Response(await unless_gone(request, _whole(pool(request), me, asked, answer)))
    talk = await _begun(asked, answer)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Stream(_streamed(pool(request), me, talk, answer), media_type="text/event-stream", headers=headers)


async def _begun(asked: ChatRequest, answer: AsyncGenerator[Any]) -> Talk:
    """The answer once it is known who gives it."""
    began = time.monotonic()
    try:
        begun = await anext(answer)
    except ChatTrouble as trouble:
        _told(trouble)
    assert isinstance(begun, Begun)
    return Talk(f"chatcmpl-{secrets.token_hex(12)}", int(time.time()), began, begun, asked, [])


async def _whole(pool_: Pool, me: Person, asked: ChatRequest, answer: AsyncGenerator[Any]) -> dict[str, Any]:
    talk, calls = await _begun(asked, answer), list[Any]()
    try:
        async with aclosing(answer):
            async for one in answer:
                if isinstance(one, Words):
                    talk.said.append(one.text)
                elif isinstance(one, ToolsAsked):
                    calls = msgspec.to_builtins(one.calls)
                else:
                    talk.finished = one
    except ChatTrouble as trouble:
        _told(trouble)
    finally:
        note(pool_, me, talk.begun.tier, *talk.used, time.monotonic() - talk.began)
    words = "".join(talk.said)
    message: dict[str, Any] = {"role": "assistant", "content": words or (None if calls else ""), "refusal": None}
    if calls:
        message["tool_calls"] = calls
    reason = talk.finished.reason if talk.finished else "stop"
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return {**talk.about, "object": "chat.completion", "choices": [choice], "usage": talk.usage, "bower": talk.bower}


async def _streamed(pool_: Pool, me: Person, talk: Talk, answer: AsyncGenerator[Any]) -> AsyncGenerator[bytes]:
    """Chunks as OpenAI sends them. Leaving early stops the model; what was said until then is noted."""
    counts = bool(talk.asked.stream_options and talk.asked.stream_options.include_usage)
    try:
        async with aclosing(answer):
            yield _chunk(talk, {"role": "assistant", "content": ""}, None, bower=talk.bower)
            async for one in answer:
                if isinstance(one, Words):
                    talk.said.append(one.text)
                    yield _chunk(talk, {"content": one.text}, None)
                elif isinstance(one, ToolsAsked):
                    calls = [{"index": number, **msgspec.to_builtins(call)} for number, call in enumerate(one.calls)]
                    yield _chunk(talk, {"tool_calls": calls}, None)
                else:
                    talk.finished = one
                    yield _chunk(talk, {}, one.reason)
            if counts:
                yield _event({**talk.about, "object": "chat.completion.chunk", "choices": [], "usage": talk.usage})
            yield b"data: [DONE]\n\n"
    except ChatTrouble as trouble:
        yield _event({"error": {"message": trouble.said, "type": "server_error", "param": None, "code": "model_failed"}})
    finally:
        note(pool_, me, talk.begun.tier, *talk.used, time.monotonic() - talk.began)


def _chunk(talk: Talk, delta: dict[str, Any], reason: str | None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return _event({**talk.about, "object": "chat.completion.chunk", "choices": [choice], **more})


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


HANDLERS = [completions]
