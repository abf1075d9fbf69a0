"""One answer, from what was said to the last word: what is wanted, the tools for it, and a model that phrases. The same for the private chat
and the thread; it keeps nothing itself, whoever runs it does."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bowerbird.assistant import choosing, intents, prompts, quoting, tools
from bowerbird.assistant.intents import Intent
from bowerbird.assistant.prompts import Door
from bowerbird.assistant.quoting import Sources
from bowerbird.assistant.reading import Eyes
from bowerbird.assistant.tools import Tool
from bowerbird.core.database import Pool
from bowerbird.core.errors import Trouble, Unavailable
from bowerbird.core.settings import settings
from bowerbird.inference import chat
from bowerbird.inference.adapters import Adapter
from bowerbird.inference.chat import Finished, ToolsAsked, Words
from bowerbird.inference.chatanswer import Said
from bowerbird.inference.chatwire import ChatRequest, Message, ToolCall

ROUNDS_MAX = 5  # of tools, in one answer
CALLS_MAX = 8  # in all of them
TEMPERATURE = 0.4
AGAINST_LOOPS, REPEATS_MAX = (
    0.6,
    2,
)  # a small model says the same again and again: the penalty, and the sentences after which it is stopped
COMPOSE = "Write one or two sentences, in the first person, that I could post about: {about}\nOnly the sentences."
WAITS = "It waits for the person to press a button. Say so, and do not ask again."


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be answered. `history`: what was said before, as much as fits; `facts`: what the person asked to be kept; `material`: data
    that is there already; `tools`: which may be used here; `phrased`: a model must speak, a template is no answer."""

    eyes: Eyes
    door: Door
    said: str
    tiers: Sequence[chat.Tier]
    history: Sequence[Message] = ()
    facts: Sequence[str] = ()
    material: str = ""
    tools: Sequence[Tool] = tools.ALL
    answer_tokens: int = 400
    intent: Intent | None = None  # known already
    first: int = 1  # the number of the next source
    adapter: Adapter | None = None  # what the embedded model is to speak with


@dataclass(frozen=True, slots=True)
class Began:
    """Who answers; no tier and no model where a tool's own words are the answer. `release`: the version of an adapter that speaks."""

    tier: str
    model: str
    why: str
    release: str = ""


