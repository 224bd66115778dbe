"""The words clips are told with.

In verb phrases every word after a star is a verb: '*come in and *stop' -> 'comes in and stops'.
"""

from __future__ import annotations

COLOURS = {
    "red": ("red", "red", "crimson", "scarlet", "bright red"),
    "orange": ("orange", "orange", "tangerine"),
    "yellow": ("yellow", "yellow", "golden", "lemon-yellow"),
    "green": ("green", "green", "emerald"),
    "teal": ("teal", "turquoise", "blue-green"),
    "blue": ("blue", "blue", "azure", "bright blue"),
    "purple": ("purple", "purple", "violet"),
    "pink": ("pink", "pink", "rosy"),
    "white": ("white", "white", "pale"),
    "black": ("black", "black", "dark"),
    "grey": ("grey", "grey", "gray", "silvery"),
    "brown": ("brown", "brown", "chestnut"),
}

# How something gets about: verbs at an ordinary pace, slowly, fast.
GAITS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "wheels": (
        ("drive", "roll", "travel", "go", "head"),
        ("crawl", "trundle", "creep", "inch", "roll slowly", "drive slowly"),
        ("race", "speed", "zoom", "tear", "rush", "hurtle", "drive fast"),
    ),
    "rails": (
        ("roll", "travel", "chug", "run", "rattle"),
        ("crawl", "trundle", "roll slowly", "creep"),
        ("race", "thunder", "speed", "rush", "hurtle"),
    ),
    "cycle": (
        ("pedal", "cycle", "ride", "go", "travel"),
        ("pedal slowly", "roll slowly", "dawdle"),
        ("race", "speed", "sprint", "dash", "pedal hard"),
    ),
    "legs": (
        ("walk", "wander", "go", "trot", "stroll"),
        ("amble", "plod", "walk slowly", "dawdle", "creep", "saunter"),
        ("run", "dash", "race", "sprint", "bolt", "rush", "gallop"),
    ),
    "feet": (
        ("walk", "stroll", "go", "march", "wander"),
        ("amble", "shuffle", "walk slowly", "dawdle", "saunter"),
        ("run", "dash", "race", "sprint", "rush", "hurry"),
    ),
    "hull": (
        ("sail", "glide", "cruise", "travel", "go"),
        ("drift", "float slowly", "glide slowly", "drift lazily"),
        ("speed", "race", "rush", "sail fast", "surge"),
    ),
    "paddle": (
        ("swim", "paddle", "glide", "go"),
        ("drift", "float slowly", "paddle slowly", "swim slowly"),
        ("rush", "race", "swim fast", "hurry", "speed"),
    ),
    "fins": (
        ("swim", "glide", "go", "travel"),
        ("drift", "swim slowly", "glide slowly", "float"),
        ("dart", "shoot", "race", "swim fast", "rush"),
    ),
    "surface": (
        ("swim", "glide", "go", "travel"),
        ("swim slowly", "glide slowly", "cruise lazily"),
        ("race", "surge", "swim fast", "rush"),
    ),
    "wings": (
        ("fly", "flap", "sail", "go", "wing its way"),
        ("glide slowly", "drift", "fly slowly", "float"),
        ("dart", "swoop", "shoot", "race", "fly fast", "streak"),
    ),
    "engine": (
        ("fly", "travel", "go", "sail", "buzz"),
        ("glide slowly", "fly slowly", "drift", "cruise lazily"),
        ("streak", "race", "roar", "speed", "shoot", "zoom"),
    ),
    "screw": (
        ("cruise", "glide", "travel", "go"),
        ("glide slowly", "drift", "cruise lazily", "creep"),
        ("race", "shoot", "speed", "rush"),
    ),
    "wind": (
        ("float", "drift", "sail", "glide"),
        ("drift slowly", "float slowly", "hover along"),
        ("sail quickly", "fly fast", "rush", "be blown fast"),
    ),
    "hops": (
        ("hop", "hop along", "bound", "go hopping", "scamper"),
        ("hop slowly", "lope", "dawdle"),
        ("race", "dash", "bolt", "bound quickly", "dart"),
    ),
    "ball": (
        ("bounce", "roll", "go bouncing", "tumble"),
        ("roll slowly", "bounce lazily"),
        ("shoot", "fly", "bounce fast", "speed"),
    ),
    "slide": (
        ("slide", "glide", "slip", "go"),
        ("slide slowly", "glide gently"),
        ("race", "whizz", "shoot", "slide fast", "speed"),
    ),
    "drifts": (
        ("drift", "float", "glide", "swim"),
        ("drift slowly", "float slowly", "hover"),
        ("shoot", "dart", "swim fast"),
    ),
}
NEUTRAL = ("go", "move", "travel")
SLOWLY = ("slowly", "at a leisurely pace", "in no hurry", "very slowly", "gently", "unhurriedly", "at a snail's pace")
FAST = ("fast", "quickly", "at full speed", "in a hurry", "at great speed", "in a flash", "at top speed")

