"""Passkeys with a virtual authenticator; sessions one can see and end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Seat, Sit
from tests.conftest import Member

pytestmark = pytest.mark.browser
New = Callable[..., Member]
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
    "automaticPresenceSimulation": True,
}  # fmt: skip


async def with_authenticator(seat: Seat) -> None:
    protocol = await seat.context.new_cdp_session(seat.page)
    await protocol.send("WebAuthn.enable")
    await protocol.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})


async def test_a_passkey_is_made_used_and_forgotten(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    seat = await sit(ines, then="/settings/account")
    page = seat.page
    await with_authenticator(seat)
    await expect(page.locator("#main")).to_contain_text("No passkey yet")
    await page.click("text=Add a passkey")
    await expect(page.locator("section:has(#passkeys-title) li")).to_have_count(1)
    await page.click("text=Sign out >> nth=0")
    await page.wait_for_url(seat.url("/signin"))
    await seat.go("/signin?next=/bookmarks")
    await page.click("text=Continue with a passkey")
    await page.wait_for_url(seat.url("/bookmarks"))
    await expect(page.locator(".nav li.me")).to_contain_text(ines.name)
    await seat.go("/settings/account")
    await page.click("section:has(#passkeys-title) li button")
    await expect(page.locator("#main")).to_contain_text("No passkey yet")
    assert seat.complaints == []
    assert seat.strangers() == []


async def test_a_session_is_seen_and_ended_from_another(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    here, there = await sit(ines, then="/settings/account"), await sit(ines)
    await here.go("/settings/account")
    sessions = here.page.locator("section:has(#sessions-title) li")
    await expect(sessions).to_have_count(2)
    await expect(sessions.filter(has_text="This one")).to_have_count(1)
    await expect(sessions.first).to_contain_text("Chrome on Linux")
    await sessions.locator("button").click()
    await expect(sessions).to_have_count(1)
    await there.go("/bookmarks")
    assert there.page.url.startswith(there.url("/signin"))
    await here.go("/settings/account")
    await expect(sessions).to_have_count(1)


async def test_a_wrong_password_says_so_and_keeps_the_name(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    seat = await sit()
    await seat.go("/signin")
    await seat.page.fill("#login", ines.name)
    await seat.page.fill("#password", "not this one")
    await seat.page.click("form button:has-text('Sign in')")
    await expect(seat.page.locator("#password-wrong")).to_be_visible()
    assert await seat.page.input_value("#login") == ines.name
