"""Understanding, by rule: 150 prompts as people write them, and what must be found in their scenes."""

from __future__ import annotations

from bowerbird.inference.runner.illustrator.reading import read
from tests.illustrator.understanding import cases, faults

SHARE_MIN = 0.90


def test_nine_of_ten_prompts_are_understood_entirely() -> None:
    written = cases()
    assert len(written) >= 150
    wrong = {case["p"]: found for case in written if (found := faults(read(case["p"], seed=11), case))}
    for prompt, found in wrong.items():
        print(f"✗ {prompt}\n    " + "\n    ".join(found))
    share = 1 - len(wrong) / len(written)
    print(f"{share:.1%} of {len(written)} right")
    assert share >= SHARE_MIN


def test_what_was_said_stands_in_every_variant() -> None:
    wrong = [
        (case["p"], variant, found)
        for case in cases()[:60]
        for variant in (1, 2, 3)
        if (found := faults(read(case["p"], seed=5, variant=variant), case)) and not faults(read(case["p"], seed=5), case)
    ]
    assert len(wrong) <= 3, wrong
