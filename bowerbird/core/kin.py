"""No process of the house outlives the one that started it: a killed supervisor or web server leaves nothing behind."""

from __future__ import annotations

import os
import signal
import threading
import time

LOOK_S = 0.5
GRACE_S = 8.0
PARENT = "BOWERBIRD_PARENT"  # set by the supervisor for the processes it starts; not a setting


def follow_supervisor() -> None:
    """End with the supervisor, where one started this process; run by hand or by an init system it stands alone."""
    if os.environ.get(PARENT, "").isdecimal():
        follow(int(os.environ[PARENT]))


def follow(parent: int) -> None:
    """End this process, politely and then not, soon after its parent, the process `parent`, has gone."""
    threading.Thread(target=_watch, args=(parent,), name="kin", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:  # asking is portable; a death signal would only exist on Linux
        time.sleep(LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)
