"""The shelf in a real browser: a style into the studio, several tries in one post, bowers, hearts, growth, before and after, drafts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Sit, shown_by
from tests.conftest import Member, picture_of

pytestmark = pytest.mark.browser
New = Callable[..., Member]
API = "/api/bower/v1"


async def test_a_style_is_made_published_and_used_with_its_author_named(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    seat = await sit(ines, then="/styles/new")
    await seat.page.fill("#name", "Blue hour")
    await seat.page.click("main form button.primary")
    await expect(seat.page.locator("#style-wrong")).to_contain_text("A style says something")
    await seat.page.fill("#words-after", "in blue light")
    await seat.page.check("input[name=public]")
    await seat.page.click("main form button.primary")
    await seat.page.wait_for_url(re.compile(r"/styles/\d+$"))
    await expect(seat.page.locator(".worded")).to_contain_text("your words, in blue light")
    where = seat.page.url.removeprefix(seat.house.url)
    other = await sit(noor, then=where)
    await other.page.click("text=Use it in the studio")
    await expect(other.page.locator(".style-slot")).to_contain_text("Blue hour")
    await other.page.fill("#idea", "a small boat")
    await other.page.locator("label:has(input[name=count][value='2'])").click()
    await other.page.click("#prompt-form button.tall")
    await expect(other.page.locator("#generation")).to_have_attribute("data-state", "done", timeout=60_000)
    await expect(other.page.locator(".style-slot")).to_contain_text("Blue hour")
    await other.page.locator(".try").first.click()
    for box in await other.page.locator("input[name=also]").all():
        await box.check()
    await other.page.locator("#show button.primary").click()
    await other.page.wait_for_url(re.compile(r"/posts/\d+$"))
    media = noor.client.get(f"/api/v1/statuses/{other.page.url.rpartition('/')[2]}").json()["media_attachments"]
    assert len(media) == 2
    assert all("boat" in one["description"].lower() for one in media)
    picture = noor.client.get(f"{API}/history").json()[0]["candidates"][0]["picture_id"]
    await other.go(f"/pictures/{picture}")
    await expect(other.page.locator("main")).to_contain_text(f"In the style Blue hour by @{ines.name}")
    assert not [said for said in other.complaints if "status of" not in said]


async def test_heart_bower_and_growth_from_a_pictures_page(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    picture = picture_of(ines, "two owls")["candidates"][0]["picture_id"]
    seat = await sit(ines, then=f"/pictures/{picture}")
    await seat.page.click(".favourite")
    await expect(seat.page.locator(".favourite")).to_have_attribute("aria-pressed", "true")
    await seat.page.click("text=Keep")
    await seat.page.fill("#new-bower", "Blue things")
    await seat.page.click(".keep-in button.primary")
    await expect(seat.page.locator(".toast")).to_contain_text("Saved")
    await seat.go("/favourites")
    await expect(seat.page.locator(".wall .frame")).to_have_count(1)
    await seat.go("/bowers")
    await seat.page.click("text=Blue things")
    await expect(seat.page.locator("h1")).to_have_text("Blue things")
    await expect(seat.page.locator(".wall .frame")).to_have_count(1)
    await seat.go(f"/pictures/{picture}")
    await seat.page.click("button[name=factor][value='2']")
    await seat.page.wait_for_url(re.compile(r"/studio/generations/\d+$"))
    await expect(seat.page.locator("#generation")).to_have_attribute("data-state", "done", timeout=60_000)
    assert ines.client.get(f"{API}/history").json()[0]["factor"] is None  # growing is no prompt
    await seat.go("/shelf")
    await expect(seat.page.locator(".wall .frame")).to_have_count(2)


async def test_more_like_this_keeps_the_words_and_changes_the_seed(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    post = shown_by(ines, "look", "two owls on a branch")
    for member in (ines, noor):
        seat = await sit(member, then=f"/pictures/{post['picture_id']}")
        await seat.page.click("text=More like this")
        await seat.page.wait_for_url(re.compile(r"/studio/generations/\d+$"))
        newest = member.client.get(f"{API}/history").json()[0]
        assert newest["prompt"] == "two owls on a branch"
        assert newest["source_picture_id"] == (post["picture_id"] if member is noor else None)  # of another's it is a remix


async def test_before_and_after_under_one_slider_and_without_a_script(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    post = shown_by(ines, "look", "a red fox in the snow")
    child = picture_of(ines, "a red owl in the snow", source_picture_id=post["picture_id"], timelapse=True)["candidates"][0][
        "picture_id"
    ]
    seat = await sit(ines, then=f"/pictures/{child}")
    slider = seat.page.locator(".compare input[type=range]")
    await slider.focus()
    await slider.press("ArrowRight")
    assert await seat.page.locator(".compare").evaluate("box => box.style.getPropertyValue('--at')") == "51%"
    pause = seat.page.locator(".timelapse button")
    await expect(pause).to_have_text("Pause")
    await pause.click()
    await expect(pause).to_have_text("Play")
    assert "timelapse" not in (await seat.page.locator(".timelapse img").get_attribute("src") or "")
    still = await sit(ines, then=f"/pictures/{child}", reduced_motion="reduce", viewport=PHONE)
    await expect(still.page.locator(".timelapse button")).to_have_text("Play")
    plain = await sit(viewport=PHONE, java_script_enabled=False)
    await plain.sign_in(ines, f"/pictures/{child}")
    await expect(plain.page.locator(".compare img")).to_have_count(2)
    await expect(plain.page.locator(".timelapse a")).to_be_visible()


async def test_what_was_typed_is_there_again_and_the_seed_can_be_kept(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    seat = await sit(ines, then="/studio")
    await seat.ready()
    async with seat.page.expect_response(lambda answer: answer.url.endswith("/studio/sketch")) as kept:
        await seat.page.fill("#idea", "a whale under the aurora")
    assert (await kept.value).status == 204
    await seat.go("/studio")
    await expect(seat.page.locator("#idea")).to_have_value("a whale under the aurora")
    await seat.page.click(".fine > summary")
    await seat.page.check("input[name=lock]")
    await seat.page.locator("label:has(input[name=count][value='1'])").click()
    await seat.page.click("#prompt-form button.tall")
    await expect(seat.page.locator("#generation")).to_have_attribute("data-state", "done", timeout=60_000)
    await seat.page.fill("#idea", "a whale under the moon")
    await seat.page.click("#prompt-form button.tall")
    await expect(seat.page.locator("#generation[data-state=done]")).to_be_visible(timeout=60_000)
    second, first = ines.client.get(f"{API}/history").json()[:2]
    assert (second["prompt"], second["seed"]) == ("a whale under the moon", first["seed"])
    await seat.go("/studio")
    await expect(seat.page.locator("#idea")).to_have_value("")
    await seat.go("/history?q=aurora")
    await expect(seat.page.locator(".past li")).to_have_count(1)
