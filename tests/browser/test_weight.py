"""The first page is light, and nothing on it jumps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import PHONE, Sit, shown_by
from tests.conftest import Member

pytestmark = pytest.mark.browser
New = Callable[..., Member]
HOME_BYTES_MAX = 100_000
SHIFT_MAX = 0.02
SHIFTS = """() => { window.shifts = []; new PerformanceObserver(
    (list) => list.getEntries().forEach((one) => one.hadRecentInput || window.shifts.push(one.value))
).observe({ type: 'layout-shift', buffered: true }); }"""
SHIFTED = "() => window.shifts.reduce((sum, one) => sum + one, 0)"


async def test_the_first_page_is_light_and_lies_still(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    for number in range(3):
        shown_by(ines, f"picture {number}", f"a lighthouse, try {number}")
    for number in range(17):
        ines.post(f"and words, number {number}, with #tags and @{ines.name}")
    seat = await sit(ines, then="/settings/privacy", viewport=PHONE)
    fresh = await seat.context.new_page()
    protocol = await seat.context.new_cdp_session(fresh)
    await protocol.send("Network.enable")
    await protocol.send("Network.setCacheDisabled", {"cacheDisabled": True})
    urls: dict[str, str] = {}
    weights: dict[str, int] = {}
    protocol.on("Network.requestWillBeSent", lambda e: urls.__setitem__(e["requestId"], e["request"]["url"]))
    protocol.on("Network.loadingFinished", lambda e: weights.__setitem__(e["requestId"], int(e["encodedDataLength"])))
    await fresh.add_init_script(f"({SHIFTS})()")
    await fresh.goto(seat.url("/"))
    await fresh.wait_for_load_state("load")
    await fresh.wait_for_timeout(600)
    counted = {urls[id_]: size for id_, size in weights.items() if "/media/" not in urls[id_] and not urls[id_].endswith(".webp")}
    assert len(counted) >= 10, counted
    print(sum(counted.values()), *sorted(counted.items(), key=lambda one: -one[1]), sep="\n")
    assert sum(counted.values()) < HOME_BYTES_MAX, sorted(counted.items(), key=lambda one: -one[1])
    assert await fresh.evaluate(SHIFTED) < SHIFT_MAX
    await fresh.mouse.wheel(0, 3000)
    await fresh.wait_for_timeout(400)
    assert await fresh.evaluate(SHIFTED) < SHIFT_MAX
