"""The pages as pictures, for people to look at: nothing is compared, everything is taken."""

from __future__ import annotations

import pytest

from tests.browser import shots
from tests.browser.conftest import Sit
from tests.conftest import House

pytestmark = pytest.mark.browser


async def test_shots(sit: Sit, house: House) -> None:
    taken = await shots.all_of_them(sit, house)
    assert len(taken) >= 7 * 2 * 2
    assert shots.SCREENSHOT.stat().st_size <= shots.SCREENSHOT_BYTES_MAX
