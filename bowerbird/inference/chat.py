"""Talking to language models, ours or any OpenAI-compatible endpoint: streamed, retried before the first word, from tier to tier, never a hang."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from bowerbird.core import outside
from bowerbird.core.errors import Unavailable
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings, settings
from bowerbird.inference import chatbreaker
from bowerbird.inference.chatanswer import Adapted, Answer, ChatTrouble, Finished, Said, ToolsAsked, Words, refusal
from bowerbird.inference.chatwire import ADAPTER_HEADER, ChatRequest, Lines, OwnRequest, StreamOptions, data_of

__all__ = [
    "TIERS", "Begun", "ChatTrouble", "Finished", "Talker", "Tier", "TierState", "ToolsAsked", "Words",
    "count", "state", "talk", "talk_at", "talker",
]  # fmt: skip

Tier = Literal["full", "mini", "nano"]
T = TypeVar("T")
TIERS: tuple[Tier, ...] = ("full", "mini", "nano")
EMBEDDED, EMBEDDED_CONTEXT_TOKENS, EMBEDDED_TOKENS_MAX = "smollm2-135m-instruct", 2048, 1024
TALK_S_MAX = 300.0  # all tiers and tries together, and the answer: signs of life do not keep a place for ever
CONNECT_S_MAX = 5.0
TRIES = 3  # of one tier
PAUSE_S, PAUSE_S_MAX = 0.4, 8.0  # before a second try; longer than the most is no use waiting for
ANSWER_BYTES_MAX = 16_000_000
EVENTS_MAX = 200_000
PROBE_S_MAX, PROBE_KEPT_S = 2.0, 15.0
TEXTS_MAX = 600
BYTES_A_TOKEN = 3.5  # a cautious guess over many models and languages


@dataclass(frozen=True, slots=True)
class Talker:
    """Who answers for a tier. `calls_tools`: it knows native tool calls; where not, tools are not sent."""

    tier: Tier
    url: str
    key: str
    model: str
    ours: bool
    timeout_s: float
    context_tokens: int
    calls_tools: bool

    @property
    def place(self) -> tuple[str, str]:
        """Tiers at the same place fail together."""
        return self.url, self.model

    @property
    def host(self) -> str:
        """Where it is, for people to read."""
        return "this machine" if self.ours else urlsplit(self.url).hostname or "another endpoint"


@dataclass(frozen=True, slots=True)
class Begun:
    """The first item: who really answers; `why` where it is another tier than the first that was asked for; `adapter`: the hash of what the
    embedded model speaks with, "" for nothing."""

    tier: Tier
    model: str
    why: str
    adapter: str = ""


@dataclass(frozen=True, slots=True)
class TierState:
    """How a tier is. `since`: when that last changed, as far as this process knows."""

    tier: Tier
    model: str
    endpoint: str
    up: bool
    since: datetime


def talker(settings: Settings, tier: Tier) -> Talker:
    """Who answers for a tier: the endpoint that is set for it, else the embedded model."""
    assert tier in TIERS
    url, key, model = (getattr(settings, f"models_{tier}_{what}") for what in ("url", "key", "model"))
    timeout_s = float(settings.models_chat_timeout_s)
    if not url:
        return Talker(
            tier, _home(settings), secret(settings, "runner"), EMBEDDED, True, timeout_s, EMBEDDED_CONTEXT_TOKENS, False
        )
    context_tokens, tools = getattr(settings, f"models_{tier}_context_tokens"), getattr(settings, f"models_{tier}_tools")
    return Talker(tier, url.rstrip("/"), key, model or "default", False, timeout_s, context_tokens, tools)


async def talk(request: ChatRequest, tiers: Sequence[Tier], adapter: str = "") -> AsyncGenerator[Begun | Said]:
    """Who answers, the words as they come, native tool calls, and the end. Tries the tiers in order while nothing was said. `adapter`: the hash
    of what the embedded model is to speak with, where it is the one that answers.

    Leaving the loop closes the connection, which stops the model: use `aclosing`. Raises ChatTrouble."""
    where = settings()
    async with aclosing(talk_at(request, [talker(where, tier) for tier in tiers], adapter)) as said:
        async for one in said:
            yield one


async def talk_at(request: ChatRequest, talkers: Sequence[Talker], adapter: str = "") -> AsyncGenerator[Begun | Said]:
    """The same, of these talkers."""
    assert talkers
    until = time.monotonic() + TALK_S_MAX
    failed: dict[tuple[str, str], ChatTrouble] = {}
    for one in talkers:
        if one.place in failed:
            continue
        begun, adapted = False, ""
        sent = OwnRequest(**msgspec.structs.asdict(request), bower_adapter=adapter) if one.ours and adapter else request
        try:
            async with aclosing(_patiently(sent, one, until)) as answer:
                async for said in answer:
                    if isinstance(said, Adapted):
                        adapted = said.sha256
                        continue
                    if not begun:
                        begun = True
                        yield Begun(one.tier, one.model, f"{talkers[0].tier} does not answer" if failed else "", adapted)
                    yield said
            return
        except ChatTrouble as trouble:
            if begun or trouble.refused:
                raise
            failed[one.place] = trouble
    raise next(reversed(failed.values()))


async def _patiently(request: ChatRequest, where: Talker, until: float) -> AsyncGenerator[Adapted | Said]:
    """One talker, asked again where that may help, while nothing was said."""
    breaker = chatbreaker.of(where.place)
    for number in range(1, TRIES + 1):
        if not breaker.admits():
            raise ChatTrouble(f"{where.model} failed several times and rests.", again=True, after_s=breaker.rests_s)
        said = False
        try:
            async with aclosing(_once(request, where, until)) as answer:
                async for one in answer:
                    if not isinstance(one, Adapted):
                        if not said:
                            breaker.good()
                        said = True
                    yield one
            return
        except ChatTrouble as trouble:
            if not (trouble.refused or trouble.busy):
                breaker.bad()
            pause_s = max(trouble.after_s, PAUSE_S * 2 ** (number - 1) * random.uniform(0.75, 1.25))
            late = pause_s > PAUSE_S_MAX or time.monotonic() + pause_s > until
            if said or not trouble.again or number == TRIES or late:
                raise
        finally:
            breaker.leave()
        await asyncio.sleep(pause_s)


def _client(where: Talker, timeout_s: float) -> httpx.AsyncClient:
    timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_S_MAX, timeout_s))
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=not where.ours, verify=outside.roots())


def _body(request: ChatRequest, where: Talker) -> ChatRequest:
    """The request as it is sent: to its model, streamed, with tools only where they are known."""
    sent = msgspec.structs.replace(request, model=where.model, stream=True, stream_options=StreamOptions(include_usage=True))
    if where.ours:
        most = min(sent.max_completion_tokens or sent.max_tokens or EMBEDDED_TOKENS_MAX, EMBEDDED_TOKENS_MAX)
        sent.max_tokens, sent.max_completion_tokens = most, None  # one long answer would push others out of its memory
    if not where.calls_tools:
        sent.tools = sent.tool_choice = sent.parallel_tool_calls = None
    return sent


async def _once(request: ChatRequest, where: Talker, until: float) -> AsyncGenerator[Adapted | Said]:
    """One try. Raises ChatTrouble for whatever goes wrong."""
    sent = _body(request, where)
    try:
        async with _client(where, where.timeout_s) as client:
            for _ in range(2):
                try:
                    async with aclosing(_asked(client, sent, where, until)) as answer:
                        async for said in answer:
                            yield said
                    return
                except ChatTrouble as other:
                    if not (other.refused and "stream_options" in other.said and sent.stream_options):
                        raise
                    sent = msgspec.structs.replace(sent, stream_options=None)  # an endpoint that does not count
    except httpx.TimeoutException as silent:
        raise ChatTrouble(f"{where.model} said nothing for {where.timeout_s:.0f} seconds.", again=True) from silent
    except TimeoutError as late:
        raise ChatTrouble(f"{where.model} took too long.", again=False) from late
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as broken:
        raise ChatTrouble(f"{where.model} cannot be reached or broke off.", again=True) from broken


async def _asked(client: httpx.AsyncClient, sent: ChatRequest, where: Talker, until: float) -> AsyncGenerator[Adapted | Said]:
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "Accept-Encoding": "identity"}
    if where.key:
        headers["Authorization"] = f"Bearer {where.key}"
    built = client.build_request("POST", f"{where.url}/chat/completions", content=msgspec.json.encode(sent), headers=headers)
    began = time.monotonic()
    async with asyncio.timeout(until - began):
        response = await client.send(built, stream=True)
    answer = Answer(sent, began)
    try:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code >= 300 or kind != "text/event-stream":
            body = await _whole(response, until)
            if response.status_code >= 300:
                raise refusal(where.model, response.status_code, response.headers.get("retry-after", ""), body)
            if kind != "application/json":
                raise ChatTrouble(f"{where.model} answered something that is no answer.", again=False)
            for one in answer.whole(body):
                yield one
            return
        if where.ours:
            yield Adapted(response.headers.get(ADAPTER_HEADER, ""))
        async with aclosing(_events(response, until)) as events:
            async for data in events:
                if (words := answer.take(data)) is not None:
                    yield words
        for one in answer.end():
            yield one
    finally:
        await response.aclose()


async def _pieces(response: httpx.Response, until: float) -> AsyncGenerator[bytes]:
    """The body as it comes, bounded in bytes and time."""
    size, coming = 0, aiter(response.aiter_bytes())
    while True:
        async with asyncio.timeout(max(0.0, until - time.monotonic())):
            piece = await anext(coming, None)
        if piece is None:
            return
        size += len(piece)
        if size > ANSWER_BYTES_MAX:
            raise ChatTrouble("The language model sent more than an answer can be.", again=False)
        yield piece


async def _whole(response: httpx.Response, until: float) -> bytes:
    async with aclosing(_pieces(response, until)) as pieces:
        return b"".join([piece async for piece in pieces])


async def _events(response: httpx.Response, until: float) -> AsyncGenerator[bytes]:
    """What the `data:` lines carry, until [DONE] or the end."""
    lines, events = Lines(), 0
    async with aclosing(_pieces(response, until)) as pieces:
        try:
            async for piece in pieces:
                for line in lines.feed(piece):
                    data = data_of(line)
                    if data == b"[DONE]":
                        return
                    if data:
                        events += 1
                        yield data
                if events > EVENTS_MAX:
                    raise ChatTrouble("The language model sent more than an answer can be.", again=False)
        except ValueError as endless:
            raise ChatTrouble("The language model sent something we cannot read.", again=False) from endless
        except httpx.RemoteProtocolError:
            pass  # it broke off; whether the answer was complete shows in what came
    for line in lines.end():
        if (data := data_of(line)) and data != b"[DONE]":
            yield data


probed: dict[tuple[str, str], tuple[float, bool]] = {}


async def state() -> list[TierState]:
    """How the tiers are: what the breakers know, and a look at each endpoint now and then."""
    where = settings()
    talkers = [talker(where, tier) for tier in TIERS]
    ups = dict(zip(TIERS, await asyncio.gather(*(_up(one) for one in talkers)), strict=True))
    return [TierState(one.tier, one.model, one.host, ups[one.tier], chatbreaker.of(one.place).since) for one in talkers]


async def _up(where: Talker) -> bool:
    breaker, (at, up) = chatbreaker.of(where.place), probed.get(where.place, (-PROBE_KEPT_S, True))
    if not breaker.up:
        return False
    if time.monotonic() - at < PROBE_KEPT_S:
        return up
    try:
        async with asyncio.timeout(PROBE_S_MAX), _client(where, PROBE_S_MAX) as client:
            headers = {"Authorization": f"Bearer {where.key}"} if where.key else {}
            async with client.stream("GET", f"{where.url}/models", headers=headers) as response:
                now = response.status_code < 500 and response.status_code not in (401, 403)
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ssl.SSLError):
        now = False
    if now != up:
        breaker.since = datetime.now(breaker.since.tzinfo)
    probed[where.place] = (time.monotonic(), now)
    return now


async def hold(adapters: Sequence[str]) -> list[str]:
    """Have the embedded model keep adapters at hand, by their hashes, before anybody waits for them; those it has. Raises Unavailable."""
    return await _embedded("PUT", "adapters", {"hold": list(adapters)}, "adapters", list[str])


async def weighed(question: str, answers: Sequence[str]) -> list[float] | None:
    """How gladly people here would read each answer; None where the house has learned nothing of it. Raises Unavailable."""
    kind: Any = list[float] | None
    return await _embedded("POST", "weighings", {"question": question, "answers": list(answers)}, "scores", kind)


async def _embedded(verb: str, what: str, said: dict[str, Any], told: str, kind: type[T]) -> T:
    """What the embedded models' own process says, under the name `told`. Raises Unavailable."""
    where = settings()
    url, key, timeout_s = f"{_home(where)}/{what}", secret(where, "runner"), float(where.models_chat_timeout_s)
    try:
        async with (
            asyncio.timeout(timeout_s),
            httpx.AsyncClient(trust_env=False, verify=outside.roots(), timeout=timeout_s) as client,
        ):
            answer = await client.request(verb, url, json=said, headers={"Authorization": f"Bearer {key}"})
        found: dict[str, Any] = msgspec.json.decode(answer.raise_for_status().content)
        return msgspec.convert(found.get(told), kind)
    except (TimeoutError, httpx.HTTPError, msgspec.DecodeError, msgspec.ValidationError) as away:
        raise Unavailable("The language model does not answer.") from away


def _home(where: Settings) -> str:
    return f"http://127.0.0.1:{where.runner_port}/v1"


async def count(texts: Sequence[str], tier: Tier = "mini") -> list[int]:
    """Tokens of each text, without the template's own: exact for the embedded model, a cautious guess for endpoints and while it is away."""
    where = talker(settings(), tier)
    if where.ours and texts:
        with suppress(Unavailable):
            return await _counted(texts)
    return [guessed(text) for text in texts]


def guessed(text: str) -> int:
    """About how many tokens a text has, rather too many than too few."""
    return int(len(text.encode("utf-8", "replace")) / BYTES_A_TOKEN) + 1


async def _counted(texts: Sequence[str]) -> list[int]:
    assert len(texts) <= TEXTS_MAX
    counts = await _embedded("POST", "tokens", {"input": list(texts)}, "counts", list[int])
    if len(counts) != len(texts):
        raise Unavailable("The language model answered something else.")
    return counts
