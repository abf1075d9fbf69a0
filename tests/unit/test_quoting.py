"""What others wrote on its way into a model, and what leaves it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bowerbird.assistant import quoting
from bowerbird.assistant.quoting import Sources
from bowerbird.social.text import mentions

KNOWN = Sources(frozenset({"/posts/12", "https://here.example/a"}), frozenset({"ann"}))


@given(some.text(max_size=300), some.text(max_size=40))
def test_no_text_breaks_out_of_its_block(text: str, label: str) -> None:
    block = quoting.data([(label, text)])
    assert block.count("<") == block.count(">") == 2
    assert len(block.splitlines()) == 3
    assert block.startswith("<data>\n[")
    assert block.endswith("\n</data>")


@given(some.text(max_size=300))
def test_what_is_read_is_what_people_see(text: str) -> None:
    assert not any(0xE0000 <= ord(c) <= 0xE007F or c in "\u202e\u2066\u200b\x00\x1b" for c in quoting.seen(text))


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("See https://evil.test/x now", "See  now"),
        ("See [here](https://evil.test) now", "See here now"),
        ("left of a scheme: s://evil.test and ://evil.test/x", "left of a scheme:  and "),
        (f"between <data{'a' * 390} https://evil.test/x", "between "),
        ("![x](https://here.example/a)", "x"),
        ("[ok](/posts/12) and /posts/12.", "[ok](/posts/12) and /posts/12."),
        ("at /posts/13 or /settings/data?x=1", "at  or "),
        ("evil.com and evil.example/p?q and a.b@evil.test", " and  and "),
        ("<b>bold</b> <script>x</script>", "bold x"),
        ("a < b and c > d", "a < b and c > d"),
        ("Thanks @ann and @bob and @ann@elsewhere.org", "Thanks @ann and bob and ann"),
        ("[a]: https://evil.test/r\nrest", "\nrest"),
        ("and/or 1/2 e.g. 3.5 km, Node.js is fine", "and/or 1/2 e.g. 3.5 km, Node.js is fine"),
    ],
)
def test_what_leaves(said: str, left: str) -> None:
    assert quoting.checked(said, KNOWN) == left


@given(some.text(max_size=200))
def test_checking_twice_is_checking_once(text: str) -> None:
    once = quoting.checked(text, KNOWN)
    assert len(once) <= len(text) + 1
    assert "https://" not in once.replace("https://here.example/a", "")


@pytest.mark.parametrize(
    "said",
    [
        "https:*//evil.example/login?x=1", "@*ann @*bob", "www*.evil.com", "evil.*com/path", "https:[99]//evil.com",
        "@evil.com/login?x=1", "<<b>script>x",
        "[click [here] now](//evil.example/?q=1)", "[a](&#104;ttps&#58;//evil.example)", "(https:\\/\\/evil.com)",
        "[a][b]\n\n> [b]: //evil.com/x", "[a\nb](//evil.com)",
        "https:<b>//evil.com", "ht[9]tps://evil.com", "@[9]bob", "[x](https:/[77]/evil.com)",
        "//evil.com/x", "@<i>bob", "ev[8]il.com/x", "https:_//evil.com/_a_",
    ],
)  # fmt: skip
def test_what_is_taken_out_joins_nothing_anew(said: str) -> None:
    from bowerbird.assistant.phrasing import finished

    text, _ = finished(said, "carl", 3)
    assert not any(end in text for end in ("://", "evil.com", "evil.example", "@bob", "@ann", "<script", "](", "//evil")), text
    assert not any(end in quoting.checked(said, Sources()) for end in ("](", "https://", "@bob", "@ann", "<script", "<b>"))


@given(some.text(alphabet="ht ps:/[]()<>@*_.#evil9com1\\`&;", max_size=60))
def test_nothing_live_is_left_of_anything(said: str) -> None:
    from bowerbird.assistant.phrasing import finished

    text, _ = finished(said, "carl", 3)
    assert "://" not in text
    assert [name for name in mentions(text) if name.lower() != "carl"] == []
    assert not re.search(r"<[a-z/!]", text)
