"""Last night's model at work: where somebody stands who likes these posts, and what goes with them. What they did since counts at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bowerbird.feed.catalogue import Catalogue, Floats, Rows
from bowerbird.feed.nights import Night
from bowerbird.feed.tastes import NEWEST_DAMPING, Liking

MINE_MAX = 100  # likings that are read, the latest
NO_ROWS = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class Foretold:
    """What the night makes of somebody: their place among the vectors, and the posts that go with what they like, by how much (0 to 1)."""

    nightly: Nightly | None = None
    point: Floats | None = None
    rows: Rows = field(default_factory=lambda: NO_ROWS)
    strength: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    def fits(self, rows: Rows) -> Floats:
        """[rows]: how near each post is to where they stand; 0 for what the night did not know."""
        if self.nightly is None or self.point is None:
            return np.zeros(len(rows), np.float32)
        return self.nightly.fits(rows, self.point)


UNKNOWN = Foretold()


class Nightly:
    """A night by the rows of the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.night: Night | None = None
        self._place = NO_ROWS  # row: its place in the night, -1 for none
        self._row = NO_ROWS  # place in the night: its row, -1 for none
        self._everything = np.zeros((0, 0), np.float32)

    def use(self, night: Night | None) -> None:
        """Go by another night, or by none."""
        if night is not None:
            known = self._catalogue.row_of
            self._row = np.array([known.get(id_, -1) for id_ in night.posts.tolist()], np.int32)
            self._place = np.full(self._catalogue.size, -1, np.int32)
            here = np.flatnonzero(self._row >= 0)
            self._place[self._row[here]] = here
            self._everything = night.alpha * (night.vectors.T @ night.vectors)
        self.night = night

    def of(self, liked: Sequence[Liking]) -> Foretold:
        """What it makes of somebody with these likings, oldest first; the newest alone counts half."""
        if self.night is None or not liked:
            return UNKNOWN
        rows = np.array([one.row for one in liked[-MINE_MAX:]], np.int32)
        counts = np.ones(len(rows), np.float32)
        counts[-1] = NEWEST_DAMPING
        places = self._places(rows)
        mine, counts = places[places >= 0], counts[places >= 0]
        if not len(mine):
            return UNKNOWN
        return Foretold(self, self._point(self.night, mine, counts), *self._near(self.night, mine, counts))

    def fits(self, rows: Rows, point: Floats) -> Floats:
        """[rows]: products with a point; 0 for what the night did not know."""
        found = np.zeros(len(rows), np.float32)
        places = self._places(rows)
        if self.night is not None:
            known = places >= 0
            found[known] = self.night.vectors[places[known]] @ point
        return found

    def _places(self, rows: Rows) -> Rows:
        """Posts that came since it was read have none."""
        places = np.full(len(rows), -1, np.int32)
        known = rows < len(self._place)
        places[known] = self._place[rows[known]]
        return places

    def _point(self, night: Night, mine: Rows, counts: Floats) -> Floats:
        """Exactly where it would have put somebody who took just these: the minimum of its own sum of squares."""
        near = night.vectors[mine]
        penalty = night.l2 * (float(counts.sum()) + night.alpha * len(night.vectors))
        left = (near * counts[:, None]).T @ near + self._everything + penalty * np.eye(near.shape[1], dtype=np.float32)
        return np.linalg.solve(left, (near * counts[:, None]).sum(axis=0)).astype(np.float32)

    def _near(self, night: Night, mine: Rows, counts: Floats) -> tuple[Rows, Floats]:
        places, said = night.neighbours[mine].ravel(), (night.weights[mine] * counts[:, None]).ravel()
        found, where = np.unique(np.where(places >= 0, self._row[places], -1), return_inverse=True)
        sums = np.bincount(where, said)
        fits = (found >= 0) & (sums > 0) & ~np.isin(found, self._row[mine])
        return found[fits], np.minimum(sums[fits], 1.0).astype(np.float32)
