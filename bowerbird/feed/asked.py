"""One request for a page, with everything its stages may read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed import readers
from bowerbird.feed.catalogue import Floats, Rows
from bowerbird.feed.contender import Contender, house
from bowerbird.feed.foreteller import Foreteller
from bowerbird.feed.learner import Learner
from bowerbird.feed.persons import Person
from bowerbird.feed.pipeline import Placed
from bowerbird.feed.projection import project
from bowerbird.feed.readers import Reader, Ties
from bowerbird.feed.recipe import Recipe, Wish

NOBODY = 0


@dataclass(slots=True)
class Asked:
    """Who wants which page of what. `shown`: rows that stand on earlier pages of the same scroll."""

    learner: Learner
    who: Reader
    recipe: Recipe
    limit: int
    seed: int
    shown: frozenset[int] = frozenset()
    explore: bool = True
    own_id: int = NOBODY  # whose own posts are left out, whether or not anything is read of them
    champion: Contender = field(default_factory=house)  # by what it is ranked
    rival: Contender | None = None  # a challenger that lays out half of the places
    draft: int = 0  # of the coin that says who picks first: another one for every page
    features: dict[int, Floats] = field(default_factory=dict[int, Floats])  # row: its features, as the scorer read them
    steady: list[Placed] | None = None  # the page without what was done since the last one, where this one is to keep to it
    moves: int = 0  # how many places may differ from it

    @property
    def person_id(self) -> int:
        """NOBODY for a page that is made for everyone."""
        return self.who.person.id

    @property
    def now_ms(self) -> int:
        """The moment the page is made for."""
        return self.who.now_ms

    def foretells(self, team: str) -> Foreteller:
        """Whose chances a team goes by."""
        one = self.rival if team == "challenger" and self.rival else self.champion
        return one.foretells or self.learner.lessons.heads

    def worth(self, team: str) -> NDArray[np.float64]:
        """What each of the eight outcomes is worth to a team [heads], times what the person wants of it."""
        one = self.rival if team == "challenger" and self.rival else self.champion
        return one.values.vector(dict(self.recipe.weights))  # type: ignore[arg-type] - knobs among them are no heads and are not looked up

    def chance(self) -> np.random.Generator:
        """Chance that can be replayed: the same seed draws the same."""
        return np.random.default_rng(self.seed)

    def fit(self, wish: Wish, rows: Rows) -> Floats:
        """[rows], 0 to 1: how far each post is what a wish speaks of. By tags exactly; by meaning where it has none that anyone used."""
        catalogue = self.learner.catalogue
        fits = np.ones(len(rows), np.float32)
        if wish.people:
            authors = [catalogue.author_named[name] for name in wish.people if name in catalogue.author_named]
            fits *= np.isin(catalogue.authors[rows], authors)
        if not wish.topics:
            return fits if wish.people else np.zeros(len(rows), np.float32)
        tagged = np.ones(len(rows), np.bool_)
        for topic in wish.topics:
            number = catalogue.topic_names.of.get(topic, -1)
            tagged &= (catalogue.topics[rows] == number).any(axis=1)
        if wish.meaning is None:
            return fits * tagged
        near = catalogue.vectors[rows] @ project(np.array(wish.meaning, np.float32)[None])[0]
        return fits * np.maximum(tagged, np.clip((near - 0.35) / 0.5, 0.0, 0.8))


def of(
    learner: Learner, person: Person | None, now_ms: int, *, limit: int, seed: int, ties: Ties | None = None,
    recipe: Recipe | None = None, shown: frozenset[int] = frozenset(), explore: bool = True, champion: Contender | None = None,
    rival: Contender | None = None, draft: int = 0,
) -> Asked:  # fmt: skip
    """A request as the pipeline reads it; without a person, that of everyone."""
    who = readers.reader(
        person or readers.nobody(), ties or Ties(), learner.catalogue, learner.neighbours, learner.nightly, now_ms
    )
    own_id = person.id if person else NOBODY
    return Asked(learner, who, recipe or Recipe(), limit, seed, shown, explore, own_id, champion or house(), rival, draft)
