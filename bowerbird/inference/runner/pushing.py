"""From engines that call back to events that are asked for one by one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

from bowerbird.inference.wire import ImageEvent

LOOK_S = 0.2
Tell = Callable[[ImageEvent], None]


class Stopped(Exception):
    """Called off: raised within an engine to get out of it."""


def events(work: Callable[[Tell], None], stopped: threading.Event, alone: threading.Lock) -> Iterator[ImageEvent]:
    """What `work` tells as it goes on in a thread of its own, and what it raises. `alone`: one at a time, the others wait.

    When `stopped` is set the iterator ends at once; `work` has to look at it and raise Stopped, and holds `alone` until then."""
    told: queue.Queue[ImageEvent | BaseException | None] = queue.Queue()  # as many as there are steps

    def run() -> None:
        try:
            while not alone.acquire(timeout=LOOK_S):
                if stopped.is_set():
                    raise Stopped
            try:
                if not stopped.is_set():
                    work(told.put)
            finally:
                alone.release()
        except Stopped:
            pass
        except BaseException as wrong:
            told.put(wrong)
        finally:
            told.put(None)

    threading.Thread(target=run, name="engine", daemon=True).start()
    while not stopped.is_set():
        try:
            said = told.get(timeout=LOOK_S)
        except queue.Empty:
            continue
        if isinstance(said, BaseException):
            raise said
        if said is None:
            return
        yield said