DIRECTIONS = {
    "left to right": ("from left to right", "left to right", "to the right", "towards the right",
        "from the left to the right"),
    "right to left": ("from right to left", "right to left", "to the left", "towards the left",
        "from the right to the left"),
    "left": ("to the left", "left", "towards the left", "leftwards"),
    "right": ("to the right", "right", "towards the right", "rightwards"),
}  # fmt: skip

# Verb phrases of each motion with (first) and without (second) its direction. {go}: a verb of the gait,
# {way}: a direction, {from}, {to}: left or right, {it}: the other thing, {times}: how often.
MOTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "cross": (
        (
            "*{go} {way}", "*{go} across {way}", "*cross the picture {way}", "*make its way {way}", "*pass {way}",
            "*{go} past {way}", "*move {way}", "*enter on the {from} and *leave on the {to}",
            "*travel across the view {way}",
            "*appear on the {from} and *vanish on the {to}", "*{go} through {way}",
            "*come from the {from} and *{go} out to the {to}",
        ),
        (
            "*{go} past", "*{go} by", "*cross the picture", "*pass by", "*{go} across the screen", "*{go} across",
            "*move through the scene",
            "*{go} from one side to the other", "*cross from edge to edge", "*pass through",
        ),
    ),
    "move": (
        ("*{go} {way}", "*move {way}", "*make its way {way}", "*{go} along {way}", "*head {way}",
            "*keep going {way}", "*be on its way {way}"),
        ("*{go} along", "*make its way along", "*move along", "*keep moving", "*{go} on and on", "*be on the move",
            "*{go} on its way"),
    ),
    "come": (
        (
            "*{go} in from the {from} and *stop", "*arrive from the {from} and *halt",
            "*come in from the {from} and *stay",
            "*enter from the {from} and *come to a stop", "*appear on the {from} and *come to rest",
            "*{go} into view from the {from} and *stop",
        ),
        (
            "*{go} in and *stop", "*arrive and *halt", "*come into view and *stop", "*turn up and *stay",
            "*{go} in and *come to rest",
            "*show up and *wait", "*come to a standstill", "*slow down and *stop",
        ),
    ),
    "leave": (
        (
            "*wait, then *{go} off to the {to}", "*set off to the {to}", "*stand still, then *leave to the {to}",
            "*start moving and *leave on the {to}",
            "*pause and then *{go} away to the {to}", "*depart to the {to}",
        ),
        (
            "*wait and then *{go} off", "*set off", "*stand for a moment, then *{go} away",
            "*start moving and *leave", "*depart",
            "*get going and *vanish from view", "*stay put at first, then *{go} off", "*leave the scene",
        ),
    ),
    "return": (
        (
            "*{go} in from the {from}, *turn round and *go back", "*come in from the {from} and *turn back",
            "*enter on the {from} and *leave on the {from}",
            "*{go} to the {to}, then *reverse course", "*come from the {from}, *change its mind and *go back",
        ),
        (
            "*turn round and *go back", "*come halfway and *turn back", "*change direction and *return",
            "*double back", "*make an about-turn",
            "*{go} in, *turn round and *{go} out again", "*change its mind and *head back",
            "*go back the way it came",
        ),
    ),
    "approach": (
        (),
        (
            "*come closer", "*{go} towards us", "*{go} towards the camera", "*approach", "*get bigger and bigger",
            "*come nearer and nearer",
            "*draw near", "*head straight for the viewer", "*grow larger as it comes", "*{go} up close",
        ),
    ),
    "recede": (
        (),
        (
            "*{go} away from us", "*{go} off into the distance", "*move away", "*get smaller and smaller",
            "*disappear into the distance",
            "*{go} far away", "*shrink as it leaves", "*recede", "*dwindle in the distance",
            "*head away from the camera",
        ),
    ),
    "hop": (
        ("*hop {times}", "*jump {times}", "*leap into the air {times}", "*bounce {times}", "*spring up {times}"),
        ("*hop up and down", "*jump on the spot", "*leap into the air", "*bounce up and down", "*bounce on the spot"),
    ),
    "circle": (
        (),
        (
            "*circle", "*{go} round and round", "*{go} in circles", "*make loops", "*go round in a ring",
            "*wheel around", "*{go} in a loop",
        ),
    ),
    "rise": (
        (),
        (
            "*rise", "*float up into the sky", "*go up", "*climb higher and higher", "*lift off", "*ascend",
            "*take off", "*soar upwards",
            "*leave the ground", "*go straight up",
        ),
    ),
    "descend": (
        (),
        (
            "*come down", "*descend", "*sink", "*float down", "*go lower and lower", "*drop down",
            "*glide down from above", "*settle downwards",
            "*lose height",
        ),
    ),
    "bob": (
        (),
        (
            "*bob up and down", "*rock on the waves", "*rise and *fall with the swell", "*sway on the water",
            "*rock to and fro", "*dance on the waves",
        ),
    ),
    "pass": (
        (),
        (
            "*pass each other", "*cross paths", "*meet and *go their separate ways", "*go past each other",
            "*move in opposite directions",
            "*pass one another going opposite ways", "*meet in the middle and *carry on",
        ),
    ),
    "follow": (
        ("*follow {it} {way}", "*trail behind {it} {way}", "*{go} behind {it} {way}", "*go after {it} {way}"),
        ("*follow {it}", "*trail behind {it}", "*{go} behind {it}", "*tag along after {it}", "*keep behind {it}",
            "*come along after {it}"),
    ),
    "chase": (
        ("*chase {it} {way}", "*race after {it} {way}", "*pursue {it} {way}", "*hunt {it} {way}"),
        ("*chase {it}", "*pursue {it}", "*race after {it}", "*try to catch {it}", "*be hot on the heels of {it}",
            "*hunt {it}"),
    ),
    "overtake": (
        ("*overtake {it} {way}", "*{go} past {it} {way}", "*get ahead of {it} {way}"),
        ("*overtake {it}", "*pass {it}", "*catch up with {it} and *pass", "*leave {it} behind", "*outrun {it}",
            "*get ahead of {it}"),
    ),
    "pan": (
        ("*pan {way} past {it}", "*sweep {way} over {it}", "*slide {way} past {it}", "*turn {way} past {it}",
            "*swing {way} with {it} in view"),
        ("*pan past {it}", "*sweep past {it}", "*slide sideways past {it}", "*drift past {it}"),
    ),
    "zoom in": (
        (),
        ("*zoom in on {it}", "*move in on {it}", "*get closer to {it}", "*close in on {it}", "*push in towards {it}"),
    ),
    "zoom out": (
        (),
        ("*zoom out from {it}", "*pull back from {it}", "*move away from {it}", "*back away from {it}",
            "*draw back from {it}"),
    ),
}  # fmt: skip

