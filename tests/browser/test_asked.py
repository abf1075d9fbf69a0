"""The assistant under posts in a real browser: asked for oneself, answered aloud before a third person's eyes, refused, corrected."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Sit
from tests.conftest import Member
from tests.contract.test_asked import ask, over

pytestmark = pytest.mark.browser
New = Callable[..., Member]
ANSWER_MS = 100_000
STATES = """() => { window.seen = []; new MutationObserver(() => {
    const now = document.querySelector('#answers [data-state]');
    const told = now && `${now.dataset.state}:${now.innerText.length}`;
    if (told && window.seen.at(-1) !== told) window.seen.push(told);
}).observe(document.getElementById('answers'), { subtree: true, childList: true, characterData: true, attributes: true }); }"""


async def test_a_private_answer_comes_as_it_is_written_and_only_its_asker_sees_it(sit: Sit, newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    post = bea.post("Cyanotype: iron salts turn blue in the sun, so the picture prints itself.")
    mine, theirs = await sit(ann, then=f"/posts/{post['id']}", viewport=PHONE), await sit(bea, then=f"/posts/{post['id']}")
    await mine.ready()
    await mine.page.evaluate(STATES)
    await mine.page.click("#ask button[value=explain]")
    answer = mine.page.locator("#answers .asked")
    await expect(answer).to_be_focused()
    await expect(answer).to_contain_text("Only you see this")
    await expect(answer.locator("[data-state=done]")).to_be_visible(timeout=ANSWER_MS)
    seen = await mine.page.evaluate("window.seen")
    assert len(seen) >= 3, seen  # it was read, it was being written, it was done
    assert seen[0].startswith(("queued", "running"))
    await expect(answer.locator("[aria-live=polite]")).to_have_attribute("aria-busy", "false")
    await expect(answer.locator(".stamp summary")).to_contain_text("read 1 post")
    said = await answer.locator(".said").inner_text()
    await mine.page.click("#ask button[value=summarise]")
    await expect(mine.page.locator("#answers [data-state=done]")).to_have_count(2, timeout=ANSWER_MS)
    await expect(mine.page.locator("#answers .said a.cite").first).to_have_attribute("href", f"/posts/{post['id']}")
    await mine.page.reload()
    await expect(mine.page.locator("#answers .asked")).to_have_count(2)
    await expect(mine.page.locator("#answers .said").last).to_have_text(said)
    await theirs.page.reload()
    await expect(theirs.page.locator("#answers .asked")).to_have_count(0)
    assert said not in await theirs.page.content()
    assert not mine.complaints


async def test_a_third_person_sees_the_answer_to_a_mention_arrive(sit: Sit, newcomer: New) -> None:
    ann, bea, carl = newcomer(), newcomer(), newcomer()
    word = f"marlowite{ann.id[-6:]}"
    fact = bea.post(f"The {word} glaze needs nine hours in the kiln")
    post = bea.post(f"Who has fired {word}?")
    asker, third = await sit(ann, then=f"/posts/{post['id']}"), await sit(carl, then=f"/posts/{post['id']}")
    await third.ready()
    await asker.page.fill("#reply textarea[name=text]", f"@bower what do people say about {word} glaze?")
    await asker.page.click("#reply button[value=post]")
    reply = third.page.locator("#thread .reply", has_text="what do people say")
    await expect(reply).to_be_visible(timeout=ANSWER_MS)
    answer = third.page.locator("#thread .reply", has=third.page.locator(".answer"))
    await expect(answer).to_be_visible(timeout=ANSWER_MS)
    await expect(answer.locator(".who")).to_contain_text("AI")
    await expect(answer.locator(".rests-on a").first).to_have_attribute("href", f"/posts/{fact['id']}")
    await answer.locator(".stamp summary").click()
    await expect(answer.locator(".stamp-all")).to_contain_text("System prompt")
    await expect(asker.page.locator("#thread .answer")).to_be_visible(timeout=ANSWER_MS)
    await expect(third.page.locator("#thread .reply")).to_have_count(2)
    await asker.page.reload()
    await expect(asker.page.locator("#thread .answer")).to_be_visible()
    await expect(asker.page.locator(".mention-state")).to_have_count(0)  # it was answered: nothing more is said of it
    await answer.locator(".stamp-all a[href^='/about/bower#prompt-']").click()
    await expect(third.page.locator("details.prompt-version:target, details.prompt-version[open]").first).to_be_visible()
    assert not third.complaints


async def test_why_it_does_not_answer(sit: Sit, newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    post = bea.post("Only people, please.")
    asker, author = await sit(ann, then=f"/posts/{post['id']}"), await sit(bea, then=f"/posts/{post['id']}")
    await author.page.click(f"[popovertarget=menu-{post['id']}]")
    await author.page.click("text=No AI here")
    await expect(author.page.locator(".closed-mark")).to_be_visible()
    await expect(author.page.locator("#ask")).to_have_count(0)
    await asker.ready()
    await asker.page.fill("#ask-text", "What is this?")
    await asker.page.press("#ask-text", "Enter")
    await expect(asker.page.locator("#answers .unasked")).to_have_text("Its author wants no AI here.")
    await expect(asker.page.locator("#ask-text")).to_have_value("What is this?")
    await asker.page.fill("#reply textarea[name=text]", "@bower explain this")
    await asker.page.click("#reply button[value=post]")
    refused = asker.page.locator("#thread .reply .mention-state .note")
    await expect(refused).to_have_text(re.compile("Bower did not answer: Its author wants no AI here"), timeout=ANSWER_MS)
    await author.page.reload()
    await expect(author.page.locator("#thread .reply")).to_have_count(1)
    await expect(author.page.locator(".mention-state")).to_have_count(0)


async def test_people_correct_an_answer(sit: Sit, newcomer: New) -> None:
    ann, bea, carl = newcomer(), newcomer(), newcomer()
    post = ann.post("The moon is nearer in winter.")
    over(ann, ask(ann, post, "check", aloud=True))
    writer, reader = await sit(bea, then=f"/posts/{post['id']}"), await sit(carl)
    await writer.page.click("summary:has-text('Missing context')")
    await writer.page.fill("#thread .correct-one[open] textarea", "In the northern half, that is.")
    await writer.page.click("#thread .correct-one[open] button")
    await expect(writer.page.locator(".waiting summary")).to_have_text("1 person says something is missing")
    await reader.go(f"/posts/{post['id']}")
    await reader.page.click(".waiting summary")
    await expect(reader.page.locator(".waiting-one")).to_contain_text("In the northern half")
    await reader.page.click(".waiting-one button:has-text('Disagree')")
    await expect(reader.page.locator(".waiting-one")).to_contain_text("1 of 2 agree")
    await expect(reader.page.locator(".waiting-one button[value=no]")).to_have_attribute("aria-pressed", "true")


async def test_without_scripts_one_asks_too(sit: Sit, newcomer: New) -> None:
    ann = newcomer()
    post = ann.post("Shall we meet at the harbour on Friday?")
    seat = await sit(ann, then=f"/posts/{post['id']}", java_script_enabled=False)
    await seat.page.click("#ask button[value=summarise]")
    await expect(seat.page.locator("#answers .asked")).to_be_visible()
    asked = ann.client.get(f"/api/bower/v1/posts/{post['id']}/asked").json()[0]
    over(ann, asked)
    await seat.go(f"/posts/{post['id']}")
    await expect(seat.page.locator("#answers .said")).to_contain_text("harbour")
