"""For You without the house around it: what a page and an act cost with ten thousand, a hundred thousand and a million active posts:
`python -m bench.feed`."""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

from bench.report import Table
from bowerbird.feed import asked, for_you, why
from bowerbird.feed.acts import Act
from bowerbird.feed.catalogue import DIMENSIONS, Item
from bowerbird.feed.features import NAMES
from bowerbird.feed.learner import Learner
from bowerbird.feed.readers import Ties

SIZES = (10_000, 100_000, 1_000_000)
TARGET_MS = {10_000: 8.0, 100_000: 8.0, 1_000_000: 20.0}
EVENTS_TARGET, MEMORY_TARGET_MB = 20_000, 1_024
THEMES, AUTHORS, PEOPLE, PAGES = 60, 5_000, 2_000, 40
NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000


def filled(size: int) -> Learner:
    """A learner with `size` posts of THEMES themes, the last of them a minute old."""
    chance = np.random.default_rng(0)
    middles = chance.normal(size=(THEMES, DIMENSIONS)).astype(np.float32)
    learner = Learner()
    for start in range(0, size, 50_000):
        theme = np.arange(start, min(size, start + 50_000)) % THEMES
        vectors = middles[theme] + 0.8 * chance.normal(size=(len(theme), DIMENSIONS)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for number, vector in enumerate(vectors, start):
            born_ms = NOW_MS - 60_000 - (size - number) * (7 * DAY_MS // size)
            learner.add(
                Item(
                    id=10_000 + number, author_id=10 + number % AUTHORS, born_ms=born_ms, vector=vector, pictures=1,
                    topics=frozenset((f"theme {number % THEMES}",)),
                )
            )  # fmt: skip
    return learner


def happened(size: int, pages: int, seed: int = 1) -> list[Act]:
    """Pages of twenty that people of one taste each were shown, and what they did: about five acts a page."""
    chance = np.random.default_rng(seed)
    acts: list[Act] = []
    for number in range(pages):
        person, at_ms = 1 + number % PEOPLE, NOW_MS - DAY_MS + number * (DAY_MS // pages)
        shown = tuple(int(row) for row in 10_000 + chance.integers(max(0, size - 50_000), size, 20))
        acts.append(Act(len(acts) + 1, "served", person, at_ms, served=shown, slate_id=len(acts) + 1))
        for post_id in shown:
            drawn = chance.random()
            if post_id % THEMES == person % THEMES or drawn < 0.25:
                kind = "like" if drawn < 0.08 else "dwell" if drawn < 0.2 else "open"
                acts.append(Act(len(acts) + 1, kind, person, at_ms + 1_000 + len(acts) % 1_000, post_id, seconds=6.0))
    return acts


def floor_ms(learner: Learner) -> float:
    """How long it takes to read every vector once: what an exact search cannot be faster than. The best of five."""
    vectors = learner.catalogue.vectors[: learner.catalogue.size]
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        vectors.sum(dtype=np.float32)
        best = min(best, time.perf_counter() - began)
    return best * 1000


def measured(size: int) -> dict[str, object]:
    """Everything of one size, in this process."""
    learner = filled(size)
    acts = happened(size, 4_000)
    features = {
        one.slate_id: np.random.default_rng(7).random((20, len(NAMES)), np.float32) for one in acts if one.kind == "served"
    }
    learner.lessons.features = features
    began = time.process_time()
    for act in acts:
        learner.take(act)
    took = time.process_time() - began
    shown = sum(len(act.served) for act in acts)
    began = time.process_time()
    steps = learner.lessons.teach(NOW_MS)
    taught = time.process_time() - began
    pipeline = for_you.pipeline()
    spent: list[float] = []
    stages: dict[str, list[float]] = {}
    firsts: list[float] = []
    for number in range(PAGES):
        person = learner.person(1 + number * 7)
        ties = Ties(follows=frozenset(range(10 + number, 60 + number)))
        for times, again in ((firsts, False), (spent, True)):
            if again:  # a page after an act, as somebody scrolls
                learner.take(Act(10**9 + number, "like", person.id, NOW_MS, 10_000 + size - 1 - number * 61))
            began = time.process_time()
            ask = asked.of(learner, person, NOW_MS + number * 300, limit=20, seed=number, ties=ties)
            placed, _ = pipeline.run(ask)
            why.reasons(ask, placed)
            times.append((time.process_time() - began) * 1000)
        for name, ms in pipeline.spent_ms.items():
            stages.setdefault(name, []).append(ms)
    return {
        "size": size, "first_ms": statistics.median(firsts), "page_ms": statistics.median(spent),
        "page_95_ms": sorted(spent)[int(len(spent) * 0.95)], "floor_ms": floor_ms(learner),
        "stages": {name: statistics.median(times) for name, times in stages.items()}, "acts": len(acts), "shown": shown, "took_s": took,
        "steps": steps, "taught_s": taught, "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "interests": statistics.mean(len(learner.person(1 + n * 7).taste(learner.catalogue).interests) for n in range(PAGES)),
    }  # fmt: skip


def run() -> list[Table]:
    """Each size in a process of its own, so that its memory is its own."""
    pages = Table(
        "For You: CPU-ms of a page of 20", ["active posts", "first page", "after a like", "95 %", "target", "all vectors", "slowest stages", "MB"]
    )  # fmt: skip
    learning = Table(
        "For You: what an event costs the learner", ["active posts", "events/s (≥ 20,000)", "acts/s", "steps/s of the heads", "s per million"]
    )  # fmt: skip
    for size in SIZES:
        alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # as `bowerbird feed` runs
        done = subprocess.run(
            [sys.executable, "-m", "bench.feed", "--size", str(size)], capture_output=True, text=True, check=True, env=alone
        )
        told = json.loads(done.stdout.splitlines()[-1])
        slowest = sorted(told["stages"].items(), key=lambda one: -one[1])[:4]
        pages.add(
            f"{size:,}", f"{told['first_ms']:.1f}", f"{told['page_ms']:.1f}", f"{told['page_95_ms']:.1f}",
            f"≤ {TARGET_MS[size]:.0f}", f"{told['floor_ms']:.1f}",
            ", ".join(f"{name} {ms:.1f}" for name, ms in slowest), f"{told['memory_mb']:.0f}",
        )  # fmt: skip
        events = told["acts"] + told["shown"]
        seconds = told["took_s"] + told["taught_s"]
        learning.add(
            f"{size:,}", f"{events / seconds:,.0f}", f"{told['acts'] / told['took_s']:,.0f}", f"{told['steps'] / max(told['taught_s'], 1e-9):,.0f}",
            f"{1e6 * seconds / events:.0f}",
        )  # fmt: skip
    pages.note = (
        f"{PAGES} people with about four interests and fifty people they follow each; everything of a page but the database and the way there: "
        f"sources, filters, {len(NAMES)} features of some hundred candidates, eight heads, layout, reasons in words. Memory of the whole process "
        f"(aim: {MEMORY_TARGET_MB} MB with a million)."
    )  # fmt: skip
    learning.note = (
        "An event is a shown post or an act; counts, neighbours, people and the heads’ steps together, one core, no database."
    )
    return [pages, learning]


if __name__ == "__main__":
    parse = argparse.ArgumentParser(prog="python -m bench.feed")
    parse.add_argument("--size", type=int, help="one size, as JSON")
    given = parse.parse_args()
    if given.size:
        print(json.dumps(measured(given.size)))
    else:
        for one in run():
            print(one.text())
