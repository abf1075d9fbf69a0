"""The pages of people in a real browser: asking to follow, hearing less, lists, messages, filters, alerts told as one."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, Seat, Sit
from tests.conftest import House, Member

pytestmark = pytest.mark.browser
New = Callable[..., Member]


def complaints(seat: Seat) -> list[str]:
    """What the browser said, but for the forms that were refused on purpose."""
    return [said for said in seat.complaints if not re.search(r"status of (404|410|422)", said)]


async def menu(page: Page, words: str) -> None:
    """Press something in the menu of a profile."""
    await page.click("button[popovertarget=about]")
    await page.locator("#about").get_by_text(words, exact=True).click()


async def test_a_locked_account_is_asked_and_answers(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    quiet = noor.post("for those I let in", visibility="private")
    hers = await sit(noor, then="/settings/privacy")
    await hers.page.check("input[name=locked]")
    await hers.page.check("input[name=hide_collections]")
    await hers.page.click("text=Save")
    await expect(hers.page.locator(".toast")).to_contain_text("Saved")
    await expect(hers.page.locator("input[name=locked]")).to_be_checked()

    mine = await sit(ines, then=f"/@{noor.name}")
    await expect(mine.page.locator(".profile .badge", has_text="Asks first")).to_be_visible()
    await mine.page.click(".profile .follow button")
    await expect(mine.page.locator(".profile .follow button")).to_have_text("Asked")
    await mine.go(f"/@{noor.name}/followers")
    await expect(mine.page.locator(".empty")).to_contain_text("Kept private")

    await hers.go("/notifications")
    await expect(hers.page.locator(".news").first).to_contain_text("asks to follow you")
    await hers.page.click("text=1 person asks to follow you")
    await hers.page.click("button[value=accept]")
    await expect(hers.page.locator(".empty")).to_contain_text("Nobody waits")
    await mine.go(f"/@{noor.name}?tab=posts")
    await expect(mine.page.locator(".profile .follow button")).to_have_text("Following")
    await expect(mine.page.locator(f"#card-{quiet['id']}")).to_be_visible()
    await hers.go(f"/@{ines.name}")
    await menu(hers.page, "Remove from followers")
    await mine.page.reload()
    await expect(mine.page.locator(".profile .follow button")).to_have_text("Ask to follow")
    assert complaints(mine) == complaints(hers) == []


async def test_opening_a_locked_account_lets_in_who_waits_and_refusing_does_not(sit: Sit, newcomer: New) -> None:
    ines, noor, sana = newcomer(), newcomer(), newcomer()
    noor.client.patch("/api/v1/accounts/update_credentials", json={"locked": True})
    ines.follow(noor)
    sana.follow(noor)
    hers = await sit(noor, then=f"/@{ines.name}", viewport=PHONE)
    await hers.page.click("text=Refuse")
    await expect(hers.page.locator(".toast")).to_contain_text("may not follow you")
    await hers.go("/settings/privacy")
    await hers.page.uncheck("input[name=locked]")
    await hers.page.click("text=Save")
    await expect(hers.page.locator(".toast")).to_contain_text("Saved")
    end = time.monotonic() + 120  # the house's own worker lets them in, one after another
    while not (followers := noor.client.get(f"/api/v1/accounts/{noor.id}/followers").json()):
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    assert [one["id"] for one in followers] == [sana.id]
    assert complaints(hers) == []


async def test_hearing_less_and_more_of_someone(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    ines.follow(noor)
    noor.post("hello from noor")
    seat = await sit(ines, then=f"/@{noor.name}")
    page = seat.page
    for words, then in (
        ("Tell me of every post", "You will be told of every post."), ("No alert for every post", "No more alerts for every post."),
        ("Hide their boosts", "Their boosts stay out of your home."), ("Show their boosts", "Their boosts come to your home."),
        ("Show on your page", "stands on your page"), ("Take off your page", "not stand on your page"),
    ):  # fmt: skip
        await menu(page, words)
        await expect(page.locator(".toast")).to_contain_text(then)
    await page.click(".aside-note summary")
    await page.fill("textarea[name=note]", "met at the linocut evening")
    await page.click(".aside-note button")
    await expect(page.locator(".aside-note summary")).to_have_text("met at the linocut evening")

    await menu(page, "Mute …")
    await page.select_option("#about select[name=duration]", "86400")
    await page.check("#about input[name=alerts]")
    await page.click("#about .fold form button")
    await expect(page.locator(".toast")).to_contain_text("for a while")
    await seat.go("/")
    await expect(page.get_by_text("hello from noor")).to_have_count(0)
    await seat.go("/settings/hidden")
    await expect(page.locator(".settings .person")).to_contain_text("alerts still come")
    await page.get_by_role("button", name="Unmute").click()
    await expect(page.locator(".empty")).to_contain_text("Nobody")
    await seat.go(f"/@{noor.name}")
    await menu(page, "Block")
    await expect(page.locator(".note.madder")).to_contain_text("You blocked")
    await seat.go("/settings/hidden?kind=blocked")
    await page.get_by_role("button", name="Unblock").click()
    await expect(page.locator(".empty")).to_contain_text("Nobody")
    assert complaints(seat) == []


async def test_reporting_someone(sit: Sit, newcomer: New, house: House) -> None:
    ines, noor = newcomer(), newcomer()
    said = noor.post("buy my seeds")
    seat = await sit(ines, then=f"/@{noor.name}/report?post={said['id']}")
    await expect(seat.page.locator(".quoted")).to_contain_text("buy my seeds")
    await seat.page.check("input[value=spam]")
    await seat.page.fill("#comment", "ten times a day")
    await seat.page.check("input[name=block]")
    await seat.page.click("button:has-text('Report')")
    await expect(seat.page.locator(".toast")).to_contain_text("moderators")
    await expect(seat.page.locator(".note.madder")).to_contain_text("You blocked")
    reported: Any = house.command("admin", "report", "list")
    found = [r for r in reported if r["comment"] == "ten times a day"]
    assert [r["category"] for r in found] == ["spam"]
    assert complaints(seat) == []


async def test_lists(sit: Sit, newcomer: New) -> None:
    ines, noor, sana = newcomer(), newcomer(), newcomer()
    ines.follow(noor)
    noor.post("on a list now")
    seat = await sit(ines, then="/lists")
    page = seat.page
    await expect(page.locator(".empty")).to_contain_text("No lists yet")
    await page.fill("#title", "Watercolour")
    await page.click("text=Make")
    for name, told in (("nobody_here_at_all", "Nobody here is called so."), (sana.name, "whom you follow")):
        await page.fill("#name", name)
        await page.click("button:has-text('Add')")
        await expect(page.locator("#name-wrong")).to_contain_text(told)
    await page.fill("#name", f"@{noor.name}")
    await page.click("button:has-text('Add')")
    await expect(page.locator(".person")).to_contain_text(noor.name)
    await page.select_option("#replies", "none")
    await page.check("input[name=exclusive]")
    await page.fill("#title", "Wet paper")
    await page.click("button:has-text('Save')")
    await expect(page.locator("h1")).to_have_text("Wet paper")
    await expect(page.locator(".post")).to_contain_text("on a list now")
    await seat.go(f"/@{noor.name}")
    await menu(page, "Lists")
    await page.uncheck("input[name=list]")
    await page.click("text=Save")
    await seat.go("/lists")
    await page.click("text=Wet paper")
    await expect(page.locator(".empty")).to_contain_text("Nothing here yet")
    await page.click("text=Edit")
    await page.click("summary:has-text('Remove the list')")
    await page.click("text=Yes, remove it")
    await expect(page.locator(".empty")).to_contain_text("No lists yet")
    assert sana.client.get("/lists").status_code < 500
    assert complaints(seat) == []


async def test_a_message_comes_and_is_read(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    hers = await sit(noor, then="/local")
    await hers.ready()
    mine = await sit(ines, then=f"/@{noor.name}")
    await menu(mine.page, "Write a message")
    await expect(mine.page.locator("select[name=visibility]")).to_have_value("direct")
    await expect(mine.page.locator("#text")).to_have_value(f"@{noor.name} ")
    await mine.page.fill("#text", f"@{noor.name} two blades left")
    await mine.page.click("button[value=post]")
    await mine.page.wait_for_url("**/posts/*")
    await expect(hers.page.locator(".nav [sse-swap=letters]")).to_contain_text("1")  # without a reload
    await hers.page.click(".nav a[href='/messages']")
    await expect(hers.page.locator(".letter.unread")).to_contain_text("two blades left")
    await hers.page.click(".letter .opens")
    await hers.page.wait_for_url("**/posts/*")
    await expect(hers.page.locator(".lead-post")).to_contain_text("two blades left")
    await expect(hers.page.locator(".nav [sse-swap=letters]")).to_have_text("")
    await hers.go("/messages")
    await expect(hers.page.locator(".letter.unread")).to_have_count(0)
    for words, left in (("Mark as new", 1), ("Take off my list", 0)):
        await hers.page.click(".letter > button")
        await hers.page.click(f".letter .menu button:has-text('{words}')")
        await expect(hers.page.locator(".letter")).to_have_count(left)
    await mine.go("/messages")
    await expect(mine.page.locator(".letter")).to_contain_text("You: ")
    assert complaints(hers) == complaints(mine) == []


async def test_a_filter_folds_and_then_leaves_out(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    ines.follow(noor)
    said = noor.post("the finale was about owls")
    seat = await sit(ines, then="/settings/filters")
    page = seat.page
    await page.fill("#title", "The finale")
    await page.click("button:has-text('Save')")
    await expect(page.locator(".error")).to_contain_text("at least one word")
    await page.fill("#words", "finale\n  the last   episode \n\nfinale")
    await page.click("button:has-text('Save')")
    await expect(page.locator(".lines li")).to_contain_text("finale, the last episode")
    await seat.go("/")
    card = page.locator(f"#card-{said['id']}")
    await expect(card.locator(".spoiler summary")).to_contain_text("Filtered: The finale")
    await seat.go("/settings/filters")
    await page.click("text=Change")
    await page.check("input[value=hide]")
    await page.fill("#words", "owls\nfinale")
    await page.uncheck("input[name=whole]")
    await page.select_option("#until", "86400")
    await page.click("button:has-text('Save')")
    await expect(page.locator(".lines li")).to_contain_text("until")
    await seat.go("/")
    await expect(card).to_have_count(0)
    await seat.go("/settings/filters")
    await page.get_by_role("button", name="Remove The finale").click()
    await expect(page.locator(".empty")).to_contain_text("No filters")
    await seat.go("/")
    await expect(card).to_be_visible()
    await expect(card.locator(".spoiler")).to_have_count(0)
    assert complaints(seat) == []


async def test_tags_are_followed_and_shown(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    tag = f"print{ines.id[-6:]}"
    ines.post(f"first light #{tag}")
    seat = await sit(ines, then=f"/tags/{tag}")
    page = seat.page
    await page.get_by_role("button", name=f"Follow #{tag}", exact=True).click()
    await expect(page.get_by_role("button", name=f"Unfollow #{tag}")).to_be_visible()
    other = noor.post(f"and mine #{tag}")
    await seat.go("/")
    await expect(page.locator(f"#card-{other['id']}")).to_be_visible()
    await seat.go("/settings/tags")
    await page.click(f".chip:has-text('#{tag}')")
    await expect(page.locator(".lines li", has_text="1 post")).to_be_visible()
    await page.fill("#follow", "no tag at all!")
    await page.click("button:has-text('Follow'):not([aria-label])")
    await expect(page.locator("#follow-wrong")).to_contain_text("letters")
    await seat.go(f"/@{ines.name}")
    await expect(page.locator(".bio .chip")).to_contain_text(f"#{tag}")
    await seat.go("/settings/tags")
    await page.get_by_role("button", name="Unfollow").click()
    await page.get_by_role("button", name="off your page").click()
    await expect(page.locator(".lines")).to_have_count(0)
    assert complaints(seat) == []


async def test_ones_own_page_and_how_strangers_see_it(sit: Sit, newcomer: New) -> None:
    ines, noor, sana = newcomer(), newcomer(), newcomer()
    top = ines.post("stands at the top")
    ines.post("for followers only", visibility="private")
    for n in range(3):
        ines.post(f"later {n}")
    assert ines.client.post(f"/api/v1/statuses/{top['id']}/pin").status_code == 200
    sana.follow(noor)
    noor.follow(ines)
    seat = await sit(ines, then="/settings/profile")
    page = seat.page
    await page.locator("input[name=line_name]").first.fill("Website")
    await page.locator("input[name=line_value]").first.fill("https://example.org/ines")
    await page.locator("input[name=line_value]").nth(1).fill("nothing says what this is")
    await page.check("input[name=bot]")
    await page.click("button:has-text('Save')")
    await expect(page.locator("#lines-wrong")).to_contain_text("a name")
    await page.locator("input[name=line_value]").nth(1).fill("")
    await page.click("button:has-text('Save')")
    await expect(page.locator(".toast")).to_contain_text("Saved")
    await seat.go(f"/@{ines.name}?tab=posts")
    await expect(page.locator(".about-lines a")).to_have_attribute("href", "https://example.org/ines")
    await expect(page.locator(".badge", has_text="Bot").first).to_be_visible()
    await expect(page.locator(".pins .post")).to_have_count(1)
    await expect(page.locator(f"[id='card-{top['id']}']")).to_have_count(1)
    await expect(page.get_by_text("for followers only")).to_be_visible()
    await menu(page, "See it as a stranger")
    await expect(page.locator(".note").first).to_contain_text("not signed in")
    await page.click(".tabs a:has-text('Posts')")
    await expect(page.locator(".pins .post")).to_have_count(1)
    await expect(page.get_by_text("for followers only")).to_have_count(0)

    await expect(page.locator("meta[name=robots]")).to_have_count(1)
    await seat.go("/settings/privacy")
    await page.check("input[name=searchable]")
    await page.check("input[name=quote_default][value=no_one]")
    await page.select_option("select[name=not_following]", "filter")
    await page.click("button:has-text('Save')")
    await expect(page.locator("select[name=not_following]")).to_have_value("filter")
    await expect(page.locator("input[name=quote_default][value=no_one]")).to_be_checked()
    hers = await sit(sana, then=f"/@{ines.name}")
    await expect(hers.page.locator("meta[name=robots]")).to_have_count(0)
    await expect(hers.page.locator(".bio")).to_contain_text(f"Followed by {noor.name}")
    sana.post(f"@{ines.name} we have not met")
    await seat.go("/notifications")
    await page.click("text=1 person held back")
    await expect(page.locator(".panel")).to_contain_text("we have not met")
    await page.click("text=Let through")
    await expect(page.locator(".empty")).to_contain_text("Nothing is held back")
    await seat.go("/notifications")
    await expect(page.locator(".news").first).to_contain_text("mentioned you")
    assert complaints(seat) == complaints(hers) == []


async def test_alerts_of_one_post_are_told_as_one(sit: Sit, newcomer: New, house: House) -> None:
    ines, others = newcomer(), [newcomer() for _ in range(4)]
    said = ines.post("liked by many")
    for other in others:
        assert other.client.post(f"/api/v1/statuses/{said['id']}/favourite").status_code == 200
    told = house.command("admin", "announce", "The kiln is on from Thursday")
    seat = await sit(ines, then="/notifications")
    news = seat.page.locator(".news")
    await expect(news).to_have_count(1)
    await expect(news).to_contain_text(f"{others[3].name}, {others[2].name} and 2 others like your post")
    await seat.go("/notifications?kind=mentions")
    await expect(news).to_have_count(0)
    await seat.go("/")
    strip = seat.page.locator(".announcement", has_text="The kiln is on")
    await seat.ready()
    await strip.get_by_role("button", name="Put it away").click()
    await expect(strip).to_have_count(0)
    await seat.page.reload()
    await expect(strip).to_have_count(0)
    house.command("admin", "withdraw", told["id"])
    assert complaints(seat) == []
