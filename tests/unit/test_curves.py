"""The curve of a comparison: inside its box, whatever the numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bowerbird.feed.comparisons import Point
from bowerbird.web import curves

AT = datetime(2026, 11, 1, tzinfo=UTC)
SAID = st.floats(-1, 1, allow_nan=False)


@given(st.lists(st.tuples(SAID, SAID, SAID), min_size=2, max_size=600))
def test_it_stays_in_its_box(said: list[tuple[float, float, float]]) -> None:
    points = [Point(AT + timedelta(minutes=7 * n), n, *sorted(one)[1:2], min(one), max(one)) for n, one in enumerate(said)]
    drawn = curves.of(points)
    assert drawn is not None
    for pair in f"{drawn.band} {drawn.line}".split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= curves.WIDTH
        assert 0 <= y <= curves.HEIGHT
    assert drawn.line.count(",") <= 2 * curves.POINTS_MAX
    assert drawn.last == points[-1]


def test_nothing_is_drawn_of_one_moment() -> None:
    assert curves.of([]) is None
    assert curves.of([Point(AT, 1, 0.0, -1.0, 1.0)]) is None
    two = curves.of([Point(AT, 1, 0.0, -1.0, 1.0), Point(AT + timedelta(days=2), 90, 0.2, 0.1, 0.3)])
    assert two is not None
    assert two.line == "0,100 600,50"
