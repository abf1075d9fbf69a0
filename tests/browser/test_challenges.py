"""Challenges in a real browser: from the studio into today's, hearts, withdrawing, the rubric, the archive, and uploads offered for remixing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from bowerbird.core.database import Pool
from bowerbird.gallery import challenge_scores
from tests.browser.conftest import PHONE, Sit, shown_by
from tests.conftest import House, Member
from tests.contract.contests import aged, another_day, enter, over, posted, today, vote

pytestmark = pytest.mark.browser
New = Callable[..., Member]


async def test_from_a_post_into_todays_challenge_and_out_again(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    theme = today(ines)
    post = shown_by(ines, "for the theme", "a kettle on a stove")
    seat = await sit(ines, then=f"/posts/{post['id']}")
    await seat.page.click("text=Enter today’s challenge")
    await seat.page.wait_for_url(seat.url(f"/challenges/{theme['id']}"))
    await expect(seat.page.locator(".toast")).to_contain_text("It is in")
    await expect(seat.page.locator("h1")).to_have_text(theme["title"])
    mine = seat.page.locator(".entry", has=seat.page.locator(f"a[href='/posts/{post['id']}']"))
    await expect(mine).to_be_visible()
    await expect(mine.locator(".heart")).to_have_count(0)
    await seat.go(f"/posts/{post['id']}")
    await expect(seat.page.locator(".note.straw")).to_contain_text(theme["title"])
    await seat.page.click("text=Withdraw")
    await expect(seat.page.locator("text=Enter today’s challenge")).to_be_visible()


async def test_from_the_studio_straight_into_it(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    seat = await sit(ines, then="/studio")
    await seat.page.fill("#idea", "a small boat")
    await seat.page.locator("label:has(input[name=count][value='1'])").click()
    await seat.page.click("#prompt-form button.tall")
    await expect(seat.page.locator("#generation")).to_have_attribute("data-state", "done", timeout=60_000)
    await seat.page.locator(".try").first.click()
    await expect(seat.page.locator("input[name=enter]")).not_to_be_checked()  # only where one says so
    await seat.page.check("input[name=enter]")
    await seat.page.locator("#show button.primary").click()
    await seat.page.wait_for_url(re.compile(r"/posts/\d+$"))
    await expect(seat.page.locator(".note.straw")).to_contain_text("In the challenge")


async def test_hearts_are_given_and_taken_back(sit: Sit, newcomer: New, house: House) -> None:
    ines, noor = newcomer(), aged(house, newcomer())
    challenge = another_day(house, 800)
    entry = enter(ines, challenge, posted(ines, seed=71))
    seat = await sit(noor, then=f"/challenges/{challenge['id']}")
    await expect(seat.page.locator(".hearts")).to_contain_text("5 of 5 hearts")
    heart = seat.page.locator(f"#entry-{entry['id']} .heart")
    await heart.click()
    await expect(heart).to_have_attribute("aria-pressed", "true")
    await expect(seat.page.locator(".hearts")).to_contain_text("4 of 5 hearts")
    await heart.click()
    await expect(heart).to_have_attribute("aria-pressed", "false")
    young = await sit(ines, then=f"/challenges/{challenge['id']}")
    await expect(young.page.locator(".hearts")).to_contain_text("hours old")
    guest = await sit(viewport=PHONE, java_script_enabled=False)
    await guest.go(f"/challenges/{challenge['id']}")
    await expect(guest.page.locator(".hearts")).to_contain_text("Sign in to vote")
    await expect(guest.page.locator(".entry")).to_have_count(1)
    assert not [said for said in seat.complaints if "status of" not in said]


async def test_places_and_how_they_came_about(sit: Sit, newcomer: New, house: House, pool: Pool) -> None:
    ines, noor, voter = newcomer(), newcomer(), aged(house, newcomer())
    challenge = another_day(house, 801)
    first = enter(ines, challenge, posted(ines, seed=81, alt="a fox, at least one"))
    enter(noor, challenge, posted(noor, seed=93, alt="tax figures"))
    vote(voter, first, challenge)
    over(house, challenge)
    seat = await sit(then="/challenges")
    for _ in range(60):
        async with pool.transaction() as db:
            await challenge_scores.settle(db)
        await seat.go(f"/challenges/{challenge['id']}")
        if await seat.page.locator(".place").count():
            break
        await seat.page.wait_for_timeout(500)
    await expect(seat.page.locator(".entry").first.locator(".place")).to_have_text("1st")
    await seat.page.locator(".factors summary").first.click()
    await expect(seat.page.locator(".factors dl").first).to_contain_text("Originality")
    await expect(seat.page.locator(".factors dl").first).to_contain_text("Fit to the theme")
    await seat.page.click("text=Rules and rubric")
    await expect(seat.page.locator("h1")).to_have_text("Rules and rubric")
    await expect(seat.page.locator(".formula")).to_have_text("share of hearts × fit to the theme × originality")


async def test_an_empty_day_says_what_to_do_and_an_administrator_sets_a_theme(sit: Sit, newcomer: New, house: House) -> None:
    challenge = another_day(house, 802)
    guest = await sit(viewport=PHONE)
    await guest.go(f"/challenges/{challenge['id']}")
    await expect(guest.page.locator(".empty")).to_be_visible()
    assert await guest.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    seat = await sit(newcomer("admin"), then="/challenges")
    await seat.page.click("text=Choose a theme")
    await seat.page.fill("#day", "2027-06-01")
    await seat.page.fill("#theme-title", "Kites again")
    await seat.page.fill("#theme-rule", "One kite, no hands.")
    await seat.page.click("text=Set it")
    await expect(seat.page.locator(".toast")).to_contain_text("Kites again")
    await expect((await sit(newcomer(), then="/challenges")).page.locator("text=Choose a theme")).to_have_count(0)


async def test_an_upload_is_offered_by_its_owner(sit: Sit, newcomer: New, tmp_path: Path) -> None:
    from tests.unit.test_media import encoded

    file = tmp_path / "boat.png"
    file.write_bytes(encoded("PNG", (64, 64)))
    ines, noor = newcomer(), newcomer()
    seat = await sit(ines, then="/write")
    await seat.ready()
    await seat.page.fill("#text", "my boat")
    await seat.page.set_input_files("input[name=pictures]", file)
    await seat.page.fill("textarea[name=alt_0]", "A boat")
    await seat.page.check("input[name=remix_0]")
    await seat.page.click("form.write button.primary")
    await seat.page.wait_for_url(re.compile(r"/posts/\d+$"))
    path = "/" + seat.page.url.split("/", 3)[3]
    other = await sit(noor, then=path)
    await other.page.click(".lead-post a.remix")
    await expect(other.page.locator("#idea")).to_have_value("A boat")
    await seat.page.select_option("select[name=remix]", "no_one")
    await seat.page.click("form[action^='/uploads/'][action$='/remix'] button")
    await expect(seat.page.locator(".toast")).to_contain_text("Nobody can start from it any more")
    await other.page.reload()
    await expect(other.page.locator("h1")).to_have_text("Not yours to open")
