"""Which tier answers, and the words that say why."""

from __future__ import annotations

import pytest

from bowerbird.assistant.router import Ask, route


@pytest.mark.parametrize(
    ("ask", "tiers", "why"),
    [
        (Ask("chat", "Hello."), ("mini", "nano"), "It is short: Mini."),
        (Ask("thread", "x " * 500), ("mini", "nano"), "Answers in threads are short: Mini."),
        (Ask("classify"), ("nano",), "A word or two are enough: Nano."),
        (Ask("chat", "word " * 121), ("full", "mini", "nano"), "It is long: Full."),
        (Ask("chat", "Go on.", context_tokens=1_501), ("full", "mini", "nano"), "It is long: Full."),
        (Ask("chat", "Compare these two."), ("full", "mini", "nano"), "It takes several steps: Full."),
        (Ask("chat", "Compare these.", chosen="nano"), ("nano",), "You chose Nano."),
        (
            Ask("chat", "Compare these.", spent=["full"]),
            ("mini", "nano"),
            "It takes several steps: Full. Full is used up for today.",
        ),
        (Ask("chat", "Hi", down=["mini"]), ("nano",), "It is short: Mini. Mini does not answer."),
        (Ask("chat", "Hi", chosen="full", busy=["full"], down=["mini"]), ("nano",), "You chose Full. Full has too much to do."),
        (Ask("chat", "Hi", down=["full", "mini", "nano"]), ("mini", "nano"), "It is short: Mini."),
    ],
)
def test_routes(ask: Ask, tiers: tuple[str, ...], why: str) -> None:
    found = route(ask)
    assert (found.tiers, found.why) == (tiers, why)
