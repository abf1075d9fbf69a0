"""What the packages' drawings are called among people, and which of them are left out."""

from __future__ import annotations

import re
from typing import Any

from bowerbird.inference.runner.illustrator.words import listed, table

# Left out on purpose: clock faces and gestures say nothing in a picture; religious signs, weapons and smoking are touchy.
_REFUSED = re.compile(
    r"o’clock|-thirty|stopwatch|timer clock|cigarette|kaaba|synagogue|mosque|church|hindu|shinto|prayer beads|diya|hamsa|nazar"
    r"|bikini|briefs|swimsuit|pile of poo|middle finger|water pistol|bomb|dagger|sword|bow and arrow|military helmet|syringe"
    r"|drop of blood|coffin|\burn\b|headstone|pregnant|breast|feeding|massage|haircut|facepalm|gesturing|\bpouting|frowning|bowing"
    r"|shrugging|raising hand|tipping hand|deaf|turban|skullcap|headscarf|with veil|tuxedo|levitating|bunny ears|steamy room"
    r"|facing right|white cane|wheelchair|bald|blond|red hair|curly hair|white hair|beard|family|kiss|couple|skull and cross"
    r"|toilet|plunger|menorah|wrestling|fencing|statue of liberty|tokyo tower|map of japan|love hotel|medal|postal mark"
    r"|^mountain$|snow-capped|mount fuji|camping|beach with|^desert$|national park|foggy|night with stars|cityscape|sunrise|sunset"
    r"|bridge at night|milky way|^fog$|hot springs|landslide|construction$|globe with meridians|sun behind|^dizzy|^hole|motorway"
    r"|railway track|wind face|^world map|love-you|stop sign|^seat$|passenger ship|moon viewing|restroom|japanese dolls"
    r"|person in bed|taking bath|holding hands|hugging|speaking head|silhouette|fingerprint"
)
_ODD_SMILEYS = {"skull", "clown face", "ogre", "goblin", "ghost", "alien", "alien monster", "robot", "love letter", "red heart"}
_GROUPS = {3: "animal", 4: "food", 5: "place", 6: "object", 7: "object", 1: "person", 0: "symbol"}
_SUBGROUPS = {"plant": re.compile(r"plant|flower"), "vehicle": re.compile(r"transport"), "sky": re.compile(r"sky")}
_PEOPLE = re.compile(
    r"baby|child|boy|girl|person|man|woman|worker|student|teacher|judge|farmer|cook|mechanic|scientist|technologist|singer|artist"
    r"|pilot|astronaut|firefighter|officer|detective|guard|ninja|prince|angel|claus|hero|villain|mage|fairy|vampire|mer|elf|genie"
    r"|zombie|troll|creature|dancer|dancing|skier|snowboarder|racing|surfing|rowing|swimming|biking|climbing|juggling|golfing"
    r"|running|walking|standing|kneeling|lotus|cartwheel|lifting|bouncing|older"
)
_PLANTS = {
    "bouquet", "cherry blossom", "white flower", "lotus", "rosette", "rose", "wilted flower", "hibiscus", "sunflower", "blossom",
    "tulip", "hyacinth", "seedling", "potted plant", "evergreen tree", "deciduous tree", "palm tree", "cactus", "sheaf of rice",
    "herb", "shamrock", "four leaf clover", "maple leaf", "fallen leaf", "leaf fluttering in wind", "mushroom", "leafless tree",
    "empty nest", "nest with eggs",
}  # fmt: skip
_SKY = {
    "new moon", "full moon", "crescent moon", "sun", "ringed planet", "star", "glowing star", "shooting star", "milky way", "cloud",
    "rainbow", "comet", "sun with face", "full moon face", "cyclone", "tornado", "high voltage", "snowflake",
}  # fmt: skip
_VEHICLES = re.compile(
    r"locomotive|train|tram|metro|rail\b|bus$|minibus|ambulance|fire engine|car$|taxi|automobile|truck|lorry|tractor|motorcycle"
    r"|scooter|bicycle|boat|ship|ferry|canoe|airplane|helicopter|rocket|saucer|satellite|parachute|vehicle|rickshaw|skateboard"
)

_THINGS = re.compile(
    r"umbrella|luggage|hourglass|clock|thermometer|snowman|^fire$|droplet|anchor|buoy|wheel$|bell|compass|^rock$|wood|brick"
)
_SHORT: dict[str, str] = table("names")["short"]
SYNONYMS = {word: name for name, text in table("names")["synonyms"].items() for word in listed(text)}
NOT_NAMES = frozenset(listed(table("names")["tags"]["not_names"]))
STOP_TAGS = frozenset(listed(table("names")["tags"]["not_foreign"]))


def stand_ins() -> dict[str, str]:
    """Thing that no drawing shows → the name of the drawing that stands in for it."""
    return {thing: drawing for drawing, text in table("stand_ins").items() for thing in listed(text)}


def allowed(entry: dict[str, Any]) -> bool:
    """Whether a drawing of the package belongs among ours: no gestures, flags, clock faces, weapons, religious signs."""
    label, group = entry["label"], entry.get("group")
    if group not in _GROUPS or _REFUSED.search(label.lower()):
        return False
    if group == 0:
        return label in _ODD_SMILEYS
    return group != 1 or (bool(_PEOPLE.search(label.lower())) and "people" not in label.lower())


def short(label: str, labels: set[str]) -> str:
    """The everyday name for a package's label: "lady beetle" is a ladybird. "cat face" keeps its face beside a whole "cat"."""
    plain = label.removesuffix(" face")
    kept = label if plain in labels else plain
    return _SHORT.get(label, kept.replace("“", "").replace("”", "").replace("’", "'"))


def group(entry: dict[str, Any]) -> str:
    """The kind of thing: person, animal, plant, food, place, vehicle, sky, object."""
    label = entry["label"]
    if label in _PLANTS:
        return "plant"
    if label in _SKY:
        return "sky"
    if entry["group"] == 5 and _THINGS.search(label.lower()):
        return "object"
    if _VEHICLES.search(label.lower()) and entry["group"] == 5:
        return "vehicle"
    return (
        "object"
        if label in _ODD_SMILEYS and label in ("love letter", "red heart")
        else _GROUPS[entry["group"]].replace("symbol", "person")
    )
