"""What every source of the sound studio is called.

`nouns` are countable names of one occurrence (of beds: names of the whole, uncounted); `clauses` are
"subject|finite verb|participle", where the verb may carry what belongs to it ("a car|drives past|driving past").
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    nouns: tuple[str, ...]
    clauses: tuple[tuple[str, str, str], ...]


def _words(nouns: str, *clauses: str) -> Words:
    split = [tuple(part.strip() for part in clause.split("|")) for clause in clauses]
    return Words(
        tuple(noun.strip() for noun in nouns.split(",")), tuple((subject, verb, ing) for subject, verb, ing in split)
    )


BED_WORDS: dict[str, Words] = {
    "light rain": _words(
        "light rain, drizzle, soft rain, gentle rain, a sprinkle of rain, pattering rain",
        "light rain|falls|falling",
        "a drizzle|patters|pattering",
        "soft rain|drips down|dripping down",
        "gentle rain|comes down|coming down",
    ),
    "heavy rain": _words(
        "heavy rain, pouring rain, a downpour, a cloudburst, hard rain, torrential rain",
        "heavy rain|pours|pouring",
        "a downpour|drums down|drumming down",
        "rain|comes down hard|coming down hard",
        "rain|lashes down|lashing down",
    ),
    "rain on a tin roof": _words(
        "rain on a tin roof, rain on metal, raindrops on a metal roof, rain drumming on sheet metal",
        "rain|drums on a tin roof|drumming on a tin roof",
        "rain|rattles on sheet metal|rattling on sheet metal",
        "raindrops|ping on a metal roof|pinging on a metal roof",
    ),
    "hail": _words(
        "hail, hailstones, a hail shower, pelting hail",
        "hail|rattles down|rattling down",
        "hailstones|clatter|clattering",
        "hail|pelts the ground|pelting the ground",
    ),
    "wind": _words(
        "wind, a breeze, gusts of wind, blowing wind, low wind",
        "the wind|blows|blowing",
        "a breeze|blows softly|blowing softly",
        "gusts of wind|rise and fall|rising and falling",
    ),
    "storm wind": _words(
        "howling wind, a gale, a howling gale, storm wind, a wailing storm",
        "a gale|howls|howling",
        "the storm|wails|wailing",
        "wind|whistles and howls|whistling and howling",
        "a storm|rages|raging",
    ),
    "rustling leaves": _words(
        "rustling leaves, leaves in the breeze, rustling trees, rustling foliage",
        "leaves|rustle|rustling",
        "trees|rustle in the breeze|rustling in the breeze",
        "foliage|stirs|stirring",
    ),
    "sea waves": _words(
        "sea waves, ocean surf, breaking waves, the sea, surf on a beach",
        "waves|break on the shore|breaking on the shore",
        "the sea|rolls in|rolling in",
        "surf|washes up the beach|washing up the beach",
        "the ocean|breathes|breathing",
    ),
    "stream": _words(
        "a stream, a babbling brook, a creek, trickling water, running water",
        "a brook|babbles|babbling",
        "a stream|gurgles along|gurgling along",
        "a creek|trickles|trickling",
        "water|runs over stones|running over stones",
    ),
    "waterfall": _words(
        "a waterfall, rushing water, a cascade, roaring falls",
        "a waterfall|roars|roaring",
        "water|rushes down|rushing down",
        "a cascade|thunders down|thundering down",
    ),
    "underwater": _words(
        "underwater bubbles, rising bubbles, a diver's bubbles, deep water",
        "bubbles|rise underwater|rising underwater",
        "a diver|breathes out bubbles|breathing out bubbles",
        "bubbles|gurgle in deep water|gurgling in deep water",
    ),
    "dripping cave": _words(
        "a dripping cave, echoing drips, drops in a cave, an echoing cavern",
        "drops|echo in a cave|echoing in a cave",
        "a cave|drips|dripping",
        "drips|ring through a cavern|ringing through a cavern",
    ),
    "fire": _words(
        "a crackling fire, a campfire, a fireplace, crackling flames, a log fire",
        "a fire|crackles|crackling",
        "a campfire|burns|burning",
        "logs|pop in the flames|popping in the flames",
        "the fireplace|snaps and pops|snapping and popping",
    ),
    "boiling pot": _words(
        "boiling water, a bubbling pot, a simmering pot, a bubbling cauldron",
        "a pot|bubbles on the stove|bubbling on the stove",
        "water|boils|boiling",
        "soup|simmers|simmering",
    ),
    "crickets": _words(
        "crickets, chirping crickets, a cricket chorus, crickets at night",
        "crickets|chirp|chirping",
        "crickets|sing in the dark|singing in the dark",
        "night crickets|trill|trilling",
    ),
    "cicadas": _words(
        "cicadas, buzzing cicadas, a cicada drone, insects of high summer",
        "cicadas|drone|droning",
        "cicadas|rattle in the heat|rattling in the heat",
        "cicadas|buzz|buzzing",
    ),
    "bees": _words(
        "bees, a beehive, a swarm of bees, buzzing bees, humming bees",
        "bees|buzz around|buzzing around",
        "a beehive|hums|humming",
        "a swarm of bees|circles|circling",
    ),
    "dawn birds": _words(
        "a dawn chorus, a flock of singing birds, birdsong all around, twittering birds, morning birds",
        "many birds|sing at once|singing at once",
        "a flock of birds|twitters|twittering",
        "the dawn chorus|fills the air|filling the air",
    ),
    "frog pond": _words(
        "a frog pond, a chorus of frogs, croaking frogs, a swamp full of frogs",
        "a whole pond of frogs|croaks|croaking",
        "a chorus of frogs|goes on and on|going on and on",
        "a swamp|teems with frogs|teeming with frogs",
    ),
    "city traffic": _words(
        "city traffic, street noise, distant traffic, the hum of the city, city noise",
        "traffic|hums|humming",
        "the city|murmurs|murmuring",
        "cars|rumble a few streets away|rumbling a few streets away",
    ),
    "crowd": _words(
        "a murmuring crowd, a crowd, chatter, babbling voices, people talking",
        "a crowd|murmurs|murmuring",
        "people|chat all at once|chatting all at once",
        "many voices|babble|babbling",
    ),
    "applause": _words(
        "applause, a clapping audience, clapping, an ovation",
        "an audience|applauds|applauding",
        "the audience|claps and claps|clapping and clapping",
        "applause|rolls through the hall|rolling through the hall",
    ),
    "engine room": _words(
        "an engine room, a factory hall, pounding pistons, heavy machinery, thumping machines",
        "heavy machinery|pounds|pounding",
        "pistons|thump|thumping",
        "a factory|clanks along|clanking along",
        "a ship's engine|throbs|throbbing",
    ),
    "fan hum": _words(
        "a humming fan, a fan, an air conditioner, electric hum, ventilation",
        "a fan|hums|humming",
        "the air conditioner|whirs|whirring",
        "a ventilator|drones quietly|droning quietly",
    ),
    "train ride": _words(
        "a train ride, the inside of a train, a rumbling carriage, a rolling train carriage",
        "a train carriage|rumbles along|rumbling along",
        "somebody|rides inside a train|riding inside a train",
        "a carriage|rolls over muffled rails|rolling over muffled rails",
    ),
    "plane cabin": _words(
        "an aeroplane cabin, cabin drone, the inside of an aircraft, a flight",
        "an aircraft cabin|drones|droning",
        "a plane in flight|roars softly|roaring softly",
        "the cabin air|rushes|rushing",
    ),
    "washing machine": _words(
        "a washing machine, sloshing laundry, a laundry machine, the laundry",
        "a washing machine|turns|turning",
        "laundry|sloshes round|sloshing round",
        "a washer|churns|churning",
    ),
    "radio static": _words(
        "radio static, white noise from a radio, an untuned radio, hissing static",
        "a radio|hisses between stations|hissing between stations",
        "static|crackles from a radio|crackling from a radio",
        "an untuned radio|whines|whining",
    ),
    "vinyl crackle": _words(
        "vinyl crackle, a crackling record, record player crackle, a dusty record",
        "an old record|crackles|crackling",
        "dust|pops on the vinyl|popping on the vinyl",
        "a record player|spins|spinning",
    ),
}

EVENT_WORDS: dict[str, Words] = {
    "thunder": _words(
        "thunderclap, clap of thunder, roll of thunder, peal of thunder",
        "thunder|rolls|rolling",
        "thunder|cracks|cracking",
        "thunder|booms|booming",
        "thunder|rumbles|rumbling",
    ),
    "water drop": _words(
        "water drop, dripping drop, plink of water, drip",
        "a drop of water|falls|falling",
        "water|drips into a basin|dripping into a basin",
        "a tap|drips|dripping",
    ),
    "splash": _words(
        "splash, big splash, splash of water",
        "something|splashes into water|splashing into water",
        "somebody|jumps into the water|jumping into the water",
        "a stone|plops into the water|plopping into the water",
    ),
    "whoosh": _words(
        "whoosh, swish, swoosh",
        "something|whooshes by|whooshing by",
        "a stick|swishes through the air|swishing through the air",
        "something|swooshes past|swooshing past",
    ),
    "firework": _words(
        "firework, rocket, firework rocket",
        "a firework|goes off|going off",
        "a rocket|whistles up and bursts|whistling up and bursting",
        "fireworks|bang and crackle|banging and crackling",
    ),
    "pouring water": _words(
        "glass being filled, poured drink, jug of water poured out",
        "water|is poured into a glass|being poured into a glass",
        "somebody|pours a drink|pouring a drink",
        "a glass|fills up|filling up",
    ),
    "dog bark": _words(
        "dog bark, deep bark, woof, bark of a big dog",
        "a dog|barks|barking",
        "a big dog|barks|barking",
        "a hound|woofs|woofing",
        "a guard dog|barks|barking",
    ),
    "small dog": _words(
        "yap, small dog's yap, yip, lapdog's bark",
        "a small dog|yaps|yapping",
        "a puppy|yips|yipping",
        "a lapdog|yaps|yapping",
        "a tiny dog|barks shrilly|barking shrilly",
    ),
    "cat": _words(
        "meow, cat's meow, miaow", "a cat|meows|meowing", "a kitten|mews|mewing", "a hungry cat|miaows|miaowing"
    ),
    "wolf": _words(
        "wolf howl, howl, lone wolf's howl",
        "a wolf|howls|howling",
        "a lone wolf|howls at the moon|howling at the moon",
        "a coyote|howls|howling",
    ),
    "cow": _words("moo, cow's moo, low of a cow", "a cow|moos|mooing", "a cow|lows|lowing", "cattle|low|lowing"),
    "sheep": _words(
        "baa, bleat, sheep's bleat", "a sheep|bleats|bleating", "a lamb|bleats|bleating", "a ewe|baas|baaing"
    ),
    "pig": _words(
        "oink, grunt, pig's grunt, snort", "a pig|grunts|grunting", "a pig|oinks|oinking", "a hog|snorts|snorting"
    ),
    "horse neigh": _words(
        "neigh, whinny, horse's neigh",
        "a horse|neighs|neighing",
        "a horse|whinnies|whinnying",
        "a stallion|neighs|neighing",
    ),
    "donkey": _words(
        "bray, hee-haw, donkey's bray",
        "a donkey|brays|braying",
        "a donkey|goes hee-haw|going hee-haw",
        "a mule|brays|braying",
    ),
    "frog": _words(
        "croak, frog's croak, ribbit",
        "a frog|croaks|croaking",
        "a single frog|ribbits|ribbiting",
        "a toad|croaks|croaking",
    ),
    "duck": _words(
        "quack, duck's quack", "a duck|quacks|quacking", "a mallard|quacks|quacking", "a duck|goes quack|going quack"
    ),
    "goose": _words(
        "goose honk, honk of a goose, goose call",
        "a goose|honks|honking",
        "a wild goose|calls|calling",
        "a goose|cries out|crying out",
    ),
    "rooster": _words(
        "cock-crow, rooster's crow, cock-a-doodle-doo",
        "a rooster|crows|crowing",
        "a cock|crows|crowing",
        "a cockerel|crows|crowing",
    ),
    "hen": _words(
        "cluck, hen's cluck, chicken cluck",
        "a hen|clucks|clucking",
        "a chicken|clucks|clucking",
        "a chicken|cackles|cackling",
    ),
    "crow": _words(
        "caw, crow's caw, raven's croak", "a crow|caws|cawing", "a raven|caws|cawing", "a jackdaw|caws|cawing"
    ),
    "seagull": _words(
        "gull cry, seagull's cry, gull's scream",
        "a seagull|cries|crying",
        "a gull|screams|screaming",
        "a seagull|screeches|screeching",
    ),
    "songbird": _words(
        "chirp, bird chirp, tweet, snatch of birdsong",
        "a bird|chirps|chirping",
        "a songbird|sings|singing",
        "a little bird|tweets|tweeting",
        "a sparrow|chirps|chirping",
    ),
    "owl": _words(
        "owl hoot, hoot, owl's call",
        "an owl|hoots|hooting",
        "a tawny owl|calls|calling",
        "an owl|goes hoo-hoo|going hoo-hoo",
    ),
    "cuckoo": _words(
        "cuckoo call, cuckoo, cuckoo's cry",
        "a cuckoo|calls|calling",
        "a cuckoo|sings its two notes|singing its two notes",
    ),
    "woodpecker": _words(
        "woodpecker drumming, woodpecker's roll, burst of pecking",
        "a woodpecker|drums|drumming",
        "a woodpecker|hammers a trunk|hammering a trunk",
        "a woodpecker|pecks|pecking",
    ),
    "fly": _words(
        "buzzing fly, circling fly, mosquito",
        "a fly|buzzes around|buzzing around",
        "a fly|circles the ear|circling the ear",
        "an insect|buzzes past|buzzing past",
    ),
    "church bell": _words(
        "stroke of a church bell, bell toll, bell stroke, toll of a big bell",
        "a church bell|tolls|tolling",
        "a church bell|rings|ringing",
        "a big bell|chimes|chiming",
        "the steeple bell|sounds|sounding",
    ),
    "hand bell": _words(
        "ring of a hand bell, ding of a small bell, tinkle, bright ding",
        "a small bell|rings|ringing",
        "a hand bell|tinkles|tinkling",
        "a little bell|dings|dinging",
    ),
    "bicycle bell": _words(
        "ring of a bicycle bell, bike bell ring, cyclist's bell",
        "a bicycle bell|rings|ringing",
        "a cyclist|rings a bell|ringing a bell",
        "a bike bell|trills|trilling",
    ),
    "door bell": _words(
        "ring at the door, ding-dong, doorbell chime",
        "a door bell|rings|ringing",
        "the doorbell|chimes|chiming",
        "a doorbell|goes ding-dong|going ding-dong",
    ),
    "gong": _words(
        "gong stroke, stroke on a gong, clang of a gong",
        "a gong|is struck|being struck",
        "a gong|resounds|resounding",
        "a big gong|booms|booming",
    ),
    "triangle": _words(
        "triangle note, stroke on a triangle, ting of a triangle",
        "a triangle|tings|tinging",
        "somebody|strikes a triangle|striking a triangle",
        "a triangle|sounds|sounding",
    ),
    "wind chimes": _words(
        "wind chime, set of chimes, tinkling chime",
        "wind chimes|tinkle|tinkling",
        "chimes|sway and ring|swaying and ringing",
        "a wind chime|jingles|jingling",
    ),
    "knock": _words(
        "knock, knock on the door, rap on wood",
        "somebody|knocks|knocking",
        "someone|knocks on the door|knocking on the door",
        "knuckles|rap on wood|rapping on wood",
    ),
    "door creak": _words(
        "creaking door, door creak, squeaky hinge",
        "a door|creaks|creaking",
        "a hinge|squeaks|squeaking",
        "an old door|opens with a creak|opening with a creak",
    ),
    "door slam": _words(
        "slam, door slam, bang of a door",
        "a door|slams|slamming",
        "a door|bangs shut|banging shut",
        "a gate|slams shut|slamming shut",
    ),
    "hammer": _words(
        "hammer blow, hammer stroke, blow on a nail",
        "somebody|hammers|hammering",
        "a hammer|strikes a nail|striking a nail",
        "a carpenter|hammers|hammering",
    ),
    "anvil": _words(
        "anvil stroke, clang, ringing blow on an anvil",
        "a smith|strikes the anvil|striking the anvil",
        "an anvil|rings|ringing",
        "iron|clangs|clanging",
    ),
    "axe": _words(
        "axe blow, chop, axe stroke",
        "somebody|chops wood|chopping wood",
        "an axe|strikes a log|striking a log",
        "a woodcutter|chops|chopping",
    ),
    "glass clink": _words(
        "clink, clink of glasses, toast",
        "glasses|clink|clinking",
        "a wine glass|clinks|clinking",
        "somebody|toasts with a glass|toasting with a glass",
    ),
    "breaking glass": _words(
        "breaking glass, glass crash, shattering window",
        "glass|breaks|breaking",
        "a window|shatters|shattering",
        "a bottle|smashes|smashing",
    ),
    "coins": _words(
        "handful of coins, jingle of coins, spill of coins",
        "coins|fall on a table|falling on a table",
        "coins|clatter|clattering",
        "loose change|spills|spilling",
    ),
    "keys": _words(
        "bunch of keys, key ring, jingling key ring",
        "keys|jingle|jingling",
        "somebody|shakes a bunch of keys|shaking a bunch of keys",
        "a key ring|rattles|rattling",
    ),
    "camera": _words(
        "camera click, shutter click, snapshot",
        "a camera|clicks|clicking",
        "a shutter|clicks|clicking",
        "somebody|takes a photo|taking a photo",
    ),
    "tearing paper": _words(
        "rip of paper, tear of paper, paper being torn",
        "paper|is torn|being torn",
        "somebody|rips up a page|ripping up a page",
        "a sheet of paper|tears|tearing",
    ),
    "zipper": _words(
        "zip of a jacket, zip, pull of a zipper",
        "a zipper|is pulled|being pulled",
        "somebody|zips up a jacket|zipping up a jacket",
        "a zip|closes|closing",
    ),
    "hand clap": _words(
        "hand clap, clap, clap of the hands",
        "somebody|claps|clapping",
        "a pair of hands|claps|clapping",
        "someone|claps their hands|clapping their hands",
    ),
    "whistling person": _words(
        "whistle, human whistle, two-note whistle",
        "somebody|whistles|whistling",
        "a man|whistles for his dog|whistling for his dog",
        "a person|whistles|whistling",
    ),
    "referee whistle": _words(
        "referee whistle, shrill whistle, pea whistle",
        "a referee|blows a whistle|blowing a whistle",
        "a referee's whistle|shrills|shrilling",
        "a coach|blows a whistle|blowing a whistle",
    ),
    "steps on gravel": _words(
        "walk on gravel, crunching walk, gravel walk",
        "footsteps|crunch on gravel|crunching on gravel",
        "somebody|walks over gravel|walking over gravel",
        "shoes|crunch on pebbles|crunching on pebbles",
    ),
    "steps on wood": _words(
        "walk on floorboards, thudding walk indoors, walk on a wooden floor",
        "footsteps|thud on a wooden floor|thudding on a wooden floor",
        "somebody|walks on floorboards|walking on floorboards",
        "boots|tread on planks|treading on planks",
    ),
    "steps in snow": _words(
        "walk in the snow, snowy walk, snow being trodden",
        "footsteps|creak in the snow|creaking in the snow",
        "somebody|walks through snow|walking through snow",
        "boots|squeak in fresh snow|squeaking in fresh snow",
    ),
    "steps in puddles": _words(
        "splashing walk, walk through puddles, wet walk",
        "footsteps|splash through puddles|splashing through puddles",
        "somebody|wades through puddles|wading through puddles",
        "rubber boots|slosh along|sloshing along",
    ),
    "high heels": _words(
        "click of high heels, clicking heels, walk in heels",
        "high heels|click on stone|clicking on stone",
        "a woman in heels|walks by|walking by",
        "heels|tap on tiles|tapping on tiles",
    ),
    "galloping horse": _words(
        "galloping horse, gallop, horse at a gallop",
        "a horse|gallops|galloping",
        "hooves|drum on the ground|drumming on the ground",
        "a rider|gallops past|galloping past",
    ),
    "walking horse": _words(
        "clip-clop, horse on cobbles, trotting horse",
        "hooves|clip-clop on cobbles|clip-clopping on cobbles",
        "a horse|trots by|trotting by",
        "a carriage horse|clops along|clopping along",
    ),
    "clock": _words(
        "ticking clock, tick-tock, clock",
        "a clock|ticks|ticking",
        "a clock|goes tick-tock|going tick-tock",
        "an old clock|ticks away|ticking away",
    ),
    "typewriter": _words(
        "typewriter, burst of typewriting, typewriter with its bell",
        "a typewriter|clatters|clattering",
        "somebody|types on a typewriter|typing on a typewriter",
        "a typewriter|hacks away|hacking away",
    ),
    "keyboard": _words(
        "computer keyboard, burst of typing, keyboard",
        "somebody|types on a keyboard|typing on a keyboard",
        "computer keys|patter|pattering",
        "fingers|tap on a keyboard|tapping on a keyboard",
    ),
    "saw": _words(
        "hand saw, sawing, saw in wood",
        "somebody|saws wood|sawing wood",
        "a saw|rasps back and forth|rasping back and forth",
        "a carpenter|saws a plank|sawing a plank",
    ),
    "broom": _words(
        "broom, sweeping broom, brush on the floor",
        "somebody|sweeps the floor|sweeping the floor",
        "a broom|brushes back and forth|brushing back and forth",
        "a broom|sweeps|sweeping",
    ),
    "rocking chair": _words(
        "rocking chair, creaky chair, creaking swing",
        "a rocking chair|creaks to and fro|creaking to and fro",
        "a swing|squeaks|squeaking",
        "a wooden chair|rocks|rocking",
    ),
    "bouncing ball": _words(
        "bouncing ball, dropped ball, ball",
        "a ball|bounces to rest|bouncing to rest",
        "a ball|bounces|bouncing",
        "a dropped ball|bounces ever faster|bouncing ever faster",
    ),
    "heartbeat": _words(
        "heartbeat, beating heart, pulse",
        "a heart|beats|beating",
        "a heartbeat|thumps|thumping",
        "a heart|pounds|pounding",
    ),
    "passing car": _words(
        "passing car, car, car driving by",
        "a car|drives past|driving past",
        "a car|passes|passing",
        "an automobile|goes by|going by",
    ),
    "motorbike": _words(
        "motorbike, motorcycle, roaring motorbike",
        "a motorbike|roars past|roaring past",
        "a motorcycle|speeds by|speeding by",
        "a biker|tears past|tearing past",
    ),
    "tractor": _words(
        "tractor, chugging diesel, old tractor",
        "a tractor|chugs|chugging",
        "an old diesel|putters|puttering",
        "a tractor|rumbles|rumbling",
    ),
    "lawn mower": _words(
        "lawn mower, mower, lawnmower",
        "somebody|mows the lawn|mowing the lawn",
        "a lawn mower|runs|running",
        "a mower|drones|droning",
    ),
    "chainsaw": _words(
        "chainsaw, power saw, revving chainsaw",
        "a chainsaw|screams|screaming",
        "a chainsaw|revs up|revving up",
        "a power saw|cuts|cutting",
    ),
    "helicopter": _words(
        "helicopter, chopper, beating rotor",
        "a helicopter|hovers|hovering",
        "a chopper|flies over|flying over",
        "rotor blades|beat the air|beating the air",
    ),
    "propeller plane": _words(
        "propeller plane, small plane, old aeroplane",
        "a small plane|drones overhead|droning overhead",
        "a propeller plane|flies over|flying over",
        "a biplane|passes|passing",
    ),
    "jet plane": _words(
        "jet, jet plane, airliner",
        "a jet|roars overhead|roaring overhead",
        "an airliner|thunders over|thundering over",
        "a jet plane|flies past|flying past",
    ),
    "steam train": _words(
        "steam train, puffing locomotive, steam engine",
        "a steam train|puffs along|puffing along",
        "a locomotive|chuffs|chuffing",
        "a steam engine|huffs|huffing",
    ),
    "train wheels": _words(
        "clattering train, train on the rails, passing train",
        "a train|clatters over the rails|clattering over the rails",
        "train wheels|clack|clacking",
        "a goods train|rattles by|rattling by",
    ),
    "siren": _words(
        "wailing siren, police siren, siren",
        "a siren|wails|wailing",
        "a police car|wails past|wailing past",
        "an emergency siren|rises and falls|rising and falling",
    ),
    "two-tone siren": _words(
        "two-tone siren, nee-naw siren, fire engine",
        "a fire engine|goes nee-naw|going nee-naw",
        "a two-tone siren|sounds|sounding",
        "an ambulance|hoots two notes|hooting two notes",
    ),
    "kettle": _words(
        "whistling kettle, kettle, tea kettle",
        "a kettle|whistles|whistling",
        "a tea kettle|comes to the boil|coming to the boil",
        "a kettle|shrieks|shrieking",
    ),
    "car horn": _words(
        "car horn, honk, beep of a car",
        "a car|honks|honking",
        "a car horn|blares|blaring",
        "a driver|leans on the horn|leaning on the horn",
        "a taxi|beeps|beeping",
    ),
    "bulb horn": _words(
        "old-time horn, clown horn, ah-oo-gah horn",
        "an old-time horn|toots|tooting",
        "a clown horn|honks|honking",
        "a vintage car|toots|tooting",
    ),
    "train horn": _words(
        "train horn, train's horn, horn of a locomotive",
        "a train|blows its horn|blowing its horn",
        "a train horn|blares|blaring",
        "a locomotive|sounds its horn|sounding its horn",
    ),
    "fog horn": _words(
        "foghorn, ship's horn, fog horn",
        "a foghorn|blows|blowing",
        "a ship|sounds its horn|sounding its horn",
        "a fog horn|booms|booming",
        "a ferry|hoots deeply|hooting deeply",
    ),
    "steam whistle": _words(
        "steam whistle, factory whistle, toot",
        "a steam whistle|blows|blowing",
        "a steam engine|toots|tooting",
        "a factory whistle|shrieks|shrieking",
    ),
    "telephone": _words(
        "telephone ring, phone ring, ring of an old phone",
        "a telephone|rings|ringing",
        "an old phone|rings|ringing",
        "the phone|jangles|jangling",
    ),
    "mobile phone": _words(
        "ringtone, mobile ringtone, cell phone tune",
        "a mobile phone|plays its ringtone|playing its ringtone",
        "a cell phone|goes off|going off",
        "a smartphone|chimes|chiming",
    ),
    "alarm clock": _words(
        "alarm, alarm clock, run of alarm beeps",
        "an alarm clock|goes off|going off",
        "a digital alarm|beeps|beeping",
        "an alarm|pips|pipping",
    ),
    "reversing truck": _words(
        "reversing beep, truck beep, backup beep",
        "a truck|beeps in reverse|beeping in reverse",
        "a lorry|backs up with a beep|backing up with a beep",
        "a reversing alarm|beeps|beeping",
    ),
    "sonar": _words(
        "sonar ping, ping, submarine ping",
        "a sonar|pings|pinging",
        "a submarine|pings|pinging",
        "an echo sounder|pings|pinging",
    ),
    "laser": _words(
        "laser zap, zap, ray gun shot",
        "a laser|zaps|zapping",
        "a ray gun|fires|firing",
        "a space gun|goes pew|going pew",
    ),
    "rock drums": _words(
        "drum beat, rock beat, drum groove",
        "a drummer|plays a rock beat|playing a rock beat",
        "a drum kit|grooves|grooving",
        "drums|lay down a beat|laying down a beat",
    ),
    "march drums": _words(
        "marching drum, snare march, parade drum",
        "a snare drum|plays a march|playing a march",
        "a marching drum|rattles|rattling",
        "a parade drum|beats|beating",
    ),
    "hand drums": _words(
        "hand drum pattern, tribal rhythm, bongo rhythm",
        "hand drums|beat a rhythm|beating a rhythm",
        "bongos|roll along|rolling along",
        "tom-toms|play a tribal rhythm|playing a tribal rhythm",
    ),
    "drum roll": _words(
        "drum roll, roll and crash, drumroll",
        "a drum roll|builds to a crash|building to a crash",
        "a snare|rolls up to a cymbal crash|rolling up to a cymbal crash",
        "a drumroll|swells|swelling",
    ),
    "cymbal": _words(
        "cymbal crash, crash of cymbals, clash of cymbals",
        "a cymbal|crashes|crashing",
        "cymbals|clash|clashing",
        "a crash cymbal|is hit|being hit",
    ),
    "bass drum": _words(
        "bass drum stroke, boom, thud of a bass drum",
        "a bass drum|booms|booming",
        "a big drum|is struck|being struck",
        "a kettledrum|booms|booming",
    ),
    "tambourine": _words(
        "tambourine hit, shake of a tambourine, rattle of a tambourine",
        "a tambourine|jingles|jingling",
        "somebody|hits a tambourine|hitting a tambourine",
        "a tambourine|shakes|shaking",
    ),
}

INSTRUMENT_WORDS: dict[str, tuple[str, ...]] = {
    "piano": ("piano", "grand piano", "upright piano"),
    "guitar": ("guitar", "acoustic guitar", "plucked guitar"),
    "harp": ("harp", "concert harp"),
    "banjo": ("banjo", "twangy banjo"),
    "double bass": ("double bass", "upright bass", "plucked bass"),
    "flute": ("flute", "breathy flute"),
    "violin": ("violin", "fiddle"),
    "cello": ("cello", "bowed cello"),
    "trumpet": ("trumpet", "brass trumpet", "bugle"),
    "trombone": ("trombone", "slide trombone"),
    "clarinet": ("clarinet", "woody clarinet"),
    "organ": ("organ", "church organ", "pipe organ"),
    "accordion": ("accordion", "squeezebox"),
    "bagpipe": ("bagpipe", "droning bagpipe"),
    "xylophone": ("xylophone", "wooden xylophone"),
    "glockenspiel": ("glockenspiel", "metal glockenspiel"),
    "music box": ("music box", "little music box"),
    "steel drum": ("steel drum", "steelpan"),
    "choir": ("choir", "chorus of voices", "choir of singers"),
    "video game synth": ("video game synth", "chiptune synth", "eight-bit synth"),
}

# What a phrase is, with `*` where adjectives go; {n} is the number of strokes.
SHAPE_WORDS: dict[str, tuple[str, ...]] = {
    "rising": ("a * rising scale", "a * climbing run", "a * ascending line", "* notes going up", "an * upward melody"),
    "falling": (
        "a * falling scale",
        "a * descending run",
        "a * sinking line",
        "* notes going down",
        "a * downward melody",
    ),
    "repeated": ("a * repeated note", "the same * note {n} times", "one * note over and over", "{n} equal * notes"),
    "arpeggio": ("a * arpeggio", "a * broken chord", "a * chord one note at a time", "* leaping chord notes"),
    "arch": ("a * phrase up and back down", "a * melody that climbs and returns", "a * rise and fall of notes"),
    "alternating": ("two * notes in turn", "a * see-saw of two notes", "a * back-and-forth figure"),
    "chord": ("{n} * chords", "* full chords", "a * row of chords", "{n} * block chords"),
}

MODE_WORDS = {"major": ("major", "cheerful", "happy", "bright"), "minor": ("minor", "sad", "melancholy", "sombre")}
REGISTER_WORDS = {"low": ("low", "deep", "low-pitched"), "high": ("high", "high-pitched", "treble")}
PHRASE_PACE_WORDS = {"slow": ("slow", "unhurried", "leisurely"), "quick": ("quick", "fast", "lively", "rapid")}

PACE_WORDS = {
    "slow": ("slowly", "unhurriedly", "at a slow pace", "without haste"),
    "quick": ("quickly", "fast", "at a fast pace", "rapidly", "in a hurry"),
}
PACE_ADJECTIVES = {"slow": ("slow", "unhurried", "leisurely"), "quick": ("quick", "fast", "rapid", "hasty")}
DISTANCE_WORDS = {
    "near": ("close by", "nearby", "right up close", "quite near"),
    "far": ("in the distance", "far away", "far off", "a long way off"),
}
DISTANCE_ADJECTIVES = {"near": ("close", "nearby"), "far": ("distant", "faraway", "faint")}
CHANGE_PARTICIPLES = {
    "in": ("growing louder", "fading in", "swelling slowly", "coming closer", "getting stronger"),
    "out": ("fading away", "dying down", "getting quieter", "fading out", "ebbing away"),
}
CHANGE_ADJECTIVES = {"in": ("growing", "swelling", "rising"), "out": ("fading", "dwindling", "dying")}
