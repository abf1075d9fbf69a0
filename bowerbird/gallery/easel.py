"""A generation as its owner sees it: the tries, how far each is, and what it read from the words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.gallery import shown
from bowerbird.gallery.shown import Credit
from bowerbird.media import attachments
from bowerbird.studio import generations, pictures
from bowerbird.studio.generations import Candidate, Generation
from bowerbird.studio.pictures import Picture


@dataclass(frozen=True, slots=True)
class Try:
    """One candidate. `url` once it is finished; `preview_url` while it is painted."""

    id: int
    position: int
    state: str
    step: int
    steps: int
    stage: str
    chosen: bool
    preview_url: str | None
    url: str | None
    small_url: str | None
    tone: str | None
    picture_id: int | None
    media_id: int | None
    shown: bool
    alt_suggestion: str
    reading: list[dict[str, Any]]
    notes: list[str]
    engine: str
    seed: int
    seconds: float | None  # what it really took
    reward: float | None  # how gladly people here would pick it, where their picks have taught it


@dataclass(frozen=True, slots=True)
class Easel:
    """A generation and its tries."""

    generation: Generation
    place_in_queue: int
    seconds_left: int | None
    source: Credit | None
    tries: list[Try]

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.generation.state not in generations.WAITING


async def look(db: Database, person: Person, generation_id: int) -> Easel:
    """One's own generation. Raises NotFound for another's."""
    return (await of(db, [await generations.own(db, person, generation_id)]))[0]


async def of(db: Database, wanted: list[Generation]) -> list[Easel]:
    """Easels for generations of one person."""
    sources = await shown.credits_of(db, [g.source_id for g in wanted if g.source_id])
    tries = await generations.candidates_of(db, [g.id for g in wanted])
    made = await pictures.of(db, [c.picture_id for each in tries.values() for c in each if c.picture_id])
    media = {m.id: m for m in await attachments.of(db, [p.media_id for p in made.values() if p.media_id])}
    painting = [c.id for each in tries.values() for c in each if c.state == "running"]
    previewed = await generations.previewed(db, painting) if painting else set[int]()
    return [
        Easel(
            generation,
            await generations.place_in_queue(db, generation),
            await generations.seconds_left(db, generation),
            sources.get(generation.source_id or 0),
            [_try(c, made.get(c.picture_id or 0), media, c.id in previewed) for c in tries.get(generation.id, [])],
        )
        for generation in wanted
    ]


def _try(candidate: Candidate, picture: Picture | None, media: dict[int, attachments.Attachment], previewed: bool) -> Try:
    recipe = picture.recipe if picture else {}
    file = media.get(picture.media_id or 0) if picture else None
    preview = f"/api/bower/v1/candidates/{candidate.id}/preview?step={candidate.step}" if previewed else None
    return Try(
        id=candidate.id, position=candidate.position, state=candidate.state, step=candidate.step, steps=candidate.steps,
        stage=candidate.stage, chosen=candidate.chosen, preview_url=preview, url=file.url if file else None,
        small_url=file.small_url if file else None, tone=file.tone if file else None, picture_id=candidate.picture_id,
        media_id=file.id if file else None, shown=bool(picture and picture.shown_at), alt_suggestion=str(recipe.get("alt", "")),
        reading=list(recipe.get("reading", [])), notes=list(recipe.get("notes", [])), engine=str(recipe.get("engine", "")),
        seed=candidate.seed, seconds=recipe.get("seconds"), reward=candidate.reward,
    )  # fmt: skip
