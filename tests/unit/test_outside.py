"""The one way out: what it refuses, and that it goes to exactly what it looked at. Real sockets, a server that behaves as a test says."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any

import pytest

from bowerbird.core import outside
from bowerbird.core.addresses import Address, OutsideTrouble, public

Manner = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
HTML = ("text/html",)


@asynccontextmanager
async def serving(manner: Manner) -> AsyncIterator[int]:
    """The port of a server that answers as `manner(head, writer)` does."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await manner((await reader.readuntil(b"\r\n\r\n")).decode(), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(*lines: str, body: bytes = b"") -> Manner:
    async def manner(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(["HTTP/1.1 " + lines[0], *lines[1:], "Connection: close", "", ""]).encode() + body)
        await writer.drain()

    return manner


def only(port: int) -> Callable[[Address, int], bool]:
    """A rule that takes this one server for the world."""
    return lambda address, asked: asked == port and address.is_loopback


async def refused(url: str, **more: Any) -> str:
    with pytest.raises(OutsideTrouble) as trouble:
        await outside.get(url, types=HTML, bytes_max=10_000, **more)
    return trouble.value.said


@pytest.mark.parametrize(
    ("address", "port", "allowed"),
    [
        ("93.184.216.34", 443, True), ("93.184.216.34", 80, True), ("93.184.216.34", 22, False), ("93.184.216.34", 8080, False),
        ("127.0.0.1", 80, False), ("10.1.2.3", 80, False), ("172.16.0.1", 80, False), ("192.168.1.1", 80, False), ("0.0.0.0", 80, False),
        ("169.254.169.254", 80, False), ("100.64.0.1", 80, False), ("224.0.0.1", 80, False), ("255.255.255.255", 80, False),
        ("192.0.2.1", 80, False), ("198.18.0.1", 80, False), ("192.88.99.1", 80, False), ("240.0.0.1", 80, False),
        ("2606:2800:220:1:248:1893:25c8:1946", 443, True), ("2001:4860:4860::8888", 443, True), ("::1", 80, False), ("::", 80, False),
        ("::ffff:127.0.0.1", 80, False), ("::ffff:93.184.216.34", 80, False), ("64:ff9b::7f00:1", 80, False), ("64:ff9b:1::1", 80, False),
        ("2002:7f00:1::", 80, False), ("2001:0:7f00:1::", 80, False), ("fe80::1", 80, False), ("fc00::1", 80, False), ("fec0::1", 80, False),
        ("ff02::1", 80, False), ("2001:db8::1", 80, False), ("::127.0.0.1", 80, False), ("100::1", 80, False),
    ],
)  # fmt: skip
def test_only_ordinary_web_servers_out_in_the_world_are_asked(address: str, port: int, allowed: bool) -> None:
    assert public(ip_address(address), port) is allowed


@pytest.mark.parametrize(
    "url",
    ["http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://localhost/",
     "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://169.254.169.254/latest/meta-data/",
     "http://[64:ff9b::a9fe:a9fe]/", "http://0/", "http://10.0.0.1/", "http://１２７.0.0.1/"],
)  # fmt: skip
async def test_our_own_network_is_refused_however_it_is_written(url: str) -> None:
    said = await refused(url)
    assert said in ("That address is not out in the world.", "There is no server by that name.", "That is no web address.")


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "file:///etc/passwd", "javascript:alert(1)", "http://", "//example.org", "", "http://a:b@example.org/",
     "gopher://example.org/", "http://exa mple.org/", "http://example.org:99999/", "http://example.org/" + "a" * 3000, "http://[::1/"],
)  # fmt: skip
async def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    assert await refused(url) in ("That is no web address.", "There is no server by that name.")


async def test_a_page_is_read_with_its_kind_and_letters() -> None:
    async with serving(saying("200 OK", "Content-Type: Text/HTML; charset=ISO-8859-1", "Content-Length: 2", body=b"hi")) as port:
        page = await outside.get(f"http://localhost:{port}/", types=HTML, bytes_max=100, may=only(port))
    assert (page.type, page.charset, page.body) == ("text/html", "iso-8859-1", b"hi")


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:1/", "http://169.254.169.254/", "http://[::1]:1/", "file:///etc/passwd", "http://[::1"]
)
async def test_a_way_on_is_looked_at_anew(target: str) -> None:
    async with serving(saying("302 Found", f"Location: {target}", "Content-Length: 0")) as port:
        said = await refused(f"http://localhost:{port}/", may=only(port))
    assert said in ("That address is not out in the world.", "That is no web address.")


