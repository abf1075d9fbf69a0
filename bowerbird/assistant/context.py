"""What of a conversation a model is given: as much as its window holds, newest first; what no longer fits is summed up, visibly."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from bowerbird.assistant.messages import Message
from bowerbird.inference import chat
from bowerbird.inference.chat import Talker
from bowerbird.inference.chatwire import ChatRequest
from bowerbird.inference.chatwire import Message as Wire

SUMMARY_LENGTH_MAX = 900
SUMMARY_TOKENS_MAX = 220
LINE_LENGTH_MAX = 160
RESERVE_TOKENS = 120  # the template's own marks
SUM_UP = (
    "Sum up this earlier part of a conversation in at most six short sentences: what the person wants, what was decided, names and facts. "
    "Only what is there. No preface."
)


@dataclass(frozen=True, slots=True)
class Window:
    """The messages that fit, oldest first, and those before them that do not."""

    kept: list[Wire]
    left_out: list[Message]
    tokens: int


async def window(shown: Sequence[Message], talker: Talker, *, taken_tokens: int, answer_tokens: int) -> Window:
    """As much of a branch as fits beside `taken_tokens` that are spoken for and an answer of `answer_tokens`. The last message always stays."""
    said = [one for one in shown if one.text and (one.role == "user" or one.state in ("done", "stopped"))]
    counts = await chat.count([one.text for one in said[-200:]], talker.tier)
    room = talker.context_tokens - taken_tokens - answer_tokens - RESERVE_TOKENS
    first, used = len(said), 0
    for place in range(len(said) - 1, max(-1, len(said) - 201), -1):
        cost = counts[place - len(said)] + 6
        if used + cost > room and place < len(said) - 1:
            break
        first, used = place, used + cost
    while first < len(said) - 1 and said[first].role == "assistant":  # a window opens with what the person said
        first += 1
    return Window([Wire(role=one.role, content=one.text) for one in said[first:]], said[:first], used)


async def summed_up(before: str, left_out: Sequence[Message], talker: Talker) -> str:
    """What was said in messages that no longer fit, after what was summed up `before`. The embedded model is too small to be trusted
    with it: there it is the person's own first sentences."""
    told = [f"{'Person' if one.role == 'user' else 'You'}: {' '.join(one.text.split())[:600]}" for one in left_out]
    if talker.ours:
        return _own_words(before, left_out)
    asked = ChatRequest(
        messages=[Wire(role="system", content=SUM_UP), Wire(role="user", content="\n".join([before, *told])[-8_000:])],
        max_tokens=SUMMARY_TOKENS_MAX, temperature=0.2,
    )  # fmt: skip
    said = ""
    try:
        async with aclosing(_words(asked, talker)) as words:
            async for piece in words:
                said += piece
    except chat.ChatTrouble:
        return _own_words(before, left_out)
    return said.strip()[:SUMMARY_LENGTH_MAX] or _own_words(before, left_out)


async def _words(asked: ChatRequest, talker: Talker) -> AsyncGenerator[str]:
    async with aclosing(chat.talk_at(asked, [talker])) as said:
        async for one in said:
            if isinstance(one, chat.Words):
                yield one.text


def _own_words(before: str, left_out: Sequence[Message]) -> str:
    lines = before.splitlines()
    for one in left_out:
        if one.role == "user":
            flat = " ".join(one.text.split())
            lines.append("- " + (flat if len(flat) <= LINE_LENGTH_MAX else flat[:LINE_LENGTH_MAX].rsplit(" ", 1)[0] + "…"))
    while len("\n".join(lines)) > SUMMARY_LENGTH_MAX:
        lines.pop(0)
    return "\n".join(lines)
