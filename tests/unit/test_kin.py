"""Processes that end with whoever started them, and those that only look at the application."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from bowerbird import app
from bowerbird.core import kin
from bowerbird.inference.runner import server


def watchers() -> int:
    return sum(thread.name == "kin" for thread in threading.enumerate())


@pytest.mark.parametrize("application", [app.application, server.application], ids=["web", "models"])
def test_building_an_application_ends_nobody(application: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "secret", lambda *_: "0" * 64)
    before = watchers()
    application()
    assert watchers() == before


@pytest.mark.parametrize("module", [app, server], ids=["web", "models"])
def test_a_serving_process_follows_whoever_started_it(module: object, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[int] = []
    monkeypatch.setattr(kin, "follow", followed.append)
    monkeypatch.setattr(module, "application", lambda: "built")
    assert (getattr(module, "serving")(), len(followed)) == ("built", 1)  # noqa: B009
