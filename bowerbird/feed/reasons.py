"""Why a post is there, as it is told: reasons in words, and the summands of its score."""

from __future__ import annotations

import msgspec


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason in words. “{post}” in `text` stands for the post with `post_id`, which the door names."""

    name: str
    value: float
    text: str
    post_id: int = 0
    people: int = 0


class Term(msgspec.Struct, frozen=True):
    """One summand of a score."""

    name: str
    value: float
    text: str
