"""OpenAI's chat completions as they travel: the request, its answer whole or in chunks, and the lines of server-sent events."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

MESSAGES_MAX = 512
PARTS_MAX = 64
CONTENT_LENGTH_MAX = 400_000
TOOLS_MAX, CALLS_MAX = 128, 32
NAME_LENGTH_MAX = 128
ARGUMENTS_LENGTH_MAX = 100_000
TOKENS_MAX = 128_000
ADAPTER_FIELD, ADAPTER_HEADER = "bower_adapter", "bower-adapter"  # of the embedded model alone: asked for, and spoken with
LINE_BYTES_MAX = 1_000_000

Name = Annotated[str, Meta(max_length=NAME_LENGTH_MAX)]
Text = Annotated[str, Meta(max_length=CONTENT_LENGTH_MAX)]
Role = Literal["system", "developer", "user", "assistant", "tool"]


class ImageUrl(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A picture in a message: an address or a data: URL."""

    url: Annotated[str, Meta(max_length=8_000_000)]
    detail: Name = ""


class Part(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One piece of a message: `text`, or `image_url` with a picture."""

    type: Literal["text", "image_url", "refusal"]
    text: Text | None = None
    image_url: ImageUrl | None = None
    refusal: Text | None = None


class Called(msgspec.Struct, kw_only=True):
    """Which function, with which arguments (a JSON object as text)."""

    name: Name
    arguments: Annotated[str, Meta(max_length=ARGUMENTS_LENGTH_MAX)] = "{}"


class ToolCall(msgspec.Struct, kw_only=True):
    """One tool call as a model made it."""

    id: Name
    function: Called
    type: Literal["function"] = "function"

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.function.name

    @property
    def arguments(self) -> str:
        """A JSON object, as text."""
        return self.function.arguments


def tool_call(id_: str, name: str, arguments: str) -> ToolCall:
    """A tool call in the wire's shape."""
    return ToolCall(id=id_, function=Called(name=name, arguments=arguments))


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One message of a conversation. `tool_call_id` says which call a `tool` message answers."""

    role: Role
    content: Text | Annotated[list[Part], Meta(max_length=PARTS_MAX)] | None = None
    tool_calls: Annotated[list[ToolCall], Meta(max_length=CALLS_MAX)] | None = None
    tool_call_id: Name | None = None
    name: Name | None = None

    @property
    def text(self) -> str:
        """The words alone."""
        if isinstance(self.content, list):
            return "\n".join(part.text or "" for part in self.content if part.type == "text")
        return self.content or ""


class Function(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a tool does, and the JSON schema of its arguments."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
    description: Annotated[str, Meta(max_length=10_000)] | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(msgspec.Struct, kw_only=True):
    """A tool that the model may ask for."""

    function: Function
    type: Literal["function"] = "function"


class StreamOptions(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`include_usage`: one more chunk at the end says how many tokens were used."""

    include_usage: bool | None = None


class ChatRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """POST /v1/chat/completions. Fields that are not here are not sent on."""

    messages: Annotated[list[Message], Meta(min_length=1, max_length=MESSAGES_MAX)]
    model: Name = ""
    max_tokens: Annotated[int, Meta(ge=1, le=TOKENS_MAX)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1, le=TOKENS_MAX)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: Name | Annotated[list[Name], Meta(max_length=8)] | None = None
    tools: Annotated[list[Tool], Meta(max_length=TOOLS_MAX)] | None = None
    tool_choice: Literal["none", "auto", "required"] | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = None
    n: Annotated[int, Meta(ge=1, le=1)] | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None


class OwnRequest(ChatRequest, kw_only=True, omit_defaults=True):
    """The same to the embedded model. `bower_adapter`: the hash of the adapter that it is to speak with."""

    bower_adapter: str = ""


class Usage(msgspec.Struct, kw_only=True):
    """Tokens read and said."""

    prompt_tokens: int = 0
    completion_tokens: int | None = 0


class CalledDelta(msgspec.Struct, kw_only=True):
    """A piece of a call."""

    name: str | None = None
    arguments: str | None = None


class CallDelta(msgspec.Struct, kw_only=True):
    """A piece of the call at `index`."""

    index: int | None = None
    id: str | None = None
    function: CalledDelta | None = None


class Delta(msgspec.Struct, kw_only=True):
    """A piece of an answer, or a whole one."""

    content: str | None = None
    refusal: str | None = None
    tool_calls: list[CallDelta] | None = None


class Choice(msgspec.Struct, kw_only=True):
    """One answer: `delta` in chunks, `message` where it came whole."""

    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None


class Chunk(msgspec.Struct, kw_only=True):
    """What an endpoint sends: a chunk of an answer, or the whole of it. Lenient: endpoints differ."""

    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Any = None


_END = re.compile(rb"\r\n|\n|\r")


class Lines:
    """The lines of a stream of bytes however it is cut; every end of line that server-sent events know."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that are whole now. Raises ValueError where one does not end."""
        data = self._rest + piece
        held = b"\r" if data.endswith(b"\r") else b""  # its \n may be on the way
        *whole, rest = _END.split(data.removesuffix(held))
        self._rest = rest + held
        if len(self._rest) > LINE_BYTES_MAX:
            raise ValueError("a line without an end")
        return whole

    def end(self) -> list[bytes]:
        """What was left without an end of line."""
        rest, self._rest = self._rest.removesuffix(b"\r"), b""
        return [rest] if rest else []


def data_of(line: bytes) -> bytes | None:
    """What a `data:` line carries; None for comments, other fields and empty lines."""
    line = line.removeprefix(b"\xef\xbb\xbf")
    return line[5:].strip() if line.startswith(b"data:") else None
