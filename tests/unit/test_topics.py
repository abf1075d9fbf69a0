"""What posts are about: topics found by a written vocabulary, and those that are not there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from bowerbird.feed import topics, vocabulary

ABOUT: dict[str, tuple[str, str]] = {  # text: (topics it has, topics it has not)
    "Exit polls suggest the coalition has lost its majority in parliament.": ("politics", ""),
    "The prime minister will resign after the no-confidence vote.": ("politics", ""),
    "Votes are still being counted in the senate race.": ("politics", ""),
    "Get out and vote, your ballot matters!": ("politics", ""),
    "which party would you vote for?": ("politics", ""),
    "Bundestagswahl: die SPD verliert": ("politics", ""),
    "Vote for the best fox picture in this week's challenge!": ("fox animal challenge", "politics"),
    "Please vote for my watercolour in the poll": ("watercolour painting poll", "politics"),
    "Birthday party hats for my cats": ("cat hat", "politics"),
    "state of the art pixel art of a duck bill platypus": ("pixel_art", "politics duck"),
    "A tarantula on the bathroom wall": ("spider arachnid animal", ""),
    "Une araignée dans le jardin": ("spider", ""),
    "Spider-Man swings between skyscrapers": ("superhero skyscraper", "spider"),
    "A spider plant in morning light": ("plant", "spider"),
    "Wolf spider on the wall": ("spider", "wolf"),
    "wolves howling at the moon": ("wolf moon", ""),
    "The Wolf of Wall Street is a great film": ("film", "wolf"),
    "hot dog stand, ink drawing": ("ink drawing", "dog"),
    "bear with me while I finish this": ("", "bear animal"),
    "A bear with a honey pot, gouache": ("bear gouache", ""),
    "Getting my flu shot tomorrow": ("needle", ""),
    "pine needles on snow": ("snow", "needle"),
    "Portrait of my grandmother, oil on canvas": ("oil_painting portrait", ""),
    "Oil prices rise again": ("", "oil_painting"),
    "aquarelle d'un renard": ("watercolour fox", ""),
    "Das war ein schöner Abend": ("", "war"),
    "Russian invasion of Ukraine": ("war ukraine", ""),
    "Use my code for 20% discount, link in bio": ("advertising", "programming"),
    "my python code has a bug in the API": ("programming", "snake insect"),
    "my new ball python": ("snake", "programming"),
    "naked mole rat in a top hat": ("hat", "nudity"),
    "a baby fox": ("fox", "baby"),
    "a baby and its mother": ("baby", ""),
    "I love this": ("", "love"),
}


@pytest.mark.parametrize("words", ABOUT)
def test_what_a_post_is_about(words: str) -> None:
    has, has_not = (set(part.split()) for part in ABOUT[words])
    found = topics.of(words)
    assert (has - found, has_not & found) == (set(), set())


def test_hashtags_are_topics_even_where_nobody_wrote_them_down() -> None:
    assert topics.of("", ["SpiderWeb", "pixelart", "Zorbs"]) == {
        "spider", "arachnid", "animal", "pixel_art", "medium", "#zorb",
    }  # fmt: skip
    assert topics.named("#zorbs") == topics.named("Zorb") == {"#zorb"}
    assert topics.named("zorb balls") == {"#zorbball"}
    assert topics.named("watercolours") == topics.named("Aquarelle") == {"watercolour"}
    assert topics.named("coffee") == {"coffee"}  # not drinks besides
    assert topics.named(" ") == frozenset()
    assert (topics.label("science_fiction"), topics.label("#zorb")) == ("science fiction", "#zorb")


def test_the_vocabulary_hangs_together() -> None:
    known = vocabulary.known()
    assert 400 < len(known.above) < 700
    for topic, above in known.above.items():
        assert topic in above
        assert above <= known.above.keys()
    reached = {topic for topic in known.above if topic in topics.named(topics.label(topic))}
    assert known.above.keys() - reached == {"place", "thing", "style", "mood", "medium"}  # only what others belong to


@limits(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.lists(st.text(max_size=80), max_size=40))
def test_any_text_has_topics(words: str, tags: list[str]) -> None:
    found = topics.of(words, tags)
    assert len(found) <= 200
    assert topics.places(words) is not None
    assert all(topic in vocabulary.known().above or topic.startswith("#") for topic in found)
