"""What in a text one would not want everyone to know: numbers of phones, cards and people, addresses, keys.

Asked once before a public post. Precise rather than complete: a warning that is mostly wrong is soon read by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bowerbird.social import private_numbers, private_places

Kind = Literal["email", "phone", "address", "card", "iban", "national_id", "key"]
TEXT_LENGTH_MAX = 20_000
FINDINGS_MAX = 20
EXCERPT_LENGTH_MAX = 60
_LINK = re.compile(r"https?://\S+")
_EMAIL = re.compile(r"(?<![\w@.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![\w@])")
_NOBODYS = re.compile(r"@(?:\w+\.)?example\.(?:com|org|net)$|\.(?:test|invalid|example|localhost)$", re.IGNORECASE)
_KEYS = re.compile(
    r"-----BEGIN (?:[A-Z]{1,20} ){0,3}PRIVATE KEY-----|(?<![\w-])(?:sk-(?:ant-|proj-)?[\w-]{20,200}|sk_live_\w{16,}|gh[pousr]_\w{30,}"
    r"|github_pat_\w{22,}|glpat-[\w-]{20,}|AKIA[0-9A-Z]{16}|AIza[\w-]{35}|xox[abprs]-[\w-]{10,}|hf_[A-Za-z0-9]{30,}|npm_\w{36}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})"
)
_SAID = re.compile(  # somebody says that it is one
    r"\b(?:password|passwort|passwd|pwd|contraseña|mot de passe|api[ _-]?key|secret[ _-]?key|access[ _-]?token)\s{0,2}(?:is|ist|:|=)\s{0,2}"
    r"[\"'“]?([^\s\"'”]{8,100})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A stretch of the text, and what it looks like."""

    kind: Kind
    excerpt: str


def found(said: str) -> list[Finding]:
    """What looks private, in the order it stands there, each once; at most FINDINGS_MAX."""
    said = said[:TEXT_LENGTH_MAX]
    plain = _LINK.sub(lambda link: " " * len(link[0]), said)  # the numbers in a link's address are nobody's
    stretches = sorted(set(_stretches(plain)), key=lambda one: (one[1], -one[2]))
    findings: list[Finding] = []
    end = -1
    for kind, begin, stop in stretches:
        if begin >= end:
            findings.append(Finding(kind, said[begin:stop][:EXCERPT_LENGTH_MAX]))
            end = stop
    return list(dict.fromkeys(findings))[:FINDINGS_MAX]


def _stretches(said: str) -> Iterator[tuple[Kind, int, int]]:
    """(kind, begin, end) of everything found; stretches may overlap."""
    for match in _EMAIL.finditer(said):
        if not _NOBODYS.search(match[0]):
            yield "email", *match.span()
    for match in _KEYS.finditer(said):
        yield "key", *match.span()
    for match in _SAID.finditer(said):
        if any(c.isdigit() for c in match[1]) and any(c.isalpha() for c in match[1]):
            yield "key", *match.span()
    for begin, stop in private_places.found(said):
        yield "address", begin, stop
    yield from private_numbers.found(said)
