"""What a small society has to read: posts of eight themes, by authors who keep to one each."""

from __future__ import annotations

import asyncio
import random

from bowerbird.accounts import people
from bowerbird.core.database import Pool
from bowerbird.gallery import showing

THEMES: dict[str, tuple[str, ...]] = {
    "foxes": ("a fox asleep in the snow", "fox cubs at the edge of a forest", "a red fox under a birch", "the fox that crosses our garden"),
    "lighthouses": ("a lighthouse in a storm", "waves at the foot of the lighthouse", "the lighthouse keeper's stairs", "a beam over the bay"),
    "cities": ("neon signs in a rainy street", "a tram between tower blocks", "rooftops of the old city", "a crossing at rush hour"),
    "gardens": ("roses along a garden wall", "a greenhouse full of ferns", "tulips after the rain", "a vegetable bed in June"),
    "space": ("a spiral galaxy", "an astronaut on a dusty moon", "rings of a gas planet", "a rocket before dawn"),
    "bread": ("sourdough out of the oven", "a baker dusting flour", "rye loaves on a shelf", "croissants for breakfast"),
    "trains": ("a steam locomotive on a viaduct", "the night train at a small station", "rails through the snow", "a signal box at dusk"),
    "portraits": ("portrait of an old fisherman", "a girl with freckles, in oil", "a dancer's face in half light", "my grandmother laughing"),
}  # fmt: skip
STYLES = (
    "in watercolour",
    "in ink",
    "as a linocut",
    "in oil",
    "in soft light",
    "from above",
    "in blue and gold",
    "very close",
    "as a child would draw it",
)
AUTHORS_EACH, POSTS_EACH = 5, 60
SETTLE_S = 2.5  # acts are followed twice a second; an edition is made every three


async def written(pool: Pool) -> dict[str, int]:
    """Write them; the theme of each post by its id."""
    chance, found = random.Random(11), dict[str, int]()
    async with pool.transaction() as db:
        authors = {
            theme: [await people.create(db, f"{theme}{n}", email=None, password=None) for n in range(AUTHORS_EACH)]
            for theme in THEMES
        }
    everything = [(number, theme) for number, theme in enumerate(THEMES) for _ in range(POSTS_EACH)]
    chance.shuffle(everything)
    for start in range(0, len(everything), 40):
        async with pool.transaction() as db:
            for turn, (number, theme) in enumerate(everything[start : start + 40]):
                text = f"{chance.choice(THEMES[theme])}, {chance.choice(STYLES)}, number {start + turn}"
                post = await showing.publish(db, chance.choice(authors[theme]), text)
                found[str(post.id)] = number
    return found


async def settle() -> None:
    """Until what was done has been followed, by the feed and by everyone's edition."""
    await asyncio.sleep(SETTLE_S * 2)
