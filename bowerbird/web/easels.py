"""Generations as the studio's templates read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.ids import at
from bowerbird.gallery import easel
from bowerbird.gallery.easel import Easel, Try
from bowerbird.gallery.shown import Credit
from bowerbird.studio import generations
from bowerbird.studio.generations import WAITING

EARLIER = 16
READY_SHOWN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One try on the page."""

    id: str
    state: str
    step: int
    steps: int
    stage_words: str
    preview_url: str | None
    url: str | None
    picture_id: int | None
    media_id: int | None
    alt_suggestion: str
    reading: list[dict[str, Any]]
    notes: list[str]
    chosen: bool
    reward: float | None


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation on the page; `strength` in per cent, sides in px."""

    id: str
    state: str
    prompt: str
    place_in_queue: int
    seconds_left: int | None
    error: str
    source: Credit | None
    strength: int
    width: int
    height: int
    created_at: datetime
    candidates: list[Candidate]

    @property
    def busy(self) -> bool:
        """Whether more will come."""
        return self.state in WAITING

    @property
    def thumb_url(self) -> str | None:
        """A picture to find it by: the chosen one, else the first finished."""
        return self._thumb.url if self._thumb else None

    @property
    def thumb_picture_id(self) -> int | None:
        """The picture that this is."""
        return self._thumb.picture_id if self._thumb else None

    @property
    def _thumb(self) -> Candidate | None:
        ready = [c for c in self.candidates if c.url]
        return next((c for c in ready if c.chosen), ready[0] if ready else None)


def view(found: Easel) -> Generation:
    """For the page."""
    g = found.generation
    return Generation(
        str(g.id), g.state, g.prompt, found.place_in_queue + 1 if g.state == "queued" else 0, found.seconds_left, g.error or "",
        found.source, round(g.strength * 100), g.width, g.height, at(g.id), [_candidate(t) for t in found.tries],
    )  # fmt: skip


def _candidate(t: Try) -> Candidate:
    return Candidate(
        str(t.id), t.state, t.step, t.steps, t.stage.capitalize(), t.preview_url, t.url, t.picture_id, t.media_id, t.alt_suggestion,
        t.reading, t.notes, t.chosen, t.reward,
    )  # fmt: skip


async def look(db: Database, person: Person, generation_id: int) -> Generation:
    """One's own. Raises NotFound."""
    return view(await easel.look(db, person, generation_id))


async def earlier(db: Database, person: Person) -> list[Generation]:
    """What one made before, newest first."""
    return [view(e) for e in await easel.of(db, await generations.of(db, person, limit=EARLIER))]


async def running(db: Database, person: Person) -> Generation | None:
    """The newest that is still on its way, or that became ready lately and waits for a choice."""
    for generation in await generations.of(db, person, limit=3):
        if generation.state in WAITING:
            return view((await easel.of(db, [generation]))[0])
        if generation.state == "done" and generation.finished_at and generation.finished_at > datetime.now(UTC) - READY_SHOWN:
            ready = view((await easel.of(db, [generation]))[0])
            return None if any(c.chosen for c in ready.candidates) else ready
    return None
