"""Words → Scene: what was said stands in every candidate; what was not is chosen by seed from what fits."""

from __future__ import annotations

import random
from collections.abc import Sequence

from bowerbird.inference.runner.illustrator import choosing, drawings, habitat, lexicon, tokens
from bowerbird.inference.runner.illustrator.drawings import Embed
from bowerbird.inference.runner.illustrator.grammar import parse
from bowerbird.inference.runner.illustrator.parsed import Named, Parsed
from bowerbird.inference.runner.illustrator.scene import COUNT_MAX, SUBJECTS_MAX, TIMES, WEATHERS, Scene, Subject

VARIANTS = 4
UNKNOWN_MIN = 0.60  # below it MiniLM's neighbours are accidents of spelling: "pillow" would be a skull, "heavy" a gear
UNKNOWN_TRIED_MAX = 4
WORLD_FELT_MIN = 0.30
MOOD_FELT_MIN = 0.34
_INDOOR = ("room", "table", "underwater", "space", "marbling", "papercut", "weave", "plain", "rain")
PERCHES = {"branch": ("forest", "garden", "lake", "hills"), "sill": ("room",), "roof": ("city", "street")}
_NEEDS_ANCHOR = ("on", "inside", "holding", "beside", "around", "left_of", "right_of", "in_front", "under")
_ALOFT = frozenset(
    {"full moon", "crescent moon", "sun", "star", "glowing star", "shooting star", "cloud", "rainbow", "comet", "planet", "ufo"}
    | {"hot air balloon"}
)


def read(prompt: str, seed: int, variant: int = 0, embed: Embed | None = None, negative_prompt: str = "") -> Scene:
    """The scene of a prompt. Never raises for any text; same arguments, same scene.

    `variant` 0..3 are interpretations that differ in what was not said. `embed` turns texts into unit vectors (n, 384);
    by default the process's own embedder. Source of randomness: random.Random over (seed, variant, field).
    """
    embed = habitat.remembered(embed or _own_embed)
    text, cut = tokens.clean(prompt)
    parsed = parse(text)
    _refuse(parsed, negative_prompt)
    scene = Scene(variant=variant % VARIANTS)
    dice = _Dice(seed, variant)
    if cut:
        scene.notes.append(f"only the first {tokens.PROMPT_LENGTH_MAX} characters were read")
    scene.subjects = _subjects(parsed, scene.notes, dice, embed)
    scene.notes.extend(note for note in parsed.notes if note not in scene.notes)
    scene.said = [*parsed.fields, *(["subjects"] if scene.subjects else []), *(["palette"] if parsed.palette else [])]
    _fill(scene, parsed, text, dice, embed)
    _place(scene, dice)
    return scene


class _Dice:
    """Choices that are stable for a seed and different on purpose between variants."""

    def __init__(self, seed: int, variant: int) -> None:
        self.seed, self.variant = seed, variant % VARIANTS

    def of(self, name: str) -> random.Random:
        """A generator of its own for every question and variant."""
        return random.Random(f"{self.seed}/{name}/{self.variant}")

    def pick(self, name: str, options: Sequence[str], *, shuffle: bool = True) -> str:
        """One of the options; the four variants take four different ones as far as there are so many."""
        order = list(dict.fromkeys(options)) if shuffle else list(options)
        if shuffle:
            random.Random(f"{self.seed}/{name}").shuffle(order)
        return order[self.variant % len(order)]


def _own_embed(texts: list[str]) -> drawings.Vectors:
    from bowerbird.inference.runner import embedder

    return embedder.shared().embed(texts)


def _refuse(parsed: Parsed, negative_prompt: str) -> None:
    """Everything the negative prompt names is refused like what follows a "no"."""
    if not negative_prompt.strip():
        return
    unwanted = parse(tokens.clean(negative_prompt)[0])
    parsed.refused |= unwanted.refused | {one.noun for one in unwanted.subjects}
    parsed.refused_fields |= unwanted.refused_fields | set(unwanted.fields.items())
    for name, value in unwanted.fields.items():
        if parsed.fields.get(name) == value:
            del parsed.fields[name]


