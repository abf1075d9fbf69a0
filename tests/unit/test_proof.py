"""What a mark and a signature prove, how checks wait, and a key half written."""

from __future__ import annotations

import asyncio
import io
import os
from typing import Any

import pytest
from PIL import Image

from bowerbird.core.errors import TooMany, Unavailable
from bowerbird.core.settings import load
from bowerbird.media import pictures
from bowerbird.media.provenance import apart, certificate, verdict


async def test_checks_wait_in_a_short_line(monkeypatch: pytest.MonkeyPatch) -> None:
    line = apart.Line(asyncio.Semaphore(0), 0.2, waiting_max=2)
    monkeypatch.setattr(apart, "CHECKS", line)
    answers = await asyncio.gather(*(apart.check(b"") for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers].count(TooMany) == 1
    assert [type(answer) for answer in answers].count(Unavailable) == 2  # their waiting counted
    assert line.waiting == 0
    assert apart.CARRIES.turn is not apart.CHECKS.turn


async def test_uploads_with_credentials_wait_in_a_line_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    assert apart.CARRIES.waiting_max == apart.CARRIES_WAITING_MAX
    line = apart.Line(asyncio.Semaphore(0), 0.2, waiting_max=2)
    monkeypatch.setattr(apart, "CARRIES", line)
    picture = Image.new("RGB", (32, 32))
    out = io.BytesIO()
    picture.save(out, "PNG")
    made = pictures.render(out.getvalue(), bytes_max=10**6, pixels_max=10**6)
    answers = await asyncio.gather(*(apart.carry(out.getvalue(), made) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers].count(TooMany) == 1
    assert answers.count(made) == 2  # they waited too long, and go on without
    (refused,) = [answer for answer in answers if isinstance(answer, TooMany)]
    assert "Try again" in refused.said
    assert line.waiting == 0


def test_a_mark_alone_is_never_proof() -> None:
    mark = apart.Mark(7, 12, 370, 378, 1.0)

    def judged(**said: object) -> verdict.Verdict:
        return verdict.of(apart.Look(mark, dict(said) or None, 7))

    ours = judged(state="trusted", ours=True, actions=[{"what": "c2pa.created"}])
    assert (ours.answer, ours.title) == ("made_here", "Made here, with AI")
    alone, invalid, foreign = judged(), judged(state="invalid"), judged(state="valid", signed_by="X")
    carried = judged(state="trusted", ours=True, actions=[{"what": "c2pa.transcoded"}])
    answers = [one.answer for one in (alone, invalid, foreign, carried)]
    assert answers == ["made_here", "made_here", "credentials_elsewhere", "credentials_elsewhere"]
    assert not any("can be copied" in reason for reason in ours.reasons)
    for one in (alone, invalid, foreign, carried):
        assert any("can be copied" in reason for reason in one.reasons)
        assert not one.signed
        assert "carries our mark" in one.title


def test_a_crash_while_the_key_is_written_stops_no_later_start(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    here = load({"BOWERBIRD_DATA_DIR": str(tmp_path)})

    def full(*_: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", full)
        with pytest.raises(OSError, match="no room"):
            certificate.of(here)
    assert list((here.home / "secrets").iterdir()) == []
    (here.home / "secrets" / f".{certificate.FILE}.{os.getpid()}").touch()  # what a killed process left
    assert certificate.of(here).own
