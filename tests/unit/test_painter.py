"""The Painter through the same door as the Illustrator: its own weights, its own words, bit-equal pictures."""

from __future__ import annotations

import base64
import io
import itertools
import json
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bowerbird.inference.runner import eye, painter
from bowerbird.inference.wire import COMPLETED, PARTIAL, ImageEvent, ImageRequest, Wishes


def drawn(prompt: str, seed: int = 5, side: int = 256, **wishes: object) -> list[ImageEvent]:
    request = ImageRequest(prompt=prompt, bower=Wishes(**wishes))  # type: ignore[arg-type]
    return list(painter.draw(request, side, side, seed, threading.Event()))


def pixels(events: list[ImageEvent]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(events[-1].b64_json))))


def test_the_weights_are_here_and_as_the_card_says() -> None:
    import hashlib

    assert painter.available()
    card = json.loads((painter.WEIGHTS / "card.json").read_text())
    for name, digest in card["files"].items():
        assert hashlib.sha256((painter.WEIGHTS / name).read_bytes()).hexdigest() == digest
    assert sum(file.stat().st_size for file in painter.WEIGHTS.iterdir()) < 60e6


def test_a_picture_comes_with_a_preview_from_every_step_and_its_recipe() -> None:
    events = drawn("a red fox in the snow at night", style="ink")
    assert [e.type for e in events] == [PARTIAL] * (painter.STEPS - 1) + [COMPLETED]
    assert [e.partial_image_index for e in events[:-1]] == list(range(painter.STEPS - 1))
    previews = [np.asarray(Image.open(io.BytesIO(base64.b64decode(e.b64_json))), np.float32) for e in events[:-1]]
    changes = [float(np.abs(a - b).mean()) for a, b in itertools.pairwise(previews)]
    assert all(change > 0.1 for change in changes), "each preview is the prediction of its own step"
    made = events[-1].bower
    assert made is not None
    assert made.recipe["painted_as"] == "a red fox in the snow at night, ink wash"
    assert made.recipe["engine"] == "Painter"
    assert made.recipe["model_hash"] == painter.model_hash()
    assert made.notes == []
    assert "fox" in made.alt
    assert pixels(events).shape == (256, 256, 3)


def test_the_same_request_gives_the_same_bytes_and_another_seed_another_picture() -> None:
    first, again, other = (drawn("a castle by a lake", seed) for seed in (7, 7, 8))
    assert first[-1].b64_json == again[-1].b64_json
    assert np.abs(pixels(first).astype(float) - pixels(other)).mean() > 5


def test_what_is_unwanted_pushes_the_picture_away() -> None:
    plain, pushed = drawn("a cat in a room by day"), drawn("a cat in a room by day", negative_prompt="a cat at night")
    assert np.abs(pixels(plain).astype(float) - pixels(pushed)).mean() > 1


def test_a_remix_keeps_as_much_of_its_parent_as_asked() -> None:
    parent = drawn("a castle in the desert by day", seed=3)
    image = base64.b64encode(_webp(pixels(parent))).decode()
    small = eye.seen(Image.fromarray(pixels(parent))).astype(float)
    away = []
    for strength in (0.0, 0.3, 0.6, 1.0):
        child = drawn("a castle in the snow at night", seed=9, image=image, strength=strength)
        away.append(np.abs(eye.seen(Image.fromarray(pixels(child))).astype(float) - small).mean())
    assert away[0] < 6, "strength 0 keeps it"
    assert away == sorted(away), f"the farther, the stronger: {away}"


def test_what_it_cannot_paint_is_said() -> None:
    made = drawn("four turquoise giraffes", style="oil")[-1].bower
    assert made is not None
    said = " ".join(made.notes)
    for word in ("giraffe", "counts to 3", "turquoise", "oil"):
        assert word in said


def test_other_languages_are_read_without_an_excuse() -> None:
    made = drawn("zwei rote Katzen am Strand bei Nacht")[-1].bower
    assert made is not None
    assert made.recipe["painted_as"].startswith("two red cats by the sea at night")
    assert made.notes == []


def test_wide_wishes_become_a_square_and_it_says_so() -> None:
    request = ImageRequest(prompt="a fox")
    *_, last = painter.draw(request, 480, 320, 1, threading.Event())
    assert pixels([last]).shape == (320, 320, 3)
    assert last.bower is not None
    assert any("square" in note for note in last.bower.notes)


def test_it_stops_when_told() -> None:
    stopped = threading.Event()
    events = painter.draw(ImageRequest(prompt="a fox"), 256, 256, 1, stopped)
    next(events)
    stopped.set()
    assert list(events) == []


@pytest.mark.parametrize("image", ["!!!", base64.b64encode(b"GIF89a").decode(), base64.b64encode(b"RIFF1234WEBP").decode()])
def test_a_broken_parent_is_refused_in_words(image: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        drawn("a fox", image=image)


@settings(max_examples=60, deadline=None)
@given(prompt=st.text(max_size=120), style=st.sampled_from(["", "ink", "oil", "nonsense"]))
def test_any_words_become_words_it_knows(prompt: str, style: str) -> None:
    knows = painter.shared().card["knows"]
    said = painter.shared().knowledge.read(prompt, 3, Wishes(style=style))
    assert any(noun in said.words for noun in knows["subjects"])
    assert said.medium in knows["media"]
    assert said.words.endswith(knows["media"][said.medium])


def _webp(image: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "WEBP", lossless=True)
    return out.getvalue()
