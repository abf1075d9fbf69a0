"""The observers and the rules over them: lists, the classifier on its held-out list, NudeNet, and what the published rules make of scores."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from bowerbird.core.errors import Invalid
from bowerbird.inference.runner import watcher
from bowerbird.inference.runner.embedder import shared
from bowerbird.inference.runner.watcher import Reader
from bowerbird.learning.safety import words as lesson
from bowerbird.moderation import likeness, policy, words


@pytest.mark.parametrize(
    "text",
    [
        "a naked woman", "n4k3d woman", "n u d e", "N.U.D.E girl", "ｎｕｄｅ", "пudе",
        "nu\u200bde", "a\u200bnude", "a p.o.r.n star", "p0rn", "n@ked", "NÜDE",
    ],
)  # fmt: skip
def test_the_lists_read_through_disguises(text: str) -> None:
    assert words.found(text).get("sexual") == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "breast of chicken with rosemary", "a naked mole rat", "great tits on a feeder",
        "a cock crowing", "sussex", "pussy willow in spring", "a piece of gore-tex", "a chink in the curtain",
        "a maine coon cat", "buddhist swastika on a temple", "toccata in d minor",
        "ursa minor", "a kid goat", "a baby seal", "a 25 year old man", "cowboys", "in 1889, 40 ships", "grapes of wrath",
        "scunthorpe", "a hot dog", "penistone station", "a big bang",
    ],
)  # fmt: skip
def test_the_lists_leave_alone_what_only_sounds_so(text: str) -> None:
    assert words.found(text) == {}


@pytest.mark.parametrize(
    "text", ["aged nine", "a 9yo", "12-year-old", "seventeen years old", "a 15 year old", "schoolgirls", "two toddlers"]
)
def test_an_age_is_read(text: str) -> None:
    assert words.found(text) == {"minor": 1.0}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert set(words.found(text)) <= set(words.lists())
    assert words.plain(words.plain(text)) == words.plain(text)


def test_the_classifier_keeps_what_its_card_says() -> None:
    """Precision and recall on the list it never learned from: docs/safety.md."""
    reader = Reader(shared())
    found = lesson.measured(reader, dict.fromkeys(lesson.CATEGORIES, lesson.THRESHOLD))
    for category in lesson.CATEGORIES:
        assert found[category]["recall"] >= 0.9, (category, found[category])
        assert found[category]["precision"] >= 0.7, (category, found[category])


def test_no_example_stands_in_both_lists() -> None:
    learned, held = lesson.examples("examples"), lesson.examples("heldout")
    assert not {text for all_ in learned.values() for text in all_} & {text for all_ in held.values() for text in all_}
    assert set(held) == set(learned) == {*lesson.CATEGORIES, "plain"}


def test_a_clause_cannot_hide_in_a_long_description() -> None:
    reader = Reader(shared())
    long = "a wide valley at dawn with mist over the river, birds above the reeds, a naked couple having sex on the bank, oil on canvas, warm light"
    assert reader.read(long)["sexual"] > 0.8
    assert reader.read(long.replace("a naked couple having sex on the bank", "two herons on the bank"))["sexual"] < 0.5


def test_the_pictures_observer_really_looks() -> None:
    """NudeNet's own weights: two shaded discs on a skin tone it takes for a bare breast, a gradient for nothing."""
    scene = Image.linear_gradient("L").resize((400, 300)).convert("RGB")
    assert watcher.picture(encoded(scene))["sexual"] < 0.3
    assert watcher.picture(encoded(discs()))["sexual"] > 0.6
    parts = watcher.parts(discs())
    assert max(parts, key=lambda label: parts[label]) == "FEMALE_BREAST_EXPOSED"
    assert set(parts) == set(watcher.LABELS)


