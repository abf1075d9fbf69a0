"""The picture models as people choose among them: what each can, what it costs, how long it took lately."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.inference import tiers
from bowerbird.inference.tiers import Tier
from bowerbird.studio import turns


@dataclass(frozen=True, slots=True)
class Offer:
    """One to choose; `seconds`: what a picture of it took lately, None where it made none yet."""

    tier: Tier
    seconds: float | None

    @property
    def cannot(self) -> str:
        """What has no use with it, for pages that then hide it: words apart by spaces."""
        can = self.tier.can
        lacks = {
            "media": not can.media, "negative": not can.negative_prompt, "seed": not can.seed,
            "source": not (can.image_to_image or can.reading), "inpaint": not can.inpaint,
        }  # fmt: skip
        return " ".join(name for name, lacking in lacks.items() if lacking)


async def of(db: Database) -> list[Offer]:
    """All there are, the usual one first."""
    offered = await tiers.offered()
    seconds = await turns.usual_seconds(db, [tier.id for tier in offered])
    return [Offer(tier, seconds.get(tier.id)) for tier in offered]
