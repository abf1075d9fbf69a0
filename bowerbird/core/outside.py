"""The one way out to an address that somebody else gave: checked, bounded in bytes and time, never into this machine's own network."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urljoin

import httpcore
import httpx

from bowerbird import __version__
from bowerbird.core.addresses import OutsideTrouble, Pinned, Rule, rule
from bowerbird.core.settings import settings

URL_LENGTH_MAX = 2_000
REDIRECTS_MAX = 3
TOTAL_S = 10.0
STEP_S = 5.0  # to connect, and between two reads
REDIRECTS = (301, 302, 303, 307, 308)
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """What lay at the address in the end. `type` is the media type, in lower case and bare; `charset` what it said of its letters."""

    url: str
    type: str
    charset: str
    body: bytes


async def get(
    url: str,
    *,
    types: Sequence[str],
    bytes_max: int,
    total_s: float = TOTAL_S,
    headers: Headers | None = None,
    may: Rule | None = None,
) -> Page:
    """Read what lies at `url`, one of `types` ("text/html", "image/"), up to `bytes_max`. Raises OutsideTrouble."""
    try:
        async with asyncio.timeout(total_s), _pool(may or rule()) as pool:
            for _ in range(REDIRECTS_MAX + 1):
                found = await _ask(pool, url, headers or {}, types, bytes_max)
                if isinstance(found, Page):
                    return found
                url = found
        raise OutsideTrouble("That address sends one on and on.")
    except (TimeoutError, httpcore.TimeoutException) as slow:
        raise OutsideTrouble("The server there takes too long.", again=True) from slow
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as broken:
        raise OutsideTrouble("The server there broke off.", again=True) from broken


async def post(url: str, body: bytes, headers: Headers, *, total_s: float = TOTAL_S, may: Rule | None = None) -> int:
    """Send `body` to `url`; the status of the answer, which is not read further, nor followed elsewhere. Raises OutsideTrouble."""
    try:
        where, said = _place(url, headers)
        async with asyncio.timeout(total_s), _pool(may or rule()) as pool:
            answer = pool.stream("POST", where, headers=said, content=body, extensions=_TIMEOUTS)
            async with answer as response:
                return response.status
    except (TimeoutError, httpcore.TimeoutException) as slow:
        raise OutsideTrouble("The server there takes too long.", again=True) from slow
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as broken:
        raise OutsideTrouble("The server there broke off.", again=True) from broken


_TIMEOUTS = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), STEP_S)}


async def _ask(
    pool: httpcore.AsyncConnectionPool, url: str, headers: Headers, types: Sequence[str], bytes_max: int
) -> Page | str:
    """What lies there, or the address it sends one on to."""
    where, asked = _place(url, headers)
    async with pool.stream("GET", where, headers=asked, extensions=_TIMEOUTS) as response:
        said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status in REDIRECTS and said.get("location"):
            return _joined(url, said["location"])
        if response.status != 200:
            raise OutsideTrouble(f"The server there answered {response.status}.", again=response.status >= 500)
        type_, _, rest = said.get("content-type", "").partition(";")
        type_ = type_.strip().lower()
        if not any(type_ == wanted or (wanted.endswith("/") and type_.startswith(wanted)) for wanted in types):
            raise OutsideTrouble(f"What lies there is of another kind: {type_[:60] or 'none said'}.")
        charset = rest.lower().partition("charset=")[2].strip(" \"'").partition(";")[0][:40]
        return Page(url, type_, charset, await _body(response, said.get("content-encoding", "identity").lower(), bytes_max))


def _joined(url: str, way_on: str) -> str:
    try:
        return urljoin(url, way_on)
    except ValueError as wrong:
        raise OutsideTrouble("That is no web address.") from wrong


async def _body(response: httpcore.Response, encoding: str, bytes_max: int) -> bytes:
    """The whole body, bounded as it came and as it unpacks."""
    if encoding not in ("identity", "gzip", "deflate", ""):
        raise OutsideTrouble("What lies there is packed in a way we do not read.")
    unpack = zlib.decompressobj(47) if encoding in ("gzip", "deflate") else None
    parts: list[bytes] = []
    came = size = 0
    try:
        async for part in response.aiter_stream():
            came += len(part)
            parts.append(unpack.decompress(part, bytes_max - size + 1) if unpack else part)
            size += len(parts[-1])
            if came > bytes_max or size > bytes_max:
                raise OutsideTrouble("What lies there is too large.")
    except zlib.error as broken:
        raise OutsideTrouble("What lies there cannot be unpacked.") from broken
    return b"".join(parts)


def _place(url: str, headers: Headers) -> tuple[httpcore.URL, list[tuple[bytes, bytes]]]:
    """Where to ask and with which headers. Raises OutsideTrouble for what is no plain web address."""
    try:
        parsed = httpx.URL(url if len(url) <= URL_LENGTH_MAX else "")
    except (httpx.InvalidURL, ValueError) as wrong:
        raise OutsideTrouble("That is no web address.") from wrong
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise OutsideTrouble("That is no web address.")
    said = {"Host": parsed.netloc.decode("ascii"), "User-Agent": f"Bowerbird/{__version__} (+{settings().origin})"}
    said |= {"Accept-Encoding": "identity", **headers}
    where = httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path)
    return where, [(name.encode("ascii"), value.encode("latin-1")) for name, value in said.items()]


def _pool(may: Rule) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(
        ssl_context=_trusted(), network_backend=Pinned(may), http1=True, http2=False, max_connections=2, retries=0
    )


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@cache
def roots() -> ssl.SSLContext:
    """For clients of endpoints that the house was given: made once, reading the roots takes longer than a short answer."""
    return httpx.create_ssl_context()
