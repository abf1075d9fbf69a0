"""What is warned of before a public post, and, as important, what is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowerbird.social import private_data


def kinds(said: str) -> list[str]:
    return [finding.kind for finding in private_data.found(said)]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("write to ines.k+art@harbour-mail.com please", "email"), ("Mail: INES@posteo.de.", "email"),
        ("+49 171 2345678", "phone"), ("+1 (415) 555-2671", "phone"), ("(415) 555-2671", "phone"), ("415-555-2671", "phone"),
        ("+33 6 12 34 56 78", "phone"), ("06 12 34 56 78", "phone"), ("07700 900123", "phone"), ("0171/2345678", "phone"),
        ("call me at 5552671 tonight", "phone"), ("my number is 555 2671", "phone"), ("WhatsApp: 0612345678", "phone"),
        ("come by, 14 Rosewood Lane, any time", "address"), ("1600 Pennsylvania Avenue", "address"), ("I live at 22 Acacia Drive", "address"),
        ("wohne in der Lindenstraße 12a", "address"), ("Rosenweg 3, 50667 Köln", "address"), ("12 rue de la Paix", "address"),
        ("Calle Mayor, 14", "address"), ("Springfield, IL 62704", "address"), ("SW1A 2AA", "address"),
        ("Prinsengracht? no: Keizerstraat 12.", "address"),
        ("4111 1111 1111 1111", "card"), ("5500-0000-0000-0004", "card"), ("4111111111111111", "card"), ("3782 822463 10005", "card"),
        ("DE89 3704 0044 0532 0130 00", "iban"), ("GB29NWBK60161331926819", "iban"), ("FR14 2004 1010 0505 0001 3M02 606", "iban"),
        ("536-90-4399", "national_id"), ("2 95 10 99 126 111 93", "national_id"), ("54362315K", "national_id"), ("X-2482300W", "national_id"),
        ("RCCMNL83S18D969H", "national_id"), ("390.533.447-05", "national_id"), ("131052-308T", "national_id"), ("85.07.30-033.28", "national_id"),
        ("756.9217.0769.85", "national_id"), ("971013-9019902", "national_id"), ("my steuer-id is 36574261809", "national_id"),
        ("bsn 111222333", "national_id"), ("PESEL: 44051401359", "national_id"),
        ("sk-proj-abcdefghij1234567890ABCDEFG", "key"), ("ghp_" + "a1B2" * 9, "key"), ("AKIAIOSFODNN7EXAMPLE", "key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "key"), ("-----BEGIN OPENSSH PRIVATE KEY-----", "key"), ("xoxb-123456789012-abcdef", "key"),
        ("password: hunter2hunter2", "key"), ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", "key"),
    ],
)  # fmt: skip
def test_what_is_private_is_found(said: str, kind: str) -> None:
    assert kinds(said) == [kind]


@pytest.mark.parametrize(
    "said",
    [
        "seed 4111111111111111", "seed: 1234567890", "seed=987654321", "made with seed 3141592653589793, 30 steps", "v2.10.3", "version 1.2.3.4",
        "on 2026-11-22 at 13:12", "22.11.2026", "11/22/2026", "from 2019-2024", "it cost $1,299.99", "1.299,00 €", "€ 4000000", "1 000 000 views",
        "+1 000 000 followers", "+100 000 000 views", "#20260101", "#1234567890", "1024x768", "768 × 1024 px", "16:9", "f/1.8, 1/250 s, ISO 3200",
        "@ines@harbour.social", "thanks @noor and @sam_2", "you@example.org", "someone@example.com", "ratio 3-2-1", "scored 21-14-7",
        "https://harbour.social/@ines/111222333444555666", "https://shop.net/p/4111111111111111?id=4242424242424242",
        "ISBN 978-3-16-148410-0", "isbn 9783161484100", "ten photos on 42nd Street", "A Nightmare on Elm Street",
        "the Road not taken", "3 Steps to a better sky",
        "10 Ways to paint water", "24 Hours in Lisbon", "5 Stars Drive me mad", "Platz 3 im Wettbewerb",
        "Das ist kein Umweg 3 Minuten", "Abbey Road 50 years on",
        "model RTX 4090 24GB", "V10 2GB", "M1 8GB vs M2 16GB", "1111 2222 3333 4444", "0000-0000-0000-0000", "123456789", "12345678901",
        "0x7f3a9b2c4d5e6f70", "sha256 9f86d081884c7d659a2feaa0c55ad015", "DE12 3456 7890", "GB00NWBK60161331926819", "12345678A",
        "000-00-0000", "666-12-3456", "call it a day", "phone in hand since 2019", "the password is a secret", "password: ********", "token of love",
        "api key = none", "sk-etch of a fox", "Via Lattea", "rue of course", "Calle", "tel aviv 2024",
        "steps 20 30 40 50 60 70", "pi is 3.14159265358979",
        "1920 1080 2560 1440", "lens 24-70, 70-200, 100-400", "call of duty 2003", "2 + 2 = 4", "signal to noise 40", "5:30-6:45", "",
    ],
)  # fmt: skip
def test_what_is_not_private_is_left_alone(said: str) -> None:
    assert kinds(said) == []


def test_several_things_are_told_in_order_and_each_once() -> None:
    said = "Ines, ines@posteo.de, +49 171 2345678, Lindenstraße 12, and again ines@posteo.de"
    assert [(f.kind, f.excerpt) for f in private_data.found(said)] == [
        ("email", "ines@posteo.de"), ("phone", "+49 171 2345678"), ("address", "Lindenstraße 12"),
    ]  # fmt: skip


@given(st.text(max_size=400))
def test_any_text_can_be_looked_at(said: str) -> None:
    assert all(finding.excerpt in said for finding in private_data.found(said))


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "a@",
        "1 ",
        "1-",
        "A ",
        "sk-",
        "Aa ",
        "+1 ",
        "1 Aa ",
        "DE12 ",
        "call ",
        "password: ",
        "eyJaaaaaaaaaaa.",
        "-eyJ",
        "Aaweg 1 \n",
        "A-",
        "Calle de la ",
        "1 rue de la ",
        "Calle " + "A" * 124 + " ",
        "Via" + "A" * 125,
        "+1 11 11 11 11 11 x ",
        "call live 1 Aa (1",
    ],
)
def test_no_text_holds_it_up(piece: str) -> None:
    began = time.process_time()
    private_data.found((piece * 20_000)[:20_000])
    assert (
        time.process_time() - began < 5
    )  # a pattern that goes back and forth takes from ten seconds to hours; these take tenths
