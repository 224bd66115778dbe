"""Published data sets, each in the exact layout its publishers ship, with media that the test makes."""

from __future__ import annotations

import csv
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ace_core.collection import Collection, Item
from ace_core.datasets import DATASETS
from ace_core.datasets.audiocaps import file_stems
from ace_core.datasets.layout import Entry, files_by_stem, folder_of, gather, plain_name, with_dev
from ace_core.errors import CollectionError
from ace_core.evaluation.protocol import assert_index_texts, index_texts
from ace_core.media import load_audio, load_frames, load_image


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (200, 30, 30)).save(path)


def sound(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.sin(np.arange(1600) / 9).astype(np.float32), 16_000)


def clip(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for shade in (0, 120, 240):
            container.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (32, 32), (shade, 0, 0)))))
        container.mux(stream.encode())


def table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])


def said(item: Item) -> list[str]:
    return [caption.text for caption in item.captions or item.queries]


def check(collection: Collection, splits: dict[str, int]) -> Collection:
    """What every layout promises: the splits, files that open, and no sentence where it could leak."""
    assert Counter(item.split for item in collection) == splits
    for item in collection:
        path = collection.media_path(item)
        if item.modality == "image":
            load_image(path, 8)
        elif item.modality == "audio":
            load_audio(path, 16_000)
        else:
            load_frames(path, 2, 32)
        assert bool(item.captions) == (item.split == "train"), item
        assert bool(item.queries) == (item.split != "train"), item
    assert_index_texts(collection, index_texts(collection))
    return collection


# Flickr8k


def flickr8k_texts(root: Path, count: int = 24) -> list[str]:
    names = [f"{1000 + number}_{number:x}.jpg" for number in range(count)]
    lines = [f"{name}#{k}\tA dog , number {k} of {name} ." for name in names for k in range(5)]
    lines += [f"2258277193_586949ec62.jpg.1#{k}\tA person in the air ." for k in range(5)]
    text = root / "Flickr8k_text"
    text.mkdir(parents=True)
    (text / "Flickr8k.token.txt").write_text("\n".join(lines) + "\n")
    for number, part in enumerate(("train", "dev", "test")):
        chosen = names[: count - 8] if not number else names[count - 12 + 4 * number :][:4]
        (text / f"Flickr_8k.{part}Images.txt").write_text("\n".join(chosen) + "\n")
    for name in names:
        picture(root / "Flicker8k_Dataset" / name)
    return names


def test_flickr8k_as_its_publishers_ship_it(tmp_path: Path) -> None:
    names = flickr8k_texts(tmp_path)
    collection = check(DATASETS["flickr8k"](tmp_path), {"train": 16, "dev": 4, "held_out": 4})
    assert (collection.name, [item.id for item in collection]) == ("flickr8k", names)
    assert collection[0].path == f"Flicker8k_Dataset/{names[0]}"
    assert said(collection[23]) == [f"A dog , number {k} of {names[23]} ." for k in range(5)]


def test_flickr8k_of_kaggle_has_no_split_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"{number}.jpg" for number in range(40)]
    table(tmp_path / "captions.txt", ("image", "caption"), [(n, f'A "dog" , {n} .') for n in names for _ in range(5)])
    for name in names:
        picture(tmp_path / "Images" / name)
    collection = check(DATASETS["flickr8k"](tmp_path), {"train": 30, "dev": 5, "held_out": 5})
    assert collection.name == "flickr8k-own-split"
    assert "a split of our own is made" in capsys.readouterr().err
    assert set(said(collection[collection.index("7.jpg")])) == {'A "dog" , 7.jpg .'}
    assert DATASETS["flickr8k"](tmp_path) == collection
    assert DATASETS["flickr8k"](tmp_path, seed=1) != collection

    for part, chosen in (("train", names[:20]), ("dev", names[20:30]), ("test", names[30:])):
        (tmp_path / f"Flickr_8k.{part}Images.txt").write_text("\n".join(chosen))
    assert check(DATASETS["flickr8k"](tmp_path), {"train": 20, "dev": 10, "held_out": 10}).name == "flickr8k"


