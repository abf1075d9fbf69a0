"""Street addresses in a text, as they are written in a few countries."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAME = r"[A-ZÀ-Þ][\w'’.-]{1,30}"
_END = r"(?=\s{0,20}(?:$|[,;.\n)!?]|\d{4,5}\b))"
_STREETS = re.compile(
    rf"\b\d{{1,5}}[A-Za-z]?\s(?:(?:N|S|E|W|North|South|East|West)\.?\s)?(?:{_NAME}\s){{1,3}}"
    r"(?:Street|Avenue|Ave|Road|Rd|Lane|Boulevard|Blvd|Terrace|Crescent)\b\.?"
    rf"|\b\d{{1,4}}(?:\s?(?:bis|ter))?,?\s(?:rue|avenue|av\.|boulevard|bd|chemin|impasse|allée|quai)\s(?:(?:de|du|des|la|le|les)\s|[ld]['’]){{0,4}}{_NAME}"
    rf"|\b[A-ZÄÖÜ][\wäöüß-]{{2,30}}(?:straße|strasse|str\.)\s?\d{{1,4}}\s?[a-z]?\b"
    rf"|\b[A-ZÄÖÜ][\wäöüß-]{{2,30}}(?:weg|gasse|platz|allee|straat|laan|gatan|vägen|gade|vej)\s\d{{1,4}}[a-z]?{_END}"
    rf"|\b(?:Calle|C/|Avenida|Avda\.?|Paseo|Via|Viale|Corso|Rua|ul\.)\s?(?:de\s|la\s|del\s|della\s){{0,4}}{_NAME}(?:\s{_NAME}){{0,3}}\s?,?\s(?:n[.º°]\s?)?\d{{1,4}}\b(?!\s\w)"
)
_WEAK = re.compile(  # words that are seldom streets: only where somebody says that it is a place to come to
    rf"(?:\b(?:live|lives|living|address|home|house|come (?:over )?to|send (?:it |them )?to|ship to|moved to|stay(?:ing)? at)\b[^.\n]{{0,20}}?\s)"
    rf"(\d{{1,5}}[A-Za-z]?\s(?:{_NAME}\s){{1,3}}(?:St|Drive|Dr|Court|Ct|Way|Place|Pl|Close|Square|Grove|Gardens|Hill)\b\.?)",
    re.IGNORECASE,
)
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)  # fmt: skip
_POSTCODES = re.compile(
    rf"\b{_NAME},\s(?:{_STATES})\s\d{{5}}(?:-\d{{4}})?\b"
    r"|\b[A-Z]{1,2}\d[A-Z\d]\s\d(?!GB|TB|HZ|UP|AM|PM)[ABD-HJLNP-UW-Z]{2}\b|\b[A-Z]{2}\d\s\d(?!GB|TB|HZ|UP|AM|PM)[ABD-HJLNP-UW-Z]{2}\b"
)


def found(said: str) -> Iterator[tuple[int, int]]:
    """(begin, end) of each."""
    for pattern in (_STREETS, _POSTCODES):
        for match in pattern.finditer(said):
            yield match.span()
    for match in _WEAK.finditer(said):
        if match[1].split()[1][:1].isupper():
            yield match.span(1)
