"""The closed classes: words that name a world, an hour, a weather, a medium, a colour, a place, a pose.

The tables are in words/lexicon.toml. Nouns are not there: they are found in the drawings' index.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, cast

from bowerbird.inference.runner.illustrator.words import listed, table

Kind = Literal[
    "world", "time", "weather", "season", "mood", "medium", "composition", "size", "number", "pose", "relation", "place",
    "negation", "determiner", "separator", "measure", "noise", "palette", "colour", "reset", "perch",
]  # fmt: skip


class Entry(NamedTuple):
    """What a phrase means. `value` is one of scene.py's words for that kind, or empty."""

    kind: Kind
    value: str


COLOURS: dict[str, str] = table("colours")["colours"]  # word → "#rrggbb"
PALETTES: dict[str, list[str]] = table("colours")["palettes"]


@lru_cache(1)
def phrases() -> dict[tuple[str, ...], Entry]:
    """Every closed-class phrase as a tuple of words → what it means. Earlier tables win where two claim a phrase."""
    out: dict[tuple[str, ...], Entry] = {}
    tables = {name: values for name, values in table("lexicon").items() if name != "other"}
    for kind, values in tables.items():
        for value, text in values.items():
            for phrase in listed(text):
                out.setdefault(tuple(phrase.split()), Entry(cast(Kind, kind), value))
    for colour in COLOURS:
        out.setdefault(tuple(colour.split()), Entry("colour", colour))
    for kind, text in table("lexicon")["other"].items():
        for phrase in listed(text):
            out.setdefault(tuple(phrase.split()), Entry(cast(Kind, kind), ""))
    return out
