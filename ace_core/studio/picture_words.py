"""The words for pictures: names of things, colours, sizes, places, hours, weathers, seasons and relations.

Every word of a list is true of its key and of no other key that it would belie, so that a caption can be checked
against its scene.
"""

from __future__ import annotations

KIND_WORDS: dict[str, tuple[str, ...]] = {
    "horse": ("horse", "pony", "horse"),
    "cow": ("cow", "dairy cow", "cow"),
    "sheep": ("sheep", "woolly sheep", "sheep"),
    "pig": ("pig", "farm pig", "piggy"),
    "dog": ("dog", "hound", "pup", "dog"),
    "cat": ("cat", "kitty", "house cat", "cat"),
    "fox": ("fox", "bushy-tailed fox"),
    "deer": ("deer", "stag", "antlered deer"),
    "rabbit": ("rabbit", "bunny", "hare"),
    "bear": ("bear", "burly bear"),
    "camel": ("camel", "two-humped camel", "saddled camel"),
    "hen": ("hen", "chicken"),
    "duck": ("duck", "duck"),
    "swan": ("swan", "long-necked swan"),
    "flamingo": ("flamingo", "wading flamingo"),
    "penguin": ("penguin", "penguin"),
    "bird": ("bird", "flying bird", "bird in flight"),
    "owl": ("owl", "wide-eyed owl"),
    "butterfly": ("butterfly", "fluttering butterfly"),
    "whale": ("whale", "spouting whale"),
    "dolphin": ("dolphin", "leaping dolphin"),
    "fish": ("fish", "striped fish", "clownfish"),
    "turtle": ("turtle", "sea turtle"),
    "jellyfish": ("jellyfish", "jelly"),
    "octopus": ("octopus", "eight-armed octopus"),
    "crab": ("crab", "clawed crab"),
    "starfish": ("starfish", "sea star"),
    "person": ("person", "stroller", "walker", "pedestrian"),
    "hiker": ("hiker", "backpacker", "rambler", "trekker"),
    "sailboat": ("sailboat", "sailing boat", "yacht"),
    "rowing boat": ("rowing boat", "rowboat", "dinghy"),
    "fishing boat": ("fishing boat", "trawler", "fishing vessel"),
    "steamship": ("steamship", "steamer", "ship with a funnel"),
    "canoe": ("canoe", "slender canoe"),
    "car": ("car", "automobile", "saloon car"),
    "camper van": ("camper van", "camper", "van"),
    "truck": ("truck", "lorry", "delivery truck"),
    "bus": ("bus", "coach"),
    "train": ("train", "steam train", "locomotive"),
    "tram": ("tram", "streetcar", "trolley car"),
    "tractor": ("tractor", "farm tractor"),
    "bicycle": ("bicycle", "bike", "pushbike"),
    "scooter": ("scooter", "moped", "motor scooter"),
    "hot-air balloon": ("hot-air balloon", "hot air balloon", "striped hot-air balloon"),
    "airplane": ("airplane", "plane", "propeller plane"),
    "helicopter": ("helicopter", "chopper"),
    "submarine": ("submarine", "sub"),
    "sled": ("sled", "sledge", "toboggan"),
    "house": ("house", "home", "two-storey house"),
    "cottage": ("cottage", "thatched cottage"),
    "cabin": ("cabin", "log cabin", "log hut"),
    "barn": ("barn", "farm barn"),
    "lighthouse": ("lighthouse", "striped lighthouse", "beacon tower"),
    "windmill": ("windmill", "mill with sails"),
    "church": ("church", "chapel", "church with a spire"),
    "castle": ("castle", "fortress", "fairy-tale castle"),
    "tent": ("tent", "camping tent"),
    "tipi": ("tipi", "teepee"),
    "igloo": ("igloo", "ice hut"),
    "market stall": ("market stall", "fruit stand", "fruit stall"),
    "well": ("well", "water well", "wishing well"),
    "fountain": ("fountain", "water fountain"),
    "greenhouse": ("greenhouse", "glasshouse"),
    "beach hut": ("beach hut", "bathing hut", "beach cabin"),
    "pine tree": ("pine tree", "pine", "fir tree", "conifer"),
    "oak tree": ("oak tree", "leafy tree", "round tree"),
    "autumn tree": ("autumn tree", "fall tree", "tree turning colour"),
    "blossom tree": ("blossom tree", "cherry tree", "blossoming tree"),
    "birch tree": ("birch tree", "birch"),
    "poplar": ("poplar", "slim poplar"),
    "willow": ("willow", "weeping willow"),
    "palm tree": ("palm tree", "palm"),
    "cactus": ("cactus", "saguaro"),
    "bush": ("bush", "shrub"),
    "tulips": ("clump of tulips", "patch of tulips", "bunch of tulips"),
    "daisies": ("patch of daisies", "clump of daisies", "cluster of daisies"),
    "sunflower": ("sunflower", "tall sunflower"),
    "lavender": ("lavender bush", "clump of lavender"),
    "mushroom": ("mushroom", "toadstool"),
    "pumpkin": ("pumpkin", "squash"),
    "hay bale": ("hay bale", "bale of hay", "straw bale"),
    "coral": ("coral", "branching coral"),
    "seaweed": ("clump of seaweed", "kelp plant"),
    "potted plant": ("potted plant", "houseplant", "pot plant"),
    "grapevine": ("grapevine", "vine with grapes"),
    "bench": ("bench", "park bench", "wooden seat"),
    "street lamp": ("street lamp", "lamppost", "street light"),
    "lantern": ("lantern", "paper lantern"),
    "campfire": ("campfire", "bonfire", "crackling fire"),
    "parasol": ("parasol", "beach umbrella", "sunshade"),
    "umbrella": ("umbrella", "brolly"),
    "kite": ("kite", "diamond kite"),
    "snowman": ("snowman", "snowman with a scarf"),
    "sandcastle": ("sandcastle", "sand castle"),
    "rock": ("rock", "boulder"),
    "barrel": ("barrel", "cask"),
    "crates": ("stack of crates", "pile of crates", "pile of boxes"),
    "mailbox": ("mailbox", "letterbox", "postbox"),
    "signpost": ("signpost", "wooden sign", "direction sign"),
    "scarecrow": ("scarecrow", "straw scarecrow"),
    "surfboard": ("surfboard", "surf board"),
    "beach ball": ("beach ball", "inflatable ball"),
    "deck chair": ("deck chair", "beach chair", "sun lounger"),
    "picnic basket": ("picnic basket", "picnic hamper"),
    "statue": ("statue", "sculpture", "monument"),
    "fence": ("fence", "picket fence"),
    "balloons": ("bunch of balloons", "cluster of balloons", "bundle of balloons"),
    "buoy": ("buoy", "floating buoy"),
    "treasure chest": ("treasure chest", "chest of gold", "pirate chest"),
    "armchair": ("armchair", "easy chair", "comfy chair"),
    "table": ("table", "table with a fruit bowl"),
    "floor lamp": ("floor lamp", "standing lamp"),
    "guitar": ("guitar", "acoustic guitar"),
    "bookshelf": ("bookshelf", "bookcase", "shelf of books"),
    "vase of flowers": ("vase of flowers", "flower vase", "vase with a bouquet"),
    "clock": ("clock", "grandfather clock", "pendulum clock"),
    "teapot": ("teapot", "tea pot"),
    "cushion": ("cushion", "pillow"),
    "skyscraper": ("skyscraper", "tower block"),
    "bridge": ("bridge", "arched bridge"),
}