def karpathy(root: Path, name: str, listed: Sequence[tuple[str, str, str]], zipped: bool = False) -> None:
    """listed: (filepath, filename, split)."""
    images = [
        {
            **({"filepath": place, "cocoid": number} if place else {}),
            "filename": file,
            "imgid": number,
            "split": split,
            "sentids": [5 * number],
            "sentences": [{"tokens": ["a"], "raw": f"A photo, {file}.", "imgid": number, "sentid": 5 * number}],
        }
        for number, (place, file, split) in enumerate(listed)
    ]
    text = json.dumps({"images": images, "dataset": name})
    root.mkdir(parents=True, exist_ok=True)
    if not zipped:
        (root / f"dataset_{name}.json").write_text(text)
        return
    with zipfile.ZipFile(root / "caption_datasets.zip", "w") as archive:
        for other in ("flickr8k", "flickr30k", "coco"):
            archive.writestr(f"dataset_{other}.json", text if other == name else '{"images": []}')


@pytest.mark.parametrize("zipped", [False, True])
def test_flickr8k_and_flickr30k_by_karpathy(tmp_path: Path, zipped: bool) -> None:
    splits = ["train"] * 6 + ["val"] * 2 + ["test"] * 3
    for name, folder in (("flickr8k", "Flicker8k_Dataset"), ("flickr30k", "flickr30k-images")):
        root = tmp_path / name
        karpathy(root, name, [("", f"{i}.jpg", split) for i, split in enumerate(splits)], zipped)
        for number in range(len(splits)):
            picture(root / folder / f"{number}.jpg")
        collection = check(DATASETS[name](root), {"train": 6, "dev": 2, "held_out": 3})
        assert collection.name == name
        assert said(collection[10]) == ["A photo, 10.jpg."]
        assert collection[10].path == f"{folder}/10.jpg"


def test_coco_with_its_two_folders_and_restval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = ["train2014", "train2014", "val2014", "val2014", "val2014", "val2014"]
    splits = ["train", "train", "restval", "val", "test", "test"]
    listed = [(p, f"COCO_{p}_{i:012d}.jpg", s) for i, (p, s) in enumerate(zip(places, splits, strict=True))]
    karpathy(tmp_path / "annotations", "coco", listed)
    for place, file, _ in listed[1:]:
        picture(tmp_path / place / file)
    collection = check(DATASETS["coco"](tmp_path), {"train": 2, "dev": 1, "held_out": 2})
    assert [item.path for item in collection] == [f"{place}/{file}" for place, file, _ in listed[1:]]
    told = capsys.readouterr().err
    assert "1 of 6 pictures are not there, such as train2014/COCO_train2014_000000000000.jpg (1 of train)" in told