CAMERA = ("camera", "camera", "view", "shot", "lens")

TIMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # with a preposition; as a keyword
    "dawn": (
        ("at dawn", "at daybreak", "early in the morning", "at first light"),
        ("dawn", "early morning", "daybreak"),
    ),
    "noon": (
        ("in broad daylight", "in the daytime", "at midday", "during the day", "around noon"),
        ("daytime", "midday", "daylight", "noon"),
    ),
    "golden hour": (
        ("in the golden evening light", "late in the afternoon", "in warm low sunlight", "before sunset"),
        ("golden light", "late afternoon", "golden hour"),
    ),
    "dusk": (("at dusk", "in the evening", "at twilight", "at nightfall"), ("dusk", "twilight", "evening")),
    "night": (
        ("at night", "in the dark", "under a night sky", "after dark", "by night"),
        ("night", "night-time", "darkness"),
    ),
}
WEATHERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "clear": (("under a clear sky", "in fine weather", "on a clear day"), ("clear sky", "fine weather")),
    "cloudy": (("under a cloudy sky", "on a cloudy day", "beneath the clouds"), ("cloudy", "overcast", "clouds")),
    "rain": (("in the rain", "on a rainy day", "in wet weather", "in pouring rain", "while it rains"), ("rain",
        "rainy", "wet weather")),
    "fog": (("in the fog", "in the mist", "on a foggy day", "through the haze"), ("fog", "foggy", "mist")),
    "snow": (("in the snow", "in falling snow", "while snow falls", "in a flurry of snow"), ("snow", "snowfall",
        "snowing")),
    "storm": (("in a storm", "in a thunderstorm", "in stormy weather", "in a gale"), ("storm", "thunderstorm",
        "stormy")),
    "rainbow": (("under a rainbow", "with a rainbow in the sky", "beneath a rainbow"), ("rainbow",
        "rainbow overhead")),
}  # fmt: skip
SEASONS = {
    "spring": (("in spring", "in springtime"), ("spring",)),
    "summer": (("in summer", "in summertime"), ("summer",)),
    "autumn": (("in autumn", "on an autumn day", "in the fall"), ("autumn", "fall colours")),
    "winter": (("in winter", "in wintertime"), ("winter",)),
}