# What a colour word colours: 'person' wears it, a parasol is it.
WEARERS = ("person", "hiker", "scarecrow", "snowman")
WEARING = {
    "person": ("in a {} coat", "in {}", "wearing a {} jacket", "in a {} jacket"),
    "hiker": ("in a {} jacket", "in {}", "wearing {}"),
    "scarecrow": ("in a {} shirt", "wearing a {} shirt", "dressed in {}"),
    "snowman": ("with a {} scarf", "wearing a {} scarf", "in a {} scarf"),
}

COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "red": ("red", "red", "crimson", "scarlet"),
    "orange": ("orange", "orange", "tangerine"),
    "yellow": ("yellow", "yellow", "lemon-yellow", "golden-yellow"),
    "green": ("green", "green", "emerald", "leaf-green"),
    "teal": ("teal", "turquoise", "blue-green"),
    "blue": ("blue", "blue", "royal-blue", "azure"),
    "purple": ("purple", "purple", "violet"),
    "pink": ("pink", "pink", "rosy", "rose-coloured"),
    "white": ("white", "white", "cream-coloured", "ivory"),
    "black": ("black", "black", "jet-black", "dark"),
    "grey": ("grey", "gray", "ash-grey"),
    "brown": ("brown", "brown", "chestnut", "tan"),
}

