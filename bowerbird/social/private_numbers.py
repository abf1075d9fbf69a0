"""Numbers that belong to somebody: of phones, cards, accounts and people. A check digit says whether it is one, where there is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from stdnum import iban, luhn
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ch import ssn as ahv
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.us import ssn

Kind = Literal["phone", "card", "iban", "national_id"]
Check = Callable[[str], bool]
_NO_NUMBER = re.compile(
    r"(?:\b(?:seed|id|hash|build|version|v|isbn|issn|doi|commit|timestamp|step|steps)\s?[:=#]?\s{0,2}|[#$€£¥])$", re.IGNORECASE
)
_CALL = re.compile(
    r"\b(?:phone|call(?: me| us)?(?: (?:at|on))?|text me(?: at)?|whats ?app|signal|mobile|cell|tel\.?|telefon|handy|ruf(?:t)? (?:mich )?an|"
    r"téléphone|portable|teléfono|llámame|telefono|number is|nummer)\b[^\d\n]{0,20}$",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\w.+])\+\d{1,3}[ ./-]?\(?\d{1,4}\)?(?:[ ./-]?\d{2,4}){2,5}(?![\w%€$])"
    r"|(?<![\w.-])\(\d{3}\) ?\d{3}[-. ]\d{4}\b|(?<![\w.-])[2-9]\d{2}([-.])[2-9]\d{2}\1\d{4}\b(?![.-]\d)"
    r"|(?<![\w.])0[1-9](?:[ .]\d{2}){4}\b(?![ .]\d)|(?<![\w.])07\d{3} \d{6}\b|(?<![\w.])01[567]\d[ /-]\d{7,8}\b"
)
_NUMBER = re.compile(r"(?<![\w.+-])0?\d(?:[ ()./-]{0,2}\d){6,13}\b")
_CARD = re.compile(r"(?<![\w.-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}|3[47]\d{2}[ -]\d{6}[ -]\d{5}|\d{15,16})(?![\w-]|\.\d)")
_CARD_KIND = re.compile(r"4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_SHAPED: list[tuple[re.Pattern[str], Check]] = [  # the shape and the check together are enough
    (re.compile(pattern), check)
    for pattern, check in (
        (r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])", ssn.is_valid),
        (r"(?<!\w)[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}(?!\w)", nir.is_valid),
        (r"(?<!\w)\d{8}-?[A-HJ-NP-TV-Z](?!\w)", dni.is_valid),
        (r"(?<!\w)[XYZ]-?\d{7}-?[A-Z](?!\w)", nie.is_valid),
        (r"(?<!\w)[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z](?!\w)", codicefiscale.is_valid),
        (r"(?<!\w)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)", cpf.is_valid),
        (r"(?<!\w)\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y](?!\w)", hetu.is_valid),
        (r"(?<!\w)\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}(?!\w)", nn.is_valid),
        (r"(?<!\w)756\.\d{4}\.\d{4}\.\d{2}(?!\w)", ahv.is_valid),
        (r"(?<!\w)\d{6}-\d{7}(?!\w)", rrn.is_valid),
        (r"(?<!\w)\d{17}[\dX](?!\w)", ric.is_valid),
        (r"(?<!\w)[A-Z][AEIOUX][A-Z]{2}\d{6}[HM][A-Z]{5}[A-Z0-9]\d(?!\w)", curp.is_valid),
        (r"(?<!\w)(?:19|20)\d{6}-\d{4}(?!\w)", personnummer.is_valid),
    )
]
_TOLD = re.compile(  # these are plain digits, as much else is: only where somebody says what it is
    r"\b(?:ssn|social security|steuer-?id\w*|steuer-?nummer|idnr|personnummer|personal number|f[øo]dselsnummer|cpr|pesel|bsn|"
    r"burgerservicenummer|aadhaar|cpf|tax id|national id|id number|identity number|insurance number|ausweis\w*|t\.?c\.? kimlik\w*)\b[^\d\n]{0,20}"
    r"(\d(?:[ ./-]?\d){8,12})\b",
    re.IGNORECASE,
)
_TOLD_CHECKS: tuple[Check, ...] = (
    ssn.is_valid, idnr.is_valid, cpr.is_valid, pesel.is_valid, bsn.is_valid, aadhaar.is_valid, cpf.is_valid, fodselsnummer.is_valid,
    personnummer.is_valid, tckimlik.is_valid,
)  # fmt: skip


def found(said: str) -> Iterator[tuple[Kind, int, int]]:
    """(kind, begin, end) of each; stretches may overlap."""
    for match in _IBAN.finditer(said):
        if iban.is_valid(match[0]):
            yield "iban", *match.span()
    for match in _CARD.finditer(said):
        digits = re.sub(r"\D", "", match[0])
        if _CARD_KIND.fullmatch(digits) and luhn.is_valid(digits) and not _named_otherwise(said, match.start()):
            yield "card", *match.span()
    for pattern, check in _SHAPED:
        for match in pattern.finditer(said):
            if check(match[0].replace(" ", "")) and not _named_otherwise(said, match.start()):
                yield "national_id", *match.span()
    for match in _TOLD.finditer(said):
        digits = re.sub(r"\D", "", match[1])
        if any(check(digits) for check in _TOLD_CHECKS):
            yield "national_id", *match.span(1)
    yield from _phones(said)


def _phones(said: str) -> Iterator[tuple[Kind, int, int]]:
    for match in _PHONE.finditer(said):
        digits = re.sub(r"\D", "", match[0])
        if 8 <= len(digits) <= 15 and not digits.endswith("00000") and not _named_otherwise(said, match.start()):
            yield "phone", *match.span()
    for match in _NUMBER.finditer(said):
        digits = re.sub(r"\D", "", match[0])
        if 7 <= len(digits) <= 14 and _CALL.search(said[max(0, match.start() - 60) : match.start()]):
            yield "phone", *match.span()


def _named_otherwise(said: str, at: int) -> bool:
    """Whether the words right before say that the number is something else."""
    return _NO_NUMBER.search(said[max(0, at - 16) : at]) is not None
