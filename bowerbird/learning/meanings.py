"""The directions in which meanings here differ: `python -m bowerbird.learning.meanings` makes feed/projection.npy anew, out of texts that this
repository and its drawings hold themselves. Nobody's posts are in it."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from bowerbird.core.assets import built_dir
from bowerbird.feed.projection import FILE
from bowerbird.inference.runner.embedder import Embedder
from bowerbird.learning.ranker.projection import projection

PACKAGE = Path(__file__).parents[1]
FRAMES = (
    "{}",
    "a picture of {}",
    "{} at night",
    "I love {}",
    "tried {} in watercolour today",
    "what do you think of {}?",
    "no more {}",
    "{} in the snow",
)
BATCH = 64


def texts(seed: int = 0) -> list[str]:
    """A few thousand: things that are drawn here, topics people talk of, prompts and posts of the demonstration, in a few frames."""
    chance = random.Random(seed)
    drawings = json.loads((built_dir() / "drawings.json").read_text("utf-8"))
    vocabulary = tomllib.loads((PACKAGE / "feed" / "topics.toml").read_text("utf-8"))
    demo = tomllib.loads((PACKAGE / "demo.toml").read_text("utf-8"))
    names = sorted({str(name) for name in drawings["words"] if str(name).isascii() and len(str(name)) > 2})
    topics = sorted({topic for section in vocabulary.values() if isinstance(section, dict) for topic in section} - {"*"})
    said = list(demo["prompts"]) + [str(text) for key in demo for text in demo[key] if isinstance(text, str)]
    found = [chance.choice(FRAMES).format(name) for name in chance.sample(names, min(2_500, len(names)))]
    found += [frame.format(topic) for topic in topics for frame in chance.sample(FRAMES, 4)]
    return sorted(set(found + said))


def embedded(said: list[str]) -> NDArray[np.float32]:
    """[texts, 384]."""
    embedder = Embedder.load()
    pieces = [embedder.embed(said[start : start + BATCH]) for start in range(0, len(said), BATCH)]
    return np.concatenate(pieces).astype(np.float32)


@click.command()
@click.option("--seed", default=0, show_default=True)
def main(seed: int) -> None:
    """Make the matrix and say how much of the differences it keeps."""
    vectors = embedded(texts(seed))
    directions = projection(vectors - vectors.mean(axis=0)).astype(np.float32)
    middle = vectors.mean(axis=0) @ directions
    np.save(FILE, np.concatenate([directions, middle[None]]).astype(np.float16))
    centred = vectors - vectors.mean(axis=0)
    kept = float(((centred @ directions) ** 2).sum() / (centred**2).sum())
    click.echo(f"{len(vectors)} texts; 64 of 384 directions keep {kept:.0%} of how they differ: {FILE}")


if __name__ == "__main__":
    main()