SIZE_WORDS: dict[str, tuple[str, ...]] = {
    "small": ("small", "little", "tiny", "wee"),
    "big": ("big", "large", "huge", "sizeable"),
}
CHATTY_SIZES = {
    "small": ("tiny little", "little", "small", "teeny", "mini"),
    "big": ("big", "massive", "great big", "giant", "huge"),
}

# (as a phrase, as a bare noun)
PLACE_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "coast": (
        ("on a sandy beach", "by the sea", "at the seaside", "along the shore", "on the coast", "down at the beach"),
        ("beach", "seaside", "seashore", "coast"),
    ),
    "mountain lake": (
        (
            "by a mountain lake",
            "at a lake below snowy peaks",
            "beside an alpine lake",
            "at a lake with mountains behind",
            "on the shore of a lake in the mountains",
        ),
        ("mountain lake", "alpine lake", "lake and peaks"),
    ),
    "forest": (
        ("in the woods", "in a forest", "among tall trees", "in a woodland clearing", "on a forest path"),
        ("forest", "woods", "woodland"),
    ),
    "desert": (
        (
            "in the desert",
            "among sand dunes",
            "in a desert with flat-topped mesas",
            "on the dunes",
            "out in the sandy wilderness",
        ),
        ("desert", "dunes", "desert sands"),
    ),
    "canyon": (
        (
            "in a canyon",
            "between red rock walls",
            "in a rocky gorge",
            "at the bottom of a canyon",
            "between steep sandstone cliffs",
        ),
        ("canyon", "gorge", "red rock canyon"),
    ),
    "village street": (
        (
            "in a village street",
            "in front of a row of old houses",
            "on a cobbled street",
            "in an old town",
            "in a small-town lane",
        ),
        ("village street", "cobbled street", "old town"),
    ),
    "city": (
        ("in the city", "on a city street", "in front of skyscrapers", "downtown", "on a road beneath tower blocks"),
        ("city", "downtown", "city street", "skyline"),
    ),
    "farm": (
        ("on a farm", "in front of ploughed fields", "out in the fields", "on farmland", "beside rows of crops"),
        ("farm", "farmland", "crop fields"),
    ),
    "harbour": (
        ("in a harbour", "at the quay", "at a little port", "by the waterfront of a harbour town", "at the docks"),
        ("harbour", "port", "quayside", "docks"),
    ),
    "snowfield": (
        (
            "in a snowy wilderness",
            "on a snowfield",
            "on a white plain below icy peaks",
            "in deep snow among pines",
            "in the far north",
        ),
        ("snowfield", "snowy plain", "arctic landscape"),
    ),
    "island": (
        (
            "at a tropical island",
            "by a palm island",
            "off a small desert island",
            "at an island with palm trees",
            "around a lonely isle",
        ),
        ("tropical island", "palm island", "desert island"),
    ),
    "park": (
        (
            "in a park",
            "on the lawn of a city park",
            "in a public garden",
            "on a park path",
            "in the park with the skyline behind",
        ),
        ("park", "city park", "public garden"),
    ),
    "night market": (
        (
            "at a night market",
            "among market stalls with strings of lights",
            "under fairy lights at a market",
            "at an evening street market",
            "between food stalls",
        ),
        ("night market", "street market", "market under string lights"),
    ),
    "room": (
        (
            "in a room with a window",
            "indoors by a window",
            "in a living room",
            "inside a cosy room",
            "on a rug in the lounge",
        ),
        ("living room", "room with a window", "interior"),
    ),
    "meadow hills": (
        ("in a flowery meadow", "on rolling hills", "in the hills", "on a grassy hillside", "in gentle countryside"),
        ("meadow", "rolling hills", "hillside"),
    ),
    "river valley": (
        (
            "in a river valley",
            "by a winding river",
            "where a river bends",
            "on the bank of a river",
            "beside a stream in a valley",
        ),
        ("river valley", "winding river", "riverbank"),
    ),
    "waterfall": (
        (
            "by a waterfall",
            "at the foot of a waterfall",
            "below a waterfall",
            "at a pool under a cascade",
            "in front of falling water",
        ),
        ("waterfall", "cascade", "cliff with a waterfall"),
    ),
    "coral reef": (
        ("under the sea", "underwater", "on a coral reef", "at the bottom of the ocean", "beneath the waves"),
        ("coral reef", "underwater", "ocean floor", "undersea"),
    ),
    "vineyard": (
        ("in a vineyard", "among rows of vines", "in wine country", "in front of vine rows", "on a wine estate"),
        ("vineyard", "wine country", "vine rows"),
    ),
    "railway": (
        (
            "by a railway line",
            "along the train tracks",
            "beside the rails",
            "at a railway in the countryside",
            "near the train line",
        ),
        ("railway", "train tracks", "railway line"),
    ),
}

