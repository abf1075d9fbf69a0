"""The drawings the Illustrator may use: some 4,000 openly licensed ones, found by name, synonym, language or meaning.

Set-up builds three files (see `drawings_build.py`): the index, the vectors of its names, and the SVG bodies end to end.
`python -m bowerbird.inference.runner.illustrator.drawings` builds them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from bowerbird.core.assets import built_dir

SPRITE_PX_MAX = 1536
SPRITES_CACHED_MAX = 96
PROBE_PX = 192  # resolution at which a drawing's true outline is measured
STAND_IN_MIN = 0.30  # cosine below which no drawing is near enough to stand in
SAME_MIN = 0.80  # cosine above which a neighbour counts as the thing itself: "bunny rabbit" and "rabbit"

Vectors = NDArray[np.float32]
Embed = Callable[[list[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing of one set. `id` is what recipes store: "noto:fox"; `source` is the package it came from."""

    id: str
    name: str
    keywords: tuple[str, ...]
    source: str
    licence: str


@dataclass(frozen=True, slots=True)
class Match:
    """The drawing for a word. `score` is 1.0 for a name, cosine otherwise; `exact` False means that it stands in."""

    drawing: Drawing
    score: float
    exact: bool


class Concept(msgspec.Struct, array_like=True):
    """A thing, drawn by one or more sets: `ids` maps set to (byte offset, byte length) in the bodies file."""

    name: str
    keywords: list[str]
    group: str  # person, animal, plant, food, place, vehicle, sky, object, symbol
    spans: dict[str, tuple[int, int]]


class IndexFile(msgspec.Struct):
    """What set-up writes and every process reads."""

    version: int
    sets: dict[str, tuple[str, str, str]]  # "noto" → (package, licence, author)
    concepts: list[Concept]
    words: dict[str, int]  # lower-case English word or emoji → concept
    rows: list[int]  # row of the vectors → concept
    stand_ins: dict[str, int]  # things no drawing shows → the concept that stands in
    foreign: dict[str, dict[str, int]]  # language → lower-case word → concept


class Index:
    """The loaded index: a few MB, SVG bodies are read from disk when drawn."""

    def __init__(self, folder: Path) -> None:
        names = folder / "drawings.json"
        if not names.is_file():
            raise FileNotFoundError(f"{names} is missing: run `make setup`")
        self.file = msgspec.json.decode(names.read_bytes(), type=IndexFile)
        self.vectors: NDArray[np.float32] = np.load(folder / "drawings.npy").astype(np.float32)
        self.bodies = folder / "drawings.svgs"
        self.rows = np.array(self.file.rows)
        self.by_id = {f"{kit}:{one.name}": at for at, one in enumerate(self.file.concepts) for kit in one.spans}
        self.phrase_words_max = min(5, max(len(word.split()) for word in (*self.file.words, *self.file.stand_ins)))

    def drawing(self, concept: int, wished: str | None = None) -> Drawing:
        """The drawing of a concept in the wished set, else in the first that has it: our own, then the one with most modelling."""
        one = self.file.concepts[concept]
        order = [*([wished] if wished else []), "bower", "noto", "fluent", "twemoji"]
        kit = next(kit for kit in order if kit in one.spans)
        source, licence, _ = self.file.sets[kit]
        return Drawing(f"{kit}:{one.name}", one.name, tuple(one.keywords), source, licence)

    def group(self, drawing_id: str) -> str:
        """What kind of thing: person, animal, plant, food, place, vehicle, sky, object, symbol."""
        at = self.by_id.get(drawing_id)
        return "object" if at is None else self.file.concepts[at].group

    def all(self) -> list[Drawing]:
        """Every drawing of every set."""
        return [self.drawing_of(name) for name in self.by_id]

    def drawing_of(self, drawing_id: str) -> Drawing:
        """The drawing of that id. Raises KeyError where there is none."""
        return self.drawing(self.by_id[drawing_id], drawing_id.partition(":")[0])


@lru_cache(1)
def index() -> Index:
    """The index, read once. Raises FileNotFoundError before set-up has run."""
    return Index(built_dir())


