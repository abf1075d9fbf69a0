"""How well the Painter paints, in figures and in pictures: docs/pictures.md and its sheets, by one command.

`python -m bowerbird.learning.pictures.evaluate [--material FOLDER]` paints the 200 written prompts of prompts.csv with 2 seeds each, has the judge
say what it sees (it learned from held-out Illustrator scenes only), and puts the Illustrator's own pictures of the same facts beside them."""

from __future__ import annotations

import argparse
import csv
import resource
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bowerbird.inference.runner import eye, painter
from bowerbird.inference.wire import Wishes
from bowerbird.learning.pictures import sheets
from bowerbird.learning.pictures.material import HELD_OUT_SEED, Dataset, taught
from bowerbird.learning.pictures.words import COLOURS, HELD_OUT, MEDIA, RELATIONS, SUBJECTS, WORLDS, Facts, One

PROMPTS = Path(__file__).with_name("prompts.csv")
DOCS = Path(__file__).resolve().parents[3] / "docs"
SEEDS = (11, 22)  # chosen before anything was trained
QUESTIONS = ("subject", "colour", "count", "second subject", "relation", "world", "medium")

Small = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Written:
    """A prompt as somebody might write it, and what must be in its picture."""

    prompt: str
    facts: Facts


def written() -> list[Written]:
    """The 200 prompts."""
    with PROMPTS.open(newline="") as file:
        return [Written(row["prompt"], _facts(row)) for row in csv.DictReader(file)]


def _facts(row: dict[str, str]) -> Facts:
    subjects = [One(row["noun"], int(row["count"]), row["colour"] or None)]
    if row["second"]:
        subjects.append(One(row["second"]))
    return Facts(tuple(subjects), row["world"], row["time"], row["medium"], row["relation"] or None)


@dataclass(frozen=True, slots=True)
class Painted:
    """All pictures of a run: uint8 (n, 64, 64, 3), prompt by prompt and seed by seed, and what they cost."""

    pictures: Small
    cpu_s: float
    wall_s: float


def paint(prompts: list[Written], own_words: bool) -> Painted:
    """The Painter's pictures, before they are enlarged; `own_words`: the prompt as it stands, not as the house reads it."""
    it = painter.shared()
    made: list[Small] = []
    cpu, wall = time.process_time(), time.perf_counter()
    for one in prompts:
        for seed in SEEDS:
            said = it.knowledge.read(one.prompt, seed, Wishes(style=one.facts.medium))
            words = f"{one.prompt}, {MEDIA[one.facts.medium][0]}" if own_words else said.words
            *_, last = it.steps(words, seed)
            made.append(painter.as_bytes(last))
    return Painted(np.stack(made), time.process_time() - cpu, time.perf_counter() - wall)


def teacher(prompts: list[Written]) -> Painted:
    """The Illustrator's pictures of the same facts, made small: what could be reached at best."""
    made: list[Small] = []
    cpu, wall = time.process_time(), time.perf_counter()
    for number, one in enumerate(prompts):
        for seed in SEEDS:
            picture = taught(one.facts, HELD_OUT_SEED + 7919 * number + seed)
            made.append(np.zeros((64, 64, 3), np.uint8) if picture is None else eye.seen(Image.fromarray(picture)))
    return Painted(np.stack(made), time.process_time() - cpu, time.perf_counter() - wall)


