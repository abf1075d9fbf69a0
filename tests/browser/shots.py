"""Pictures of our own pages in a small seeded house: build/shots/*.png, and the README's screenshot."""

from __future__ import annotations

import asyncio
import io
import os
import re
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import expect

from bowerbird.accounts import people as accounts
from bowerbird.accounts import tokens
from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.core.database import Pool
from bowerbird.social import graph
from tests.browser.conftest import DESK, PHONE, Seat, Sit
from tests.conftest import PASSWORD, House, Member, finished

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "build" / "shots"
SCREENSHOT = ROOT / "docs" / "screenshot.png"
SCREENSHOT_BYTES_MAX = 400_000
PEOPLE = [
    ("ines", "Ines Okafor", "Blue hours and flooded fields. Ask before you fly over."),
    ("noor", "Noor Haddad", "I collect doors, and what waits behind them."),
    ("sam", "Sam Lindqvist", "One bird a day."),
]
# (who, words, size in px, caption, place of the parent)
PICTURES: list[tuple[int, str, tuple[int, int], str, int | None]] = [
    (1, "a lighthouse on a cliff at dusk, gouache", (640, 480), "Someone is always awake.", None),
    (0, "a red fox asleep under a birch tree at night, watercolour", (640, 512), "Dreaming of voles.", None),
    (2, "a sailing boat on a calm lake at sunset, paper cut", (640, 480), "Glue still wet.", None),
    (1, "a red fox asleep under a birch tree in the snow", (640, 512), "The same fox, in winter.", 1),
]
HALF_WAY = """() => [...document.querySelectorAll('.tries [role=progressbar]')].some((bar) => bar.ariaValueNow >= 45)
    || document.querySelector('[data-state=done]')"""
ASKED = "a whale under the aurora, paper cut"


async def settle(house: House) -> tuple[Pool, list[Person], list[Member]]:
    """Three people who follow each other, and their tokens."""
    pool = Pool(house.database_url, 2)
    await pool.open()
    async with pool.transaction() as db:
        people = [await accounts.create(db, name, email=f"{name}@example.org", password=PASSWORD) for name, _, _ in PEOPLE]
        people = [
            await accounts.edit(db, p, display_name=name, bio=bio) for p, (_, name, bio) in zip(people, PEOPLE, strict=True)
        ]
        for one in people:
            for other in people:
                if one.id != other.id:
                    await graph.follow(db, one, other)
        codes = [await tokens.create(db, person, ["read", "write"]) for person in people]
    headers = [{"Authorization": f"Bearer {code}"} for code in codes]
    clients = [house.client(headers=h, timeout=30) for h in headers]
    return pool, people, [Member(str(p.id), p.username, t, c) for p, t, c in zip(people, codes, clients, strict=True)]


def paint(member: Member, prompt: str, size: tuple[int, int], parent: str | None) -> dict[str, Any]:
    """One finished candidate."""
    wish: dict[str, Any] = {"prompt": prompt, "count": 1, "width": size[0], "height": size[1], "seed": 7}
    if parent is not None:
        wish["source_picture_id"] = parent
    asked = member.client.post("/api/bower/v1/generations", json=wish).json()
    return finished(member, asked["id"])["candidates"][0]


async def seed(house: House) -> tuple[list[Member], list[str]]:
    """The people, and the paths of their pictures' posts in the order of PICTURES."""
    pool, people, members = await settle(house)
    ines, noor, sam = members
    posts: list[dict[str, Any]] = []
    made: list[dict[str, Any]] = []
    for who, prompt, size, caption, parent in PICTURES:
        one = await asyncio.to_thread(paint, members[who], prompt, size, None if parent is None else made[parent]["picture_id"])
        made.append(one)
        posts.append(members[who].post(caption, media_ids=[one["media_id"]]))
        if len(posts) == 2:
            noor.post(f"@{ines.name} I can hear it breathing.", in_reply_to_id=posts[1]["id"])
            sam.post("Remixing this tonight, if you don’t mind.", in_reply_to_id=posts[1]["id"])
        async with pool.transaction() as db:
            if not people[who].avatar_id:
                people[who] = await accounts.edit(db, people[who], avatar_id=int(one["media_id"]))
            await live.tell(db, ["people"], "people", people[who].id)
    for member, post in ((noor, 1), (sam, 1), (ines, 0), (sam, 0), (ines, 3), (sam, 3)):
        member.client.post(f"/api/v1/statuses/{posts[post]['id']}/favourite")
    await pool.close()
    for member in members:
        member.client.close()
    return members, [f"/posts/{post['id']}" for post in posts]


async def take(seat: Seat, name: str, width: int) -> None:
    """The page as it stands, light and dark."""
    for scheme in ("light", "dark"):
        await seat.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        await seat.page.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png", animations="disabled")


async def painting(seat: Seat, width: int) -> None:
    """The studio on its way and at its end."""
    await seat.go("/studio")
    await seat.page.fill("#idea", ASKED)
    await seat.page.locator("label:has(input[name=count][value='2'])").click()
    await seat.page.click("#prompt-form button.tall")
    await seat.page.wait_for_url(re.compile(r"/studio/generations/\d+$"))
    await seat.page.wait_for_function(HALF_WAY, timeout=60_000)
    await take(seat, "studio-painting", width)
    await expect(seat.page.locator("#generation")).to_have_attribute("data-state", "done", timeout=60_000)
    await seat.page.locator(".try").first.click()
    await take(seat, "studio-done", width)


async def all_of_them(sit: Sit, house: House) -> list[Path]:
    """Take every one; the files."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    people, posts = await seed(house)
    ines = people[0]
    pages = [("home", "/"), ("post", posts[1]), ("profile", f"/@{people[1].name}"), ("learning", "/settings/learning")]
    for viewport in (DESK, PHONE):
        width = viewport["width"]
        seat, guest = await sit(ines, viewport=viewport), await sit(viewport=viewport)
        for name, path in pages:
            await seat.go(path)
            await seat.page.wait_for_load_state("load")
            await take(seat, name, width)
        await painting(seat, width)
        await guest.go("/signin")
        await take(guest, "signin", width)
    for_the_readme(SHOTS / "home-1440-light.png")
    return sorted(SHOTS.glob("*.png"))


def for_the_readme(shot: Path) -> None:
    """Keep it in docs/ where none stands or BOWERBIRD_SCREENSHOT asks for a new one, in as many colours as fit its size."""
    if SCREENSHOT.exists() and not os.environ.get("BOWERBIRD_SCREENSHOT"):
        return
    picture = Image.open(shot).convert("RGB")
    for colours in (256, 128, 64):
        held = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.FLOYDSTEINBERG).save(held, "PNG", optimize=True)
        if held.tell() <= SCREENSHOT_BYTES_MAX:
            break
    SCREENSHOT.parent.mkdir(exist_ok=True)
    SCREENSHOT.write_bytes(held.getvalue())