def test_an_archive_without_the_data_set_and_one_that_is_broken(tmp_path: Path) -> None:
    karpathy(tmp_path, "coco", [], zipped=True)
    with pytest.raises(
        CollectionError, match=r"dataset_flickr30k\.json of caption_datasets\.zip is not of the Karpathy"
    ):
        DATASETS["flickr30k"](tmp_path)
    with zipfile.ZipFile(tmp_path / "caption_datasets.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(CollectionError, match=r"holds no dataset_coco\.json"):
        DATASETS["coco"](tmp_path)
    (tmp_path / "caption_datasets.zip").write_bytes(b"PK no")
    with pytest.raises(CollectionError, match="download it again"):
        DATASETS["coco"](tmp_path)


# Clotho


@pytest.mark.parametrize("folder", ["{}", "clotho_audio_files/{}", "clotho_audio_{0}/{0}"])
def test_clotho(tmp_path: Path, folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    header = ["file_name", *(f"caption_{k}" for k in range(1, 6))]
    for split, count in (("development", 6), ("validation", 2), ("evaluation", 3)):
        names = [f"Rain, {number}.wav" for number in range(count)]  # the same names in every split
        rows = [(name, *(f'"Rain" falls, {split} {k}' for k in range(5))) for name in names]
        table(tmp_path / "clotho_csv_files" / f"clotho_captions_{split}.csv", header, rows)
        for name in names[1:] if split == "development" else names:
            sound(tmp_path / folder.format(split) / name)
    collection = check(DATASETS["clotho"](tmp_path), {"train": 5, "dev": 2, "held_out": 3})
    assert collection[0].id == "development/Rain, 1.wav"
    assert said(collection[9]) == [f'"Rain" falls, evaluation {k}' for k in range(5)]
    assert "1 of 11 sounds are not there, such as" in capsys.readouterr().err


def test_clotho_version_1_has_no_validation(tmp_path: Path) -> None:
    header = ["file_name", *(f"caption_{k}" for k in range(1, 6))]
    for split, count in (("development", 20), ("evaluation", 2)):
        table(tmp_path / f"clotho_captions_{split}.csv", header, [(f"{i}.wav", *"abcde") for i in range(count)])
        for number in range(count):
            sound(tmp_path / split / f"{number}.wav")
    check(DATASETS["clotho"](tmp_path), {"train": 19, "dev": 1, "held_out": 2})


# AudioCaps


def audiocaps(root: Path) -> dict[str, list[tuple[str, int]]]:
    sounds = {
        "train": [("-Ab_c", 30), ("b2", 0), ("c3", 7), ("d4", 5)],
        "val": [("e5", 1)],
        "test": [("f6", 20), ("g7", 3)],
    }
    number = 90_000
    for split, listed in sounds.items():
        rows = []
        for name, start in listed:
            for k in range(1 if split == "train" else 5):
                number += 1
                rows.append((number, name, start, f"A man speaks, then {name} is heard {k}"))
        rows.sort(key=lambda row: row[3][-1])  # the lines of one sound are not side by side, as published
        table(root / "dataset" / f"{split}.csv", ("audiocap_id", "youtube_id", "start_time", "caption"), rows)
    return sounds


NAMINGS: dict[str, Callable[[str, int], str]] = {
    "aac-datasets": lambda name, start: f"{name}_{start}.flac",
    "seconds": lambda name, start: f"{name}_{start}_{start + 10}.wav",
    "AudioSet": lambda name, start: f"{name}_{1000 * start}_{1000 * start + 10_000}.wav",
    "plain": lambda name, start: f"{name}.wav",
    "WavCaps": lambda name, start: f"Y{name}.wav",
}


@pytest.mark.parametrize("naming", NAMINGS)
def test_audiocaps_under_every_naming(tmp_path: Path, naming: str) -> None:
    for split, listed in audiocaps(tmp_path).items():
        for name, start in listed:
            sound(tmp_path / "audio" / split / NAMINGS[naming](name, start))
    collection = check(DATASETS["audiocaps"](tmp_path), {"train": 4, "dev": 1, "held_out": 2})
    assert [item.id for item in collection][:3] == ["-Ab_c_30", "b2_0", "c3_7"]
    assert said(collection[0]) == ["A man speaks, then -Ab_c is heard 0"]
    assert sorted(said(collection[6])) == [f"A man speaks, then g7 is heard {k}" for k in range(5)]


def test_audiocaps_by_caption_id_with_sounds_gone_and_one_in_two_splits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audiocaps(tmp_path)
    train = tmp_path / "dataset" / "train.csv"
    train.write_text(train.read_text() + "99999,g7,3,the sound that is asked for\n")
    for name in ("90001", "90003", "90004", "90007", "90012", "90015"):  # of the five ids of a sound, any
        sound(tmp_path / f"{name}.wav")
    collection = check(DATASETS["audiocaps"](tmp_path), {"train": 3, "dev": 1, "held_out": 2})
    assert "the sound that is asked for" not in {text for text, _ in index_texts(collection)}
    told = capsys.readouterr().err
    assert "1 of 7 sounds are not there, such as b2_0.wav (1 of train)" in told
    assert "1 sounds of train.csv are listed in a split that is measured" in told


@settings(max_examples=50, deadline=None)
@given(st.text("Az09_-", min_size=11, max_size=11), st.integers(0, 10_000))
def test_the_names_of_a_sound_are_all_different_and_tell_its_id(name: str, start: int) -> None:
    stems = list(file_stems((name, start), ["17"]))
    assert len(set(stems)) == len(stems) == 9
    assert all(name in stem for stem in stems[:-1])


# MSR-VTT


def msrvtt(root: Path, whole: bool) -> None:
    splits = ["train"] * 20 + ["validate"] * 2 + ["test"] * 8
    videos = [
        {
            "category": 9,
            "url": "https://x",
            "video_id": f"video{i}",
            "start time": 1.0,
            "end time": 2.0,
            "split": s,
            "id": i,
        }
        for i, s in enumerate(splits)
    ]
    sentences = [
        {"caption": f"a cartoon, {i} told {k}", "video_id": f"video{i}", "sen_id": 20 * i + k}
        for i in range(30)
        for k in range(3)
    ]
    root.mkdir(parents=True, exist_ok=True)
    if whole:
        (root / "MSRVTT_data.json").write_text(json.dumps({"info": {}, "videos": videos, "sentences": sentences}))
    else:
        halves = {"train_val": (videos[:22], sentences[:66]), "test": (videos[22:], sentences[66:])}
        for name, (listed, told) in halves.items():
            value = {"info": {}, "videos": listed, "sentences": told}
            (root / f"{name}_videodatainfo.json").write_text(json.dumps(value))
    for number in range(30):
        clip(root / ("TrainValVideo" if number < 22 else "TestVideo") / f"video{number}.mp4")


def split_1k_a(root: Path, nine: bool = True) -> None:
    rows = [(f"ret{n}", f"msr{i}", f"video{i}", f"a cartoon, {i} told 1") for n, i in enumerate((29, 22))]
    table(root / "MSRVTT_JSFUSION_test.csv", ("key", "vid_key", "video_id", "sentence"), rows)
    if nine:
        listed = [[f"video{number}"] for number in range(30) if number not in (22, 29)]
        table(root / "MSRVTT_train.9k.csv", ("video_id",), listed)


@pytest.mark.parametrize("whole", [True, False])
def test_msrvtt_1k_a_and_the_official_split(tmp_path: Path, whole: bool) -> None:
    msrvtt(tmp_path, whole)
    official = check(DATASETS["msrvtt"](tmp_path), {"train": 20, "dev": 2, "held_out": 8})
    assert (official.name, len(said(official[29]))) == ("msrvtt", 3)

    split_1k_a(tmp_path / "msrvtt_data")
    collection = check(DATASETS["msrvtt"](tmp_path), {"train": 27, "dev": 1, "held_out": 2})
    assert collection.name == "msrvtt-1k-a"
    asked = [item for item in collection if item.split == "held_out"]
    assert [(item.id, said(item)) for item in asked] == [
        ("video29", ["a cartoon, 29 told 1"]),
        ("video22", ["a cartoon, 22 told 1"]),
    ]
    (tmp_path / "msrvtt_data" / "MSRVTT_train.9k.csv").unlink()
    assert {item.id for item in DATASETS["msrvtt"](tmp_path)} == {item.id for item in collection}


def test_msrvtt_names_what_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    msrvtt(tmp_path, whole=False)
    split_1k_a(tmp_path)
    (tmp_path / "TestVideo" / "video25.mp4").unlink()
    DATASETS["msrvtt"](tmp_path)
    assert "1 of 30 clips are not there, such as video25.mp4 (1 of train)" in capsys.readouterr().err
    (tmp_path / "test_videodatainfo.json").rename(tmp_path / "kept")
    with pytest.raises(CollectionError, match="have no sentence of video23 and 5 more train clips"):
        DATASETS["msrvtt"](tmp_path)
    (tmp_path / "kept").rename(tmp_path / "test_videodatainfo.json")
    table(tmp_path / "MSRVTT_train.9k.csv", ("video_id",), [["video1"], ["video29"]])
    with pytest.raises(CollectionError, match="both list 'video29'"):
        DATASETS["msrvtt"](tmp_path)
    for value, told in [
        ({"videos": []}, "has no list 'sentences'"),
        ({"videos": [], "sentences": [{"video_id": "../x", "caption": "a"}]}, r"sentences\[0\]: field 'video_id'"),
        ({"videos": [], "sentences": [{"video_id": "x", "caption": 1}]}, r"sentences\[0\]: 'caption'"),
        ([], "must hold a JSON object"),
    ]:
        (tmp_path / "other.json").write_text(json.dumps(value))
        with pytest.raises(CollectionError, match=told):
            DATASETS["msrvtt"](tmp_path, tmp_path / "other.json")


# MSVD


def msvd(root: Path) -> dict[str, list[str]]:
    lists = {
        "train": ["-4wsuPCjDBc_5_15", "a_0_3", "b_1_4", "c_2_5"],
        "val": ["d_3_9"],
        "test": ["mv89psg6zh4_33_46", "e_1_2"],
    }
    lines = ["# MSR Video Description Corpus", "#", ""]
    for part, clips in lists.items():
        root.mkdir(parents=True, exist_ok=True)
        (root / f"{part}_list.txt").write_text("\n".join(clips))
        for name in clips:
            lines += [f"{name} a bird in a sink, {name} {k}" for k in range(3)]
            clip(root / "YouTubeClips" / f"{name}.avi")
    (root / "AllVideoDescriptions.txt").write_text("\r\n".join([*lines, "unlisted_1_2 a clip of no list", ""]))
    (root / "raw-captions.pkl").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    return lists


def test_msvd(tmp_path: Path) -> None:
    lists = msvd(tmp_path)
    collection = check(DATASETS["msvd"](tmp_path), {"train": 4, "dev": 1, "held_out": 2})
    assert [item.id for item in collection] == [name for clips in lists.values() for name in clips]
    assert said(collection[5]) == [f"a bird in a sink, mv89psg6zh4_33_46 {k}" for k in range(3)]
    with pytest.raises(CollectionError, match="never opened"):
        DATASETS["msvd"](tmp_path, tmp_path / "raw-captions.pkl")
    (tmp_path / "AllVideoDescriptions.txt").write_text("a_0_3\n")
    with pytest.raises(CollectionError, match="line 1: expected a clip, a blank and a sentence"):
        DATASETS["msvd"](tmp_path)


def test_msvd_tells_of_clips_without_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    msvd(tmp_path)
    (tmp_path / "val_list.txt").write_text("d_3_9\nunsaid_0_1\n")
    clip(tmp_path / "YouTubeClips" / "unsaid_0_1.avi")
    DATASETS["msvd"](tmp_path)
    assert "1 of 8 clips have no sentence, such as YouTubeClips/unsaid_0_1.avi (1 of val)" in capsys.readouterr().err


# What they share


@pytest.mark.parametrize("name", ["flickr8k", "flickr30k", "coco", "clotho", "audiocaps", "msrvtt", "msvd"])
def test_a_root_that_is_empty_or_not_there_is_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(CollectionError, match="There is no"):
        DATASETS[name](tmp_path)
    with pytest.raises(CollectionError, match="There is no folder"):
        DATASETS[name](tmp_path / "nothing")


@pytest.mark.parametrize("name", ["clotho", "audiocaps"])
def test_json_file_is_refused_where_it_means_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(CollectionError, match="leave out --json-file"):
        DATASETS[name](tmp_path, tmp_path / "x.json")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("audiocap_id,youtube_id,caption\n1,a,b\n", "test.csv: the header lacks the column 'start_time'"),
        ("audiocap_id,youtube_id,start_time,caption\n1,a,3\n", "test.csv line 2: the line has not as many columns"),
        (
            "audiocap_id,youtube_id,start_time,caption\n1,a,3,b, c\n",
            "test.csv line 2: the line has not as many columns",
        ),
        ("audiocap_id,youtube_id,start_time,caption\n1,a,x,b\n", "test.csv line 2: 'start_time' must be whole seconds"),
        (
            "audiocap_id,youtube_id,start_time,caption\n1,../a,3,b\n",
            "test.csv line 2: field 'youtube_id' must be a file's",
        ),
        ("audiocap_id,youtube_id,start_time,caption\n1,a,3,\xff\n", "is not CSV in UTF-8"),
    ],
)
def test_a_bad_table_is_named_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    audiocaps(tmp_path)
    (tmp_path / "dataset" / "test.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(CollectionError, match=told):
        DATASETS["audiocaps"](tmp_path)


def test_two_tables_of_one_name_are_not_guessed_between(tmp_path: Path) -> None:
    audiocaps(tmp_path)
    (tmp_path / "dataset").rename(tmp_path / "dataset2.0")
    audiocaps(tmp_path)
    with pytest.raises(CollectionError, match=r"in several folders of .*: dataset and dataset2\.0"):
        DATASETS["audiocaps"](tmp_path)


def test_nothing_to_measure_is_an_error(tmp_path: Path) -> None:
    audiocaps(tmp_path)
    sound(tmp_path / "b2.wav")
    with pytest.raises(CollectionError, match=r"No sounds of the test split .* nothing can be measured"):
        DATASETS["audiocaps"](tmp_path)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["train", "val", "test"]), min_size=1, max_size=60), st.integers(0, 99), st.data())
