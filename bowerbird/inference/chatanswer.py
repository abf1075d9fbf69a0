"""An answer put together from what an endpoint sends, and what its refusals mean."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from bowerbird.core.errors import Unavailable
from bowerbird.inference.chatwire import (
    ARGUMENTS_LENGTH_MAX,
    CALLS_MAX,
    NAME_LENGTH_MAX,
    CallDelta,
    ChatRequest,
    Chunk,
    Delta,
    ToolCall,
    tool_call,
)

WORDS_LENGTH_MAX = 400_000
SAID_LENGTH_MAX = 300
AFTER_S_MAX = 3600.0
CHARACTERS_A_TOKEN = 4  # for endpoints that do not count


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Adapted:
    """Said first by the embedded model: the hash of the adapter it speaks with, "" for none."""

    sha256: str


@dataclass(frozen=True, slots=True)
class ToolsAsked:
    """Native tool calls: whole, their arguments well-formed JSON objects."""

    calls: list[ToolCall]


@dataclass(frozen=True, slots=True)
class Finished:
    """The last item. `reason` is stop, length, tool_calls or content_filter; tokens are a guess where the endpoint does not count."""

    reason: str
    prompt_tokens: int
    tokens: int
    seconds: float


Said = Words | ToolsAsked | Finished


class ChatTrouble(Unavailable):
    """A language model failed us. `again`: asking once more may help, after `after_s`. `refused`: the request is the reason,
    and no other model would take it. `busy`: it stands, and has too much to do."""

    code = "chat"

    def __init__(self, said: str, *, again: bool, after_s: float = 0.0, refused: bool = False, busy: bool = False) -> None:
        super().__init__(said)
        self.again, self.after_s, self.refused, self.busy = again, after_s, refused, busy


def refusal(model: str, status: int, retry_after: str, body: bytes) -> ChatTrouble:
    """What a status means for us. What an endpoint says of our key is for nobody's eyes."""
    after_s = min(AFTER_S_MAX, float(retry_after)) if retry_after.isdecimal() and len(retry_after) < 6 else 0.0
    if status == 429:
        return ChatTrouble(f"{model} has too much to do.", again=True, after_s=after_s, busy=True)
    if status in (408, 425) or status >= 500:
        return ChatTrouble(f"{model} is overloaded or broken ({status}).", again=True, after_s=after_s)
    if status in (400, 413, 422):
        return ChatTrouble(f"{model} refused: {_complaint(body) or status}", again=False, refused=True)
    if status in (401, 403):
        return ChatTrouble(f"{model} does not let this house in ({status}).", again=False)
    return ChatTrouble(f"{model} cannot be asked there ({status}).", again=False)


def _complaint(body: bytes) -> str:
    with suppress(msgspec.DecodeError, KeyError, TypeError):
        return _line(msgspec.json.decode(body)["error"])
    return ""


def _line(error: Any) -> str:
    """An error's message, as a database takes it: no NUL, and bounded."""
    said = error.get("message", "") if isinstance(error, dict) else error
    return str(said).replace("\x00", "")[:SAID_LENGTH_MAX]


class Answer:
    """One answer under way."""

    def __init__(self, sent: ChatRequest, began: float) -> None:
        self._sent, self._began = sent, began
        self._calls: dict[int, tuple[str, str, str]] = {}
        self._reason: str | None = None
        self._used: tuple[int, int] | None = None
        self._length = self._pieces = 0

    def take(self, data: bytes) -> Words | None:
        """One event; the words in it. Raises ChatTrouble for what cannot be read, errors, and more than fits."""
        try:
            chunk = msgspec.json.decode(data, type=Chunk)
        except msgspec.DecodeError as wrong:
            raise ChatTrouble("The language model sent something we cannot read.", again=True) from wrong
        if chunk.error:
            raise ChatTrouble(f"The language model failed: {_line(chunk.error)}", again=True)
        if chunk.usage:
            self._used = max(0, chunk.usage.prompt_tokens), max(0, chunk.usage.completion_tokens or 0)
        if not chunk.choices:
            return None
        choice = chunk.choices[0]
        self._reason = choice.finish_reason or self._reason
        said = choice.delta or choice.message
        return self._words(said) if said else None

    def _words(self, delta: Delta) -> Words | None:
        for number, call in enumerate(delta.tool_calls or []):
            self._called(number if call.index is None else call.index, call)
        text = ((delta.content or "") + (delta.refusal or "")).replace("\x00", "")
        self._length += len(text)
        self._pieces += bool(text)
        if self._length > WORDS_LENGTH_MAX:
            raise ChatTrouble("The language model said more than an answer can be.", again=False)
        return Words(text) if text else None

    def _called(self, index: int, call: CallDelta) -> None:
        id_, name, arguments = self._calls.get(index, ("", "", ""))
        more = call.function
        name, arguments = (
            name or ((more and more.name) or ""),
            arguments + ((more and more.arguments) or ""),
        )  # some repeat the name
        if len(name) > NAME_LENGTH_MAX or len(arguments) > ARGUMENTS_LENGTH_MAX or (len(self._calls) >= CALLS_MAX and not id_):
            raise ChatTrouble("The language model asked for more tools than fit.", again=False)
        self._calls[index] = ((call.id or id_)[:NAME_LENGTH_MAX], name, arguments)

    def whole(self, body: bytes) -> list[Said]:
        """An answer in one piece, of an endpoint that does not stream."""
        words = self.take(body)
        return ([words] if words else []) + self.end()

    def end(self) -> list[Said]:
        """What is to be said at the end. Raises ChatTrouble where there was none, and for malformed tool calls."""
        if self._reason is None:
            raise ChatTrouble("The language model broke off.", again=True)
        calls = [self._call(index) for index in sorted(self._calls)]
        prompt, tokens = self._used or self._guessed()
        finished = Finished(self._reason, prompt, tokens, time.monotonic() - self._began)
        return [ToolsAsked(calls), finished] if calls else [finished]

    def _call(self, index: int) -> ToolCall:
        id_, name, arguments = self._calls[index]
        try:
            found = msgspec.json.decode(arguments or "{}")
        except msgspec.DecodeError as wrong:
            raise ChatTrouble("The language model asked for a tool in words that are no JSON.", again=True) from wrong
        if not name or not isinstance(found, dict):
            raise ChatTrouble("The language model asked for a tool in a way that we cannot read.", again=True)
        return tool_call(id_ or f"call_{index}", name, arguments or "{}")

    def _guessed(self) -> tuple[int, int]:
        prompt = sum(len(message.text) for message in self._sent.messages) // CHARACTERS_A_TOKEN + 1
        said = sum(len(name) + len(arguments) for _, name, arguments in self._calls.values())
        return prompt, max(self._pieces, (self._length + said) // CHARACTERS_A_TOKEN)
