"""Which of two is better, asked again and again without fooling oneself: one vote a person, and a test that holds however often it is looked at.

A person's vote lies between -1 and 1: what they took to of the challenger's posts less what of the champion's, over both and SHRINK. Somebody who did
a hundred things has one vote, like somebody who did three. Under no difference a vote is as likely to be v as -v, because a coin decides who picks
first, and who likes one ranker's posts better is as likely to like the other's. Then exp(l S - l² V / 2), with S the sum of all votes and V the sum
of their squares, is at most 1 on average, for every l and however few people there are (de la Peña, "A general class of exponential inequalities for
martingales and ratios", 1999). Mixed over l by a normal law, that is the mixture sequential probability ratio test (Robbins, "Statistical methods
related to the law of the iterated logarithm", 1970; Johari, Koomen, Pekelis and Walsh, "Always valid inference", 2022), and the differences it does
not refuse are a confidence sequence (Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021).

People come back and their votes move, which the theorems do not cover to the letter; tests/unit/test_votes.py measures that nothing is lost by it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

ALPHA = 0.05
SHRINK = 2.0
V_BEST = 30.0  # the sum of squares where the test is sharpest: about a hundred people who did a few things each
TRIED = np.arange(-1000, 1001) / 1000.0  # differences


class Poll(msgspec.Struct, frozen=True):
    """What the votes come to: their mean, the differences that cannot be ruled out, and log10 of the evidence against there being none."""

    people: int
    mean: float
    low: float
    high: float
    evidence: float


def vote(champion: float, challenger: float) -> float:
    """Somebody's vote, -1 to 1, by what they did with the posts of either."""
    return (challenger - champion) / (challenger + champion + SHRINK)


def poll(votes: Sequence[float], alpha: float = ALPHA, best: float = V_BEST) -> Poll:
    """Count them. The true mean lies outside `low` to `high`, at any of the moments it is looked at, in `alpha` of all cases at most. `best`: the sum
    of squares where it is sharpest."""
    count, total, squares = len(votes), float(sum(votes)), float(sum(one * one for one in votes))
    bound = 2 * math.log(1 / alpha)
    spread = (bound + math.log(1 + bound)) / best
    sums, variances = total - count * TRIED, squares - 2 * TRIED * total + count * TRIED * TRIED
    widths = 1 + spread * variances
    evidence = spread * sums * sums / (2 * widths) - 0.5 * np.log(widths)
    kept = TRIED[evidence < math.log(1 / alpha)]
    low, high = (float(kept[0]), float(kept[-1])) if len(kept) else (total / count, total / count)
    return Poll(count, total / count if count else 0.0, low, high, float(evidence[len(TRIED) // 2]) / math.log(10))
