"""What a post is about, by a written vocabulary (topics.toml): tags made when it comes in, exact enough to be filtered by.

A topic comes with all that it belongs to (a spider is an arachnid, and an animal). A hashtag the vocabulary does not have is a topic of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bowerbird.feed import vocabulary
from bowerbird.feed.vocabulary import TEXT_LENGTH_MAX, WORD, plain, single

TAGS_MAX, TAG_LENGTH_MAX = 30, 60
WEAK_WORDS_MIN = 2  # different ones, before words that may mean anything count
_BETWEEN = re.compile(
    r"(?:a|an|and|any|are|as|at|be|by|for|from|he|her|his|i|in|is|it|its|like|me|more|my|of|on|or|our|she|some|that|the|their|them|these|they|"
    r"this|those|to|us|very|was|we|where|which|who|with|without|you|your)"
)


def of(words: str, tags: Iterable[str] = ()) -> frozenset[str]:
    """The topics of a post, from everything it says (text, description of the picture, prompt) and its hashtags without the #."""
    known = vocabulary.known()
    sure, weak = known.read(vocabulary.words_of(words))
    for topic, said in weak.items():
        if len(said) >= WEAK_WORDS_MIN:
            sure.add(topic)
    found = set[str]().union(*[known.above[topic] for topic in sure])
    for tag in list(tags)[:TAGS_MAX]:
        for topic in _of_tag(tag):
            found |= known.above.get(topic, {topic})
    return frozenset(found)


def named(words: str) -> frozenset[str]:
    """The topics somebody names in a wish: those of the vocabulary without what they belong to, else the words as one hashtag; none for no words."""
    said = vocabulary.words_of(words)
    if words.strip().startswith("#") and len(said) == 1:
        return _of_tag(said[0])
    sure, weak = vocabulary.known().read(said)
    if found := sure | set(weak):
        return frozenset(topic for topic in found if not any(topic in above(other) for other in found - {topic}))
    whole = "".join(said)
    return _of_tag(whole) if whole else frozenset()


def places(words: str) -> list[tuple[int, int, frozenset[str]]]:
    """(from, to, topics) of everything in the words that names one."""
    found = [(match.start(), match.end(), plain(match[0])) for match in WORD.finditer(words[:TEXT_LENGTH_MAX])]
    known, spans, at = vocabulary.known(), list[tuple[int, int, frozenset[str]]](), 0
    while at < len(found):
        size = 1
        for longer in (*known.sizes.get(found[at][2], ()), 1):
            sign = known.signs.get(" ".join(word for _, _, word in found[at : at + longer]))
            if sign:
                size = sign.size
                if meant := sign.topics | sign.weak:
                    spans.append((found[at][0], found[at + size - 1][1], meant))
                break
        at += size
    return spans


def strange(words: str) -> list[str]:
    """The words that name no topic, without those that only hold others together."""
    named_at = places(words)
    return [
        match[0]
        for match in WORD.finditer(words[:TEXT_LENGTH_MAX])
        if not _BETWEEN.fullmatch(plain(match[0])) and not any(start <= match.start() < end for start, end, _ in named_at)
    ]


def label(topic: str) -> str:
    """A topic as it is said to people: "science_fiction" → "science fiction"."""
    return topic if topic.startswith("#") else topic.replace("_", " ")


def above(topic: str) -> frozenset[str]:
    """A topic and all that it is a kind of."""
    return vocabulary.known().above.get(topic, frozenset({topic}))


def exists(topic: str) -> bool:
    """Whether it is one of the vocabulary."""
    return topic in vocabulary.known().above


def _of_tag(tag: str) -> frozenset[str]:
    """The topics of a hashtag: as a word, as words written as one, or itself."""
    key = plain(tag).replace("_", "")[:TAG_LENGTH_MAX]
    if not key:
        return frozenset()
    sign = vocabulary.known().signs.get(key)
    if sign and (meant := sign.topics | sign.weak):
        return meant
    return frozenset({f"#{single(key)}"})
