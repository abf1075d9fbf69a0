"""Numbers of an answer as boxes: whatever a model or a post says, nothing of it becomes mark-up."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from bowerbird.web.wording import cited

BOX = re.compile(
    r'<span class="cited">&nbsp;(?:<span class="cite">\d+</span>'
    r'|<a class="cite" href="/posts/\d+" aria-label="Source \d+">\d+</a>)[.,;:!?]*</span>'
)


def test_a_number_leads_to_its_post_and_another_stays_a_number() -> None:
    html = cited("It is so [2]. Is it [9]?", [70, 80])
    assert 'href="/posts/80" aria-label="Source 2">2</a>.</span>' in html
    assert '<span class="cite">9</span>?</span>' in html


@given(st.text(alphabet='<>"&[]123 ab.', max_size=60), st.lists(st.integers(1, 10**18), max_size=4))
def test_nothing_else_becomes_markup(answer: str, read_ids: list[int]) -> None:
    rest = BOX.sub("", cited(answer, read_ids))
    assert "<" not in rest
    assert ">" not in rest
    assert '"' not in rest
