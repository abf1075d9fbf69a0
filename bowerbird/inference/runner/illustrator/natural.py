"""How things are in nature, roughly: how large beside each other, and what leaves the ground by itself."""

from __future__ import annotations

import re


def words_of(text: str) -> list[str]:
    """Lower-case words of a noun phrase."""
    return re.findall(r"[a-z]+", text.lower())


_SIZES = {
    0.34: """
    ant bee honeybee ladybug ladybird beetle butterfly moth snail fly mosquito spider worm caterpillar acorn berry
    cherry cherries strawberry key ring coin button pearl gem shell candle leaf feather raindrop snowflake firefly
    lollipop candy cookie
""",
    0.50: """
    mouse rat hamster chipmunk bird chick robin sparrow wren frog apple orange lemon pear peach egg cup mug teacup tea
    coffee book lantern mushroom flower rose tulip sunflower fish crab lizard hedgehog bat squirrel bread cake cupcake
    donut doughnut pizza burger bottle hat crown clock teapot lamp vase shoe boot ball balloon kite doll watch phone
    camera scarf glasses tomato carrot mango banana
""",
    0.74: """
    cat kitten rabbit bunny hare fox owl duck hen rooster chicken turtle tortoise penguin otter raccoon badger goose
    parrot flamingo dog puppy beaver koala monkey lamb guitar violin umbrella television chair pumpkin cactus skunk
    sloth eagle hawk swan crow raven
""",
    1.00: """
    person man woman girl boy child baby wolf sheep goat pig deer panda kangaroo astronaut wizard fairy mermaid robot
    snowman ghost bicycle bench scarecrow witch knight queen king prince princess ninja clown alien lion tiger leopard
    gorilla seal dolphin shark
""",
    1.30: """
    horse unicorn cow bull bear camel zebra stag elk moose crocodile octopus car boat canoe sofa bed piano ox buffalo
    rhino hippo bush motorcycle tent
""",
    1.65: """
    elephant giraffe whale dragon dinosaur sauropod mammoth truck bus train tram house hut cottage cabin sailboat
    caravan tractor windmill helicopter
""",
    2.10: """
    castle lighthouse ship bookshelf bookcase church tower mountain volcano skyscraper palace building rocket airplane temple bridge
    island pagoda ferris cathedral
""",
    2.60: """
    tree birch oak pine fir poplar willow palm
""",
}
SIZE = {word: size for size, words in _SIZES.items() for word in words_of(words)}
AIRBORNE = frozenset(
    words_of("""
    airplane airship angel balloon bat bee blimp bubble bubbles butterfly cloud comet dragonfly fairy firefly ghost
    helicopter kite lightning meteor moth parachute plane planet rainbow rocket satellite saucer snowflake star ufo
    zeppelin
""")
)
SWIMMERS = frozenset(
    words_of("""
    crocodile dolphin duck fish goose jellyfish mermaid narwhal octopus orca otter seahorse seal shark squid swan
    turtle whale
""")
)
FLOATERS = frozenset(
    words_of("""
    boat buoy canoe duck ferry gondola kayak raft sailboat ship speedboat steamboat swan yacht
""")
)
CONTAINERS = frozenset(
    words_of("""
    backpack bag balloon barrel basket bathtub bed boat boot bottle bowl box bucket bus canoe car cart cradle crate
    cup egg envelope glass hat jar kettle mug nest pocket pot pumpkin sailboat saucer shell ship shoe suitcase teacup
    teapot train truck tub vase
""")
)
ENCLOSED = frozenset(
    words_of("""
    barn cabin castle cave church cottage house hut library lighthouse museum palace room school shop temple tent
    tower treehouse
""")
)
WORN = frozenset(
    words_of("""
    beret bow cap crown glasses goggles hat headphones helmet mask scarf sombrero sunglasses tiara wreath
""")
)
READABLE = frozenset(
    words_of("""
    book letter magazine map newspaper notebook scroll
""")
)
SPECTACLES = frozenset(words_of("glasses sunglasses goggles"))
GLASS = frozenset(words_of("jar fishbowl aquarium terrarium globe snowglobe bulb bottle flask"))
VASES = frozenset(words_of("vase amphora jug pitcher jar bottle bucket pot"))
OVERHEAD = frozenset(words_of("umbrella parasol sunshade"))
RAISED = frozenset(words_of("balloon balloons kite flag lantern torch"))
FISH = frozenset(words_of("fish goldfish koi blowfish trout salmon carp"))
PLAYED = frozenset(words_of("guitar banjo violin cello lute ukulele accordion drum trumpet saxophone flute harp tuba trombone"))
MASTED = frozenset(words_of("sailboat ship balloon schooner galleon yacht windmill rocket"))
SEATS = frozenset(
    words_of(
        "bench chair sofa couch armchair throne swing stool bed hammock horse elephant camel donkey turtle whale bicycle motorcycle skateboard"
    )
)
HEAVENLY = frozenset(
    words_of("""
    cloud comet crescent lightning moon planet rainbow star stars sun
""")
)


def size_of(*names: str) -> float:
    """Rough size of the thing named (a person is 1): the last known word counts, as in "teddy bear chair"."""
    for name in names:
        for word in reversed(words_of(name)):
            if word in SIZE:
                return SIZE[word]
            if word.endswith("s") and word[:-1] in SIZE:
                return SIZE[word[:-1]]
    return 0.85


def is_one_of(kinds: frozenset[str], *names: str) -> bool:
    """Whether any word of the names, singular or plural, is of these kinds."""
    return any(word in kinds or (word.endswith("s") and word[:-1] in kinds) for name in names for word in words_of(name))
