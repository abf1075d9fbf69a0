"""`bowerbird demo`: a small lively community, its pictures really made by the embedded model."""

from __future__ import annotations

import asyncio
import random
import secrets
import subprocess
import sys
import time
import tomllib
from importlib import resources
from typing import Any

import httpx

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import embedded
from bowerbird.core.database import Pool
from bowerbird.core.errors import Conflict, NotFound, TooMany, Trouble
from bowerbird.core.settings import Settings
from bowerbird.gallery import remixes, showing
from bowerbird.media import attachments
from bowerbird.social import graph, reactions
from bowerbird.social.posts import Post
from bowerbird.studio import generations, pictures

START_S = 60
PICTURES_SHARE = 0.45
REMIX_SHARE = 0.3
BOOSTS_SHARE = 0.08
SHAPES = ((640, 640), (576, 768), (768, 576))


class Filling:
    """One filling of a house; `rng` is seeded, so that two demos tell the same story."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.rng = random.Random(2026)
        self.words: dict[str, Any] = tomllib.loads((resources.files("bowerbird") / "demo.toml").read_text("utf-8"))
        self.password = secrets.token_urlsafe(9)
        self.people: list[Person] = []
        self.posts: list[Post] = []
        self.shown: list[int] = []

    async def settle(self, count: int) -> None:
        """People, and who follows whom."""
        for username, name, bio in self.words["people"][:count]:
            async with self.pool.transaction() as db:
                try:
                    person = await people.by_name(db, username)
                except NotFound:
                    person = await people.create(
                        db, username, email=f"{username}@demo.invalid", password=self.password, display_name=name
                    )
                self.people.append(await people.edit(db, person, bio=bio))
        for person in self.people:
            for other in self.rng.sample(self.people, k=min(len(self.people) - 1, self.rng.randint(6, 14))):
                if other.id != person.id:
                    async with self.pool.transaction() as db:
                        await graph.follow(db, person, other)

    async def picture(self, person: Person) -> None:
        """A picture, or a remix of one already shown, made and posted."""
        async with self.pool.transaction() as db:
            source = None
            if self.shown and self.rng.random() < REMIX_SHARE:
                source = await remixes.source(db, person, self.rng.choice(self.shown[-60:]))
            width, height = self.rng.choice(SHAPES)
            prompt = self.rng.choice(self.words["prompts"])
            if source:
                prompt = f"{source.prompt}, {self.rng.choice(self.words['remixes'])}"[: generations.PROMPT_LENGTH_MAX]
            wanted = generations.Ask(prompt=prompt, width=width, height=height, count=1, seed=self.rng.getrandbits(30))
            asked = await generations.ask(db, person, wanted, source)
        made = await self._wait(person, asked.id)
        if made is None:
            return
        async with self.pool.transaction() as db:
            picture = await pictures.by_id(db, made)
            alt = str(picture.recipe.get("alt", ""))
            await attachments.describe(db, person.id, picture.media_id or 0, alt)
            caption = self.rng.choice(self.words["captions"])
            post = await showing.publish(db, person, caption, media_ids=[picture.media_id or 0])
            self.posts.append(post)
            self.shown.append(picture.id)
            if not person.avatar_id:
                await people.edit(db, person, avatar_id=picture.media_id, header_id=picture.media_id)
                at = next(place for place, one in enumerate(self.people) if one.id == person.id)
                self.people[at] = await people.by_id(db, person.id)

    async def talk(self, person: Person) -> None:
        """A reply, or a few words of their own."""
        async with self.pool.transaction() as db:
            if self.posts and self.rng.random() < 0.8:
                above = self.rng.choice(self.posts[-40:])
                self.posts.append(await showing.publish(db, person, self.rng.choice(self.words["replies"]), reply_to_id=above.id))
            else:
                self.posts.append(await showing.publish(db, person, self.rng.choice(self.words["notes"])))

    async def react(self, post: Post) -> None:
        """Likes and a few boosts, more for some pictures than for others."""
        fans = self.rng.sample(self.people, k=min(len(self.people), int(self.rng.paretovariate(1.1))))
        for fan in fans:
            async with self.pool.transaction() as db:
                await reactions.like(db, fan, post.id)
                if self.rng.random() < BOOSTS_SHARE and fan.id != post.author_id and post.reply_to_id is None:
                    await reactions.boost(db, fan, post.id)

    async def _wait(self, person: Person, generation_id: int) -> int | None:
        while True:
            await asyncio.sleep(0.1)
            async with self.pool.reading() as db:
                now = await generations.own(db, person, generation_id)
                if now.state not in generations.WAITING:
                    tries = await generations.candidates(db, generation_id)
                    return next((c.picture_id for c in tries if c.picture_id), None)


async def fill(where: Settings, *, people_count: int, posts_count: int) -> None:
    """Fill the house, starting it for that time if it does not run."""
    house = None if await _stands(where) else _house()
    until = time.monotonic() + START_S
    while not await _stands(where):
        if time.monotonic() > until:
            raise Trouble("The house did not start. `bowerbird doctor` says why.")
        await asyncio.sleep(0.2)
    try:
        with embedded.url(where) as url:
            pool = Pool(url, 6)
            await pool.open()
            await _fill(Filling(pool), people_count, posts_count)
            await pool.close()
    finally:
        if house:
            house.terminate()
            await asyncio.to_thread(house.wait, 40)


async def _fill(filling: Filling, people_count: int, posts_count: int) -> None:
    print(f"People: {people_count}…", flush=True)
    await filling.settle(people_count)
    began = time.monotonic()
    drawn = round(posts_count * PICTURES_SHARE)
    places = asyncio.Semaphore(3)

    async def one(number: int, person: Person) -> None:
        async with places:
            try:
                await filling.picture(person)
            except (TooMany, Conflict) as full:
                print(f"  left one out: {full.said}")
            print(f"\rPictures: {number + 1} of {drawn}  ({time.monotonic() - began:.0f} s)", end="", flush=True)

    talks = (posts_count - drawn) / max(1, drawn)
    for start in range(0, drawn, len(filling.people)):
        batch = range(start, min(drawn, start + len(filling.people)))
        before = len(filling.posts)
        await asyncio.gather(*(one(n, filling.people[n % len(filling.people)]) for n in batch))
        for _ in range(round(talks * len(batch))):
            await filling.talk(filling.rng.choice(filling.people))
        for post in filling.posts[before:]:
            await filling.react(post)
    print()
    print(f"{len(filling.posts)} posts, {len(filling.shown)} pictures.")
    print(f"Sign in as any of them, {filling.people[0].username} say, with: {filling.password}")


def _house() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "bowerbird.cli", "run"], stdout=subprocess.DEVNULL)


async def _stands(where: Settings) -> bool:
    try:
        async with httpx.AsyncClient(timeout=2) as client:
            return (await client.get(f"http://127.0.0.1:{where.port}/healthz")).status_code == 200
    except httpx.HTTPError:
        return False
