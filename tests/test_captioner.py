"""The captioner: scores against a slow loop, sampling, learning a planted feature, and its cache of sentences."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.captioners.base import CAPTIONERS, Captioner
from ace_core.captioners.compact import CaptionerConfig, CompactCaptioner, _Table, train_captioner
from ace_core.captioners.pseudo_queries import write_pseudo_queries
from ace_core.captioners.sampling import is_degenerate, nucleus, uniform_draws
from ace_core.collection import Caption, Collection, Item
from ace_core.config import from_json, to_json
from ace_core.encoders.joint import Pair
from ace_core.errors import ConfigError, TrainingError
from ace_core.text import Tokenizer
from ace_core.training.loop import LoopConfig

COLOURS = ("red", "green", "blue", "yellow", "white", "black")
THINGS = ("boat", "house", "bird", "lamp")
ITEMS = 144  # images with 3 feature tokens, then as many sounds with 1


def world() -> tuple[Collection, dict, list[Pair]]:
    """Every item has a colour and a thing, each planted in its features as a direction; two captions name both."""
    generator = np.random.default_rng(0)
    colours, things = generator.integers(0, 6, ITEMS), generator.integers(0, 4, ITEMS)
    signs = np.concatenate([np.eye(6)[colours], np.eye(4)[things]], axis=1)
    images = generator.normal(0, 0.3, (ITEMS // 2, 3, 10)) + 5
    images[:, 1] += 3 * signs[: ITEMS // 2]
    sounds = generator.normal(0, 0.3, (ITEMS // 2, 1, 10)) + 3 * signs[ITEMS // 2 :, None]
    items, pairs = [], []
    for position in range(ITEMS):
        colour, thing = COLOURS[colours[position]], THINGS[things[position]]
        texts = (f"a {colour} {thing} over here", f"look at that {thing}, it is {colour}")
        split = "held_out" if position % 6 == 0 else "train"
        modality = "image" if position < ITEMS // 2 else "audio"
        items.append(
            Item(f"i{position}", modality, f"{position}.x", tuple(map(Caption, texts)), (Caption("secret"),), split)
        )
        if split == "train":
            pairs += [Pair(text, position) for text in texts]
    features = {"image": images.astype(np.float16), "audio": sounds.astype(np.float16)}
    return Collection("world", Path("."), tuple(items)), features, pairs


def small(vocab_size: int, **other) -> CaptionerConfig:
    return CaptionerConfig(
        vocab_size, {"image": 3, "audio": 1}, {"image": 10, "audio": 10}, width=32, layers=2, heads=2, d_ff=64, **other
    )


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([pair.text for pair in world()[2]], 400)


@pytest.fixture(scope="module")
def trained(tokenizer, tmp_path_factory) -> CompactCaptioner:
    collection, features, pairs = world()
    loop = LoopConfig(steps=220, batch_size=64, learning_rate=5e-3, validate_every=110, threads=1)
    config = small(tokenizer.size, dropout=0.0, captions_an_item=2, loop=loop)
    held_out = [Pair(c.text, i) for i in collection.of(split="held_out") for c in collection[i].captions]
    folder = tmp_path_factory.mktemp("captioner")
    return train_captioner(
        config, tokenizer, features, pairs, folder, collection=collection, validation=held_out, progress=False
    )


@pytest.fixture
def untrained(tokenizer) -> CompactCaptioner:
    torch.manual_seed(1)
    model = CompactCaptioner(small(tokenizer.size, words=8), tokenizer).eval()
    model.word_ids.copy_(torch.arange(300, 308))
    return model


# Scores


def test_log_prob_is_the_sum_of_a_slow_loop(untrained, tokenizer):
    features = np.random.default_rng(0).normal(size=(3, 3, 10)).astype(np.float16)
    texts = ["a red boat", "look at that bird, it is white", "the end"]
    ids, mask = tokenizer.encode_batch(texts)
    found = untrained.log_prob(features, "image", ids, mask)
    assert found.dtype == torch.float32
    for row in range(3):
        memory = untrained.remember(features[row : row + 1], "image")
        length, total = int(mask[row].sum()), 0.0
        for position in range(length - 1):  # every prefix read afresh, without padding, batch or cache
            logits = untrained(memory, ids[None, row : row + 1, : position + 1]).detach()
            total += float(logits[0, 0, -1].log_softmax(-1)[ids[row, position + 1]])
        assert float(found[row]) == pytest.approx(total, abs=1e-3)


def test_many_sentences_an_item_score_as_one_at_a_time(untrained, tokenizer):
    features = np.random.default_rng(0).normal(size=(70, 1, 10)).astype(np.float16)  # more than are read at once
    ids, mask = tokenizer.encode_batch(["a red boat", "look at that bird"])
    table = untrained.log_prob(features, "audio", ids.expand(70, -1, -1), mask.expand(70, -1, -1))
    for column in range(2):
        single = untrained.log_prob(features, "audio", ids[column].expand(70, -1), mask[column].expand(70, -1))
        torch.testing.assert_close(table[:, column], single, atol=1e-4, rtol=0)


def test_cached_steps_equal_whole_sentences(untrained):
    memory = untrained.remember(np.random.default_rng(0).normal(size=(2, 3, 10)), "image")
    ids = torch.randint(4, 300, (2, 3, 6))
    whole, past = untrained(memory, ids), None
    for position in range(6):
        step, past = untrained.read(memory, ids[..., position : position + 1], past, position)
        torch.testing.assert_close(untrained.logits(step.squeeze(2)), whole[..., position, :], atol=1e-4, rtol=0)


# Learning


def test_it_names_the_planted_feature_of_items_never_described(trained):
    collection, features, _ = world()
    right = wanted = 0
    for modality in ("image", "audio"):
        positions = collection.of(modality)
        chosen = [row for row, position in enumerate(positions) if collection[position].split == "held_out"]
        sentences = trained.generate(features[modality][chosen], modality, 2, seed=0)
        for row, texts in zip(chosen, sentences, strict=True):
            _, colour, thing, *_ = collection[positions[row]].captions[0].text.split()
            right += sum(colour in text and thing in text for text in texts)
            wanted += len(texts)
    assert wanted >= 24
    assert right / wanted > 0.8


def test_going_on_begins_where_the_other_ended(trained, tokenizer, tmp_path):
    collection, features, pairs = world()
    config = replace(trained.config, loop=LoopConfig(steps=1, batch_size=64, learning_rate=1e-7, threads=1))
    more = train_captioner(
        config, tokenizer, features, pairs, tmp_path, collection=collection, start=trained, progress=False
    )
    first, then = trained.state_dict(), more.state_dict()
    assert first.keys() == then.keys()
    for name, tensor in first.items():
        torch.testing.assert_close(then[name], tensor, atol=1e-5, rtol=0)
    assert any(not torch.equal(then[name], tensor) for name, tensor in first.items())


@pytest.mark.parametrize(("evenness", "share"), [(0.0, 9 / 10), (0.5, 3 / 4), (1.0, 1 / 2)])
def test_kinds_are_drawn_as_evenly_as_asked(tokenizer, evenness, share):
    """Nine pictures to a sound: as many batches of either, in between, or nine to one."""
    _, features, pairs = world()
    kept = [pair for pair in pairs if pair.item < ITEMS // 2][:72]
    kept += [pair for pair in pairs if pair.item >= ITEMS // 2][:8]
    modalities = ["image" if position < ITEMS // 2 else "audio" for position in range(ITEMS)]
    table = _Table(small(tokenizer.size, evenness=evenness), tokenizer, features, kept, modalities)
    drawn = [table.batch(step, np.random.default_rng(step))[0] for step in range(400)]
    assert drawn.count("image") / 400 == pytest.approx(share, abs=0.08)


def test_its_score_finds_the_right_item(trained, tokenizer):
    signs = np.eye(10)
    items = np.stack([3 * (signs[c] + signs[6 + t]) for c in range(6) for t in range(4)])[:, None].astype(np.float16)
    texts = [f"a {colour} {thing} over here" for colour in COLOURS for thing in THINGS]
    ids, mask = tokenizer.encode_batch(texts)
    table = trained.log_prob(items, "audio", ids.expand(24, -1, -1), mask.expand(24, -1, -1))
    assert (table.argmax(0) == torch.arange(24)).float().mean() > 0.9


def test_only_captions_of_train_items_are_learnt_from(tokenizer, tmp_path):
    collection, features, pairs = world()
    config = small(tokenizer.size)
    held_out = Pair(collection[0].captions[0].text, 0)
    for wrong in (held_out, Pair("secret", 1), Pair("a sentence that nobody said", 1)):
        with pytest.raises(TrainingError, match="may not index"):
            train_captioner(config, tokenizer, features, [*pairs, wrong], tmp_path, collection=collection)
    with pytest.raises(TrainingError, match="no caption"):
        train_captioner(config, tokenizer, features, [], tmp_path, collection=collection)


def test_what_is_not_searched_teaches_too(tokenizer, tmp_path):
    collection, features, _ = world()
    half, rest = ITEMS // 2, features["image"][3:]
    rows = {"image": features["image"][:3], "audio": features["audio"]}
    few = Collection("few", Path("."), (*collection.items[:3], *collection.items[half:]))
    further = Collection("further", Path("."), collection.items[3:half])
    told = [Pair(c.text, len(few) + i) for i, item in enumerate(further) for c in item.captions]
    loop = LoopConfig(steps=120, batch_size=64, learning_rate=5e-3, threads=1)
    config = small(tokenizer.size, dropout=0.0, captions_an_item=2, loop=loop)
    both = rows | {"image": np.concatenate([rows["image"], rest])}
    model = train_captioner(config, tokenizer, both, told, tmp_path, collection=few, further=further, progress=False)
    texts = [item.captions[0].text for item in further][:24]
    ids, mask = tokenizer.encode_batch(texts)
    table = model.log_prob(rest[:24], "image", ids.expand(24, -1, -1), mask.expand(24, -1, -1))
    own = table.gather(0, torch.arange(24).unsqueeze(0))[0]
    assert (own >= table.max(0).values - 1e-4).float().mean() > 0.5
    with pytest.raises(TrainingError, match="may not index"):
        train_captioner(config, tokenizer, both, [Pair("secret", 1)], tmp_path, collection=few, further=further)


def test_features_are_normalised_by_modality(trained):
    _, features, _ = world()
    reader = trained.reader("image")
    torch.testing.assert_close(reader.mean, torch.full((10,), 5.3), atol=0.5, rtol=0)
    assert float(trained.reader("audio").mean.max()) < 2
    x = (torch.from_numpy(features["image"]).float() - reader.mean) / reader.std
    assert float(x.mean().abs()) < 0.1
    assert float(x.std()) == pytest.approx(1, abs=0.1)


def test_saved_and_loaded_is_the_same(trained, tokenizer):
    config = from_json(CaptionerConfig, json.loads(json.dumps(to_json(trained.config))))
    again = CompactCaptioner(config).eval()
    again.load_state_dict(trained.state_dict())
    assert again.fingerprint == trained.fingerprint
    _, features, _ = world()
    ids, mask = tokenizer.encode_batch(["a red boat over here"] * 72)
    scores = [model.log_prob(features["image"], "image", ids, mask) for model in (trained, again)]
    assert torch.equal(*scores)
    with pytest.raises(ConfigError, match="without its tokenizer"):
        again.generate(features["image"], "image", 1, 0)
    with torch.no_grad():
        again.bias[7] += 1
    assert again.fingerprint != trained.fingerprint


# Writing


def test_generation_depends_on_seed_and_key_alone(trained):
    _, features, _ = world()
    rows = features["image"][:70]
    keys = [f"key {row}" for row in range(70)]
    state = torch.get_rng_state()
    whole = trained.generate(rows, "image", 3, seed=5, keys=keys)
    assert torch.equal(state, torch.get_rng_state())
    assert whole == trained.generate(rows, "image", 3, seed=5, keys=keys)
    assert whole[60:] == trained.generate(rows[60:], "image", 3, seed=5, keys=keys[60:])
    assert whole[8] == trained.generate(rows[8:9], "image", 3, seed=5, keys=keys[8:9])[0]
    assert whole != trained.generate(rows, "image", 3, seed=6, keys=keys)


def test_sentences_are_different_finished_and_worth_keeping(trained, untrained):
    _, features, _ = world()
    for model in (trained, untrained):  # the untrained one writes noise: little of it is finished
        for texts in model.generate(features["image"][:5], "image", 6, seed=0, temperature=1.5, top_p=0.95):
            assert len(texts) == len(set(texts)) <= 6
            assert not any(map(is_degenerate, texts))


def test_a_captioner_of_few_words_gives_up(trained):
    _, features, _ = world()
    texts = trained.generate(features["image"][:2], "image", 50, seed=0, temperature=0.05, top_p=0.5)
    assert all(1 <= len(found) < 50 for found in texts)


def test_generate_refuses(trained):
    _, features, _ = world()
    with pytest.raises(ConfigError, match="not video"):
        trained.generate(features["image"], "video", 1, 0)
    with pytest.raises(ConfigError, match="a key an item"):
        trained.generate(features["image"], "image", 1, 0, keys=["one"])
    with pytest.raises(ConfigError, match="top_p"):
        trained.generate(features["image"], "image", 1, 0, top_p=0)
    with pytest.raises(ConfigError, match="tokens at most"):
        trained.log_prob(features["image"][:1], "image", torch.ones(1, 60).long(), torch.ones(1, 60).bool())


@given(st.integers(0, 10_000), st.sampled_from([0.3, 0.7, 1.0]), st.sampled_from([0.5, 1.0]))
@settings(max_examples=20, deadline=None)
def test_nucleus_draws_as_its_definition_says(seed, top_p, temperature):
    generator = np.random.default_rng(seed)
    logits = 2 * generator.normal(size=12)
    weights = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
    kept, total = {}, 0.0
    for token in np.argsort(-weights):
        if total < top_p - 1e-6:
            kept[int(token)] = weights[token]
        total += weights[token]
    draws = (torch.arange(4000) + 0.5) / 4000
    found = nucleus(torch.tensor(logits).expand(4000, -1), draws, temperature, top_p)
    shares = np.bincount(found.numpy(), minlength=12) / 4000
    expected = np.zeros(12)
    expected[list(kept)] = np.array(list(kept.values())) / sum(kept.values())
    np.testing.assert_allclose(shares, expected, atol=1e-3)


def test_draws_differ_by_seed_turn_and_key():
    draws = [uniform_draws(*what, (4, 5)) for what in [(0, 0, "a"), (1, 0, "a"), (0, 1, "a"), (0, 0, "b")]]
    assert len({draw.tobytes() for draw in draws}) == 4
    np.testing.assert_array_equal(draws[0], uniform_draws(0, 0, "a", (4, 5)))


@pytest.mark.parametrize(
    ("text", "stuck"),
    [
        ("", True),
        ("boat", True),
        ("a b c", True),
        ("a red red boat", True),
        ("the boat on the lake and the boat on the lake", True),
        ("a dog a cat a dog a cat a dog", True),
        ("a bell rings twice while rain falls, then thunder", False),
        ("red boat", False),
        ("ein rotes Boot über dem See", False),
    ],
)
def test_degenerate_sentences(text, stuck):
    assert is_degenerate(text) == stuck


# Cache


class Counting:
    """A captioner that says its keys and remembers whom it was asked for."""

    fingerprint = "counting"

    def __init__(self, fail_at: str | None = None) -> None:
        self.asked: list[str] = []
        self.fail_at = fail_at

    def generate(self, features, modality, count, seed, *, keys=None):
        if self.fail_at in keys:
            raise KeyboardInterrupt
        self.asked += keys
        return [[f"{key}\u2028{float(row[0, 0])} {seed}"] * count for key, row in zip(keys, features, strict=True)]

    def log_prob(self, features, modality, ids, mask):
        return torch.zeros(len(ids))


def test_pseudo_queries_go_on_where_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr("ace_core.captioners.pseudo_queries.ITEMS_AT_ONCE", 2)
    path, keys = tmp_path / "queries.jsonl", ["a", "b", "c", "d", "e"]
    features = np.arange(5, dtype=np.float16)[:, None, None]

    def write(captioner, **other):
        settings = {"count": 1, "seed": 0, "progress": False} | other
        return write_pseudo_queries(captioner, features, "image", keys, path, **settings)

    with pytest.raises(KeyboardInterrupt):
        write(Counting(fail_at="c"))
    content = path.read_bytes()
    path.write_bytes(content[:-5])  # a kill inside the last line
    resumed = Counting()
    found = write(resumed)
    assert resumed.asked == ["b", "c", "d", "e"]
    assert found == Counting().generate(features, "image", 1, 0, keys=keys)
    again = Counting()
    assert write(again) == found
    assert again.asked == []
    other = Counting()
    assert write(other, seed=1) != found
    assert other.asked == keys
    path.write_text("nonsense\n")
    with pytest.raises(TrainingError, match="line 1"):
        write(Counting())


def test_pseudo_queries_need_keys(tmp_path):
    with pytest.raises(TrainingError, match="needs a key"):
        write_pseudo_queries(Counting(), np.zeros((2, 1, 1)), "image", ["a", ""], tmp_path / "q", count=1, seed=0)


def test_it_is_registered_and_a_captioner(untrained):
    assert CAPTIONERS["compact"] is CompactCaptioner
    assert isinstance(untrained, Captioner)


def test_configuration_is_checked(tokenizer):
    with pytest.raises(ConfigError, match="does not divide"):
        replace(small(100), heads=5)
    with pytest.raises(ConfigError, match="need the same"):
        CaptionerConfig(100, {"image": 1}, {"audio": 1})
