"""Weak text without a captioner: cleaning, names, sidecars, tags; and the cache that keeps what all of them say."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ace_core.captioners.cleaning import MAX_CHARACTERS, clean, is_worthless, tidy
from ace_core.captioners.describers import DESCRIBERS, Describer
from ace_core.captioners.names import CAMERAS, GENERIC, LITTLE, sentences, words_of
from ace_core.captioners.tags import SHIPPED, Tagging
from ace_core.captioners.texts import write_texts
from ace_core.captioners.vocabulary import read_vocabulary, slots
from ace_core.encoders.base import Media
from ace_core.errors import ConfigError, MediaError, TrainingError

SLOWLY = settings(max_examples=60, deadline=None)

# Cleaning


@given(
    st.lists(st.text(max_size=60), max_size=6), st.integers(5, 50), st.sampled_from([[], ["a photo of"], ["x > y: "]])
)
@SLOWLY
def test_cleaned_texts_stay_as_they_are(texts, limit, prompts):
    found = clean(texts, prompts=prompts, limit=limit)
    assert found == clean(found, prompts=prompts, limit=limit)
    assert len({text.casefold() for text in found}) == len(found)
    for text in found:
        assert 0 < len(text) <= limit
        assert text == " ".join(text.split())
        assert "\x00" not in text
        text.encode()


@given(st.lists(st.from_regex(r"[a-z]{3,8}", fullmatch=True), min_size=1, max_size=12, unique=True), st.data())
@SLOWLY
def test_a_sentence_of_different_words_is_kept_whatever_surrounds_it(words, data):
    gaps = [data.draw(st.sampled_from([" ", "  ", "\t", " \n "])) for _ in words]
    sentence = " ".join(words)
    assert clean(["", "".join(word + gap for word, gap in zip(words, gaps, strict=True)), sentence.upper()]) == [
        sentence
    ]
    assert clean([f"A photo of: {sentence}", "a photo of"], prompts=["a photo of"]) == [sentence]
    assert clean([f"{sentence} {sentence} {sentence}"]) == []


@pytest.mark.parametrize(
    ("text", "worthless"),
    [
        ("", True),
        ("...", True),
        ("12 34", True),
        ("1 a 2 3 4 5", True),
        ("x", True),
        ("dog dog", True),
        ("dog dog dog cat", True),
        ("a dog a dog", True),
        ("of the of the of the", True),
        ("one two one three one two one three four one two one three", True),
        ("dog", False),
        ("猫", False),
        ("नमस्ते दुनिया", False),
        ("Oslo 2023", False),
        ("a man in a red shirt and a woman in a red hat", False),
        ("knock knock, who is there", False),
        ("step by step", False),
    ],
)
def test_what_is_not_worth_keeping(text, worthless):
    assert is_worthless(text) == worthless


def test_long_texts_end_with_a_sentence_or_a_word():
    assert tidy("One dog runs. Two cats sleep. " * 20, limit=40) == "One dog runs. Two cats sleep."
    assert tidy("abc " * 200) == ("abc " * (MAX_CHARACTERS // 4)).strip()
    assert tidy("a" * 500) == "a" * MAX_CHARACTERS


def test_clean_counts_and_takes_case_and_full_stop_for_the_same():
    assert clean(["A dog.", "a dog", "A DOG", "two dogs", "three"], 2) == ["A dog.", "two dogs"]
    assert clean(["Clotho > caption: rain falls"], prompts=["clotho > caption: "]) == ["rain falls"]
    assert clean(["a photograph of a dog"], prompts=["a photo"]) == ["a photograph of a dog"]


# Names


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("IMG_20230405_beach-sunset", "beach sunset"),
        ("Holiday 2023", "Holiday 2023"),
        ("BeachSunset01", "Beach Sunset"),
        ("2023-04-05 Oslo", "Oslo"),
        ("05.04.2023_Wien", "Wien"),
        ("My%20dog (2)", "My dog"),
        ("photo of a cat", "photo of a cat"),
        ("Grandma's 80th birthday", "Grandma's 80th birthday"),
        ("iPhone on a table", "iPhone on a table"),
        ("été à la mer", "été à la mer"),
        ("犬と猫", "犬と猫"),
        *[
            (name, "")
            for name in (
                "DSC01234",
                "_MG_1234",
                "mg0",
                "P1000123",
                "IMG-20230405-WA0003",
                "PXL_20230405_123456789",
                "GX010042",
                "100CANON",
                "2023",
                "2023-04",
                "1 (2)",
                "photos",
                "picture-03",
                "Screenshot 2023-04-05 at 12.30.11",
                "WhatsApp Image 2023-04-05 at 12.30.11",
                "dQw4w9WgXcQ",
                "550e8400-e29b-41d4-a716-446655440000",
                "d41d8cd98f00b204e9800998ecf8427e",
            )
        ],
    ],
)
def test_words_of_names(name, words):
    assert words_of(name) == words


PLAIN = st.from_regex(r"[a-z]{4,9}", fullmatch=True).filter(
    lambda word: word not in CAMERAS | GENERIC | LITTLE and not re.fullmatch("[a-f]+", word)
)


@given(st.lists(PLAIN, min_size=1, max_size=4), st.sampled_from("-_ ."), st.dates(), st.integers(0, 99999))
@SLOWLY
def test_words_survive_numbers_dates_and_cameras(words, joint, day, number):
    stem = joint.join(words)
    for name in (stem, f"IMG_{number:04d}_{stem}", f"{stem}{joint}{number:05d}", f"{day:%Y%m%d}_{stem}"):
        if not (1900 <= day.year < 2100 or name == stem):
            continue
        assert words_of(name) == " ".join(words), name


@given(st.uuids(), st.binary(min_size=8, max_size=32), st.integers(0, 10**9), st.sampled_from(sorted(CAMERAS)))
@SLOWLY
def test_nothing_is_left_of_codes(uuid, random, number, camera):
    digest = hashlib.sha256(random).hexdigest()
    for name in (str(uuid), digest, digest[:32], str(number), f"{camera.upper()}_{number:04d}", f"{camera}{number}"):
        if not re.fullmatch(r"(19|20)\d\d", name):
            assert words_of(name) == "", name


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=4))
@SLOWLY
def test_any_name_gives_clean_texts(parts):
    describer = DESCRIBERS["names"].load()
    texts = describer.describe(
        [Media(Path("/", *(part.replace("/", "").replace("\0", "") for part in parts)), "image")], 3, 0
    )
    assert texts == [clean(texts[0], 3)]


def test_folders_say_where():
    everything = ["beach sunset, Holiday 2023, Crete", "beach sunset, Crete", "beach sunset"]
    assert sentences(("Holiday 2023", "Crete", "IMG_20230405_beach-sunset.jpg")) == everything
    assert sentences(("photos", "Oslo", "DSC01234.JPG")) == ["Oslo"]
    assert sentences(("DSC01234.JPG",)) == []
    below = "Holiday 2023/Crete/IMG_20230405_beach-sunset.jpg"
    path = Path("/home/somebody", below)
    by_root, by_id, alone = (
        DESCRIBERS["names"].load(root).describe([Media(path, "image", name)], 3, 0)[0]
        for root, name in (("/home/somebody", ""), (None, below), (None, "7"))
    )
    assert by_root == by_id == everything
    assert alone == everything[1:]


# Sidecars


def beside(folder: Path, **files: str) -> list[str]:
    """What the sidecar describer says of photo.jpg; files: name with __ for . -> content."""
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    return DESCRIBERS["sidecar"].load().describe([Media(folder / "photo.jpg", "image")], 3, 0)[0]


def test_sidecars_are_read_in_order(tmp_path):
    assert beside(tmp_path) == []
    assert beside(tmp_path, photo__txt="\ufeffa dog\n\na cat\n") == ["a dog", "a cat"]
    assert beside(tmp_path, photo__jpg__txt="a boat") == ["a boat", "a dog", "a cat"]
    assert beside(tmp_path, photo__jpg__txt="", photo__txt="", photo__json='{"caption": "one"}') == ["one"]
    assert beside(tmp_path, photo__json='{"captions": ["one", {"text": "two"}, 3, "ONE"]}') == ["one", "two"]
    assert beside(tmp_path, photo__json="[1, 2]") == []
    assert beside(tmp_path, other__txt="a hill") == []


@pytest.mark.parametrize("content", [b"\xff\xfe\xfa", b"x" * (2 << 20)])
def test_a_sidecar_that_is_no_text_is_named(tmp_path, content):
    (tmp_path / "photo.txt").write_bytes(content)
    with pytest.raises(MediaError, match=r"photo\.txt"):
        beside(tmp_path)


def test_a_sidecar_that_is_no_json_is_named(tmp_path):
    with pytest.raises(MediaError, match=r"photo\.json: is not JSON"):
        beside(tmp_path, photo__json="{")


def test_a_very_long_file_name_has_no_sidecar(tmp_path):
    assert DESCRIBERS["sidecar"].load().describe([Media(tmp_path / ("n" * 251 + ".jpg"), "image")], 3, 0) == [[]]


def test_captions_from_a_table(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "photo.jpg").touch()
    table = tmp_path / "said.tsv"
    table.write_text("file\tsays\na/photo.jpg\ta dog\na/photo.jpg\ta cat\nb.jpg\n\tlost\n", encoding="utf-8")
    media = [Media(tmp_path / "a" / "photo.jpg", "image"), Media(tmp_path / "b.jpg", "image")]
    load = DESCRIBERS["sidecar"].load
    said = load(table, path_column="file", text_column="says")
    assert said.describe(media, 3, 0) == [["a dog", "a cat"], []]
    assert said.fingerprint != load().fingerprint
    with pytest.raises(ConfigError, match="lacks the column 'caption'"):
        load(table, path_column="file")
    with pytest.raises(ConfigError, match="give the root"):
        load(table, root=tmp_path / "a", path_column="file", text_column="says")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.csv")


# Tags


class Planted:
    """Every text has a random direction; a picture's own is that of the sentences about the tags its id names."""

    name, dimension, feature_dimension, scale = "planted", 64, 64, 30.0
    modalities = frozenset({"image", "audio"})
    fingerprint = "planted"

    def encode_text(self, texts):
        return np.stack([self._direction(text) for text in texts])

    def encode_media(self, media):
        rows = [sum(self._direction(text) for text in one.id.split("|")) for one in media]
        return np.stack([row / np.linalg.norm(row) for row in rows])

    def _direction(self, text: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        row = np.random.default_rng(seed).normal(size=self.dimension)
        return (row / np.linalg.norm(row)).astype(np.float32)


@pytest.fixture
def pictures(tmp_path) -> list[Media]:
    ids = ("a photo of a dog.|a photo of a boat.|a photo taken on a lake.", "a photo of a pizza.", "a photo.")
    for number in range(len(ids)):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
    return [Media(tmp_path / f"{number}.png", "image", name) for number, name in enumerate(ids)]


def test_planted_tags_become_sentences(pictures):
    describer = DESCRIBERS["tags"].load(encoder=Planted())
    assert describer.modalities == {"image", "audio"}
    both, pizza, nothing = describer.describe(pictures, 6, seed=0)
    assert both[0] in ("a dog on a lake", "a boat on a lake")
    assert {"dog", "boat"} <= set(" ".join(both).split())
    assert len(both) == 6
    assert any("pizza" in text for text in pizza)
    assert len(nothing) >= 1
    assert not any(where in text for text in nothing for where in (" on a ", " in a "))
    found = describer.tags(Planted().encode_media(pictures[:1])[0], "image")
    assert set(list(found["what"])[:2]) == {"a dog", "a boat"}
    assert next(iter(found["where"])) == "on a lake"
    for texts in (both, pizza, nothing):
        assert texts == clean(texts)
        assert not any("{" in text for text in texts)


def test_tags_depend_on_seed_and_content_alone(pictures):
    describer = DESCRIBERS["tags"].load(encoder=Planted())
    whole = describer.describe(pictures, 5, seed=1)
    assert whole == [describer.describe([one], 5, seed=1)[0] for one in pictures]
    assert whole != describer.describe(pictures, 5, seed=2)
    assert whole[0][0] == describer.describe(pictures, 5, seed=2)[0][0]
    assert describer.describe([], 5, seed=1) == []
    assert describer.fingerprint == DESCRIBERS["tags"].load(encoder=Planted()).fingerprint
    assert describer.fingerprint != DESCRIBERS["tags"].load(encoder=Planted(), tagging=Tagging(most=3)).fingerprint
    with pytest.raises(ConfigError, match="not video"):
        describer.describe([Media(pictures[0].path, "video")], 1, 0)


def test_the_softmax_over_tags_is_a_plain_one(pictures):
    encoder = Planted()
    vector = encoder.encode_media(pictures[:1])[0]
    section = read_vocabulary(SHIPPED / "image.txt").sections[0]
    texts = [*section.tags, None]
    logits = []
    for tag in texts:
        rows = [
            encoder._direction(section.nothing if tag is None else prompt.format(tag)) for prompt in section.prompts
        ]
        mean = np.mean(rows, axis=0)
        logits.append(30.0 * float(mean @ vector) / np.linalg.norm(mean))
    chances = np.exp(logits) / np.exp(logits).sum()
    found = DESCRIBERS["tags"].load(encoder=encoder, tagging=Tagging(most=20, share=0.01)).tags(vector, "image")["what"]
    for tag, chance in found.items():
        assert chance == pytest.approx(chances[texts.index(tag)], rel=1e-4)
    assert min(found.values()) > chances[-1]


@pytest.mark.parametrize("modality", ["image", "audio", "video"])
def test_the_shipped_vocabularies(modality):
    vocabulary = read_vocabulary(SHIPPED / f"{modality}.txt")
    tags = [tag for section in vocabulary.sections for tag in section.tags]
    assert len(tags) > 250
    assert len(set(tags)) == len(tags)
    assert not any(is_worthless(tag) or tag != tidy(tag) or tag.endswith(".") for tag in tags)
    assert {"what", "where"} <= {section.name for section in vocabulary.sections}
    assert slots(vocabulary.shapes[0])[0] == "what"


GOOD = "# mine\n[what] a photo of {}. | a photo.\na dog\na dog\na cat\n[sentences]\n{what}\n{what} and {other}\n"


def test_a_vocabulary_of_ones_own(tmp_path, pictures):
    (tmp_path / "image.txt").write_text(GOOD)
    vocabulary = read_vocabulary(tmp_path / "image.txt")
    assert vocabulary.sections[0].tags == ("a dog", "a cat")
    assert vocabulary.shapes == ("{what}", "{what} and {other}")
    describer = DESCRIBERS["tags"].load(tmp_path, encoder=Planted())
    assert describer.modalities == {"image"}
    assert describer.describe(pictures[:1], 8, 0)[0][0] == "a dog"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("[what] a photo of {}. | a photo.", "[what] a photo of {}.", "no head"),
        ("[what] a photo of {}. | a photo.", "[what] a photo. | a photo.", "no head"),
        ("[what]", "[who]", "no head"),
        ("[what]", "[where]", "first"),
        ("[what] a photo of {}. | a photo.\n", "", "below a head"),
        ("a dog\na dog\na cat\n", "", "empty"),
        ("[sentences]\n{what}\n{what} and {other}\n", "", "first"),
        ("{what} and {other}", "{what} {where}", "in braces"),
        ("{what} and {other}", "a dog", "in braces"),
    ],
)
def test_a_vocabulary_that_is_wrong_is_named(tmp_path, old, new, what):
    assert old in GOOD
    (tmp_path / "image.txt").write_text(GOOD.replace(old, new))
    with pytest.raises(ConfigError, match=rf"image\.txt.*{what}"):
        DESCRIBERS["tags"].load(tmp_path, encoder=Planted())


