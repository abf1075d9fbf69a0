"""Asked once beside the first thumb, answered there, in a real browser and without scripts; and nothing of it is wider than a phone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Sit
from tests.conftest import Member
from tests.contract.test_conversations_private import BASE, begin, over

pytestmark = pytest.mark.browser
New = Callable[..., Member]
FEEDBACK = "train_assistant_feedback"


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_first_thumb_is_answered_where_it_stands(sit: Sit, newcomer: New, scripts: bool) -> None:
    ann = newcomer()
    talk, answer = await asyncio.to_thread(begin, ann, "/trends")
    await asyncio.to_thread(over, ann.client, answer["id"])
    seat = await sit(ann, then=f"/chat/{talk['id']}", viewport=PHONE, java_script_enabled=scripts)
    if scripts:
        await seat.ready()
    await seat.page.get_by_role("button", name="Helpful", exact=True).click()
    asked = seat.page.locator(".question-once")
    await expect(asked).to_contain_text("May your ratings teach the assistant here?")
    await asked.get_by_role("button", name="Yes").click()
    await expect(asked).to_have_count(0)
    assert ann.client.get(f"{BASE}/consents").json()[FEEDBACK] is True
    assert not seat.complaints


async def test_nothing_is_wider_than_a_phone(sit: Sit, newcomer: New) -> None:
    seat = await sit(newcomer(role="admin"), viewport=PHONE)
    for path in ("/learning", "/learning/keeping", "/settings/learning", "/settings/privacy"):
        await seat.page.goto(f"{seat.house.url}{path}")
        assert await seat.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert not seat.complaints
