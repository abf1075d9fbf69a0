"""For You: the whole of it on one screen."""

from __future__ import annotations

from bowerbird.feed.asked import Asked
from bowerbird.feed.filters import (
    Avoided,
    Dial,
    Gone,
    Language,
    Never,
    NotRecommended,
    Own,
    Seen,
    Sensitive,
    TooOld,
    TurnedFrom,
)
from bowerbird.feed.pipeline import Pipeline
from bowerbird.feed.scorers import Chances, Dialled, Knobs, Wished
from bowerbird.feed.selector import Page
from bowerbird.feed.sources import CoLiked, Following, Fresh, Interests, Rising, Tree, Wishes


def pipeline() -> Pipeline[Asked]:
    """A new one: it keeps the time of its own stages."""
    return Pipeline(
        sources=[Following(), CoLiked(), Interests(), Wishes(), Rising(), Fresh(), Tree()],
        filters=[
            Gone(), Avoided(), Own(), NotRecommended(), TurnedFrom(), Seen(), Never(), Language(), Sensitive(), Dial(), TooOld(),
        ],
        scorers=[Chances(), Wished(), Knobs(), Dialled()],
        selector=Page(),
    )  # fmt: skip
