"""Which addresses are out in the world, and connections that go to exactly the address that was looked at."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, cast

import httpcore

from bowerbird.core.errors import Unavailable
from bowerbird.core.settings import settings

Address = IPv4Address | IPv6Address
Rule = Callable[[Address, int], bool]
PORTS = (80, 443)
ADDRESSES_MAX = 16
_RELAYS = ip_network("192.88.99.0/24")
_GLOBAL = IPv6Network("2000::/3")  # what is given out; NAT64, mapped, unique-local and link-local addresses lie outside
_WITHIN = [  # ways to say another address inside a global one, and what is only for documents and tests
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "3ffe::/16")
]  # fmt: skip


class OutsideTrouble(Unavailable):
    """Another's server could not be asked. `again`: asking once more later may help."""

    code = "outside"

    def __init__(self, said: str, *, again: bool = False) -> None:
        super().__init__(said)
        self.again = again


def public(address: Address, port: int) -> bool:
    """Whether this is an ordinary web server's place out in the world."""
    if port not in PORTS:
        return False
    if isinstance(address, IPv6Address):
        return address in _GLOBAL and not any(address in net for net in _WITHIN)
    return address.is_global and not address.is_multicast and not address.is_reserved and address not in _RELAYS


def rule() -> Rule:
    """The rule in force: `public`, unless this house is closed off and said otherwise."""
    return (lambda _address, _port: True) if settings().private_addresses == "allow" else public


class Pinned(httpcore.AsyncNetworkBackend):
    """Looks a name up once, refuses it when any of its addresses breaks the rule, and connects to one it looked at."""

    def __init__(self, may: Rule) -> None:
        self._may = may
        self._plain = cast(httpcore.AsyncNetworkBackend, httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to `host`, whose name is not looked up again. Raises OutsideTrouble."""
        found = await _addresses(host, port)
        if not found or not all(self._may(address, port) for address in found):
            raise OutsideTrouble("That address is not out in the world.")
        lost: Exception | None = None
        for address in found[:2]:
            try:
                return await self._plain.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as silent:
                lost = silent
        raise OutsideTrouble("The server there does not answer.", again=True) from lost

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


async def _addresses(host: str, port: int) -> list[Address]:
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as unknown:
        raise OutsideTrouble("There is no server by that name.", again=True) from unknown
    plain = dict.fromkeys(str(where[4][0]).partition("%")[0] for where in answers)
    return [ip_address(text) for text in list(plain)[:ADDRESSES_MAX]]
