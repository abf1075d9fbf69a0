"""What fits with what: the worlds a thing lives in, the hours and colours of a mood. Used only for what nobody said."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bowerbird.inference.runner.illustrator import drawings
from bowerbird.inference.runner.illustrator.drawings import Embed
from bowerbird.inference.runner.illustrator.words import listed, table

_GROUP = {
    "person": ("meadow", "street", "room", "hills", "forest"), "animal": ("meadow", "forest", "hills", "plain"),
    "plant": ("garden", "meadow", "forest", "table"), "food": ("table", "plain"), "place": ("hills", "lake", "mountains"),
    "vehicle": ("street", "city", "hills"), "sky": ("sky", "hills", "lake", "mountains"), "object": ("table", "plain", "room"),
}  # fmt: skip
_COMPANY = {  # worlds that a world's guests do not mind either, so that the candidates can differ
    "underwater": ("underwater", "sea"), "sea": ("sea", "lake"), "lake": ("lake", "meadow"), "snow": ("snow", "mountains"),
    "forest": ("forest", "meadow"), "jungle": ("jungle", "forest"), "meadow": ("meadow", "hills"), "garden": ("garden", "meadow"),
    "dunes": ("dunes", "canyon"), "hills": ("hills", "meadow"), "street": ("street", "city"), "sky": ("sky", "hills"),
    "space": ("space", "aurora"), "room": ("room", "table"), "table": ("table", "room"), "city": ("city", "street"),
}  # fmt: skip
SCENIC = ("hills", "mountains", "dunes", "canyon", "sea", "lake", "forest", "meadow", "aurora", "snow", "sky", "garden")
SMALL = frozenset(listed(table("habitat")["things"]["small"]))
DRAWN_AS_MANY = frozenset(listed(table("habitat")["things"]["drawn_as_many"]))
DESCRIBED: dict[str, str] = table("habitat")["described"]
FELT: dict[str, str] = table("habitat")["felt"]

HOURS = {
    "calm": ("morning", "dawn", "dusk", "golden"),
    "joyful": ("day", "morning", "golden", "sunset"),
    "melancholy": ("dusk", "sunset", "dawn", "night"),
    "mysterious": ("night", "dusk", "dawn", "night"),
    "dramatic": ("sunset", "night", "golden", "dusk"),
    "dreamy": ("dawn", "sunset", "dusk", "golden"),
    "cosy": ("golden", "night", "dusk", "sunset"),
    "eerie": ("night", "dusk", "night", "dawn"),
    "neutral": ("day", "golden", "dusk", "morning", "sunset", "night"),
}
SKIES = {
    "calm": ("clear", "clear", "fog", "cloudy"),
    "joyful": ("clear", "clear", "wind", "clear"),
    "melancholy": ("cloudy", "rain", "fog", "clear"),
    "mysterious": ("fog", "clear", "fog", "cloudy"),
    "dramatic": ("cloudy", "wind", "storm", "clear"),
    "dreamy": ("clear", "fog", "clear", "cloudy"),
    "cosy": ("clear", "snow", "rain", "clear"),
    "eerie": ("fog", "cloudy", "fog", "clear"),
    "neutral": ("clear", "clear", "cloudy", "clear"),
}
COLOURS = {
    "calm": (("#dfe9e4", "#a9c5bf", "#6f9a9a", "#3d6470"), ("#f1e6d6", "#d9c3a5", "#9fb3a6", "#5d7f83")),
    "joyful": (("#ffd166", "#ef6f6c", "#43b6a0", "#3d7fc9"), ("#fde4a8", "#f79d65", "#e4572e", "#6ab2a5")),
    "melancholy": (("#c9d3df", "#8b9db5", "#566a86", "#2f3d57"), ("#d8cfd6", "#a08fa5", "#675a78", "#3a3550")),
    "mysterious": (("#b9a7d8", "#6d5ba8", "#37316f", "#171a3d"), ("#9fd6c8", "#3f8f8a", "#1f4f61", "#11253a")),
    "dramatic": (("#f6b042", "#d9572b", "#8a2335", "#2a1631"), ("#f2d8a7", "#c1502e", "#5b2333", "#1d1a2f")),
    "dreamy": (("#f9dbe4", "#cdb8ec", "#9cc4ec", "#7c84c9"), ("#ffe3d3", "#f6b6c1", "#b79ad6", "#7fa6dd")),
    "cosy": (("#f8e1b8", "#eaa55b", "#b9592f", "#5a2e23"), ("#f3d9bd", "#d98e62", "#8f4a3c", "#43302f")),
    "eerie": (("#b7c9a8", "#67806a", "#33463f", "#151d21"), ("#c2b4c9", "#6a5a78", "#362f46", "#16131f")),
    "neutral": (("#f2c879", "#d9825b", "#5f8f8b", "#2f4858"), ("#e9dcc3", "#a3b18a", "#588157", "#344e41"),
                ("#f7d9c4", "#e59c9c", "#8d7bb0", "#3d4a7a"), ("#dbeaf2", "#8fbcd4", "#4a86a8", "#274b6d")),
}  # fmt: skip


@lru_cache(1)
def _by_name() -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for worlds, text in table("habitat")["worlds"].items():
        for name in listed(text):
            out.setdefault(name, tuple(worlds.split()))
    return out


def is_known(noun: str) -> bool:
    """Whether the thing itself has a home here, whatever stands in for it."""
    return noun in _by_name()


def worlds_for(names: list[tuple[str, str]]) -> list[str]:
    """Worlds that suit all of these (name, group) best, best first; at least two, so that candidates can differ."""
    if not names:
        return list(SCENIC)
    score: dict[str, float] = {}
    for name, group in names:
        fits = _by_name().get(name, _GROUP.get(group, ("meadow", "hills")))
        for rank, world in enumerate(fits):
            score[world] = score.get(world, 0.0) + (1.0 - 0.2 * rank) * (1.5 if name in _by_name() else 1.0)
    ranked = sorted(score, key=lambda world: (-score[world], world))
    near = [world for world in ranked if score[world] >= 0.55 * score[ranked[0]]]
    return near if len(near) > 1 else [near[0], *[world for world in _COMPANY.get(near[0], ("plain",)) if world != near[0]]]


def world_felt(prompt: str, embed: Embed) -> tuple[str, float]:
    """The world nearest to the words in meaning, with its cosine."""
    return _nearest(prompt, tuple(DESCRIBED.items()), embed)


def mood_felt(prompt: str, embed: Embed) -> tuple[str, float]:
    """The mood nearest to the words in meaning, with its cosine."""
    return _nearest(prompt, tuple(FELT.items()), embed)


_described: dict[tuple[tuple[str, str], ...], NDArray[np.float32]] = {}


def _nearest(prompt: str, table: tuple[tuple[str, str], ...], embed: Embed) -> tuple[str, float]:
    if table not in _described:
        _described[table] = embed([text for _, text in table])
    scores = _described[table] @ _embedded(prompt, embed)
    best = int(np.argmax(scores))
    return table[best][0], float(scores[best])


_recent: dict[str, NDArray[np.float32]] = {}


def _embedded(text: str, embed: Embed) -> NDArray[np.float32]:
    """The vector of a text; a few hundred are remembered, as four candidates ask for the same."""
    if text not in _recent:
        if len(_recent) >= 256:
            _recent.pop(next(iter(_recent)))
        _recent[text] = embed([text])[0]
    return _recent[text]


def remembered(embed: Embed) -> Embed:
    """The same embedding with single texts remembered."""
    return lambda texts: np.stack([_embedded(text, embed) for text in texts]) if texts else embed(texts)


def kind(concept: int) -> tuple[str, str]:
    """(name, group) of a concept."""
    one = drawings.index().file.concepts[concept]
    return one.name, one.group
