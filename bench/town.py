"""A town to measure in, filled through the house's own verbs: a reader with 200 follows, and the posts of those."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image

from bowerbird.accounts import people, tokens
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, Pool
from bowerbird.gallery import showing
from bowerbird.media import attachments
from bowerbird.media.pictures import Renditions
from bowerbird.social import graph, reactions
from bowerbird.social.posts import Post
from bowerbird.studio import pictures

FOLLOWS = 200
POSTS = 5_000
PICTURES_SHARE = 0.3
REPLIES_SHARE = 0.1
BATCH = 100
LINES = [
    "light over the marsh a heron stands where the reeds bend and nothing hurries tonight I tried the same words with another",
    "seed and the fox woke up someone hung lanterns in the birch again blue glass feathers and a bottle cap found today",
]
WORDS = [word for line in LINES for word in line.split()]


@dataclass(frozen=True)
class Town:
    """Someone who reads, by their token, and those they follow."""

    reader: Person
    token: str
    authors: list[Person]
    posts: int


async def fill(pool: Pool, *, follows: int = FOLLOWS, posts: int = POSTS) -> Town:
    """Build it; the same town each time."""
    rng = random.Random(7)
    picture = await attachments.prepare(_png(rng))
    async with pool.transaction() as db:
        reader = await people.create(db, "reader", email=None, password=None)
        token = await tokens.create(db, reader, ["read", "write"])
        authors = [
            await people.create(db, f"author{n}", email=None, password=None, display_name=f"Author {n}") for n in range(follows)
        ]
        for author in authors:
            await graph.follow(db, reader, author)
    said: list[Post] = []
    while len(said) < posts:
        async with pool.transaction() as db:
            for _ in range(min(BATCH, posts - len(said))):
                said.append(await _say(db, rng, rng.choice(authors), said, picture))
    async with pool.transaction() as db:
        for post in rng.sample(said[-400:], min(200, len(said))):
            await reactions.like(db, reader, post.id)
    async with pool.reading() as db:
        await db.execute("analyze")
    return Town(reader, token, authors, len(said))


async def _say(db: Database, rng: random.Random, author: Person, said: list[Post], picture: Renditions) -> Post:
    text = " ".join(rng.choices(WORDS, k=rng.randint(6, 40)))
    if rng.random() < 0.2:
        text += f" #{rng.choice(['bower', 'fox', 'night', 'remix'])}"
    if rng.random() < 0.1:
        text += f" @author{rng.randrange(20)}"
    above = rng.choice(said[-200:]).id if said and rng.random() < REPLIES_SHARE else None
    media: list[int] = []
    if rng.random() < PICTURES_SHARE:
        file = await attachments.attach(db, author.id, picture, alt="a fox under a birch at night", generated=True)
        await pictures.create(db, author.id, file.id, text[:200], RECIPE, None, 0.5)
        media = [file.id]
    return await showing.publish(db, author, text, media_ids=media, reply_to_id=above)


RECIPE = {
    "engine": "Illustrator", "model": "illustrator", "model_hash": "0" * 64, "runtime": "numpy", "seed": 7, "steps": 8, "width": 768,
    "height": 768, "medium": "watercolour", "alt": "a fox under a birch at night", "notes": [], "credits": ["Fluent Emoji (MIT)"],
    "reading": [{"field": f"field{n}", "value": "night", "label": "time", "said": True} for n in range(8)],
    "scene": {"world": "forest", "subjects": [{"noun": "fox", "count": 1, "x": 0.5, "y": 0.6, "size": 0.3} for _ in range(4)]},
}  # fmt: skip


def _png(rng: random.Random) -> bytes:
    steps = np.linspace(0, 255, 768, dtype=np.uint8)
    image = np.dstack(
        [np.tile(steps, (768, 1)), np.tile(steps[:, None], (1, 768)), np.full((768, 768), rng.randrange(256), np.uint8)]
    )
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()