# What happens meanwhile: a whole clause; a keyword.
EVENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "night falls": (
        ("night falls", "it gets dark", "darkness falls", "the light fades", "it grows dark", "the day ends"),
        ("nightfall", "growing dark", "fading light", "night falling", "day turning to night"),
    ),
    "day breaks": (
        ("day breaks", "it gets light", "the morning comes", "the darkness lifts", "the sky brightens",
            "it grows light"),
        ("daybreak", "growing light", "night turning to day", "sky brightening", "morning coming"),
    ),
    "rain starts": (
        ("it starts to rain", "it begins to rain", "rain sets in", "a shower starts", "rain begins to fall",
            "it starts pouring"),
        ("rain starting", "sudden rain", "onset of rain", "shower beginning", "first raindrops"),
    ),
    "rain stops": (
        ("the rain stops", "it stops raining", "the shower ends", "the rain lets up", "the rain dies away"),
        ("rain stopping", "end of the rain", "rain letting up", "shower ending"),
    ),
    "snow starts": (
        ("it starts to snow", "snow begins to fall", "it begins to snow", "snow sets in",
            "the first flakes come down"),
        ("snow starting", "first snowflakes", "onset of snow", "snowfall beginning"),
    ),
    "snow stops": (
        ("the snow stops", "it stops snowing", "the snowfall ends", "the last flakes fall"),
        ("snow stopping", "end of the snowfall", "last snowflakes", "snow letting up"),
    ),
    "fog rolls in": (
        ("fog rolls in", "mist creeps in", "a fog comes up", "everything fades into fog", "fog swallows the view"),
        ("fog rolling in", "mist coming in", "fog thickening"),
    ),
    "fog lifts": (
        ("the fog lifts", "the mist clears", "the fog thins out", "the view clears of fog"),
        ("fog lifting", "mist clearing", "fog thinning"),
    ),
    "storm breaks": (
        ("a storm breaks", "a thunderstorm begins", "the sky turns black and a storm starts",
            "stormy weather moves in"),
        ("storm breaking", "storm coming", "thunderstorm starting"),
    ),
    "rainbow appears": (
        ("the rain gives way to a rainbow", "a rainbow appears", "a rainbow comes out",
            "a rainbow forms after the rain"),
        ("rainbow appearing", "rain, then a rainbow", "rainbow after rain"),
    ),
    "lights go on": (
        ("the lights go on", "the windows light up", "the lamps are switched on", "someone turns on the lights"),
        ("lights going on", "windows lighting up", "lamps switching on"),
    ),
    "lights go out": (
        ("the lights go out", "the windows go dark", "the lamps are switched off", "someone turns off the lights"),
        ("lights going out", "windows going dark", "lamps switching off"),
    ),
    "leaves fall": (
        ("leaves fall", "leaves come down", "leaves drift to the ground", "dry leaves tumble down"),
        ("falling leaves", "leaves drifting down", "leaves tumbling"),
    ),
    "petals fall": (
        ("petals fall", "blossom drifts down", "pink petals flutter down", "blossoms rain down"),
        ("falling petals", "drifting blossom", "petals fluttering"),
    ),
    "fireworks": (
        ("fireworks go off", "rockets burst in the sky", "fireworks light up the sky", "there are fireworks"),
        ("fireworks", "fireworks bursting", "rockets in the sky"),
    ),
    "shooting star": (
        ("a shooting star falls", "a meteor streaks across the sky", "a falling star flashes by",
            "a shooting star crosses the sky"),
        ("shooting star", "meteor", "falling star"),
    ),
    "bubbles rise": (
        ("bubbles rise", "bubbles float up", "air bubbles drift upwards", "a stream of bubbles goes up"),
        ("rising bubbles", "bubbles floating up", "stream of bubbles"),
    ),
    "sun rises": (
        ("the sun rises", "the sun comes up", "the sun climbs above the horizon", "a sunrise unfolds"),
        ("sunrise", "sun coming up", "rising sun"),
    ),
    "sun sets": (
        ("the sun sets", "the sun goes down", "the sun sinks below the horizon", "a sunset unfolds"),
        ("sunset", "sun going down", "sinking sun"),
    ),
}  # fmt: skip

