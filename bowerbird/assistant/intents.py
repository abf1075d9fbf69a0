"""What a person wants, where the model cannot call tools itself: by their own slash command, else by the nearest of many examples."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bowerbird.core.errors import Unavailable
from bowerbird.inference import embeddings
from bowerbird.inference.embeddings import Vector

# a slash command and the tool that it is for; `talk` is none
COMMANDS = {
    "draw": "draw", "remix": "remix", "search": "search_posts", "explain": "read_thread", "summarise": "read_thread", "summarize": "read_thread",
    "trends": "trends", "who": "who_is", "post": "draft_post", "remember": "remember", "help": "help",
}  # fmt: skip
TOOLS = {"draw": "draw", "search": "search_posts", "trends": "trends", "draft": "draft_post", "help": "help"}
CLASSES = (*TOOLS, "talk")
TOPICS = 3  # that each phrase is read with
RIDGE = 0.6
CLEAR = 0.12  # by how much a tool must lead over talk
SAID_LENGTH_MAX = 400  # what is longer is talk
# the order is taken off before the rest goes to the tool
_LEAD = re.compile(
    r"^\s*(?:(?:please|hey|hi|hello|bower|ok|so|could|can|would|will|you|i'?d|i|would|like|want|to|for|me|us|now)[\s,]+)*"
    r"(?:draw|paint|make|generate|illustrate|create|show|search|find|look|write|draft|prepare|post|zeichne|male|dessine|dibuja|suche|cherche)"
    r"(?:\s+(?:for|me|us|up|mir|moi|something))*(?:\s+(?:an?|the|some|any)\s+(?:picture|image|drawing|painting|illustration|posts?|pictures|images|caption)"
    r"(?:\s+(?:of|about|with|on|that|to post about)\b)?"
    r"|\s+(?:pictures?|images?|posts?)\s+(?:of|about|with|on)\b)?\s*",
    re.IGNORECASE,
)
REMEMBER = re.compile(
    r"^\s*(?:please\s+)?(?:remember|merk dir|souviens-toi|recuerda)\s*(?:that|,|:|dass|que)?\s+(\S.{2,300})$",
    re.IGNORECASE | re.DOTALL,
)


ORDER = re.compile(
    r"^\s*(?:please[\s,]+)?(?:draw|paint|illustrate|zeichne|male|dessine|dibuja|disegna)\s+(?!attention\b|conclusion)\S",
    re.IGNORECASE,
)
QUESTION = re.compile(r"^\s*(?:how|why|what|which|when|is|are|should|wie|warum|comment|pourquoi|cómo|come)\b", re.IGNORECASE)
WHO = re.compile(r"^\s*(?:who(?:'s| is)|wer ist|qui est|quién es|chi è)\s+@?(\w{2,30})\s*[?!.]*\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Intent:
    """A tool ("" for talk), what to give it, and how that was found: "command", "meaning" or ""."""

    tool: str
    rest: str
    by: str = ""


def commanded(said: str) -> Intent | None:
    """The slash command at the start of what somebody said; None where there is none."""
    found = re.match(r"\s*/(\w{2,12})(?:\s+(.*))?$", said, re.DOTALL)
    if not found or found[1].lower() not in COMMANDS:
        return None
    return Intent(COMMANDS[found[1].lower()], (found[2] or "").strip(), "command")


async def of(said: str) -> Intent:
    """What is wanted. Talk where it is not clear, or while the model of meanings is away: then there are still the commands."""
    if found := commanded(said):
        return found
    if fact := REMEMBER.match(" ".join(said[:SAID_LENGTH_MAX].split())):
        return Intent("remember", fact[1].strip(), "meaning")
    if (name := WHO.match(said)) and name[1].lower() not in ("you", "this", "that", "he", "she", "it", "they", "there"):
        return Intent("who_is", name[1], "meaning")
    if len(said) > SAID_LENGTH_MAX:
        return Intent("", said)
    if ORDER.match(said):
        return Intent("draw", _LEAD.sub("", said, count=1).strip(" ?.!") or said, "meaning")
    try:
        weights = await learned()
        [meaning] = await embeddings.of([said], timeout_s=5)
    except Unavailable:
        return Intent("", said)
    scores = np.append(np.asarray(meaning), 1.0) @ weights
    name = CLASSES[int(scores.argmax())]
    if name == "talk" or scores.max() < scores[-1] + CLEAR:
        return Intent("", said)
    if name == "draw" and QUESTION.match(said):  # about drawing, not for a drawing
        return Intent("", said)
    rest = _LEAD.sub("", said, count=1).strip(" ?.!") or said
    return Intent(TOOLS[name], rest, "meaning")


_weights: Any = None  # (DIMENSIONS + 1, classes) float64, once this process has learned it


async def learned() -> Any:
    """A ridge regression from meanings to classes, each class weighing the same, learned in a moment from the written examples."""
    global _weights
    if _weights is None:
        said = [(phrase, place) for place, name in enumerate(CLASSES) for phrase in _phrases(name)]
        meanings = list[Vector]()
        for first in range(0, len(said), embeddings.TEXTS_MAX):
            meanings += await embeddings.of([phrase for phrase, _ in said[first : first + embeddings.TEXTS_MAX]])
        features = np.column_stack([np.asarray(meanings), np.ones(len(said))])
        places = np.asarray([place for _, place in said])
        fair = 1 / np.bincount(places)[places]
        wanted = np.eye(len(CLASSES))[places]
        weighed = features.T * fair
        _weights = np.linalg.solve(weighed @ features + RIDGE * 1e-2 * np.eye(features.shape[1]), weighed @ wanted)
    return _weights


def _phrases(name: str) -> list[str]:
    """The examples of a class, each with some of the topics, another some each time."""
    topics, found = _written()["topics"], list[str]()
    for number, phrase in enumerate(_written()[name]):
        wanted = [topics[(number * TOPICS + one) % len(topics)] for one in range(TOPICS)] if "{}" in phrase else [""]
        found += [phrase.format(topic) for topic in wanted]
    return found


@cache
def _written() -> dict[str, list[str]]:
    return tomllib.loads((Path(__file__).parent / "intents.toml").read_text("utf-8"))
