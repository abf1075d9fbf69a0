"""What a post is worth to somebody: what it is likely to lead to, and what they said they want."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bowerbird.feed import features
from bowerbird.feed.asked import Asked
from bowerbird.feed.pipeline import Batch
from bowerbird.feed.recipe import Knob
from bowerbird.feed.values import values

WORTH = "worth"  # the term that `why` takes apart into features
# knobs of a recipe: which feature each turns, and by how much at twice its usual strength
KNOBS: dict[Knob, tuple[str, float]] = {
    "people_i_follow": ("follows_author", 0.5),
    "people_i_talk_with": ("talks_with", 0.5),
    "new_people": ("author_unproven", 0.4),
    "popular": ("public_likes", 0.6),
    "fresh": ("fresh_6h", 0.5),
}


@dataclass(frozen=True)
class Chances:
    """How likely each of the eight outcomes is, times what it is worth: to the champion, and to a challenger where there is one."""

    name: str = "chances"

    def score(self, ask: Asked, batch: Batch) -> None:
        """Adds the term WORTH, and keeps the features it was read from."""
        learner = ask.learner
        x = features.of(ask.who, batch.rows, learner.catalogue, learner.counts, learner.neighbours)
        ask.features = dict(zip(batch.rows.tolist(), x, strict=True))
        batch.add(WORTH, ask.foretells("champion").chances(x) @ ask.worth("champion"))
        if ask.rival is not None:
            batch.rival = ask.foretells("challenger").chances(x) @ ask.worth("challenger")


@dataclass(frozen=True)
class Wished:
    """What somebody asked for more or less of, in words."""

    name: str = "wished"

    def score(self, ask: Asked, batch: Batch) -> None:
        """A term for each wish that fits anything."""
        limits = values().limits
        for sign, wishes, step in (("more", ask.recipe.more, limits.wish_more), ("less", ask.recipe.less, limits.wish_less)):
            for number, wish in enumerate(wishes):
                fits = ask.fit(wish, batch.rows)
                if fits.any():
                    batch.add(f"wish {sign} {number}", step * wish.strength * fits.astype(np.float64))


@dataclass(frozen=True)
class Knobs:
    """People one follows or talks with, new people, popular, fresh: more or less of each than the house has it."""

    name: str = "knobs"

    def score(self, ask: Asked, batch: Batch) -> None:
        """A term for each knob that was turned."""
        for knob, (feature, step) in KNOBS.items():
            turned = ask.recipe.weight(knob) - 1.0
            if turned and len(batch.rows):
                column = features.NAMES.index(feature)
                batch.add(f"knob {knob}", turned * step * np.array([ask.features[int(row)][column] for row in batch.rows]))


@dataclass(frozen=True)
class Dialled:
    """The dial between handmade and AI, by what is known of each picture."""

    name: str = "dialled"

    def score(self, ask: Asked, batch: Batch) -> None:
        """One term, where the dial stands off its middle."""
        if ask.recipe.dial and len(batch.rows):
            made, hand = (features.NAMES.index(name) for name in ("generated", "by_hand"))
            kinds = np.array([ask.features[int(row)][made] - ask.features[int(row)][hand] for row in batch.rows])
            batch.add("dial", values().limits.dial * ask.recipe.dial * kinds)
