"""What people do, as the feed reads it: few kinds, each with what it says of a taste."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

# the eight things a post can lead to; each has a head that foretells it
Head = Literal["like", "remix", "reply", "follow", "share", "dwell", "hide", "report"]
HEADS: tuple[Head, ...] = get_args(Head)
Kind = Literal["served", "like", "remix", "reply", "follow", "share", "keep", "open", "dwell", "hide", "report", "block"]

# how much one act says for what somebody likes; negative: against. `dwell` is measured against the person's own median
STRENGTH: dict[Kind, float] = {
    "like": 1.0, "remix": 2.0, "reply": 1.2, "share": 1.5, "keep": 1.0, "open": 0.2, "dwell": 0.4, "hide": -1.0, "report": -2.0,
}  # fmt: skip
DWELL_S_MIN = 3.0  # a shorter look teaches nobody else
SERVED_ACT_MS_MAX = 7 * 86_400_000  # an act teaches others only this long after the post was shown to who acted


class Act(NamedTuple):
    """One thing somebody did. `post_id` 0 where it was done to a person (`author_id`); `served` are the posts of a slate."""

    id: int
    kind: Kind
    person_id: int
    at_ms: int
    post_id: int = 0
    author_id: int = 0
    undone: bool = False
    seconds: float = 0.0  # dwell only
    served: tuple[int, ...] = ()
    slate_id: int = 0


def trust(person_born_ms: int, at_ms: int) -> int:
    """How much an act counts for others, in sixteenths: little from accounts that were made just now. A pure function of the act, so that
    what it added can be taken away again exactly."""
    age_h = (at_ms - person_born_ms) / 3_600_000
    return 2 if age_h < 1 else 5 if age_h < 24 else 10 if age_h < 168 else 16
