"""The rubric as docs/challenges.md has it: each factor within its bounds, in the right direction; themes; likeness."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from bowerbird.gallery import challenge_scores as scores
from bowerbird.gallery import challenge_votes
from bowerbird.media import likeness
from bowerbird.studio import challenges


def test_every_theme_comes_once_in_a_round_and_the_same_day_has_the_same() -> None:
    known = challenges.themes()
    assert len(known) >= 120
    assert len({title for title, _ in known}) == len(known)
    assert all(0 < len(t) <= challenges.TITLE_LENGTH_MAX and 0 < len(r) <= challenges.RULE_LENGTH_MAX for t, r in known)
    begins = date(2026, 1, 1)
    begins -= timedelta(days=begins.toordinal() % len(known))
    round_ = [challenges.theme_of(begins + timedelta(days=n)) for n in range(len(known))]
    assert set(round_) == set(known)
    assert round_ != [challenges.theme_of(begins + timedelta(days=n + len(known))) for n in range(len(known))]
    assert challenges.theme_of(begins) == challenges.theme_of(begins)


@given(st.floats(0, 50), st.integers(0, 500), st.floats(0, 1))
def test_a_share_is_between_what_is_usual_and_what_was_given(hearts: float, viewers: int, usual: float) -> None:
    hearts = min(hearts, viewers)
    part = scores.share(hearts, viewers, usual)
    given_ = hearts / viewers if viewers else usual
    assert min(usual, given_) - 1e-9 <= part <= max(usual, given_) + 1e-9


@given(st.one_of(st.none(), st.floats(-1, 1)), st.floats(0, 1), st.one_of(st.none(), st.integers(0, 128)))
def test_no_factor_leaves_its_bounds(similarity: float | None, departed: float, nearest: int | None) -> None:
    assert scores.FIT_MIN <= scores.fit(similarity) <= 1
    assert scores.COPY_MIN <= scores.originality(departed, nearest) <= 1


@pytest.mark.parametrize(
    ("departed", "nearest", "expected"),
    [
        (1.0, None, 1.0),
        (0.0, None, 0.4),
        (0.6, None, 1.0),
        (1.0, 0, 0.1),
        (1.0, 6, 0.1),
        (1.0, 11, 0.55),
        (0.0, 15, 0.4),
        (1.0, 40, 1.0),
    ],
)
def test_originality(departed: float, nearest: int | None, expected: float) -> None:
    assert scores.originality(departed, nearest) == pytest.approx(expected)


def test_a_remix_is_judged_by_how_far_it_went() -> None:
    assert scores.departure("a fox", None, None) == 1.0
    assert scores.departure("a fox", "a fox", 0.0) == 0.0
    assert scores.departure("a fox", "a fox", 1.0) == pytest.approx(0.4)
    assert scores.departure("two owls", "a fox", 1.0) == pytest.approx(1.0)


def test_hearts_that_come_back_weigh_less_the_more_of_them_do() -> None:
    assert challenge_votes.damped(0) == 1.0
    assert challenge_votes.damped(1) == pytest.approx(0.2)
    assert challenge_votes.damped(0.1) > challenge_votes.damped(0.5)


def drawn(*, size: int = 256, x: int = 60, form: str = "PNG") -> bytes:
    image = Image.new("RGB", (size, size), "#22304a")
    pen = ImageDraw.Draw(image)
    pen.ellipse([n * size // 256 for n in (x, 40, x + 90, 130)], fill="#f0c050")
    pen.polygon([n * size // 256 for n in (0, 256, 128, 140, 256, 256)], fill="#406050")
    out = io.BytesIO()
    image.save(out, form, quality=70)
    return out.getvalue()


def apart(one: bytes, other: bytes) -> int:
    return sum(a != b for a, b in zip(likeness.of(one), likeness.of(other), strict=True))


def test_the_same_picture_is_near_in_other_sizes_and_formats_and_another_is_far() -> None:
    assert len(likeness.of(drawn())) == likeness.BITS
    assert apart(drawn(), drawn(size=128)) <= scores.NEAR_BITS
    assert apart(drawn(), drawn(form="WEBP")) <= scores.NEAR_BITS
    assert apart(drawn(), drawn(x=150)) >= scores.FAR_BITS