def _subjects(parsed: Parsed, notes: list[str], dice: _Dice, embed: Embed) -> list[Subject]:
    """Drawings for the named things; what cannot be drawn is said in the notes, and places are re-pointed."""
    made: list[Subject] = []
    kept: dict[int, int] = {}
    tried = 0
    for at, named in enumerate(parsed.subjects):
        if named.noun in parsed.refused:
            continue
        match = None
        if named.concept is not None:
            word = named.noun
            match = drawings.Match(drawings.index().drawing(named.concept), 1.0, not drawings.is_stand_in(word))
        elif tried < UNKNOWN_TRIED_MAX and parsed.language is None:
            tried += 1
            match = drawings.find(named.noun, embed=embed)
            match = match if match is not None and match.score >= UNKNOWN_MIN else None
        if match is None:
            notes.append(f"no {named.noun} among my drawings, and nothing like it: left out")
            continue
        if len(made) >= SUBJECTS_MAX:
            notes.append(f"more than {SUBJECTS_MAX} things: {named.noun} is left out")
            continue
        kept[at] = len(made)
        made.append(_subject(named, match, dice, at))
        if not match.exact:
            notes.append(f"no {named.noun} among my drawings: {_standing_in(match.drawing.name)}")
    away = parsed.village and parsed.fields.get("world") not in ("street", "city")
    for word in [*parsed.implied, *(["cottage"] if away else [])]:
        concept = drawings.named(word)
        if concept is not None and len(made) < SUBJECTS_MAX and all(one.drawn_as != word for one in made):
            drawing = drawings.index().drawing(concept)
            count = 3 if word == "cottage" else 1
            made.append(Subject(word, drawing.id, drawing.name, count=count, place="behind", of=0 if made else None))
    for at, new in kept.items():
        of = parsed.subjects[at].of
        made[new].of = kept.get(of) if of is not None and kept.get(of) != new else None
        if made[new].of is None and made[new].place in _NEEDS_ANCHOR and not parsed.subjects[at].perched:
            made[new].place = ""
    return made


def _standing_in(name: str) -> str:
    """ "a deer stands in", "an otter stands in", "sparkles stand in"."""
    if name.endswith("s") and not name.endswith(("ss", "us")):
        return f"{name} stand in"
    return f"{'an' if name[0].lower() in 'aeiou' and not name.startswith('u') else 'a'} {name} stands in"


def _subject(named: Named, match: drawings.Match, dice: _Dice, at: int) -> Subject:
    count = named.count
    if count is None and match.drawing.name in habitat.DRAWN_AS_MANY:
        count = 1
    if count is None:
        few = (4, 7) if match.drawing.name in habitat.SMALL else (2, 4)
        count = dice.of(f"count/{at}").randint(*few)
    word = named.noun if named.noun[:1].isalnum() else match.drawing.name
    subject = Subject(word[:40], match.drawing.id, match.drawing.name, match.exact, max(1, min(count, COUNT_MAX)))
    if named.colour is not None:
        subject.colour, subject.colour_word = lexicon.COLOURS[named.colour], named.colour
    subject.size = named.size or "medium"
    subject.pose = named.pose or "standing"
    subject.place = named.place or ""
    return subject


def _fill(scene: Scene, parsed: Parsed, text: str, dice: _Dice, embed: Embed) -> None:
    """The fields: said, else implied by a noun, else felt from the words, else chosen by seed from what fits."""
    said = parsed.fields
    scene.mood = said.get("mood") or _mood(text, parsed, dice, embed)
    scene.world = said.get("world") or _world(scene, parsed, text, dice, embed)
    scene.time = said.get("time") or _time(scene, parsed, dice)
    scene.season = said.get("season") or _season(scene, dice)
    scene.weather = said.get("weather") or _weather(scene, parsed, dice)
    refused = {value for name, value in parsed.refused_fields if name == "medium"}
    scene.medium = said.get("medium") or choosing.medium(scene, dice.seed, dice.variant, refused)
    scene.composition = said.get("composition") or _composition(scene, dice)
    scene.palette = _palette(scene, parsed, dice)
    side = dice.of("light").uniform(0.12, 0.42)
    scene.light = round(side if (dice.variant + dice.seed) % 2 else 1.0 - side, 3)


def _mood(text: str, parsed: Parsed, dice: _Dice, embed: Embed) -> str:
    if text:
        mood, score = habitat.mood_felt(text, embed)
        if score >= MOOD_FELT_MIN and ("mood", mood) not in parsed.refused_fields:
            return mood
    options = [mood for mood in ("neutral", "calm", "dreamy", "joyful") if ("mood", mood) not in parsed.refused_fields]
    return dice.pick("mood", options or ["neutral"])


def _world(scene: Scene, parsed: Parsed, text: str, dice: _Dice, embed: Embed) -> str:
    held = [one for one in scene.subjects if one.place == "holding" and one.of is not None]
    told = [one for one in scene.subjects if one not in held] or scene.subjects  # a book in the paw says nothing of the place
    kinds = [(one.noun if habitat.is_known(one.noun) else one.drawn_as, drawings.index().group(one.drawing)) for one in told]
    refused = {value for name, value in parsed.refused_fields if name == "world"}
    if any(one.drawn_as in _ALOFT for one in scene.subjects):
        refused |= {"room", "table"}  # no moon hangs in a parlour
    if any(group in ("person", "vehicle", "place") for _, group in kinds):
        refused |= {"table"}
    groups = {group for _, group in kinds}
    if "food" in groups and not groups & {"person", "animal"}:
        refused |= {"room"}
    refused |= {"forest", "jungle", "garden"} if parsed.refused & {"tree", "plant"} else set()
    refused |= {"garden", "meadow"} if parsed.refused & {"flower", "blossom"} else set()
    refused |= {"city", "street"} if parsed.refused & {"building", "house", "person", "people"} else set()
    if parsed.fields.get("composition") == "pattern" and "plain" not in refused:
        return "plain"
    if not kinds and text:
        world, score = habitat.world_felt(text, embed)
        if score >= WORLD_FELT_MIN and world not in refused:
            return world
    options = [world for world in habitat.worlds_for(kinds) if world not in refused]
    if parsed.perch is not None:
        options = [world for world in PERCHES[parsed.perch] if world not in refused]
    if parsed.fields.get("weather") or parsed.fields.get("season"):
        options = [world for world in options if world not in _INDOOR or world in ("room", "table")] or options
    return dice.pick("world", options or ["plain"], shuffle=not kinds)