def test_no_vocabulary_at_all(tmp_path):
    with pytest.raises(ConfigError, match="holds no vocabulary"):
        DESCRIBERS["tags"].load(tmp_path, encoder=Planted())


# All together


class Saying:
    """Says what it is told of each item, and remembers whom it was asked about."""

    def __init__(self, name="saying", kill_at="", bad=(), cached=True, says="{} number {}") -> None:
        self.name, self.fingerprint, self.cached = name, f"of {name}", cached
        self.modalities = frozenset({"image"})
        self.kill_at, self.bad, self.says = kill_at, bad, says
        self.asked: list[str] = []

    def describe(self, media, count, seed):
        ids = [one.id for one in media]
        if self.kill_at in ids:
            raise KeyboardInterrupt
        for name in self.bad:
            if name in ids:
                raise MediaError(f"{name} is broken.")
        self.asked += ids
        return [[self.says.format(name, f"{seed}{turn}") for turn in "abc"[:count]] for name in ids]


NAMES = ("ant", "bee", "cow", "dog", "elk", "fox", "gnu")
MEDIA = [Media(Path(f"{name}.png"), "image", name) for name in NAMES]
KEYS = [f"sha of {name}" for name in NAMES]


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.setattr("ace_core.captioners.texts.ITEMS_AT_ONCE", 3)
    notes: list[str] = []

    def run(*describers, **other):
        arguments = {"count": 2, "progress": False, "note": notes.append} | other
        return write_texts(describers, MEDIA, KEYS, tmp_path / "texts", **arguments)

    run.notes, run.path = notes, tmp_path / "texts" / "saying.jsonl"
    return run


