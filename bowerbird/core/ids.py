"""Time-sorted 63-bit ids: 41 bits of milliseconds since 2026, 22 bits that start at random and count up within one."""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime

EPOCH_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
ID_MAX = (1 << 63) - 1
_TAIL_BITS = 22
_lock = threading.Lock()
_last = 0


def new_id() -> int:
    """A new id, larger than every earlier one of this process; two processes differ by their random tails."""
    global _last
    fresh = (time.time_ns() // 1_000_000 - EPOCH_MS) << _TAIL_BITS | secrets.randbits(_TAIL_BITS - 1)
    with _lock:
        _last = max(fresh, _last + 1)
        return _last


def at(id_: int) -> datetime:
    """When an id was made."""
    return datetime.fromtimestamp(((id_ >> _TAIL_BITS) + EPOCH_MS) / 1000, UTC)


def before(moment: datetime) -> int:
    """The smallest id made at `moment`, for keyset conditions on time."""
    return max(0, int(moment.timestamp() * 1000) - EPOCH_MS) << _TAIL_BITS


def parse(text: str | None) -> int | None:
    """An id from a URL or query, None where it is not one."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= ID_MAX else None
