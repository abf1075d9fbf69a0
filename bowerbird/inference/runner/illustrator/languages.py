"""German, French, Spanish, Italian, Portuguese, Dutch and Russian: the small words around the nouns, as their English ones.

The nouns themselves come from the CLDR names in the drawings' index, a few everyday ones and the small words from
words/languages.toml. Japanese and Chinese are cut by longest known name (see lexer.py).
"""

from __future__ import annotations

from functools import lru_cache

from bowerbird.inference.runner.illustrator.lexicon import phrases
from bowerbird.inference.runner.illustrator.words import table

# English words so common that finding them means English, whatever else is there.
_ENGLISH: frozenset[str] = frozenset(table("languages")["english"]["common"].split())


@lru_cache(1)
def tables() -> dict[str, dict[str, str]]:
    """language → foreign word → English closed-class phrase, with every ending of the colours and sizes."""
    out = {language: _pairs(text) for language, text in table("languages")["small"].items()}
    for language, bent in table("languages")["bent"].items():
        for stem, meaning in zip(bent["stems"].split(), bent["meanings"].split(), strict=True):
            for form in stem.split("|"):
                for ending in bent["endings"].split():
                    out[language].setdefault(form + ending.removeprefix("-"), meaning)
    return out


def nouns(language: str) -> dict[str, str]:
    """Everyday foreign noun → the drawing's name."""
    return {word: name.replace("_", " ") for word, name in _pairs(table("languages")["nouns"].get(language, "")).items()}


def _pairs(text: str) -> dict[str, str]:
    return {word: meaning for word, _, meaning in (pair.partition("=") for pair in text.split())}


def detect(words: list[str], knows: dict[str, set[str]]) -> str | None:
    """The language of the small words and of the nouns in `knows` (language → its nouns); None for English.

    A language must explain more words than English does, and words that English has too ("an", "in", "winter") speak for
    no other language, so that "an owl in an oak" stays English.
    """
    english = sum(word in _ENGLISH for word in words)
    strange = [word for word in words if (word,) not in phrases()]
    scores = {
        language: sum((word in table) + (word in knows.get(language, set())) for word in strange)
        for language, table in tables().items()
    }
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] > max(english, 1 if len(words) > 1 else 0) and scores[best] > english else None


def translate(words: list[str], language: str) -> list[str]:
    """The closed-class words in English, everything else as it was."""
    table = tables()[language]
    return [part for word in words for part in table.get(word, word).split("_")]
