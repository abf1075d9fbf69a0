"""Teach and measure the head that says what words are about: `python -m bowerbird.learning.safety.words`.

A logistic regression for each category on MiniLM embeddings of written examples, by Newton's method with a ridge. It writes
inference/weights/safety/words.json and prints precision and recall on the held-out list, as docs/safety.md shows them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bowerbird.inference.runner.embedder import MODEL_NAME, Embedder
from bowerbird.inference.runner.watcher import HEAD, Reader

HERE = Path(__file__).parent
CATEGORIES = ("sexual", "minor", "violence", "hate", "self_harm")
THRESHOLD = 0.5
RIDGE = 0.03
STEPS = 30
Matrix = NDArray[np.float64]
Examples = dict[str, list[str]]


def examples(name: str) -> Examples:
    """The written list of that name, by category; `plain` is none of them."""
    return tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))


def fitted(vectors: Matrix, right: NDArray[np.bool_]) -> tuple[Matrix, float]:
    """(weights, bias) of a logistic regression; both kinds of example weigh the same together."""
    rows = np.hstack([vectors, np.ones((len(vectors), 1))])
    weight = np.where(right, 0.5 / right.sum(), 0.5 / (~right).sum())
    ridge = np.diag([RIDGE / vectors.shape[1]] * vectors.shape[1] + [0.0])
    found = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        slope = rows.T @ (weight * (likely - right)) + ridge @ found
        bend = (rows * (weight * likely * (1 - likely))[:, None]).T @ rows + ridge + 1e-9 * np.eye(len(found))
        found -= np.linalg.solve(bend, slope)
    return found[:-1], float(found[-1])


def learn(embedder: Embedder, file: Path = HEAD) -> None:
    """Learn from the written examples and write the head."""
    written = examples("examples")
    texts = [(category, text) for category, all_ in written.items() for text in all_]
    vectors = np.vstack([embedder.embed([text]) for _, text in texts]).astype(
        np.float64
    )  # alone: company changes int8 activations
    heads = [fitted(vectors, np.array([about == category for about, _ in texts])) for category in CATEGORIES]
    file.parent.mkdir(parents=True, exist_ok=True)
    said = {
        "model": MODEL_NAME, "examples": len(texts), "categories": list(CATEGORIES),
        "weights": [[round(float(each), 4) for each in weights] for weights, _ in heads], "biases": [round(bias, 4) for _, bias in heads],
    }  # fmt: skip
    file.write_text(json.dumps(said, separators=(",", ":")) + "\n", "utf-8")


def measured(reader: Reader, thresholds: dict[str, float]) -> dict[str, dict[str, float]]:
    """Precision and recall of each category on the held-out list, and which plain prompts it takes for it."""
    held = examples("heldout")
    said = [(category, reader.read(text)) for category, all_ in held.items() for text in all_]
    found: dict[str, dict[str, float]] = {}
    for category in CATEGORIES:
        hits = [about for about, scores in said if scores[category] >= thresholds[category]]
        right = sum(about == category for about in hits)
        found[category] = {
            "precision": right / max(1, len(hits)), "recall": right / len(held[category]), "plain_taken_for_it": hits.count("plain"),
            "of": len(held[category]),
        }  # fmt: skip
    return found


def main() -> None:
    """Learn, write, measure, and say what was wrong."""
    embedder = Embedder.load()
    learn(embedder)
    reader = Reader(embedder)
    for category, figures in measured(reader, dict.fromkeys(CATEGORIES, THRESHOLD)).items():
        print(category, {name: round(value, 3) for name, value in figures.items()})
    for about, all_ in examples("heldout").items():
        for text in all_:
            scores = reader.read(text)
            over = {name: score for name, score in scores.items() if score >= THRESHOLD and name != about}
            if over or (about != "plain" and scores[about] < THRESHOLD):
                print(f"  {about}: “{text}” {over or scores[about]}")


if __name__ == "__main__":
    main()