def discs() -> Image.Image:
    """As much of a body as the observer needs to see one."""
    image = Image.new("RGB", (640, 640), (60, 70, 90))
    draw = ImageDraw.Draw(image)
    draw.rectangle((120, 0, 520, 640), fill=(224, 172, 140))
    for x in (180, 460):
        draw.ellipse((x - 156, 190, x + 156, 494), fill=(190, 146, 119))
        draw.ellipse((x - 150, 180, x + 150, 480), fill=(235, 180, 147))
        draw.ellipse((x - 35, 305, x + 35, 375), fill=(150, 85, 75))
        draw.ellipse((x - 11, 329, x + 11, 351), fill=(125, 65, 60))
    draw.line((320, 180, 320, 510), fill=(134, 103, 84), width=8)
    return image.filter(ImageFilter.GaussianBlur(8))


def test_what_is_no_small_picture_is_refused() -> None:
    with pytest.raises(Invalid):
        watcher.picture(b"GIF89a no")
    with pytest.raises(Invalid):
        watcher.picture(encoded(Image.new("RGB", (4000, 4000))))


def encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP")
    return out.getvalue()


def decided(stage: policy.Stage, engine: str = "endpoint", **scores: float) -> tuple[str, str] | None:
    found = policy.applying(stage, {name.replace("__", "."): score for name, score in scores.items()}, engine)
    return (found[0].rule.id, found[0].decision) if found and found[0].rule else None


def test_the_rules_decide() -> None:
    assert decided("words") is None
    assert decided("words", list__sexual=1) == ("sexual", "label")
    assert decided("words", list__sexual=1, list__minor=1) == ("minors", "refuse")
    assert decided("words", "illustrator", list__sexual=1, list__minor=1) == ("minors", "refuse")
    assert decided("words", text__sexual=0.7, text__minor=0.7) == ("minors", "hold")
    assert decided("words", list__minor=1) is None
    assert decided("words", list__minor=1, list__undressing=1) == ("minors", "refuse")
    assert decided("words", list__hate=1, list__sexual=1) == ("hate", "refuse")
    assert decided("words", text__hate=0.96) == ("hate", "hold")
    assert decided("words", likeness__named=1) == ("likeness", "refuse")
    assert decided("words", "illustrator", likeness__named=1) is None
    assert decided("words", "paint", likeness__member=1) is None
    assert decided("words", text__away=1) == ("unseen", "hold")
    assert decided("words", "illustrator", text__away=1) is None
    assert decided("drawn", picture__sexual=0.6) == ("sexual", "label")
    assert decided("drawn", picture__sexual=0.6, asked__minor=1) == ("minors", "refuse")
    assert decided("brought", blocklist__match=1, picture__sexual=0.9) == ("blocked", "refuse")
    assert decided("brought", picture__away=1) is None


@given(
    st.dictionaries(
        st.sampled_from(sorted({name for rule in policy.rules().rules for one in rule.when for name in one.needs})),
        st.floats(0, 1),
    )
)
def test_more_of_anything_never_loosens(scores: dict[str, float]) -> None:
    for stage in ("words", "drawn", "brought"):
        before = policy.applying(stage, scores, "endpoint")
        after = policy.applying(stage, dict.fromkeys(scores, 1.0), "endpoint")
        strict = [policy.STRICTNESS[found[0].decision] if found else 0 for found in (before, after)]
        assert strict[0] <= strict[1]


def test_names_of_people_are_told_from_places() -> None:
    def named(text: str) -> list[str]:
        return [one for one in likeness.NAMED.findall(text) if not likeness.NO_PERSON & set(one.lower().split())]

    assert named("a photo of Ada Lovelace in the rain") == ["Ada Lovelace"]
    assert named("portrait of the late Vincent van Gogh") == ["Vincent van Gogh"]
    assert named("photo of New York, a picture of Mount Fuji, Portrait of Golden Retriever, a painting of a red fox") == []


def test_vectors_and_head_agree() -> None:
    reader = Reader(shared())
    assert reader.read("a lighthouse") == reader.score(shared().embed(["a lighthouse"]).astype(np.float32))
