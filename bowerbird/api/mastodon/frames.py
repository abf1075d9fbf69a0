"""An event as it goes over the wire: server-sent, or a WebSocket's message."""

from __future__ import annotations

from typing import Literal

import msgspec

Wire = Literal["sse", "ws"]


class Frames:
    """One event; each of its forms is made when first asked for."""

    def __init__(self, event: str, payload: bytes) -> None:
        self._event, self._payload = event, payload
        self._sse: bytes | None = None
        self._ws: dict[tuple[str, ...], bytes] = {}

    def of(self, wire: Wire, label: tuple[str, ...]) -> bytes:
        """The form for one kind of connection, by way of the channel labelled so."""
        if wire == "sse":
            if self._sse is None:
                self._sse = b"event: " + self._event.encode() + b"\ndata: " + self._payload + b"\n\n"
            return self._sse
        if label not in self._ws:
            said = {"stream": label, "event": self._event} | ({"payload": self._payload.decode()} if self._payload else {})
            self._ws[label] = msgspec.json.encode(said)
        return self._ws[label]