def test_gathering_equals_the_rules_written_out(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], seed: int, data: st.DataObject
) -> None:
    root = tmp_path_factory.getbasetemp() / "gathered"
    root.mkdir(exist_ok=True)
    (root / "there").touch()
    there = data.draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts)))
    entries = [
        Entry(f"{i}", "there" if here else "gone", part, (f"text {i}", " "))  # type: ignore[arg-type]
        for i, (part, here) in enumerate(zip(parts, there, strict=True))
    ]
    measured = "test" if "test" in parts else "val"
    name = "x" if measured == "test" else "x-val"
    if not any(here and part == measured for part, here in zip(parts, there, strict=True)):
        with pytest.raises(CollectionError):
            gather("x", root, "image", entries, "list", seed)
        return
    collection = gather("x", root, "image", entries, "list", seed)
    assert collection.name == name
    assert [item.id for item in collection] == [f"{i}" for i, here in enumerate(there) if here]
    original = {item.id: parts[int(item.id)] for item in collection}
    for item in collection:
        assert (item.split == "held_out") == (original[item.id] == measured)
        assert said(item) == [f"text {item.id}"]
        assert bool(item.captions) == (item.split == "train")
    dev = [item for item in collection if item.split == "dev"]
    if measured == "test" and "val" in original.values():
        assert all(original[item.id] == "val" for item in dev)
    else:
        assert all(original[item.id] == "train" for item in dev)
        assert len(dev) == round(0.05 * list(original.values()).count("train"))


def test_a_repeated_item_is_an_error_and_dev_is_seeded(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    twice = [Entry("1", "a", "test", ("x",))] * 2
    with pytest.raises(CollectionError, match="list repeats '1'"):
        gather("x", tmp_path, "image", twice, "list", 0)
    items = [Item(str(i), "image", "a") for i in range(100)]
    assert with_dev(items, 3) == with_dev(items, 3) != with_dev(items, 4)


def test_finding_files_by_name(tmp_path: Path) -> None:
    for name in ("b/x.wav", "a/x.wav", "a/y.WAV", "a/y.txt", "a/.hidden.wav", ".git/z.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert files_by_stem(tmp_path, (".wav",)) == {"x": "a/x.wav", "y": "a/y.WAV"}
    assert folder_of(tmp_path, ["none", "b", "a"], ["x.wav"]) == "b"
    assert folder_of(tmp_path, ["none", "b"], ["q.wav"]) == "none"
    for name in ("..", ".", "", " ", "a/b", "/a", "a\\b", None, 3):
        with pytest.raises(CollectionError, match="must be a file's name"):
            plain_name(name, "here", "name")
    assert plain_name(" a, b: c.wav", "here", "name") == " a, b: c.wav"
