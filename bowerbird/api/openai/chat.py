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
from bowerbird.api.openai.asking import BODY_BYTES_MAX, CHAT, allowed, decoded, no_model, note, place, unless_gone
from bowerbird.core.database import Pool
from bowerbird.core.errors import Invalid, TooMany
from bowerbird.core.ids import new_id
from bowerbird.core.settings import settings
from bowerbird.door import Ask, pool
from bowerbird.inference import adapters, chat
from bowerbird.inference.adapters import Adapter
from bowerbird.inference.chat import TIERS, Begun, ChatTrouble, Finished, Tier, ToolsAsked, Words
from bowerbird.inference.chatanswer import Said
from bowerbird.inference.chatwire import ChatRequest

AFTER_S = 10


@dataclass(slots=True)
class Talk:
    """One answer on its way out."""

    id: str
    created: int
    began: float
    asked: ChatRequest
    said: list[str]
    adapter: Adapter | None = None  # what the embedded model is to speak with
    begun: Begun | None = None
    finished: Finished | None = None

    @property
    def tier(self) -> str:
        """Who answers, or is asked first."""
        return self.begun.tier if self.begun else CHAT[self.asked.model]

    @property
    def about(self) -> dict[str, Any]:
        """What every piece of it says of itself."""
        return {"id": self.id, "created": self.created, "model": f"bower-{self.tier}"}

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
        assert self.begun
        release = self.adapter.name if self.adapter and self.begun.adapter else None
        return {"tier": self.begun.tier, "model": self.begun.model, "release": release, "why": self.begun.why}


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
    tiers = tiers_for(asked)
    async with pool(request).reading() as db:
        adapter = adapters.chosen(await adapters.served(db), me.id, new_id())
    sent = msgspec.structs.replace(asked, stream=False, stream_options=None)
    answer = chat.talk(sent, tiers, adapter.sha256 if adapter else "")
    talk = Talk(f"chatcmpl-{secrets.token_hex(12)}", int(time.time()), time.monotonic(), asked, [], adapter)
    said = _said(pool(request), me, talk, answer)
    if not asked.stream:
        return Response(await unless_gone(request, _whole(talk, said)))
    chunks = _streamed(talk, said)
    first = await unless_gone(request, _first(chunks))
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Stream(_after(first, chunks), media_type="text/event-stream", headers=headers)


async def _said(pool_: Pool, me: Person, talk: Talk, answer: AsyncGenerator[Begun | Said]) -> AsyncGenerator[Begun | Said]:
    """What the model says, in one of the person's places. However it ends, early too, what was used is noted; a model that never
    answered has used nothing."""
    with place(me):
        answered = True
        try:
            async with aclosing(answer):
                async for one in answer:
                    if isinstance(one, Begun):
                        talk.begun = one
                    elif isinstance(one, Words):
                        talk.said.append(one.text)
                    elif isinstance(one, Finished):
                        talk.finished = one
                    yield one
        except ChatTrouble:
            answered = talk.begun is not None
            raise
        finally:
            if answered:
                note(pool_, me, talk.tier, *talk.used, time.monotonic() - talk.began)


async def _whole(talk: Talk, said: AsyncGenerator[Begun | Said]) -> dict[str, Any]:
    calls = list[Any]()
    try:
        async with aclosing(said):
            async for one in said:
                if isinstance(one, ToolsAsked):
                    calls = msgspec.to_builtins(one.calls)
    except ChatTrouble as trouble:
        _told(trouble)
    words = "".join(talk.said)
    message: dict[str, Any] = {"role": "assistant", "content": words or (None if calls else ""), "refusal": None}
    if calls:
        message["tool_calls"] = calls
    reason = talk.finished.reason if talk.finished else "stop"
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return {**talk.about, "object": "chat.completion", "choices": [choice], "usage": talk.usage, "bower": talk.bower}


async def _streamed(talk: Talk, said: AsyncGenerator[Begun | Said]) -> AsyncGenerator[bytes]:
    """Chunks as OpenAI sends them. Leaving early stops the model. Raises what `_told` does where nobody answers at all."""
    counts = bool(talk.asked.stream_options and talk.asked.stream_options.include_usage)
    try:
        async with aclosing(said):
            async for one in said:
                if isinstance(one, Begun):
                    yield _chunk(talk, {"role": "assistant", "content": ""}, None, bower=talk.bower)
                elif isinstance(one, Words):
                    yield _chunk(talk, {"content": one.text}, None)
                elif isinstance(one, ToolsAsked):
                    calls = [{"index": number, **msgspec.to_builtins(call)} for number, call in enumerate(one.calls)]
                    yield _chunk(talk, {"tool_calls": calls}, None)
                else:
                    yield _chunk(talk, {}, one.reason)
            if counts:
                yield _event({**talk.about, "object": "chat.completion.chunk", "choices": [], "usage": talk.usage})
            yield b"data: [DONE]\n\n"
    except ChatTrouble as trouble:
        if talk.begun is None:
            _told(trouble)
        yield _event({"error": {"message": trouble.said, "type": "server_error", "param": None, "code": "model_failed"}})


async def _first(chunks: AsyncGenerator[bytes]) -> bytes:
    """The first chunk: that it is there means that somebody answers, and that the rest ends by itself where nobody asks for it."""
    return await anext(chunks)


async def _after(first: bytes, chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(chunks):
        yield first
        async for one in chunks:
            yield one


def _chunk(talk: Talk, delta: dict[str, Any], reason: str | None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return _event({**talk.about, "object": "chat.completion.chunk", "choices": [choice], **more})


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


HANDLERS = [completions]
