"""The drawings and the embedder, as set-up made them."""

from __future__ import annotations

import numpy as np
import pytest

from bowerbird.inference.runner.embedder import DIMENSIONS, Embedder, shared
from bowerbird.inference.runner.illustrator import drawings


def test_there_are_thousands_of_drawings_each_with_a_licence() -> None:
    every = drawings.index().all()
    assert len(every) > 2500
    assert {one.licence for one in every} <= {"Apache-2.0", "MIT", "CC-BY-4.0", "AGPL-3.0-or-later"}


@pytest.mark.parametrize(
    ("word", "name"),
    [("fox", "fox"), ("bunny", "rabbit"), ("Fuchs", "fox"), ("renard", "fox"), ("zorro", "fox"), ("volpe", "fox"), ("raposa", "fox"),
     ("猫", "cat"), ("🦊", "fox"), ("ladybug", "ladybird"), ("Baum", "tree")],
)  # fmt: skip
def test_names_synonyms_and_languages_find_the_drawing(word: str, name: str) -> None:
    match = drawings.find(word)
    assert match is not None
    assert match.exact
    assert name in match.drawing.name


def test_touchy_things_are_not_among_them() -> None:
    every = " ".join(one.name.lower() for one in drawings.index().all())
    for word in ("cigarette", "sword", "bomb", "pistol", "dagger", "mosque", "synagogue", "middle finger", "o'clock", "syringe"):
        assert word not in every


def test_a_thing_without_drawing_gets_a_stand_in_that_is_not_exact() -> None:
    match = drawings.find("okapi")
    assert match is not None
    assert (match.drawing.name, match.exact) == ("deer", False)


def test_words_without_letters_find_nothing() -> None:
    assert drawings.find("…?!") is None


@pytest.mark.parametrize("px", [1, 17, 256])
def test_a_sprite_fills_its_size_and_stands_on_its_last_row(px: int) -> None:
    match = drawings.find("deer")
    assert match is not None
    sprite = drawings.sprite(match.drawing.id, px)
    assert sprite.dtype == np.float32
    assert max(sprite.shape[:2]) == px
    assert sprite.min() >= 0
    assert sprite.max() <= 1
    if px > 16:
        assert sprite[-2:, :, 3].max() > 0.3
        assert sprite[:2, :, 3].max() > 0.1


def test_an_unknown_id_or_size_is_refused() -> None:
    with pytest.raises(KeyError):
        drawings.svg("noto:nothing of the kind")
    with pytest.raises(ValueError):
        drawings.sprite("noto:fox", 0)
    with pytest.raises(ValueError):
        drawings.sprite("noto:fox", 100_000)


def test_embeddings_are_unit_vectors_in_the_order_asked() -> None:
    texts = ["a fox", "", "a much longer sentence about a fox in a wood " * 9, "a vixen", "quarterly tax report"] * 9
    vectors = shared().embed(texts)
    assert vectors.shape == (45, DIMENSIONS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.allclose(vectors[:5], vectors[5:10], atol=2e-2)
    assert vectors[0] @ vectors[3] > vectors[0] @ vectors[4] + 0.2
    assert shared().embed([]).shape == (0, DIMENSIONS)


def test_the_embedder_says_what_is_missing(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOWERBIRD_ASSETS_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="make setup"):
        Embedder.load()