NOUNS: dict[str, tuple[str, ...]] = {
    "horse": ("horse", "horse", "pony", "steed"),
    "cow": ("cow", "cow", "milk cow"),
    "sheep": ("sheep", "sheep", "woolly sheep"),
    "pig": ("pig", "pig", "piglet", "hog"),
    "dog": ("dog", "dog", "pup", "hound", "doggy"),
    "fox": ("fox",),
    "deer": ("deer", "stag", "antlered deer"),
    "rabbit": ("rabbit", "bunny", "hare"),
    "bear": ("bear", "big bear"),
    "camel": ("camel", "saddled camel"),
    "hen": ("hen", "chicken"),
    "penguin": ("penguin",),
    "duck": ("duck", "duck", "duckling"),
    "swan": ("swan",),
    "bird": ("bird", "bird", "songbird", "little bird"),
    "butterfly": ("butterfly",),
    "whale": ("whale",),
    "dolphin": ("dolphin",),
    "fish": ("fish", "striped fish", "little fish"),
    "turtle": ("turtle", "sea turtle"),
    "jellyfish": ("jellyfish", "jelly"),
    "octopus": ("octopus",),
    "crab": ("crab",),
    "person": ("person", "walker", "pedestrian"),
    "hiker": ("hiker", "rambler", "backpacker"),
    "cat": ("cat", "kitty", "tomcat"),
    "owl": ("owl",),
    "flamingo": ("flamingo",),
    "sailboat": ("sailboat", "sailing boat", "yacht"),
    "rowing boat": ("rowing boat", "rowboat", "dinghy"),
    "fishing boat": ("fishing boat", "trawler"),
    "steamship": ("steamship", "steamer", "ship"),
    "canoe": ("canoe",),
    "car": ("car", "car", "automobile", "motorcar"),
    "camper van": ("camper van", "van", "camper"),
    "truck": ("truck", "lorry"),
    "bus": ("bus", "coach"),
    "train": ("train", "steam train", "locomotive"),
    "tram": ("tram", "streetcar"),
    "tractor": ("tractor", "farm tractor"),
    "hot-air balloon": ("hot-air balloon", "balloon", "hot air balloon"),
    "airplane": ("airplane", "plane", "aeroplane"),
    "helicopter": ("helicopter", "chopper"),
    "submarine": ("submarine", "sub"),
    "sled": ("sled", "sledge", "sleigh"),
    "balloons": ("bunch of balloons", "cluster of balloons"),
    "lantern": ("lantern", "paper lantern"),
    "kite": ("kite",),
    "beach ball": ("beach ball", "ball", "bouncy ball"),
    "buoy": ("buoy",),
    "house": ("house", "home"),
    "cottage": ("cottage", "little cottage"),
    "cabin": ("cabin", "log cabin", "hut"),
    "barn": ("barn",),
    "lighthouse": ("lighthouse", "beacon tower"),
    "windmill": ("windmill", "mill"),
    "church": ("church", "chapel"),
    "castle": ("castle", "fortress"),
    "tent": ("tent",),
    "tipi": ("tipi", "tepee"),
    "igloo": ("igloo", "snow hut"),
    "snowman": ("snowman",),
    "campfire": ("campfire", "bonfire"),
    "scarecrow": ("scarecrow",),
    "statue": ("statue",),
    "fountain": ("fountain",),
    "pine tree": ("pine tree", "fir", "conifer"),
    "oak tree": ("oak", "leafy tree", "oak tree"),
    "autumn tree": ("autumn tree", "tree in autumn colours"),
    "blossom tree": ("blossom tree", "cherry tree", "tree in bloom"),
    "palm tree": ("palm tree", "palm"),
    "cactus": ("cactus",),
    "sunflower": ("sunflower",),
    "treasure chest": ("treasure chest", "chest"),
    "starfish": ("starfish",),
    "parasol": ("parasol", "sunshade"),
    "sandcastle": ("sandcastle",),
    "market stall": ("market stall", "stall"),
    "street lamp": ("street lamp", "lamppost", "streetlight"),
    "floor lamp": ("floor lamp", "standing lamp", "lamp"),
    "beach hut": ("beach hut", "bathing hut"),
}
"""What things are called; the first is plain."""