@dataclass(frozen=True, slots=True)
class Spoke:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Asking:
    """A tool is asked; `waits`: it acts, and nobody asked for it, so that the person must press first."""

    tool: str
    given: dict[str, str]
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What the tool that was asked last answered; `trouble`: what went wrong instead."""

    said: str
    text: str
    sources: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    shown: dict[str, Any] = field(default_factory=dict[str, Any])
    trouble: bool = False
    seconds: float = 0.0


Step = Began | Spoke | Asking | Answered | Finished


async def run(pool: Pool, turn: Turn) -> AsyncGenerator[Step]:
    """The steps of one answer. Raises ChatTrouble where no model answers; leaving the loop stops the model."""
    talker = chat.talker(settings(), turn.tiers[0])
    native = talker.calls_tools
    intent = turn.intent or intents.commanded(turn.said) or (Intent("", turn.said) if native else await intents.of(turn.said))
    wanted = await _wanted(turn, intent, native=native)
    material, first = turn.material, turn.first
    if intent.tool in {tool.name for tool in turn.tools}:
        try:
            tool, given = tools.known(intent.tool, _arguments(intent))
        except Trouble as wrong:
            yield Began("", "", "")
            yield Spoke(wrong.said)
            return
        if tool.name == "draft_post" and intent.by == "meaning" and (composed := await _composed(turn, intent.rest)):
            given = {tool.first: composed}
        yield Asking(tool.name, given)
        answered, whole = await _used(pool, turn.eyes, tool, given, first, small=talker.ours)
        yield answered
        material, first = f"{material}\n{answered.text}".strip(), first + len(answered.sources)
        if whole:
            yield Began("", "", "A tool answered; no model spoke.")
            yield Spoke(whole)
            return
    async with aclosing(_spoken(pool, turn, material, first, wanted, native=native)) as steps:
        async for step in steps:
            yield step


async def _wanted(turn: Turn, intent: Intent, *, native: bool) -> frozenset[str]:
    """The acting tools that the person's own words ask for. What anybody else's words ask for never counts."""
    if not native:
        return frozenset()
    own = intent if intent.tool else await intents.of(turn.said)
    return frozenset({own.tool} | ({"draw"} if own.tool == "remix" else {"remix"} if own.tool == "draw" else set()))


def _arguments(intent: Intent) -> dict[str, str]:
    """A command's words go to the tool's first argument; the picture of a remix is named in front of them."""
    tool = tools.TOOLS[intent.tool]
    if intent.tool != "remix":
        return {tool.first: intent.rest}
    picture, _, words = intent.rest.partition(" ")
    return {"picture": picture, "prompt": words.strip()}


async def _composed(turn: Turn, about: str) -> str:
    """The words of a post about something, two sentences at most; "" where no model has any."""
    request = ChatRequest(
        messages=[*asked(turn, "")[:1], Message(role="user", content=COMPOSE.format(about=about))], max_tokens=90
    )
    words = ""
    try:
        async with aclosing(chat.talk(request, turn.tiers)) as talk:
            async for one in talk:
                words += one.text if isinstance(one, Words) else ""
    except chat.ChatTrouble:
        return ""
    plain = quoting.checked(words, Sources(quoting.links_of(about))).strip().strip('"“”')
    return " ".join(re.split(r"(?<=[.!?])\s+", plain)[:2])


async def _used(
    pool: Pool, eyes: Eyes, tool: Tool, given: dict[str, str], first: int, *, small: bool = False
) -> tuple[Answered, str]:
    """What a tool answers, and its words where they are a whole answer, or enough of one for a `small` model. What a room below refuses is
    an answer, too."""
    began = time.monotonic()
    try:
        outcome = await tools.run(pool, eyes, tool, given, first)
    except Trouble as trouble:
        return Answered(
            trouble.said, f"It did not work: {trouble.said}", trouble=True, seconds=time.monotonic() - began
        ), trouble.said
    return Answered(outcome.said, outcome.text, outcome.sources, outcome.shown, seconds=time.monotonic() - began), (
        outcome.whole or (outcome.brief if small else "")
    )


async def _spoken(
    pool: Pool, turn: Turn, material: str, first: int, wanted: frozenset[str], *, native: bool
) -> AsyncGenerator[Step]:
    """The model's words, with the tools it asks for in between."""
    said = [*asked(turn, material)]
    ours = chat.talker(settings(), turn.tiers[0]).ours
    left, proposed = CALLS_MAX, set[str]()
    for round_ in range(ROUNDS_MAX):
        offered = [tool.wire for tool in turn.tools] if native and left > 0 and round_ < ROUNDS_MAX - 1 else None
        request = ChatRequest(messages=said, max_tokens=turn.answer_tokens, temperature=TEMPERATURE, tools=offered)
        if ours:
            request.frequency_penalty = AGAINST_LOOPS
        calls, words = list[ToolCall](), ""
        async with aclosing(await _talk(request, turn, ours=ours)) as talk:
            async for one in talk:
                if isinstance(one, chat.Begun):
                    yield Began(one.tier, one.model, one.why, turn.adapter.name if turn.adapter and one.adapter else "")
                elif isinstance(one, Words):
                    words += one.text
                    yield Spoke(one.text)
                    if ours and quoting.repeats(words) >= REPEATS_MAX:
                        return
                elif isinstance(one, ToolsAsked):
                    calls = one.calls[:left]
                else:
                    yield one
        if not calls or offered is None:
            return
        left -= len(calls)
        said.append(Message(role="assistant", content=words or None, tool_calls=calls))
        for call in calls:
            if call.name in proposed:  # it waits for the person already: once is enough
                said.append(Message(role="tool", tool_call_id=call.id, content=WAITS))
                continue
            async with aclosing(_called(pool, turn, call, first, wanted)) as steps:
                async for step in steps:
                    yield step
                    if isinstance(step, Asking) and step.waits:
                        proposed.add(step.tool)
                    if isinstance(step, Answered):
                        first += len(step.sources)
                        said.append(Message(role="tool", tool_call_id=call.id, content=step.text))


async def _talk(request: ChatRequest, turn: Turn, *, ours: bool) -> AsyncGenerator[chat.Begun | Said]:
    """A model's words; of the embedded one the best of several, where the house wants that and people have taught which is best."""
    adapter, answers = turn.adapter.sha256 if turn.adapter else "", settings().assistant_answers
    if ours and answers > 1:
        with suppress(Unavailable):
            if await chat.weighed("", []) is not None:
                return choosing.best(request, turn.tiers, adapter, turn.said, answers, REPEATS_MAX)
    return chat.talk(request, turn.tiers, adapter)


async def _called(
    pool: Pool, turn: Turn, call: ToolCall, first: int, wanted: frozenset[str]
) -> AsyncGenerator[Asking | Answered]:
    """One call that a model made: done where it only reads or the person asked for it, else left for their press."""
    try:
        tool, given = tools.known(call.name, msgspec.json.decode(call.arguments or "{}", type=dict[str, Any]))
        if tool not in turn.tools:
            raise tools.Invalid(f"{tool.name} is not for here.")
    except (Trouble, msgspec.DecodeError, msgspec.ValidationError) as wrong:
        yield Asking(call.name[:60], {})
        yield Answered("It asked for something that cannot be done.", str(wrong)[:300], trouble=True)
        return
    if tool.acts and tool.name not in wanted:
        yield Asking(tool.name, given, waits=True)
        yield Answered("", WAITS)
        return
    yield Asking(tool.name, given)
    answered, _ = await _used(pool, turn.eyes, tool, given, first)
    yield answered


def asked(turn: Turn, material: str) -> list[Message]:
    """The messages of a turn: the system prompt first and always the same, so that the model's cache of it is of use."""
    facts = "What I asked you to keep in mind: " + " ".join(turn.facts) + "\n\n" if turn.facts else ""
    data = f"{material}\n\n" if material else ""
    return [
        Message(role="system", content=prompts.in_force(turn.door).words),
        *turn.history,
        Message(role="user", content=f"{facts}{data}{turn.said}"),
    ]