TIME_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dawn": (
        ("at dawn", "at daybreak", "early in the morning", "as the sun comes up", "at first light", "at sunrise"),
        ("dawn", "daybreak", "sunrise", "early morning"),
    ),
    "noon": (
        ("at noon", "in broad daylight", "in the middle of the day", "at midday", "in the daytime"),
        ("noon", "midday", "daytime", "broad daylight"),
    ),
    "golden hour": (
        (
            "in late-afternoon light",
            "in warm evening sun",
            "in golden light",
            "in the glow of late afternoon",
            "late in the afternoon",
        ),
        ("golden hour", "late afternoon", "warm low sun", "golden light"),
    ),
    "dusk": (
        ("at dusk", "at sunset", "at nightfall", "as the day ends", "in the twilight", "under a sunset sky"),
        ("dusk", "sunset", "twilight", "nightfall"),
    ),
    "night": (
        ("at night", "by night", "after dark", "in the dark of night", "in the night-time"),
        ("night", "night scene", "after dark", "night-time"),
    ),
}

WEATHER_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "clear": (
        ("under a clear sky", "in clear weather", "beneath a cloudless sky", "on a fine day"),
        ("clear sky", "fine weather", "clear weather"),
    ),
    "cloudy": (
        ("under a cloudy sky", "beneath drifting clouds", "with clouds above", "on a cloudy day"),
        ("cloudy", "clouds", "cloudy sky"),
    ),
    "rain": (
        ("in the rain", "on a rainy day", "in a downpour", "while it rains", "in wet weather"),
        ("rain", "rainy", "wet weather", "drizzle"),
    ),
    "fog": (
        ("in the fog", "in thick mist", "on a misty day", "wrapped in fog", "in a haze"),
        ("fog", "mist", "foggy", "misty"),
    ),
    "snow": (
        ("in falling snow", "while it snows", "in a snowfall", "with snowflakes in the air", "in a flurry of snow"),
        ("snowfall", "snowing", "snowflakes"),
    ),
    "storm": (
        (
            "in a thunderstorm",
            "during a storm",
            "with lightning in the sky",
            "in stormy weather",
            "as lightning strikes",
        ),
        ("storm", "lightning", "thunderstorm", "stormy"),
    ),
    "rainbow": (
        ("under a rainbow", "with a rainbow overhead", "beneath a rainbow", "with a rainbow in the sky"),
        ("rainbow", "rainbow overhead", "rainbow in the sky"),
    ),
}