def recognised(prompts: list[Written], pictures: Small) -> tuple[dict[str, tuple[int, int]], NDArray[np.bool_]]:
    """For each question how many of how many the judge answers as the prompt says, and picture by picture whether subject and world are right."""
    _, seen = eye.shared().look(pictures)
    right: dict[str, list[bool]] = {name: [] for name in QUESTIONS}
    both: list[bool] = []
    nouns, worlds = tuple(SUBJECTS), tuple(WORLDS)
    for number in range(len(pictures)):
        facts = prompts[number // len(SEEDS)].facts
        first = facts.subjects[0]
        right["subject"].append(nouns[seen["first"][number]] == first.noun)
        right["world"].append(worlds[seen["world"][number]] == facts.world)
        right["medium"].append(tuple(MEDIA)[seen["medium"][number]] == facts.medium)
        both.append(right["subject"][-1] and right["world"][-1])
        if first.colour:
            right["colour"].append(seen["colour"][number] == COLOURS.index(first.colour))
        if facts.relation is None:
            right["count"].append(seen["count"][number] == first.count - 1)
        else:
            second = int(seen["second"][number])
            right["second subject"].append(second < len(nouns) and nouns[second] == facts.subjects[1].noun)
            right["relation"].append(("none", *RELATIONS)[seen["relation"][number]] == facts.relation)
    return {name: (sum(each), len(each)) for name, each in right.items()}, np.array(both)


def distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """The Fréchet distance of two sets of features (n, 64), as in FID (Heusel et al. 2017) but on the judge's features, × 1000."""
    mean = float(((a.mean(0) - b.mean(0)) ** 2).sum())
    first, second = (np.cov(each.astype(np.float64), rowvar=False) for each in (a, b))
    values = np.linalg.eigvals(first @ second)
    return 1000 * (mean + float(np.trace(first) + np.trace(second) - 2 * np.sqrt(np.maximum(values.real, 0)).sum()))


def apart(features: NDArray[np.float32]) -> tuple[float, float]:
    """How far the two seeds of a prompt lie apart: the mean and the least cosine distance."""
    pairs = features.reshape(-1, len(SEEDS), features.shape[1])
    away = 1 - (pairs[:, 0] * pairs[:, 1]).sum(1)
    return float(away.mean()), float(away.min())


def nearest(features: NDArray[np.float32], material: Dataset) -> NDArray[np.int64]:
    """For each picture the number of the training picture that is most like it."""
    theirs, _ = eye.shared().look(material.small)
    return (features @ theirs.T).argmax(1)


def main() -> None:
    """Measure, and write the table and the sheets."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--material", type=Path, help="the training material, to show the nearest picture in it")
    asked.add_argument("--first", type=int, default=None, help="only so many prompts, and nothing is written")
    given = asked.parse_args()
    prompts = written()[: given.first]
    ours, free, best = paint(prompts, own_words=False), paint(prompts, own_words=True), teacher(prompts)
    columns = {"Painter": ours, "Painter, words as they stand": free, "Illustrator, made small": best}
    scores = {name: recognised(prompts, one.pictures) for name, one in columns.items()}
    features = {name: eye.shared().look(one.pictures)[0] for name, one in columns.items()}
    target = features["Illustrator, made small"]
    unseen = np.repeat([bool(one.facts.pairs & HELD_OUT) for one in prompts], len(SEEDS))
    rows = [
        [question, *(f"{right[question][0]} of {right[question][1]}" for right, _ in scores.values())] for question in QUESTIONS
    ]
    rows.append(
        [
            "subject and world, pairs never seen together",
            *(f"{both[unseen].sum()} of {unseen.sum()}" for _, both in scores.values()),
        ]
    )
    rows.append(
        ["distance to the Illustrator (FID-like, × 1000)", *(f"{distance(each, target):.1f}" for each in features.values())]
    )
    rows.append(["two seeds apart: mean, least (cosine)", *("{:.3f}, {:.3f}".format(*apart(each)) for each in features.values())])
    rows.append(
        ["CPU-seconds a picture, before it is enlarged", *(f"{one.cpu_s / len(one.pictures):.2f}" for one in columns.values())]
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    measured = f"{sheets.table(['', *columns], rows)}\n\nPeak memory of the whole measurement: {peak:.0f} MB."
    print(measured)
    if given.first is None:
        material = Dataset.of_folder(given.material) if given.material else None
        near = (material, nearest(features["Painter"][: 2 * sheets.NEAREST], material)) if material else None
        sheets.write(DOCS, prompts, ours.pictures, best.pictures, near, measured)


if __name__ == "__main__":
    main()
