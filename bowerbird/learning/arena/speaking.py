"""What one contestant answers: as people get it here, the same instructions and the same room for everyone, no tools, nothing but the prompt."""

from __future__ import annotations

import re
import time
from contextlib import aclosing
from dataclasses import dataclass

from bowerbird.assistant import prompts, quoting
from bowerbird.assistant.loop import AGAINST_LOOPS, REPEATS_MAX, TEMPERATURE
from bowerbird.assistant.quoting import Sources
from bowerbird.core.settings import Settings
from bowerbird.inference import chat
from bowerbird.inference.chat import Begun, ChatTrouble, Finished, Words
from bowerbird.inference.chatwire import ChatRequest, Message
from bowerbird.learning.arena import contestants

ANSWER_TOKENS = 320
_WORD = re.compile(r"[^\W\d_]{3,}")
# of a model's name, what says nothing of whose it is
_ANYBODYS = frozenset(
    [
        "and",
        "api",
        "base",
        "bower",
        "chat",
        "code",
        "instruct",
        "large",
        "mini",
        "model",
        "nano",
        "small",
        "text",
        "turbo",
        "with",
        "adapter",
        "default",
        "for",
        "max",
        "new",
        "pro",
        "the",
        "preview",
        "latest",
    ]
)
# what such models are known by; some of it is the name of an animal or a person, too, unless a sentence speaks of itself
_MAKERS = frozenset(
    [
        "openai",
        "chatgpt",
        "gpt",
        "glm",
        "anthropic",
        "claude",
        "gemini",
        "gemma",
        "deepmind",
        "mistral",
        "mixtral",
        "qwen",
        "alibaba",
        "deepseek",
        "llama",
        "huggingface",
        "grok",
        "cohere",
    ]
)
_MYSELF = re.compile(r"(?i)\b(i|i['’]m|me|my|ich|mein|mich|je|suis|soy|mi)\b")


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer, looked over as every answer is here; and what it took."""

    text: str
    seconds: float
    prompt_tokens: int
    tokens: int


async def speak(where: Settings, key: str, prompt: str) -> Spoken:
    """Have a contestant answer. Raises ChatTrouble, also where another would have answered in its name."""
    found = contestants.talker(where, key)
    if found is None:
        raise ChatTrouble("One of the two is not here any more.", again=False)
    talker, adapter = found
    request = ChatRequest(
        messages=[Message(role="system", content=prompts.in_force("chat").words), Message(role="user", content=prompt)],
        max_tokens=ANSWER_TOKENS, temperature=TEMPERATURE,
    )  # fmt: skip
    if talker.ours:
        request.frequency_penalty = AGAINST_LOOPS
    words, finished, began = "", Finished("stop", 0, 0, 0.0), time.monotonic()
    async with aclosing(chat.talk_at(request, [talker], adapter)) as said:
        async for one in said:
            if isinstance(one, Begun) and one.adapter != adapter:
                raise ChatTrouble("One of the two is not at hand.", again=True)
            if isinstance(one, Words):
                words += one.text
                if talker.ours and quoting.repeats(words) >= REPEATS_MAX:
                    break
            elif isinstance(one, Finished):
                finished = one
    text = quoting.checked(quoting.once(words) if talker.ours else words, Sources(quoting.links_of(prompt))).strip()
    if not text:
        raise ChatTrouble("One of the two said nothing.", again=True)
    used = finished.prompt_tokens or chat.guessed(prompt), finished.tokens or chat.guessed(words)
    return Spoken(text, time.monotonic() - began, *used)


def names_itself(text: str, names: tuple[str, ...], prompt: str) -> bool:
    """Whether an answer says who may have given it: by a contestant's name anywhere, or by one that such models are known by where it speaks of
    itself. What the prompt names gives nothing away."""
    telling = {word for name in names for word in _words(name)} - _ANYBODYS
    told = _words(text) & telling
    for sentence in re.split(r"(?<=[.!?\n])\s+", text):
        if _MYSELF.search(sentence):
            told |= _words(sentence) & _MAKERS
    return bool(told - _words(prompt))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