PLACES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # with a preposition; as a keyword
    "coast": (
        ("by the sea", "at the seaside", "on the coast", "at the shore", "off the beach"),
        ("seaside", "coast", "seashore", "beach"),
    ),
    "mountain lake": (
        ("by a mountain lake", "at a lake in the mountains", "on a lake below the peaks", "at an alpine lake"),
        ("mountain lake", "alpine lake", "lake"),
    ),
    "forest": (("in a forest", "in the woods", "among the trees", "in woodland"), ("forest", "woods", "woodland")),
    "desert": (
        ("in the desert", "among sand dunes", "in a sandy desert", "out in the dunes"),
        ("desert", "sand dunes", "dunes"),
    ),
    "canyon": (
        ("in a canyon", "in a rocky gorge", "between red cliffs", "in a ravine"),
        ("canyon", "gorge", "red rocks"),
    ),
    "village street": (
        ("in a village street", "in a village", "past a row of old houses", "in a small town"),
        ("village street", "village", "small town"),
    ),
    "city": (
        ("in the city", "in town", "on a city street", "in front of tall buildings", "downtown"),
        ("city", "city street", "downtown"),
    ),
    "farm": (
        ("on a farm", "by the fields", "in farmland", "in the countryside with its fields"),
        ("farm", "farmland", "fields"),
    ),
    "harbour": (("in a harbour", "at the port", "by the quay", "at the docks"), ("harbour", "port", "docks")),
    "snowfield": (
        ("in a snowy field", "in the snowy mountains", "amid white snow", "in a wintry landscape"),
        ("snowfield", "snowy hills", "white landscape"),
    ),
    "island": (
        ("off a palm island", "by a tropical island", "near an island with palms"),
        ("tropical island", "palm island", "island"),
    ),
    "park": (("in a park", "in the park", "in a city park", "on the park lawn"), ("park", "city park")),
    "night market": (
        ("at a night market", "in a market street", "between market stalls", "under strings of lanterns"),
        ("night market", "market", "market stalls"),
    ),
    "room": (("indoors", "in a room", "in a living room", "inside a house"), ("indoors", "living room", "inside")),
    "meadow hills": (
        ("in a meadow", "in rolling hills", "in hilly country", "on a hillside", "in meadowland"),
        ("meadow", "rolling hills", "hillside"),
    ),
    "coral reef": (
        ("under water", "on a coral reef", "at the bottom of the sea", "among corals", "deep in the sea"),
        ("coral reef", "underwater", "sea floor"),
    ),
    "vineyard": (
        ("in a vineyard", "among the vines", "in wine country", "by rows of grapevines"),
        ("vineyard", "wine country", "grapevines"),
    ),
    "railway": (
        ("by a railway line", "along the railway tracks", "where the railway runs", "near the rails"),
        ("railway", "railway tracks", "train tracks"),
    ),
}
SEASONAL = ("forest", "village street", "farm", "park", "meadow hills", "vineyard", "railway", "mountain lake", "city")
CHANGES_WEATHER = (
    "rain starts", "rain stops", "snow starts", "snow stops", "fog rolls in", "fog lifts", "storm breaks",
    "rainbow appears",
)  # fmt: skip
WINDOWED = ("house", "cottage", "cabin", "church", "castle")
DRESSED = {
    **dict.fromkeys(
        ("person", "hiker"), ("in {colour}", "in a {colour} top", "dressed in {colour}", "in {colour} clothes")
    ),
    "snowman": ("with a {colour} scarf", "in a {colour} scarf"),
    "scarecrow": ("in a {colour} shirt", "in {colour}"),
    "igloo": ("of {colour} snow",),
}
"""How to tell the colour of what does not have it itself."""
