"""How people say what they want of a feed: the verbs, and what is no topic: groups of people, origins, languages, what the house weighs."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bowerbird.feed.recipe import Head, Knob

Verb = Literal["more", "less", "never", "only", "back", "forget"]
HOW = {  # how much, said beside a verb: the strength of a wish
    "a bit": 0.5, "a tiny bit": 0.5, "a little bit": 0.5, "a little": 0.5, "slightly": 0.5, "somewhat": 0.5, "some": 1.0, "even": 1.0, "still": 1.0,
}  # fmt: skip
HOW_ELSE = 2.0
WEIGHTS = {
    "a lot more": 2.5, "much more": 2.5, "more": 1.5, "a bit more": 1.25, "a bit less": 0.75, "less": 0.5, "a lot less": 0.25, "much less": 0.25,
    "nothing": 0.0, "double": 2.0, "twice": 2.0,
}  # fmt: skip
SAID_OF: dict[Knob, str] = {
    "people_i_follow": "from people you follow", "people_i_talk_with": "from people you talk with", "new_people": "from new people",
    "popular": "of what is popular", "fresh": "of what is new",
}  # fmt: skip
DIALS = {  # what the dial between made by people and generated is set to, and how that is said
    -1.0: "Only what is not known to be generated",
    -0.75: "Much more made by people, less generated",
    -0.5: "More made by people, less generated",
    -0.25: "A little more made by people, less generated",
    0.0: "Made by people or generated, both alike",
    0.25: "A little more generated, less made by people",
    0.5: "More generated, less made by people",
    0.75: "Much more generated, less made by people",
    1.0: "Only what was generated",
}
_HEADS: tuple[tuple[str, Head], ...] = (
    ("remix", "remix"), ("repl", "reply"), ("answer", "reply"), ("comment", "reply"), ("follow", "follow"), ("share", "share"), ("boost", "share"),
    ("repost", "share"), ("hide", "hide"), ("report", "report"), ("dwell", "dwell"), ("time", "dwell"), ("like", "like"),
)  # fmt: skip
_WRITTEN: dict[str, Any] = tomllib.loads(Path(__file__).with_name("phrasebook.toml").read_text("utf-8"))
LANGUAGES: dict[str, str] = _WRITTEN["languages"]
LANGUAGE_NAMES = {code: name.title() for name, code in LANGUAGES.items()}


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a verb is said, with `object` for what it is about and `how` for how much. `strength` where it says that itself."""

    verb: Verb
    words: re.Pattern[str]
    strength: float | None = None


@dataclass(frozen=True, slots=True)
class KnobWords:
    """What a knob is called. `turned`: more of it means less of the knob."""

    knob: Knob
    turned: bool
    words: re.Pattern[str]


def _pattern(words: str) -> re.Pattern[str]:
    parts = {**_WRITTEN["parts"], "languages": "|".join(LANGUAGES)}
    for _ in range(2):  # parts may hold parts
        for name, part in parts.items():
            words = words.replace(f"{{{name}}}", part)
    first = re.compile(words, re.IGNORECASE)
    assert first.groups == len(first.groupindex), words
    return first


def _whole(name: str) -> re.Pattern[str]:
    return _pattern(rf"^(?:{_WRITTEN[name]})$")


POLITE, AFTER = _pattern(rf"^{_WRITTEN['polite']}"), _pattern(rf"{_WRITTEN['after']}$")
EXCEPT = _pattern(rf"\b{_WRITTEN['except']}\b")
RESET, GENERATED, BY_HAND, SENSITIVE = _whole("reset"), _whole("generated"), _whole("by_hand"), _whole("sensitive")
IN_LANGUAGE, ANY_LANGUAGE, WEIGHS = _whole("in_language"), _whole("any_language"), _whole("weighs")
NAMED = _pattern(_WRITTEN["named"])
BEGINS = tuple(
    Pattern(one["verb"], _pattern(rf"^(?:{one['words']})\b{{of}} ?(?P<object>.*)$"), one.get("strength"))
    for one in _WRITTEN["begins"]
)
ENDS = tuple(Pattern(one["verb"], _pattern(rf"^(?:{one['words']})$")) for one in _WRITTEN["ends"])
KNOBS = tuple(
    KnobWords(
        one["knob"],
        one.get("turned", False),
        _pattern(
            rf"\b(?:(?:posts?|pictures?|things?|stuff) )?(?:(?:from|by|of|that is|that are|which is) )?(?:the |those |my )?(?:{one['words']})\b"
        ),
    )
    for one in _WRITTEN["knobs"]
)
_LEAD, _TRAIL = _pattern(rf"^{_WRITTEN['lead']}"), _pattern(rf"{_WRITTEN['trail']}$")


def bare(object_: str) -> str:
    """What is wished for without what only stands around it: "the sea too, please" → "sea"."""
    object_ = AFTER.sub("", object_.strip(" \t\n.,:;!?-–—\"'“”()")).strip()
    return _LEAD.sub("", object_)


def without_kind(object_: str) -> str:
    """The same without "pictures" after it."""
    return _TRAIL.sub("", object_) or object_


def head(name: str) -> Head:
    """The head that a word for it means."""
    return next(head for begins, head in _HEADS if name.lower().startswith(begins))