def test_a_killed_run_goes_on_where_it_was(write):
    wanted = [[f"{name} number 0a", f"{name} number 0b"] for name in NAMES]
    with pytest.raises(KeyboardInterrupt):
        write(Saying(kill_at="elk"))
    write.path.write_bytes(write.path.read_bytes()[:-7])  # a kill inside the last line
    resumed = Saying()
    assert write(resumed) == wanted
    assert resumed.asked == ["cow", "dog", "elk", "fox", "gnu"]
    again = Saying()
    assert write(again) == wanted
    assert again.asked == []


@given(cut=st.integers(0, 400))
@settings(max_examples=25, deadline=None)
def test_a_cut_anywhere_loses_no_more_than_what_was_cut(cut, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    whole = write_texts([Saying()], MEDIA, KEYS, folder, count=2, progress=False)
    file = folder / "saying.jsonl"
    content = file.read_bytes()
    file.write_bytes(content[: max(0, len(content) - cut)])
    left = content[: max(0, len(content) - cut)].count(b"\n")
    resumed = Saying()
    assert write_texts([resumed], MEDIA, KEYS, folder, count=2, progress=False) == whole
    assert resumed.asked == list(NAMES[left:])
    assert file.read_bytes() == content


def test_another_writer_count_or_seed_is_written_anew(write):
    write(Saying())
    for describer, other in ((Saying(), {"seed": 1}), (Saying(), {"count": 1}), (Saying(says="{} or {}"), {})):
        if describer.says != Saying().says:
            describer.fingerprint = "other"
        write(describer, **other)
        assert describer.asked == list(NAMES)
    first = Saying()
    write(first)
    assert first.asked == []


def test_equal_content_is_described_once(tmp_path):
    describer = Saying()
    found = write_texts([describer], MEDIA[:3], ["same", "same", "other"], tmp_path, progress=False)
    assert describer.asked == ["ant", "cow"]
    assert found[0] == found[1] != found[2]


def test_a_bad_file_is_noted_and_the_others_go_on(write):
    found = write(Saying(bad=("cow", "gnu")), Saying("second", says="{} again {}"))
    assert write.notes == ["no text from saying: cow is broken.", "no text from saying: gnu is broken."]
    assert found[2] == ["cow again 0a", "cow again 0b"]
    assert found[3] == ["dog number 0a", "dog number 0b", "dog again 0a", "dog again 0b"]
    mended = Saying()
    assert write(mended)[2] == ["cow number 0a", "cow number 0b"]
    assert mended.asked == ["cow", "gnu"]


def test_what_lies_beside_the_media_is_read_each_time(write, tmp_path):
    describer = Saying("beside", cached=False, bad=("bee",))
    found = write(describer)
    assert found[1] == []
    assert found == write(describer)
    assert describer.asked == 2 * ["ant", "cow", "dog", "elk", "fox", "gnu"]
    assert not (tmp_path / "texts" / "beside.jsonl").exists()


def test_texts_are_cleaned_and_different(write):
    found = write(Saying(says="  {} \n {}  "), Saying("second", says="{0} {1}"), Saying("third", says="12 {1}"))
    assert found[0] == ["ant 0a", "ant 0b"]


def test_keys_must_be_there_and_lines_whole(write):
    with pytest.raises(TrainingError, match="needs a key"):
        write_texts([Saying()], MEDIA, ["", *KEYS[1:]], write.path.parent)
    with pytest.raises(TrainingError, match="needs a key"):
        write_texts([Saying()], MEDIA, KEYS[1:], write.path.parent)
    write(Saying())
    write.path.write_text('nonsense\n{"key": 1}\n')
    with pytest.raises(TrainingError, match="line 1 is not one of sentences"):
        write(Saying())


def test_lines_are_json_on_disk(write):
    write(Saying(says="{} \u2028 über {}"))
    lines = write.path.read_bytes().splitlines()
    assert [json.loads(line)["key"] for line in lines] == KEYS
    assert os.listdir(write.path.parent) == ["saying.jsonl"]


def test_describers_by_name():
    assert set(DESCRIBERS.names()) == {"audio", "blip", "names", "sidecar", "tags", "video"}
    for describer in (
        DESCRIBERS["names"].load(),
        DESCRIBERS["sidecar"].load(),
        DESCRIBERS["tags"].load(encoder=Planted()),
    ):
        assert isinstance(describer, Describer)