SEASON_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "spring": (("in spring", "in springtime", "in the spring", "on a spring day"), ("spring", "springtime")),
    "summer": (("in summer", "in summertime", "in the summer", "on a summer's day"), ("summer", "summertime")),
    "autumn": (
        ("in autumn", "in the fall", "among autumn leaves", "in autumn colours"),
        ("autumn", "fall colours", "autumn leaves"),
    ),
    "winter": (
        ("in winter", "in wintertime", "on a winter day", "with snow on the ground"),
        ("winter", "wintry", "snow-covered"),
    ),
}

RELATION_WORDS: dict[str, tuple[str, ...]] = {
    "left of": ("to the left of", "left of", "on the left of", "on the left-hand side of"),
    "right of": ("to the right of", "right of", "on the right of", "on the right-hand side of"),
    "beside": ("beside", "next to", "alongside", "close by"),
    "in front of": ("in front of", "before", "ahead of"),
    "behind": ("behind", "beyond", "in back of"),
    "above": ("above", "over", "high above", "up above"),
    "below": ("below", "under", "underneath", "beneath"),
    "between": ("between", "in the middle of", "flanked by"),
}
CHATTY_RELATIONS = {
    "left of": ("left of", "on the left side of"),
    "right of": ("right of", "on the right side of"),
    "beside": ("right by", "next to", "beside"),
    "in front of": ("in front of", "right in front of"),
    "behind": ("behind", "back behind"),
    "above": ("over", "way above", "up above"),
    "below": ("under", "down below"),
    "between": ("stuck between", "in between"),
}
# The same relation seen from the partner.
OPPOSITE = {
    "left of": "right of",
    "right of": "left of",
    "beside": "beside",
    "in front of": "behind",
    "behind": "in front of",
    "above": "below",
    "below": "above",
}

# (singular, plural) of what things do where they are.
DOING: dict[str, tuple[tuple[str, str], ...]] = {
    "water": (("floats", "float"), ("drifts", "drift"), ("bobs", "bob"), ("glides along", "glide along")),
    "air": (("floats", "float"), ("hovers", "hover"), ("soars", "soar"), ("hangs in the air", "hang in the air")),
    "swim": (("glides", "glide"), ("swims", "swim"), ("floats", "float"), ("drifts", "drift")),
    "animal": (
        ("stands", "stand"),
        ("wanders about", "wander about"),
        ("waits", "wait"),
        ("rests", "rest"),
        ("lingers", "linger"),
    ),
    "wheels": (("is parked", "are parked"), ("waits", "wait"), ("stands", "stand"), ("has stopped", "have stopped")),
    "rail": (("steams along", "steam along"), ("rolls by", "roll by"), ("chugs past", "chug past")),
    "plant": (("grows", "grow"), ("thrives", "thrive"), ("rises", "rise"), ("stands", "stand")),
    "other": (("stands", "stand"), ("can be seen", "can be seen"), ("is set", "are set"), ("sits", "sit")),
}
ANIMALS = (
    "horse",
    "cow",
    "sheep",
    "pig",
    "dog",
    "cat",
    "fox",
    "deer",
    "rabbit",
    "bear",
    "camel",
    "hen",
    "flamingo",
    "penguin",
    "owl",
    "crab",
    "octopus",
    "person",
    "hiker",
)
WHEELS = ("car", "camper van", "truck", "bus", "tram", "tractor", "bicycle", "scooter")
PLANTS = (
    "pine tree",
    "oak tree",
    "autumn tree",
    "blossom tree",
    "birch tree",
    "poplar",
    "willow",
    "palm tree",
    "cactus",
    "bush",
    "tulips",
    "daisies",
    "sunflower",
    "lavender",
    "mushroom",
    "coral",
    "seaweed",
    "grapevine",
)
