"""For You: the whole of it on one screen."""

from __future__ import annotations

from dataclasses import replace

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
from bowerbird.feed.sources import CoLiked, Following, Foretold, Fresh, Interests, Received, Rising, Sequels, Tree, Wishes
from bowerbird.feed.steady import Steady


def pipeline() -> Pipeline[Asked]:
    """A new one: it keeps the time of its own stages. The last of its sources is a whole one: the page without what was done just now."""
    plain = _plain()
    return replace(plain, sources=[*plain.sources, Steady(_plain())])


def _plain() -> Pipeline[Asked]:
    return Pipeline(
        sources=[Following(), CoLiked(), Sequels(), Foretold(), Interests(), Wishes(), Rising(), Received(), Fresh(), Tree()],
        filters=[
            Gone(), Avoided(), Own(), NotRecommended(), TurnedFrom(), Seen(), Never(), Language(), Sensitive(), Dial(), TooOld(),
        ],
        scorers=[Chances(), Wished(), Knobs(), Dialled()],
        selector=Page(),
    )  # fmt: skip