def _time(scene: Scene, parsed: Parsed, dice: _Dice) -> str:
    drawn = {one.drawn_as for one in scene.subjects}
    night = {"full moon", "crescent moon", "star", "glowing star", "shooting star", "fireworks", "vampire"}
    if drawn & night and ("time", "night") not in parsed.refused_fields:
        return "night"
    if "sun" in drawn:
        return dice.pick("time", ("day", "morning", "golden"))
    if scene.world in ("aurora", "space"):
        return "night"
    if scene.world in ("underwater", "plain", "marbling", "papercut", "weave", "table"):
        return dice.pick("time", ("day", "morning", "golden", "dusk"))
    options = [time for time in habitat.HOURS[scene.mood] if ("time", time) not in parsed.refused_fields]
    return dice.pick("time", options or [time for time in TIMES if ("time", time) not in parsed.refused_fields] or ["day"])


def _season(scene: Scene, dice: _Dice) -> str:
    drawn = {one.drawn_as for one in scene.subjects}
    if scene.world in ("snow", "aurora") or drawn & {"snowman", "skis", "sled", "Christmas tree", "snowflake"}:
        return "winter"
    if drawn & {"jack-o-lantern", "maple leaf", "fallen leaf"}:
        return "autumn"
    return dice.pick("season", ("summer", "spring", "autumn", "summer"), shuffle=False)


def _weather(scene: Scene, parsed: Parsed, dice: _Dice) -> str:
    if scene.world in _INDOOR:
        return "clear"
    if scene.world == "snow" or (scene.season == "winter" and scene.world not in ("aurora", "sea")):
        options = ["clear", "snow"]
    else:
        options = list(habitat.SKIES[scene.mood])
    options = [sky for sky in options if ("weather", sky) not in parsed.refused_fields]
    return dice.pick(
        "weather", options or [sky for sky in WEATHERS if ("weather", sky) not in parsed.refused_fields] or ["clear"]
    )


def _composition(scene: Scene, dice: _Dice) -> str:
    if not scene.subjects:
        return dice.pick("composition", ("wide", "wide", "medium", "wide"), shuffle=False)
    if len(scene.subjects) > 1 or scene.subjects[0].count > 1:
        return dice.pick("composition", ("medium", "wide"))
    return dice.pick("composition", ("medium", "close", "wide"))


def _palette(scene: Scene, parsed: Parsed, dice: _Dice) -> list[str]:
    chosen: list[str] = []
    for word in parsed.palette:
        chosen += lexicon.PALETTES.get(word) or (lexicon.COLOURS[word],)
    if chosen:
        return list(dict.fromkeys(chosen))[:6]
    if dice.variant == 0 and "mood" not in parsed.fields:
        return []
    options = habitat.COLOURS["melancholy" if scene.weather == "storm" else scene.mood]  # no storm is sunny
    start = random.Random(f"{dice.seed}/palette").randrange(len(options))
    return list(options[(start + dice.variant) % len(options)])


def _place(scene: Scene, dice: _Dice) -> None:
    """Absolute places for the subjects nobody placed, so that they share the picture."""
    free = [one for one in scene.subjects if not one.place]
    grounds = {one.of for one in scene.subjects if one.place in ("on", "inside", "beside")}
    aloft = [one for at, one in enumerate(scene.subjects) if not one.place and at not in grounds]
    for one in aloft:
        if one.drawn_as in _ALOFT or (one.pose == "flying" and len(free) > 1):
            one.place = "above"
    free = [one for one in free if not one.place]
    if len(free) == 1:
        sides = ("centre", "left", "right", "centre") if free[0].count == 1 else ("centre",)
        free[0].place = dice.pick("place", sides, shuffle=False)
        return
    mirrored = dice.variant % 2 == 1 and len(free) == 2
    row = ["left", "right"] if len(free) == 2 else ["left", "centre", "right", "near", "far", "left", "right", "centre"]
    for one, place in zip(free, reversed(row) if mirrored else row, strict=False):
        one.place = place
