"""What the painter is taught to paint, and the many ways people say it: subjects, colours, worlds, times, media, and a grammar of captions."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bowerbird.inference.runner.illustrator import tokens

# noun → how else people call it. The first word is the one the Illustrator is asked for.
SUBJECTS: dict[str, tuple[str, ...]] = {
    "fox": ("red fox", "vixen"), "cat": ("kitten", "kitty"), "dog": ("puppy", "hound"), "rabbit": ("bunny", "hare"),
    "bear": ("brown bear", "grizzly"), "owl": (), "penguin": (), "elephant": (), "whale": (), "fish": (),
    "turtle": ("tortoise",), "frog": ("toad",), "butterfly": (), "parrot": ("bird",), "horse": ("pony",), "dragon": (),
    "octopus": (), "lion": (), "snail": (), "flamingo": (), "castle": ("fortress", "palace"), "lighthouse": (),
    "house": ("cottage", "home"), "sailboat": ("boat", "sailing boat"), "rocket": ("spaceship", "space rocket"),
    "hot air balloon": ("balloon",), "car": ("automobile",), "bicycle": ("bike",), "train": ("locomotive",),
    "windmill": ("mill",), "cactus": (), "mushroom": ("toadstool",), "sunflower": ("flower",), "apple": (), "teacup": ("cup", "cup of tea"),
    "umbrella": ("parasol",), "guitar": (), "robot": ("android",), "pyramid": (), "piano": (),
}  # fmt: skip
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black")
WORLDS: dict[str, tuple[str, ...]] = {
    "forest": ("in a forest", "in the woods", "among trees"),
    "mountains": ("in the mountains", "before high mountains", "in an alpine valley"),
    "dunes": ("in the desert", "among sand dunes", "in the dunes"),
    "sea": ("by the sea", "at the ocean", "on the sea"),
    "underwater": ("under the sea", "underwater", "deep under water"),
    "snow": ("in the snow", "in a snowy landscape", "in winter snow"),
    "meadow": ("in a meadow", "in a field of flowers", "in the grass"),
    "city": ("in a city", "in front of a skyline", "in the big city"),
    "space": ("in space", "among the stars", "in outer space"),
    "lake": ("at a lake", "by a lake", "beside a quiet lake"),
    "room": ("in a room", "indoors", "in a living room"),
    "plain": ("on a plain background", "on a plain backdrop", ""),
}
TIMES: dict[str, tuple[str, ...]] = {
    "day": ("by day", "in daylight", "", ""),
    "sunset": ("at sunset", "in the evening sun", "at sundown"),
    "night": ("at night", "in the dark", "by night"),
}
MEDIA: dict[str, tuple[str, ...]] = {
    "clean": ("clean flat illustration", "flat vector style", "clean style"),
    "watercolour": ("watercolour", "watercolor painting", "watercolour style"),
    "papercut": ("paper cut", "papercut style", "cut paper collage"),
    "ink": ("ink wash", "ink drawing", "sumi ink style"),
    "pixel": ("pixel art", "8-bit pixel art", "pixel style"),
    "neon": ("neon lights", "neon style", "glowing neon"),
}
COUNTS = {2: ("two", "a pair of", "2"), 3: ("three", "3")}
RELATIONS: dict[str, tuple[str, ...]] = {
    "left_of": ("to the left of", "left of"),
    "right_of": ("to the right of", "right of"),
    "above": ("above", "over"),
}
PRAISE = (
    "a lovely picture of",
    "a detailed illustration of",
    "a picture of",
    "a dreamy image of",
    "an illustration with",
    "please draw",
)
TAILS = ("soft light", "beautiful", "highly detailed", "calm mood", "wide view", "cute")

# Never together in what the painter learns from: whether it composes what it never saw is measured on these.
HELD_OUT = frozenset(
    {
        ("fox", "space"), ("penguin", "dunes"), ("dragon", "snow"), ("elephant", "purple"), ("fox", "blue"), ("whale", "space"),
        ("cat", "underwater"),
        ("castle", "underwater"), ("lion", "snow"), ("octopus", "city"), ("robot", "meadow"), ("frog", "pink"), ("horse", "green"),
        ("rocket", "forest"), ("lighthouse", "dunes"), ("owl", "red"), ("turtle", "space"), ("piano", "sea"), ("mushroom", "blue"),
        ("teacup", "mountains"),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class One:
    """A subject as asked for: its noun, how many, in which colour (None: its own)."""

    noun: str
    count: int = 1
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a picture shows, as labels. `relation` tells where the first subject stands from the second, where there are two."""

    subjects: tuple[One, ...]
    world: str
    time: str
    medium: str
    relation: str | None = None

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Each noun with its world and its colour."""
        return {(one.noun, with_) for one in self.subjects for with_ in (self.world, one.colour) if with_}


def drawn(dice: random.Random, held_out: bool = False) -> Facts:
    """Facts by chance: mostly one subject, sometimes several or two that stand to each other. Held-out pairs only when asked for."""
    while True:
        kind = dice.random()
        count = 1 if kind < 0.62 or kind > 0.8 else dice.choice((2, 2, 3))
        subjects = [One(dice.choice(tuple(SUBJECTS)), count, _colour(dice))]
        relation = None
        if kind > 0.8:
            others = [noun for noun in SUBJECTS if noun != subjects[0].noun]
            subjects.append(One(dice.choice(others), 1, _colour(dice)))
            relation = dice.choice(tuple(RELATIONS))
        facts = Facts(tuple(subjects), dice.choice(tuple(WORLDS)), dice.choice(tuple(TIMES)), dice.choice(tuple(MEDIA)), relation)
        if held_out or not facts.pairs & HELD_OUT:
            return facts


def _colour(dice: random.Random) -> str | None:
    return dice.choice(COLOURS) if dice.random() < 0.4 else None


def plainly(facts: Facts) -> str:
    """The facts in the words the Illustrator surely reads, the medium left out."""
    told = [_called(one, one.noun, str({2: "two", 3: "three"}.get(one.count, ""))) for one in facts.subjects]
    said = told[0] if facts.relation is None else f"{told[0]} {RELATIONS[facts.relation][0]} {told[1]}"
    return " ".join(part for part in (said, WORLDS[facts.world][0], TIMES[facts.time][0]) if part)


def caption(facts: Facts, dice: random.Random) -> str:
    """The facts as somebody might say them: full or terse, the medium first, last or not at all, nouns by their other names."""
    told = [
        _called(one, _other_name(one.noun, dice), dice.choice(COUNTS[one.count]) if one.count > 1 else "")
        for one in facts.subjects
    ]
    terse = dice.random() < 0.2
    said = told[0] if facts.relation is None else f"{told[0]} {dice.choice(RELATIONS[facts.relation])} {told[1]}"
    where = dice.choice(WORLDS[facts.world]) if dice.random() < 0.9 else ""
    when = dice.choice(TIMES[facts.time]) if dice.random() < 0.85 else ""
    how = dice.choice(MEDIA[facts.medium]) if dice.random() < 0.85 else ""
    if dice.random() < 0.2:
        said = f"{dice.choice(PRAISE)} {said}"
    if terse:
        words = ", ".join(part for part in (said.removeprefix("a ").removeprefix("an "), where, when, how) if part)
    else:
        body = " ".join(part for part in (said, where, when) if part)
        words = body if not how else f"{how}, {body}" if dice.random() < 0.4 else f"{body}, {how}"
    if dice.random() < 0.15:
        words = f"{words}, {dice.choice(TAILS)}"
    return words


def _other_name(noun: str, dice: random.Random) -> str:
    others = SUBJECTS[noun]
    return dice.choice(others) if others and dice.random() < 0.35 else noun


def _called(one: One, name: str, many: str) -> str:
    coloured = f"{one.colour} {name}" if one.colour else name
    if many:
        return f"{many} {tokens.plural(coloured)}"
    return f"{tokens.article(coloured)} {coloured}"
