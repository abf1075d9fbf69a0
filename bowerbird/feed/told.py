"""What was learned, as it is told to who it is about, and to who keeps the house."""

from __future__ import annotations

from collections import Counter

from bowerbird.feed.acts import HEADS
from bowerbird.feed.asked import Asked
from bowerbird.feed.features import NAMES
from bowerbird.feed.learner import Learner
from bowerbird.feed.pipeline import Pipeline
from bowerbird.feed.tastes import standing
from bowerbird.feed.topics import label
from bowerbird.feed.wire import InterestSaid, Leaning, Learned, StateAnswer, TasteAnswer

MOST = 40
POSTS_MAX = 12
ACTS_MAX = 300


def taste(learner: Learner, person_id: int) -> TasteAnswer:
    """Everything the feed has made of somebody's acts; nothing where it never read any."""
    person, catalogue = learner.persons.get(person_id), learner.catalogue
    if person is None:
        return TasteAnswer([], [], [], [], 0, 0)
    found = person.taste(catalogue)
    interests = [
        InterestSaid(
            [label(topic) for topic, _ in Counter(topic for row in one.rows for topic in catalogue.topics_of(row)).most_common(3)],
            one.confidence, [int(catalogue.ids[row]) for row in one.rows[::-1][:POSTS_MAX]], list(one.act_ids),
        )
        for one in sorted(found.interests, key=lambda one: -one.confidence)
    ]  # fmt: skip
    topics = [Leaning(label(catalogue.topic_names.names[number]), value) for number, value in found.topics.items()]
    authors = [Leaning(str(catalogue.author_ids[author]), value) for author, value in found.authors.items()]
    acts = [Learned(one.id, one.kind, one.post_id, one.author_id, one.seconds) for one in standing(person.acts)[::-1][:ACTS_MAX]]
    return TasteAnswer(interests, _largest(topics), _largest(authors), acts, len(person.served), len(person.seen))


def _largest(leanings: list[Leaning]) -> list[Leaning]:
    return sorted(leanings, key=lambda one: -abs(one.value))[:MOST]


def state(learner: Learner, pipeline: Pipeline[Asked], release: str) -> StateAnswer:
    """How the feed stands: for the page on how it ranks, and for tests."""
    weights = learner.lessons.heads.weights
    return StateAnswer(
        release=release, posts=int(learner.catalogue.alive[: learner.catalogue.size].sum()),
        persons=len(learner.persons), steps=learner.lessons.heads.steps, events_behind_ms=max(0, learner.newest_ms - learner.lessons.done_ms),
        stages_ms={name: round(spent, 3) for name, spent in pipeline.spent_ms.items()},
        weights={name: [round(float(weights[head, number]), 4) for head in range(len(HEADS))] for number, name in enumerate(NAMES)},
    )  # fmt: skip