async def test_a_way_on_is_followed_but_not_for_ever() -> None:
    asked: list[str] = []

    async def manner(head: str, writer: asyncio.StreamWriter) -> None:
        asked.append(head.split()[1])
        await saying("301 Moved", f"Location: /{len(asked)}", "Content-Length: 0")(head, writer)

    async with serving(manner) as port:
        assert await refused(f"http://localhost:{port}/0", may=only(port)) == "That address sends one on and on."
    assert asked == ["/0", "/1", "/2", "/3"]


async def test_a_name_is_looked_up_once_and_what_was_looked_at_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name != "rebound.example":
            return real(host, port, *args, **more)
        looked.append(name)
        return real("127.0.0.1" if len(looked) == 1 else "127.0.0.9", port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    async with serving(saying("200 OK", "Content-Type: text/html", "Content-Length: 2", body=b"hi")) as port:

        def may(address: Address, asked: int) -> bool:
            return asked == port and str(address) == "127.0.0.1"

        page = await outside.get(f"http://rebound.example:{port}/", types=HTML, bytes_max=100, may=may)
        assert (page.body, looked) == (b"hi", ["rebound.example"])
        assert await refused(f"http://rebound.example:{port}/", may=may) == "That address is not out in the world."


async def test_a_name_that_also_leads_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in ("93.184.216.34", "10.0.0.7")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    assert await refused("http://two-faced.example/") == "That address is not out in the world."


async def test_a_slow_drip_ends() -> None:
    async def drip(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving(drip) as port:
        assert await refused(f"http://localhost:{port}/", may=only(port), total_s=0.4) == "The server there takes too long."


async def test_a_body_without_end_ends() -> None:
    async def flood(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(b"x" * 5000)
            await writer.drain()

    async with serving(flood) as port:
        assert await refused(f"http://localhost:{port}/", may=only(port)) == "What lies there is too large."


async def test_a_packed_body_is_bounded_as_it_unpacks() -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    assert len(bomb) < 10_000
    head = ("200 OK", "Content-Type: text/html", "Content-Encoding: gzip")
    async with serving(saying(*head, f"Content-Length: {len(bomb)}", body=bomb)) as port:
        assert await refused(f"http://localhost:{port}/", may=only(port)) == "What lies there is too large."
    small = gzip.compress(b"<p>hello")
    async with serving(saying(*head, f"Content-Length: {len(small)}", body=small)) as port:
        page = await outside.get(f"http://localhost:{port}/", types=HTML, bytes_max=100, may=only(port))
    assert page.body == b"<p>hello"


@pytest.mark.parametrize(
    ("lines", "body", "said"),
    [
        (("200 OK", "Content-Type: application/zip", "Content-Length: 1"), b"x", "What lies there is of another kind: application/zip."),
        (("200 OK", "Content-Length: 1"), b"x", "What lies there is of another kind: none said."),
        (("404 No", "Content-Type: text/html", "Content-Length: 0"), b"", "The server there answered 404."),
        (("200 OK", "Content-Type: text/html", "Content-Encoding: br", "Content-Length: 1"), b"x",
         "What lies there is packed in a way we do not read."),
        (("200 OK", "Content-Type: text/html", "Content-Encoding: gzip", "Content-Length: 4"), b"nope", "What lies there cannot be unpacked."),
        (("200 OK", "Content-Type: text/html", "Content-Length: 50"), b"short", "The server there broke off."),
        (("wrong",), b"", "The server there broke off."),
    ],
)  # fmt: skip
async def test_what_cannot_be_used_is_said(lines: tuple[str, ...], body: bytes, said: str) -> None:
    async with serving(saying(*lines, body=body)) as port:
        assert await refused(f"http://localhost:{port}/", may=only(port)) == said


async def test_something_can_be_sent() -> None:
    got: list[str] = []

    async def manner(head: str, writer: asyncio.StreamWriter) -> None:
        got.append(head)
        await saying("201 Created", "Content-Length: 0")(head, writer)

    async with serving(manner) as port:
        assert await outside.post(f"http://localhost:{port}/push", b"news", {"TTL": "60"}, may=only(port)) == 201
        with pytest.raises(OutsideTrouble):
            await outside.post(f"http://localhost:{port}/push", b"news", {})
    assert (got[0].startswith("POST /push "), "TTL: 60" in got[0], f"Host: localhost:{port}" in got[0]) == (True, True, True)
