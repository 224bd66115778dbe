"""Encoders: trunks, word presence, joint space, the compact training on a toy world, precomputed vectors, cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from safetensors.torch import load_file

from ace_core.collection import Caption, Collection, Item, Modality
from ace_core.encoders import ENCODERS, Encoder, Media
from ace_core.encoders import cache as cache_module
from ace_core.encoders.augment import augment
from ace_core.encoders.cache import FeatureCache
from ace_core.encoders.compact import CompactEncoder
from ace_core.encoders.compact_training import CompactTraining, train_compact
from ace_core.encoders.decode import decode, decoded_store
from ace_core.encoders.joint import (
    Pair,
    Validation,
    encode_in_parts,
    keep_best_between,
    ranks_of,
    train_joint,
)
from ace_core.encoders.precomputed import PrecomputedEncoder
from ace_core.encoders.pretrain import WordPresence, epoch_rows, find_terms, mean_average_precision, presence
from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.encoders.trunks import ClipTrunk, PictureTrunk, TrunkConfig, make_trunk
from ace_core.errors import BundleError, CollectionError, ConfigError, MediaError, TrainingError
from ace_core.progress import EventLog
from ace_core.text import Tokenizer
from ace_core.training.loop import LoopConfig

SMALL = TrunkConfig(
    feature_dimension=32,
    layers=1,
    heads=2,
    picture_px=32,
    resnet_width=8,
    resnet_depth=(1, 1, 1),
    sound_frames=56,
    sound_bands=32,
    sound_width=8,
    clip_frames=4,
    clip_px=32,
)
COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 60, 230), "yellow": (240, 220, 30)}
PLACES = {"top": (0, 1), "bottom": (1, 0)}
PITCHES = {"low": 220.0, "middle": 880.0, "high": 3500.0}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def toy_world(root: Path, pictures: int, sounds: int, seed: int = 0) -> Collection:
    """Coloured halves and tones, with captions that tell part of them."""
    generator = np.random.default_rng(seed)
    items = []
    for index in range(pictures + sounds):
        if index < pictures:
            upper, lower = generator.choice(list(COLOURS), 2, replace=False)
            pixels = np.zeros((40, 40, 3), dtype=np.uint8)
            pixels[:20], pixels[20:] = COLOURS[upper], COLOURS[lower]
            noisy = np.clip(pixels + generator.normal(0, 12, pixels.shape), 0, 255).astype(np.uint8)
            path = root / f"picture-{index}.png"
            Image.fromarray(noisy).save(path)
            texts = [f"{upper} over {lower}", f"the top is {upper}", f"something {lower} below", f"{upper} and {lower}"]
        else:
            first, then = generator.choice(list(PITCHES), 2)
            time = np.arange(12_000) / 24_000
            wave = np.concatenate([np.sin(2 * np.pi * PITCHES[name] * time) for name in (first, then)])
            path = root / f"sound-{index}.wav"
            soundfile.write(path, 0.5 * wave + generator.normal(0, 0.01, len(wave)), 24_000)
            texts = [f"a {first} tone then a {then} tone", f"starts {first}", f"ends {then}", f"{first} then {then}"]
        split = ("train", "train", "train", "dev", "held_out")[index % 5]
        modality: Modality = "image" if index < pictures else "audio"
        captions = tuple(Caption(text) for text in texts)
        items.append(Item(path.stem, modality, path.name, captions, captions[:1], split))  # type: ignore[arg-type]
    return Collection("toy", root, tuple(items))


# --- trunks and decoding ---


@pytest.mark.parametrize("modality", ["image", "audio", "video"])
def test_trunks_have_the_promised_shapes(modality: Modality) -> None:
    trunk = make_trunk(SMALL, modality).eval()
    media = torch.randint(0, 256, (3, *SMALL.media_shape(modality)), dtype=torch.uint8)
    tokens = trunk(media)
    assert tokens.shape == (3, SMALL.tokens(modality), SMALL.feature_dimension)
    assert torch.allclose(tokens[1:2], trunk(media[1:2]), atol=1e-5)  # an item does not depend on its neighbours


def test_the_clip_trunk_knows_the_order_of_frames() -> None:
    torch.manual_seed(0)
    trunk = make_trunk(SMALL, "video").eval()
    clip = torch.randint(0, 256, (1, *SMALL.media_shape("video")), dtype=torch.uint8)
    forwards, backwards = trunk(clip).mean(1), trunk(clip.flip(1)).mean(1)
    assert (forwards - backwards).abs().max() > 1e-3
    still = clip[:, :1].expand_as(clip)
    assert torch.equal(trunk(still), trunk(still.flip(1)))


def test_clips_start_from_what_pictures_taught() -> None:
    pictures, clips = PictureTrunk(SMALL), ClipTrunk(SMALL)
    clips.start_from(pictures)
    assert torch.equal(clips.frame.net.layer3[0].conv1.weight, pictures.frame.net.layer3[0].conv1.weight)
    assert not clips.frame.net.conv1.weight.requires_grad
    assert clips.frame.net.layer2[0].conv1.weight.requires_grad


@pytest.mark.parametrize("wrong", [{"picture_px": 100}, {"sound_frames": 60}, {"feature_dimension": 190}])
def test_impossible_trunks_are_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError):
        TrunkConfig(**wrong)


def test_decoding_is_padded_scaled_and_kept(tmp_path: Path) -> None:
    world = toy_world(tmp_path, 1, 3)
    media = [Media(world.media_path(item), item.modality, item.id) for item in world]
    sound = decode(media[1], SMALL)
    assert sound.shape == SMALL.media_shape("audio")
    assert sound.dtype == np.uint8
    assert (sound[51:] == 0).all()  # one second is 51 frames, the rest is silence
    assert sound[:51].max() > 150
    store = decoded_store(media[1:], SMALL, tmp_path / "store", progress=False)
    assert np.array_equal(store[0], sound)
    (media[1].path).unlink()
    with pytest.raises(MediaError, match="sound-1"):
        decoded_store(media[1:], SMALL, tmp_path / "store", progress=False)


@pytest.mark.parametrize("modality", ["image", "audio", "video"])
def test_augmentation_keeps_shape_range_and_sides(modality: Modality) -> None:
    shape = SMALL.media_shape(modality)
    media = np.zeros((8, *shape), dtype=np.uint8)
    half = shape[1] // 2 if modality == "audio" else shape[-2] // 2
    if modality == "audio":
        media[:, :, :half] = 200  # the low bands sound
    else:
        media[..., :half, :] = 200  # the left is bright
    changed = augment(media, modality, np.random.default_rng(0))
    assert changed.shape == media.shape
    assert changed.min() >= 0
    assert changed.max() <= 255
    left, right = (
        (changed[:, :, :half], changed[:, :, half:])
        if modality == "audio"
        else (
            changed[..., :half, :],
            changed[..., half:, :],
        )
    )
    assert (left.flatten(1).mean(1) > right.flatten(1).mean(1) + 60).all()
    assert not torch.equal(changed[0], changed[1])
    again = augment(media, modality, np.random.default_rng(0))
    assert torch.equal(changed, again)


# --- word presence ---


def test_terms_and_presence_follow_the_captions() -> None:
    captions = [["a red boat", "boat at sea"], ["a red car"], ["the blue boat"], ["a red boat"]]
    tokenizer = Tokenizer.train([text for texts in captions for text in texts] * 3, 400)
    terms = find_terms(tokenizer, captions, least=2)
    named = [" ".join(tokenizer.words[token] for token in term) for term in terms]
    assert set(named) == {"red", "boat", "red boat"}
    present = presence(tokenizer, terms, captions)
    assert present[:, named.index("red boat")].tolist() == [True, False, False, True]
    assert present[:, named.index("boat")].tolist() == [True, False, True, True]
    with pytest.raises(TrainingError, match="at least 9 items"):
        find_terms(tokenizer, captions, least=9)


def test_one_token_is_enough_to_have_a_word() -> None:
    model = WordPresence(torch.nn.Identity(), 4, np.array([0.1, 0.5]))
    with torch.no_grad():
        model.words.weight.copy_(torch.tensor([[20.0, 0, 0, 0], [0, 0, 0, 0]]))
    tokens = torch.zeros(2, 6, 4)
    tokens[1, 3, 0] = 1.0
    logits = model(tokens)
    assert logits[0].sigmoid().tolist() == pytest.approx([0.1, 0.5])
    assert logits[1, 0].sigmoid() > 0.99


def test_mean_average_precision_by_hand() -> None:
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])
    present = np.array([[True, True], [False, False], [True, False]])
    assert mean_average_precision(scores, present) == pytest.approx(((1 + 2 / 3) / 2 + 1 / 3) / 2)


def test_an_epoch_sees_every_row() -> None:
    rows = np.arange(100, 123)
    seen = np.concatenate([epoch_rows(rows, 8, step, seed=1) for step in range(3)])
    assert set(seen) == set(rows)
    assert not np.array_equal(seen, np.concatenate([epoch_rows(rows, 8, step, seed=1) for step in range(3, 6)]))


# --- joint space ---


def planted(items: int = 240, seed: int = 0) -> tuple[np.ndarray, list[Pair], list[Pair], Tokenizer]:
    """Items whose tokens carry two of 12 things; texts name them."""
    generator = np.random.default_rng(seed)
    names = ["ant", "bear", "cat", "dog", "emu", "fox", "goat", "hen", "ibis", "jay", "kite", "lion"]
    directions = generator.standard_normal((12, 16))
    features = generator.normal(0, 0.3, (items, 5, 16))
    pairs, queries = [], []
    for item in range(items):
        one, other = generator.choice(12, 2, replace=False)
        features[item, generator.integers(0, 5)] += 2 * directions[one]
        features[item, generator.integers(0, 5)] += 2 * directions[other]
        pairs += [Pair(f"{names[one]} and {names[other]}", item), Pair(f"a {names[one]}", item, 0.5)]
        queries.append(Pair(f"{names[other]} {names[one]}", item))
    tokenizer = Tokenizer.train([pair.text for pair in pairs], 400)
    return features.astype(np.float16), pairs, queries, tokenizer


def joint_config(tokenizer: Tokenizer, **changes) -> JointConfig:
    loop = LoopConfig(steps=150, batch_size=64, learning_rate=5e-3, validate_every=50, save_every=75, threads=1)
    values = {
        "dimension": 32,
        "queries": 4,
        "text_width": 16,
        "text_layers": 1,
        "text_heads": 2,
        "loop": loop,
    } | changes
    return JointConfig(vocab_size=tokenizer.size, feature_dimension=16, **values)


def test_the_joint_space_learns_to_find(tmp_path: Path) -> None:
    features, pairs, queries, tokenizer = planted()
    held = [pair for pair in pairs if pair.item < 200]
    tables = {"image": features[:120], "audio": features[120:]}
    modalities: list[Modality] = ["image"] * 120 + ["audio"] * 120
    config = joint_config(tokenizer, modalities=("image", "audio"))
    options = {"modalities": modalities, "validation": Validation(queries), "progress": False}
    model = train_joint(config, tokenizer, tables, held, tmp_path, **options)
    vectors = np.concatenate(
        [encode_in_parts(model, tables["image"], "image"), encode_in_parts(model, tables["audio"], "audio")]
    )
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(240), abs=1e-5)
    with torch.no_grad():
        texts = model.encode_text_ids(*tokenizer.encode_batch([pair.text for pair in queries])).numpy()
    assert np.linalg.norm(texts, axis=1) == pytest.approx(np.ones(240), abs=1e-5)
    ranks = ranks_of(texts[200:] @ vectors[120:].T, np.arange(80, 120))  # items no text of which was seen
    assert (ranks <= 5).mean() > 0.5  # chance: 5 of 120
    again = train_joint(config, tokenizer, tables, held, tmp_path, **options)  # finished: comes back from the folder
    assert torch.equal(again.text.words.weight, model.text.words.weight)
    with pytest.raises(TrainingError, match=r"data"):
        train_joint(config, tokenizer, tables, held[1:], tmp_path, **options)


def test_fine_tuning_keeps_the_best_weights_on_its_way(tmp_path: Path) -> None:
    features, pairs, queries, tokenizer = planted(80)
    loop = LoopConfig(steps=8, batch_size=64, learning_rate=0.1, warmup=0.0, validate_every=8, threads=1)
    config = joint_config(tokenizer, modalities=("image",), loop=loop, shares=(0.0, 0.5, 1.0))
    torch.manual_seed(3)
    start = JointSpace(config).eval()
    begun = {name: value.clone() for name, value in start.state_dict().items()}
    options = {"modalities": ["image"] * 80, "validation": Validation(queries), "start": start, "progress": False}
    model = train_joint(config, tokenizer, {"image": features}, pairs, tmp_path, **options)
    chosen = json.loads((tmp_path / "share.json").read_text())
    measured = {float(name.removeprefix("mrr_at_")): value for name, value in chosen.items() if "_at_" in name}
    assert chosen["mrr"] == max(measured.values()) == measured[chosen["share"]]
    end = load_file(tmp_path / "best.safetensors")
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, begun[name] + chosen["share"] * (end[name] - begun[name]))
    assert all(torch.equal(value, begun[name]) for name, value in start.state_dict().items())

    def wants_the_middle(one: JointSpace) -> dict[str, float]:
        return {"mrr": -float((one.text.words.weight.detach() - 0.5).abs().sum())}

    ones = {name: torch.ones_like(value) for name, value in begun.items()}
    start.load_state_dict({name: torch.zeros_like(value) for name, value in begun.items()})
    model.load_state_dict(ones)
    assert keep_best_between(start, model, (0.0, 0.5, 1.0), wants_the_middle)["share"] == 0.5
    assert torch.equal(model.text.words.weight, torch.full_like(model.text.words.weight, 0.5))
    with pytest.raises(ConfigError, match="shares"):
        replace(config, shares=(1.5,))


def test_text_vectors_do_not_depend_on_padding() -> None:
    tokenizer = planted(8)[3]
    model = JointSpace(joint_config(tokenizer)).eval()
    texts = ["a cat", "ant and bear and cat and dog and emu", ""]
    together = model.encode_text_ids(*tokenizer.encode_batch(texts))
    for row, text in zip(together, texts, strict=True):
        assert torch.allclose(row, model.encode_text_ids(*tokenizer.encode_batch([text]))[0], atol=1e-6)
    with pytest.raises(ConfigError, match="knows"):
        JointSpace(joint_config(tokenizer, modalities=("image",))).encode_features(torch.zeros(1, 5, 16), "video")


def test_ranks_count_ties_against_the_answer_and_refuse_nan() -> None:
    scores = np.array([[0.5, 0.5, 0.1], [0.9, 0.2, 0.1]])
    assert ranks_of(scores, np.array([0, 0])).tolist() == [2, 1]
    with pytest.raises(TrainingError, match="not finite"):
        ranks_of(np.array([[np.nan, 1.0]]), np.array([0]))


def test_wrong_pairs_and_features_are_clear_errors(tmp_path: Path) -> None:
    features, pairs, _, tokenizer = planted(8)
    config = joint_config(tokenizer)
    with pytest.raises(TrainingError, match="no pair"):
        train_joint(config, tokenizer, {"image": features}, [], tmp_path, modalities=["image"] * 8)
    with pytest.raises(TrainingError, match="9 image items but features of 8"):
        train_joint(config, tokenizer, {"image": features}, pairs, tmp_path, modalities=["image"] * 9)
    with pytest.raises(ConfigError):
        replace(config, modalities=("smell",))


# --- the compact encoder as a whole ---


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[CompactEncoder, Collection, Path]:
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("toy")
    world = toy_world(root, 90, 60)
    (root / "extra").mkdir()
    extra = toy_world(root / "extra", 60, 40, seed=1)
    loop = LoopConfig(steps=70, batch_size=24, learning_rate=3e-3, validate_every=35, save_every=35, threads=1)
    joint = replace(loop, steps=80, batch_size=48, learning_rate=4e-3, validate_every=40)
    config = CompactTraining(
        SMALL, vocab_size=400, dimension=32, least_items=4, pictures=loop, sounds=loop, clips=loop, joint=joint
    )
    return train_compact(world, extra, config, root / "work", progress=False), world, root / "work"


def of_split(world: Collection, modality: Modality, split: str) -> tuple[list[Item], list[Media]]:
    items = [item for item in world if item.modality == modality and item.split == split]
    return items, [Media(world.media_path(item), item.modality, item.id) for item in items]


@pytest.mark.parametrize(("modality", "kinds"), [("image", 12), ("audio", 9)])
def test_the_trained_encoder_finds_held_out_items(
    trained: tuple[CompactEncoder, Collection, Path], modality: Modality, kinds: int
) -> None:
    encoder, world, _ = trained
    items, media = of_split(world, modality, "held_out")
    scores = encoder.encode_text([item.queries[0].text for item in items]) @ encoder.encode_media(media).T
    best = [items[int(row.argmax())].queries[0].text for row in scores]
    right = np.mean([text == item.queries[0].text for text, item in zip(best, items, strict=True)])
    assert right > 4 / kinds  # there are `kinds` different scenes


def test_media_may_be_mixed_features_not(trained: tuple[CompactEncoder, Collection, Path]) -> None:
    encoder, world, _ = trained
    pictures, sounds = of_split(world, "image", "dev")[1], of_split(world, "audio", "dev")[1]
    mixed = [sounds[0], pictures[0], sounds[1]]
    vectors = encoder.encode_media(mixed)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert np.allclose(vectors[1], encoder.encode_media([pictures[0]])[0], atol=2e-2)  # bf16 sums differ by batch
    features = encoder.encode_features(pictures)
    assert features.shape == (len(pictures), SMALL.tokens("image"), SMALL.feature_dimension)
    assert features.dtype == np.float16
    assert isinstance(encoder, Encoder)
    with pytest.raises(ConfigError, match="one modality"):
        encoder.encode_features(mixed)
    with pytest.raises(MediaError, match="nowhere"):
        encoder.encode_media([Media(Path("nowhere.png"), "image")])
    with pytest.raises(ConfigError, match="not video"):
        encoder.encode_features([Media(Path("x.mp4"), "video")])


def test_reload_gives_the_same_vectors_and_fingerprint(trained: tuple[CompactEncoder, Collection, Path]) -> None:
    encoder, world, work = trained
    again = ENCODERS["compact"].load(work / "encoder")
    media = of_split(world, "audio", "dev")[1]
    assert again.fingerprint == encoder.fingerprint
    assert np.array_equal(again.encode_media(media), encoder.encode_media(media))
    assert np.array_equal(again.encode_text(["red over blue", ""]), encoder.encode_text(["red over blue", ""]))


def test_damaged_encoders_are_clear_errors(trained: tuple[CompactEncoder, Collection, Path], tmp_path: Path) -> None:
    encoder, _, work = trained
    with pytest.raises(BundleError, match=r"encoder\.json is missing"):
        CompactEncoder.load(tmp_path)
    for name in encoder.files():
        (tmp_path / name).write_bytes((work / "encoder" / name).read_bytes())
    broken = (tmp_path / "joint.safetensors").read_bytes()
    (tmp_path / "joint.safetensors").write_bytes(broken[: len(broken) // 2])
    with pytest.raises(BundleError, match=r"joint\.safetensors"):
        CompactEncoder.load(tmp_path)


def test_captions_of_dev_and_held_out_items_teach_nothing(tmp_path: Path) -> None:
    from ace_core.encoders.compact_training import World

    world = toy_world(tmp_path, 10, 0)
    seen = World(world, None)
    taught = {pair.item for pair in seen.pairs()}
    assert taught == set(world.of(split="train"))
    validation = seen.validation()
    assert validation is not None
    assert {pair.item for pair in validation.pairs} == set(world.of(split="dev"))
    assert list(validation.pool or []) == list(range(10))


# --- precomputed vectors ---


def vectors_file(path: Path, **changes) -> Path:
    values = np.random.default_rng(0).standard_normal((3, 6)).astype(np.float32)
    np.savez(path, **({"ids": np.array(["a", "b", "c"]), "embeddings": values} | changes))
    return path


def test_precomputed_vectors_are_looked_up_by_id(tmp_path: Path) -> None:
    encoder = PrecomputedEncoder.load(vectors_file(tmp_path / "v.npz"))
    plain = np.load(tmp_path / "v.npz")["embeddings"]
    media = [Media(Path("gone"), "image", name) for name in ("c", "a")]
    vectors = encoder.encode_media(media)
    assert np.allclose(vectors, plain[[2, 0]] / np.linalg.norm(plain[[2, 0]], axis=1, keepdims=True), atol=1e-6)
    features = encoder.encode_features(media)
    assert features.shape == (2, 1, 6)
    assert features.dtype == np.float16
    roots = PrecomputedEncoder.load(tmp_path / "v.npz", transform="sqrt")
    expected = np.sign(plain[2]) * np.sqrt(np.abs(plain[2]))
    assert np.allclose(roots.encode_media(media)[0], expected / np.linalg.norm(expected), atol=1e-6)
    assert roots.fingerprint != encoder.fingerprint
    assert isinstance(encoder, Encoder)
    with pytest.raises(ConfigError, match="vectors of items only"):
        encoder.encode_text(["a boat"])
    with pytest.raises(CollectionError, match="no vector for 1 of 1 items: 'z'"):
        encoder.encode_media([Media(Path("gone"), "image", "z")])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ids": np.array(["a", "b"])}, "do not fit 3 embeddings"),
        ({"ids": np.array(["a", "b", "a"])}, "'a' is there twice"),
        ({"embeddings": np.ones(3)}, "must be numbers"),
        ({"embeddings": np.array([["x"], ["y"], ["z"]])}, "must be numbers"),
        ({"embeddings": np.array([[1.0], [np.nan], [1.0]])}, "'b' holds values that are not finite"),
        ({"ids": np.array(["a", "b", None], dtype=object)}, "plain arrays"),
    ],
)
def test_wrong_vector_files_are_clear_errors(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(CollectionError, match=message):
        PrecomputedEncoder(vectors_file(tmp_path / "v.npz", **changes))


def test_files_that_are_no_vectors(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("hello")
    np.savez(tmp_path / "other.npz", ids=np.array(["a"]))
    for name, message in (
        ("text.npz", "plain arrays"),
        ("gone.npz", "plain arrays"),
        ("other.npz", "'embeddings' is missing"),
    ):
        with pytest.raises(CollectionError, match=message):
            PrecomputedEncoder(tmp_path / name)


# --- cache ---


class Counting:
    """An encoder whose features are the sha256 of the file; it counts how often it is asked."""

    name, dimension, feature_dimension, fingerprint = "counting", 4, 4, "abc"
    modalities: frozenset[Modality] = frozenset({"image"})

    def __init__(self) -> None:
        self.asked = 0

    def encode_features(self, media: Sequence[Media]) -> np.ndarray:
        self.asked += len(media)
        rows = [np.frombuffer(hashlib.sha256(one.path.read_bytes()).digest()[:8], dtype=np.uint8) for one in media]
        return np.stack(rows).astype(np.float16).reshape(len(media), 2, 4)

    def encode_media(self, media: Sequence[Media]) -> np.ndarray:
        return self.encode_features(media)[:, 0].astype(np.float32)

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        return np.zeros((len(texts), 4), dtype=np.float32)


def test_cache_goes_by_content_and_survives_damage(tmp_path: Path) -> None:
    media = []
    for index in range(7):
        path = tmp_path / f"{index}.bin"
        path.write_bytes(b"same" if index in (0, 5) else bytes([index]))
        media.append(Media(path, "image", str(index)))
    expected = Counting().encode_features(media)
    cache, encoder = FeatureCache(tmp_path / "cache"), Counting()

    def ask() -> np.ndarray:
        return cache.features(encoder, media, shard=2, progress=False)["image"]

    assert np.array_equal(ask(), expected)
    assert encoder.asked == 6  # two files are the same
    assert np.array_equal(ask(), expected)
    assert encoder.asked == 6
    shards = sorted((tmp_path / "cache").rglob("*.safetensors"))
    assert len(shards) == 3
    damaged = bytearray(shards[0].read_bytes())
    damaged[-1] ^= 255
    shards[0].write_bytes(bytes(damaged))
    assert np.array_equal(ask(), expected)
    assert encoder.asked == 8  # only the damaged shard's two files
    media[1].path.write_bytes(b"changed")
    assert not np.array_equal(ask()[1], expected[1])
    assert encoder.asked == 9
    encoder.fingerprint = "other weights"
    ask()
    assert encoder.asked == 15


def test_a_stopped_encoding_tells_how_far_it_is_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a small collection too: it is told of in parts, and what took its time is not done twice."""
    media = []
    for index in range(100):
        path = tmp_path / f"{index}.bin"
        path.write_bytes(bytes([index]))
        media.append(Media(path, "image", str(index)))

    class Stopped(Counting):
        def encode_features(self, media: Sequence[Media]) -> np.ndarray:
            if self.asked == 60:
                raise KeyboardInterrupt
            return super().encode_features(media)

    monkeypatch.setattr(cache_module, "SAVE_SECONDS", -1.0)
    cache, events = FeatureCache(tmp_path / "cache"), EventLog(tmp_path / "events", ["features"])
    monkeypatch.setattr("ace_core.progress._EVERY", 0.0)
    with pytest.raises(KeyboardInterrupt), events.stage("features"):
        cache.features(Stopped(), media, progress=False)
    told = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    shares = [one["fraction"] for one in told if one["state"] == "progress"]
    assert shares == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert all(one["seconds_left"] is not None for one in told if one["state"] == "progress")
    rest = Counting()
    assert np.array_equal(cache.features(rest, media, progress=False)["image"], Counting().encode_features(media))
    assert rest.asked == 40
