"""Captioners of the published architectures with random weights: one slow loop for all of them, files, and refusals."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file, save_file

from ace_core.captioners.cleaning import clean
from ace_core.captioners.describers import DESCRIBERS
from ace_core.captioners.field import content_key
from ace_core.captioners.sampling import nucleus, uniform_draws
from ace_core.captioners.writing import FieldCaptioner, Writing
from ace_core.encoders.base import Media
from ace_core.errors import ConfigError, MediaError
from ace_core.weights import model_folder
from tests import tiny
from tests.tiny_captioners import RATE, tiny_blip, tiny_blip2, tiny_git, tiny_whisper

WRITING = Writing(max_tokens=20)
MAKERS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "blip": ("blip", tiny_blip),
    "blip-2": ("blip", tiny_blip2),
    "blip-2 with T5": ("blip", lambda folder: tiny_blip2(folder, asks=True)),
    "git": ("video", tiny_git),
    "git of pictures": ("video", lambda folder: tiny_git(folder, frames=None)),
    "whisper": ("audio", tiny_whisper),
}
every_architecture = pytest.mark.parametrize("kind", MAKERS)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a test reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def media(tmp_path_factory) -> dict[str, list[Media]]:
    folder = tmp_path_factory.mktemp("media")
    items = [*tiny._pictures(folder)[::11], *tiny._sounds(folder)[::7], *tiny._clips(folder)[::4]]
    found: dict[str, list[Media]] = {"blip": [], "audio": [], "video": []}
    names = {"image": "blip", "audio": "audio", "video": "video"}
    for item in items:
        found[names[item.modality]].append(Media(folder / item.path, item.modality, item.id))
    return found


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    return {kind: make(tmp_path_factory.mktemp("weights")) for kind, (_, make) in MAKERS.items()}


@pytest.fixture(scope="module")
def captioners(folders) -> dict[str, FieldCaptioner]:
    return {kind: DESCRIBERS[name].load(folders[kind], writing=WRITING) for kind, (name, _) in MAKERS.items()}


# Sentences


@every_architecture
def test_sentences_depend_on_seed_and_content_alone(kind, captioners, media, tmp_path):
    captioner, files = captioners[kind], media[MAKERS[kind][0]]
    state = torch.get_rng_state()
    whole = captioner.describe(files, 4, seed=3)
    assert torch.equal(state, torch.get_rng_state())
    assert whole == captioner.describe(files, 4, seed=3)
    assert whole[::-1] == captioner.describe(files[::-1], 4, seed=3)
    moved = Media(tmp_path / f"elsewhere{files[1].path.suffix}", files[1].modality)
    shutil.copy(files[1].path, moved.path)
    assert captioner.describe([moved], 4, seed=3) == [whole[1]]
    assert whole != captioner.describe(files, 4, seed=4)
    assert len({tuple(texts) for texts in whole}) == len(files)
    for texts in whole:
        assert 1 <= len(texts) <= 4
        assert texts == clean(texts, prompts=[captioner.prompt])


@every_architecture
def test_sampling_equals_a_slow_loop(kind, folders, media):
    name, writing = MAKERS[kind][0], Writing(max_tokens=14, turns=1, items_at_once=2)
    captioner, files = DESCRIBERS[name].load(folders[kind], writing=writing), media[name]
    assert captioner.describe(files, 3, seed=0) == [slow(captioner, one, 3, seed=0) for one in files]


def test_a_prompt_begins_every_sentence_and_is_cut_off(folders, media):
    writing = Writing(max_tokens=14, turns=1)
    plain, prompted = (DESCRIBERS["blip"].load(folders["blip"], prompt=p, writing=writing) for p in ("", "a photo of"))
    found = prompted.describe(media["blip"], 3, seed=0)
    assert found == [slow(prompted, one, 3, seed=0) for one in media["blip"]]
    assert found != plain.describe(media["blip"], 3, seed=0)
    assert not any(text.startswith("a photo of") for texts in found for text in texts)
    assert plain.fingerprint != prompted.fingerprint


def test_a_long_sound_is_heard_in_windows(captioners, folders, media, tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "long.wav"
    soundfile.write(path, np.concatenate([rng.normal(0, level, RATE) for level in (0.3, 0.001, 0.1)]), RATE)
    long = Media(path, "audio")
    captioner = DESCRIBERS["audio"].load(folders["whisper"], writing=Writing(max_tokens=14, turns=1))
    assert captioner.read(long).shape == (3, RATE)
    found = captioner.describe([media["audio"][0], long], 5, seed=1)
    assert found[1] == slow(captioner, long, 5, seed=1)
    assert found[0] == slow(captioner, media["audio"][0], 5, seed=1)


def slow(captioner: FieldCaptioner, one: Media, count: int, seed: int) -> list[str]:
    """The first turn of one item, a sentence at a time, every prefix read afresh without batch or cache."""
    draws = uniform_draws(seed, 0, content_key(one), (count, captioner.writing.max_tokens))
    draws[0] = 0.0
    inputs, words = captioner.prepare([captioner.read(one)])[0], captioner.tokenizer
    end = words.eos_token_id if words.sep_token_id is None else words.sep_token_id
    texts = []
    for turn, row in enumerate(draws):
        ids = beginning(captioner)
        for draw in row.tolist():
            logits = next_logits(captioner, inputs, ids, turn)
            token = nucleus(logits, torch.tensor([draw]), captioner.writing.temperature, captioner.writing.top_p)
            ids = torch.cat([ids, token[:, None]], dim=1)
            if int(token) == end:
                texts.append(words.decode(ids[0], skip_special_tokens=True))
                break
    return clean(texts, count, prompts=[captioner.prompt])


def beginning(captioner: FieldCaptioner) -> torch.Tensor:
    words = captioner.tokenizer(captioner.prompt, add_special_tokens=False)["input_ids"]
    config = captioner.model.config
    if config.model_type == "blip-2" and config.text_config.model_type == "t5":
        before = [config.text_config.decoder_start_token_id]
    elif config.model_type == "blip-2":
        before = [config.image_token_index] * 2
    elif config.model_type == "whisper":
        names = ("startoftranscript", "en", "transcribe", "notimestamps")
        before = captioner.tokenizer.convert_tokens_to_ids([f"<|{name}|>" for name in names])
    else:
        before = [captioner.tokenizer.cls_token_id]
    return torch.tensor([[*before, *words]])


@torch.no_grad()
def next_logits(captioner: FieldCaptioner, inputs: torch.Tensor, ids: torch.Tensor, turn: int) -> torch.Tensor:
    if captioner.model.config.model_type == "whisper":
        heard = inputs[turn % len(inputs)][None]
        logits = captioner.model(input_features=heard, decoder_input_ids=ids).logits[:, -1]
        logits[:, captioner.model.generation_config.suppress_tokens] = -torch.inf
        return logits
    if captioner.model.config.model_type == "blip-2" and captioner.model.config.text_config.model_type == "t5":
        asked = torch.full((1, 2), captioner.model.config.image_token_index)
        return captioner.model(pixel_values=inputs[None], input_ids=asked, decoder_input_ids=ids).logits[:, -1]
    return captioner.model(pixel_values=inputs[None], input_ids=ids, use_cache=False).logits[:, -1]


@every_architecture
def test_a_bad_file_is_named(kind, captioners, media, tmp_path):
    good = media[MAKERS[kind][0]]
    bad = Media(tmp_path / f"broken{good[0].path.suffix}", good[0].modality)
    bad.path.write_bytes(good[0].path.read_bytes()[:20])
    with pytest.raises(MediaError, match="broken"):
        captioners[kind].describe([*good, bad], 2, seed=0)


def test_a_word_that_is_none_is_left_out(captioners):
    mend = captioners["blip"].mend
    assert mend("arafed image of a cat") == mend("an araffe image of a cat") == "image of a cat"
    assert mend("a giraffe near a carafe") == "a giraffe near a carafe"
    assert captioners["git"].mend("arafed dog") == "arafed dog"


def test_requests_that_cannot_be_met(captioners, media):
    with pytest.raises(ConfigError, match="blip describes image, not audio"):
        captioners["blip"].describe(media["audio"], 2, seed=0)
    with pytest.raises(ConfigError, match="1 or more"):
        captioners["blip"].describe(media["blip"], 0, seed=0)
    with pytest.raises(ConfigError, match="top_p"):
        Writing(top_p=0)
    assert captioners["blip"].describe([], 2, seed=0) == []


# Weights


@pytest.fixture
def copied(folders, tmp_path) -> Path:
    return Path(shutil.copytree(folders["git"], tmp_path / "copy"))


def test_the_fingerprint_follows_content_not_place(captioners, copied):
    load = DESCRIBERS["video"].load
    assert load(copied, writing=WRITING).fingerprint == captioners["git"].fingerprint
    assert load(copied, writing=Writing(max_tokens=21)).fingerprint != captioners["git"].fingerprint
    weights = load_file(copied / "model.safetensors")
    weights["output.bias"][7] += 1
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    assert load(copied, writing=WRITING).fingerprint != captioners["git"].fingerprint


def test_older_weights_are_read_as_tensors_alone(captioners, copied, media):
    weights = load_file(copied / "model.safetensors")
    (copied / "model.safetensors").unlink()
    torch.save(weights, copied / "pytorch_model.bin")
    again = DESCRIBERS["video"].load(copied, writing=WRITING)
    assert again.describe(media["video"], 2, seed=0) == captioners["git"].describe(media["video"], 2, seed=0)


def test_a_pickle_with_code_is_refused(copied, tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    (copied / "model.safetensors").unlink()
    torch.save({"output.bias": Trap()}, copied / "pytorch_model.bin")
    with pytest.raises(ConfigError, match="copy does not hold a GitForCausalLM"):
        DESCRIBERS["video"].load(copied)
    assert not (tmp_path / "sprung").exists()


def test_weights_that_are_missing_are_not_made_up(copied):
    weights = load_file(copied / "model.safetensors")
    del weights["output.bias"]
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ConfigError, match=r"lacks 1 weights of a GitForCausalLM, output.bias"):
        DESCRIBERS["video"].load(copied)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "preprocessor_config.json", "model.safetensors"])
def test_a_folder_with_a_damaged_file_is_named(copied, name):
    (copied / name).write_bytes(b"\xff{")
    with pytest.raises(ConfigError, match="copy does not hold a"):
        DESCRIBERS["video"].load(copied)


def test_a_folder_of_another_kind_is_refused(folders):
    with pytest.raises(ConfigError, match="type 'git'; give one of blip, blip-2"):
        DESCRIBERS["blip"].load(folders["git"])


@pytest.mark.parametrize("name", ["blip", "video", "audio"])
def test_without_hub_and_weights_one_sentence_tells_the_ways_out(name, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ConfigError, match=r"go online once.*--weights DIR.*compact captioner") as caught:
        DESCRIBERS[name].load()
    assert DESCRIBERS[name].default in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_is_looked_for_in_the_weights_folder(folders, tmp_path):
    for place in ("team/small", "small", "."):
        weights = tmp_path / place.replace("/", "-") / "weights"
        shutil.copytree(folders["git"], weights / place)
        assert model_folder("team/small", weights) == weights / place
    with pytest.raises(ConfigError, match="does not hold team/other"):
        model_folder("team/other", tmp_path)
    with pytest.raises(ConfigError, match="no folder"):
        model_folder(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="no folder"):
        model_folder("./nowhere")
    with pytest.raises(ConfigError, match="no open model named 'not a name'"):
        model_folder("not a name")
