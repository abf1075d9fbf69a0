"""The written vocabulary of topics (topics.toml): what each word or phrase stands for, and what each topic belongs to."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

WRITTEN = Path(__file__).with_name("topics.toml")
TEXT_LENGTH_MAX = 16_000
WORD = re.compile(r"[^\W_]+(?:&[^\W_]+)*")
_MARKS = re.compile(r"[\u0300-\u036f]+")
_SAME = frozenset(
    {"sheep", "deer", "fish", "series", "species", "news", "politics", "physics", "mathematics", "ethics", "comics"}
)
# ends in s, and is none of several
_ALONE = ("ss", "us", "is", "news", "ics")


@dataclass(frozen=True, slots=True)
class Sign:
    """What one or several words stand for. `weak`: for which topics they count only beside others."""

    size: int
    topics: frozenset[str]
    weak: frozenset[str] = frozenset()


@dataclass(slots=True)
class Vocabulary:
    """All topics with themselves and what they belong to, what words stand for, and how many words what begins with one may have."""

    above: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    signs: dict[str, Sign] = field(default_factory=dict[str, Sign])
    # of phrases by their first word, the longest first
    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])

    def read(self, words: Sequence[str]) -> tuple[set[str], dict[str, set[str]]]:
        """(topics surely meant, weak words by topic)."""
        sure, weak = set[str](), dict[str, set[str]]()
        signs, sizes = self.signs, self.sizes
        until = 0  # words before it are read
        for at, word in enumerate(words):
            if at < until:
                continue
            sign = signs.get(word)
            for size in sizes.get(word, ()):
                if found := signs.get(" ".join(words[at : at + size])):
                    sign = found
                    break
            if sign is not None:
                sure |= sign.topics
                for topic in sign.weak:
                    weak.setdefault(topic, set()).add(word)
                until = at + sign.size
        return sure, weak


def plain(text: str) -> str:
    """Lower case without accents: as words are compared."""
    text = text[:TEXT_LENGTH_MAX]
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text.replace("ß", "ss")).casefold())


def single(word: str) -> str:
    """An English plural as one of them, well enough to compare words by."""
    if len(word) < 4 or not word.endswith("s") or word in _SAME or word.endswith(_ALONE):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


@cache
def known() -> Vocabulary:
    """The written one, read once. A phrase may stand for several topics; what takes a phrase away wins."""
    written = tomllib.loads(WRITTEN.read_text("utf-8"))
    parents: dict[str, set[str]] = defaultdict(set)
    sure: dict[str, set[str]] = defaultdict(set)
    weak: dict[str, set[str]] = defaultdict(set)
    nothing = set[str]()
    for section, topics in written.items():
        for topic, said in topics.items():
            parents[topic] |= set[str]() if section == "*" else {section}
            listed = [part.strip() for part in said.split(",")]
            marked = {_key(part[1:]) for part in listed if part[:1] in "~-"}
            names = [topic.replace("_", " "), *listed] if _key(topic.replace("_", " ")) not in marked else listed
            for name in filter(None, names):
                into = nothing if name[0] == "-" else (weak if name[0] == "~" else sure)
                for phrase in _forms(_key(name.lstrip("~-"))):
                    if isinstance(into, set):
                        into.add(phrase)
                    else:
                        into[phrase].add(topic)
    return _built(parents, sure, weak, nothing)


def _built(parents: dict[str, set[str]], sure: dict[str, set[str]], weak: dict[str, set[str]], nothing: set[str]) -> Vocabulary:
    found, sizes = Vocabulary(above={topic: _above(topic, parents) for topic in parents}), defaultdict[str, set[int]](set)
    for phrase in {*sure, *weak, *nothing}:
        size = phrase.count(" ") + 1
        topics = frozenset(sure.get(phrase, ()))
        found.signs[phrase] = Sign(size, topics, frozenset(weak.get(phrase, ())) - topics)
        if size > 1:
            sizes[phrase.split(" ", 1)[0]].add(size)
        whole = phrase.replace(" ", "")
        if size > 1 and topics and whole not in sure and whole not in nothing:
            found.signs.setdefault(whole, Sign(1, topics))
    found.sizes = {first: tuple(sorted(of_it, reverse=True)) for first, of_it in sizes.items()}
    return found


def _above(topic: str, parents: dict[str, set[str]]) -> frozenset[str]:
    found, open_ = {topic}, [*parents[topic]]
    while open_:
        if (parent := open_.pop()) not in found:
            found.add(parent)
            open_ += parents.get(parent, ())
    return frozenset(found)


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return WORD.findall(plain(text).replace("'s ", " ").replace("’s ", " "))


def _key(name: str) -> str:
    return " ".join(words_of(name))


def _forms(phrase: str) -> tuple[str, ...]:
    """A phrase and its plural."""
    if not phrase:
        return ()
    if phrase.endswith("s") and not phrase.endswith("ss"):
        return (phrase,)
    if phrase.endswith("y") and phrase[-2:-1] not in "aeiou":
        return phrase, phrase[:-1] + "ies"
    return phrase, phrase + ("es" if phrase.endswith(("s", "x", "ch", "sh", "z")) else "s")