def named(word: str, language: str | None = None) -> int | None:
    """The concept of that name: in the given language, then English, then what stands in; "*" tries every language last."""
    file = index().file
    word = word.strip().lower()
    if language in file.foreign and word in file.foreign[language]:
        return file.foreign[language][word]
    if word in file.words:
        return file.words[word]
    if word in file.stand_ins:
        return file.stand_ins[word]
    if language == "*":
        return next((words[word] for words in file.foreign.values() if word in words), None)
    return None


def is_stand_in(word: str) -> bool:
    """Whether what `named` gives for the word is another thing than the word says."""
    file = index().file
    word = word.strip().lower()
    return word in file.stand_ins and word not in file.words


def is_english(word: str) -> bool:
    """Whether the word, or its last part, is an English name of ours."""
    words = index().file.words
    return word in words or word.rpartition(" ")[2] in words


def find(word: str, *, embed: Embed | None = None, group: str | None = None) -> Match | None:
    """The drawing for a word or phrase: by its name in any known language, else by meaning; None when nothing is near.

    `group` limits stand-ins to one kind of thing.
    """
    known = index()
    at = named(word, "*")
    if at is not None:
        exact = not is_stand_in(word)
        return Match(known.drawing(at), 1.0 if exact else SAME_MIN, exact)
    near = nearest(word, embed, group)
    if near is None or near[1] < STAND_IN_MIN:
        return None
    return Match(known.drawing(near[0]), near[1], near[1] >= SAME_MIN)


def nearest(word: str, embed: Embed | None = None, group: str | None = None) -> tuple[int, float] | None:
    """(concept, cosine) of the drawing nearest in meaning; None for a word without letters."""
    if not any(letter.isalpha() for letter in word):
        return None
    known = index()
    if embed is None:
        from bowerbird.inference.runner import embedder

        embed = embedder.shared().embed
    scores = known.vectors @ embed([word.lower()])[0]
    if group is not None:
        fits = np.array([one.group == group for one in known.file.concepts])[known.rows]
        scores = np.where(fits, scores, -1.0)
    best = int(np.argmax(scores))
    return int(known.rows[best]), float(scores[best])


@lru_cache(256)
def svg(drawing_id: str) -> str:
    """The drawing's SVG document. Raises KeyError for an unknown id."""
    known = index()
    start, length = known.file.concepts[known.by_id[drawing_id]].spans[drawing_id.partition(":")[0]]
    with known.bodies.open("rb") as bodies:
        bodies.seek(start)
        return bodies.read(length).decode()


@lru_cache(512)
def outline(drawing_id: str) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of what is really drawn, as shares 0..1 of the drawing's square."""
    alpha = _render(svg(drawing_id), PROBE_PX, PROBE_PX)[..., 3]
    rows, columns = np.where(alpha.max(1) > 0.02)[0], np.where(alpha.max(0) > 0.02)[0]
    if not len(rows):
        return 0.0, 0.0, 1.0, 1.0
    box = columns[0] / PROBE_PX, rows[0] / PROBE_PX, (columns[-1] + 1) / PROBE_PX, (rows[-1] + 1) / PROBE_PX
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


@lru_cache(SPRITES_CACHED_MAX)
def sprite(drawing_id: str, px: int) -> NDArray[np.float32]:
    """(h, w, 4) float32 0..1, straight alpha, sRGB, trimmed to its content, feet on the last row; max(h, w) == px.

    The array is shared by the cache and read-only: copy before writing. Raises KeyError for an unknown id.
    """
    if not 1 <= px <= SPRITE_PX_MAX:
        raise ValueError(f"a sprite is 1 to {SPRITE_PX_MAX} px, not {px}")
    left, top, right, bottom = outline(drawing_id)
    scale = px / max(right - left, bottom - top)
    width, height = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    document = svg(drawing_id)
    size = float(document.split('viewBox="0 0 ', 1)[1].split(" ", 1)[0])
    box = f'viewBox="{left * size:.3f} {top * size:.3f} {(right - left) * size:.3f} {(bottom - top) * size:.3f}"'
    pixels = _render(document.replace(f'viewBox="0 0 {size:g} {size:g}"', box, 1), width, height)
    pixels.setflags(write=False)
    return pixels


def _render(document: str, width: int, height: int) -> NDArray[np.float32]:
    png = bytes(resvg_py.svg_to_bytes(svg_string=document, width=width, height=height))
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(picture, np.float32) / 255.0


if __name__ == "__main__":
    from bowerbird.inference.runner.illustrator.drawings_build import build

    build()
