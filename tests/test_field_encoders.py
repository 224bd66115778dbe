"""Published encoders on tiny random models of their very architectures, written to disk, loaded with the hub off."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save_file
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, RobertaTokenizer

import ace_core.encoders
from ace_core.encoders import ENCODERS, Media, clap, clap_laion, open_clip_model
from ace_core.encoders.clap import ClapEncoder
from ace_core.encoders.clap_words import Words
from ace_core.encoders.open_clip import OpenClipEncoder
from ace_core.encoders.views import load_ahead
from ace_core.encoders.windows import repeat_to, sound_windows
from ace_core.errors import BundleError, ConfigError
from ace_core.media import load_frames
from ace_core.weights import find_weights, read_tensors
from tests.field_checks import (
    TEXTS,
    check_bad_files,
    check_batch_is_one_by_one,
    check_contract,
    check_loaded_again,
)
from tests.tiny import make_tiny_collection
from tests.tiny_field import (
    MOBILE_CLIP,
    PREPROCESS,
    TEXT,
    TINY_CLIP,
    fetched_before,
    hub_off,
    make_clap,
    make_clip,
    make_laion_clap,
    make_tokenizer,
)

THREE_WAYS = r"go online once .* --weights DIR.* compact encoder[^.]*\.$"


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    with hub_off(monkeypatch, tmp_path / "cache"):
        yield


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("field")


@pytest.fixture(scope="module")
def items(work: Path) -> dict[str, list[Media]]:
    collection = make_tiny_collection(work / "media")
    found: dict[str, list[Media]] = {"image": [], "audio": [], "video": []}
    for item in collection:
        found[item.modality].append(Media(collection.media_path(item), item.modality, item.id))
    return found


@pytest.fixture(scope="module")
def clip(work: Path) -> Path:
    return make_clip(work / "clip")


@pytest.fixture(scope="module")
def clip_encoder(clip: Path) -> OpenClipEncoder:
    return ENCODERS["open_clip"].load(f"local-dir:{clip}", frames=3)


@pytest.fixture(scope="module")
def clap_folder(work: Path) -> Path:
    return make_clap(work / "clap")


@pytest.fixture(scope="module")
def clap_encoder(clap_folder: Path) -> ClapEncoder:
    return ENCODERS["clap"].load(weights=clap_folder)


@pytest.fixture(scope="module")
def laion(work: Path) -> Path:
    return make_laion_clap(work / "laion")


@pytest.fixture(scope="module")
def laion_encoder(laion: Path) -> ClapEncoder:
    return ENCODERS["clap"].load("HTSAT-tiny", "mine", laion)


def unit(rows: torch.Tensor) -> np.ndarray:
    return torch.nn.functional.normalize(rows.detach().float(), dim=-1).numpy()


def some(items: dict[str, list[Media]], *modalities: str, count: int = 3) -> list[Media]:
    return [one for row in range(count) for one in (items[modality][row] for modality in modalities)]


# open_clip


@pytest.mark.parametrize("architecture", [TINY_CLIP, MOBILE_CLIP], ids=["vit", "mobile"])
def test_open_clip_encoder_gives_what_open_clip_gives(architecture: dict, items: dict, tmp_path: Path) -> None:
    folder = make_clip(tmp_path / "model", architecture)
    model, prepare = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    model.eval()
    pictures = torch.stack([prepare(Image.open(one.path).convert("RGB")) for one in items["image"][:5]])
    encoder = OpenClipEncoder.load(f"local-dir:{folder}")
    assert np.allclose(encoder.encode_media(items["image"][:5]), unit(model.encode_image(pictures)), atol=1e-4)
    ids = open_clip.get_tokenizer(f"local-dir:{folder}")(TEXTS)
    assert np.allclose(encoder.encode_text(TEXTS), unit(model.encode_text(ids)), atol=1e-5)
    assert encoder.scale == pytest.approx(float(model.logit_scale.exp()))


def test_open_clip_contract(clip_encoder: OpenClipEncoder, items: dict, tmp_path: Path) -> None:
    assert clip_encoder.modalities == {"image", "video"}
    mixed = some(items, "image", "video")
    check_contract(clip_encoder, mixed)
    check_batch_is_one_by_one(clip_encoder, mixed)
    check_bad_files(clip_encoder, items["video"][:3], tmp_path)
    check_bad_files(clip_encoder, items["image"][:3], tmp_path)


def test_a_clip_is_the_mean_of_its_frames(clip_encoder: OpenClipEncoder, items: dict, tmp_path: Path) -> None:
    clip = items["video"][0]
    frames = []
    for index, pixels in enumerate(load_frames(clip.path, 3)):
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
        frames.append(Media(tmp_path / f"{index}.png", "image"))
    mean = clip_encoder.encode_media(frames).mean(axis=0)
    assert np.allclose(clip_encoder.encode_media([clip])[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_small_batches_and_large_ones_agree(clip_encoder: OpenClipEncoder, items: dict, monkeypatch: Any) -> None:
    mixed = some(items, "image", "video", count=4)
    expected = clip_encoder.encode_media(mixed)
    for batch, ahead in ((1, 1), (5, 2), (1000, 1000)):  # batches that cut through the frames of a clip
        monkeypatch.setattr(clip_encoder, "_batch", batch)
        monkeypatch.setattr(clip_encoder, "_ahead", ahead)
        assert np.allclose(clip_encoder.encode_media(mixed), expected, atol=1e-5)


def test_open_clip_is_loaded_again(clip_encoder: OpenClipEncoder, clip: Path, items: dict, tmp_path: Path) -> None:
    media = some(items, "image", "video", count=2)
    check_loaded_again(clip_encoder, media)
    with pytest.raises(BundleError, match="used before, its tokens differs"):
        OpenClipEncoder.from_reference(clip_encoder.reference() | {"tokens": ""})
    moved = shutil.copytree(clip, tmp_path / "moved")
    config = moved / "open_clip_config.json"
    config.write_text(config.read_text().replace("squash", "shortest"))
    check_loaded_again(clip_encoder, media, moved)  # the reference holds the configuration
    assert OpenClipEncoder.load(weights=moved, frames=3).fingerprint != clip_encoder.fingerprint
    with pytest.raises(BundleError, match="not the file of weights"):
        OpenClipEncoder.load(weights=clip, sha256="0" * 64)


def test_open_clip_by_its_own_names(clip: Path, clip_encoder: OpenClipEncoder, items: dict, monkeypatch: Any) -> None:
    """A model and a tag as open_clip lists them, and a repository of the hub that was fetched before."""
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny", TINY_CLIP)
    file = clip / "open_clip_model.safetensors"
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny", {"mine": PREPROCESS | {"file": str(file)}})
    expected = clip_encoder.encode_media(items["video"][:2])
    listed = OpenClipEncoder.load("tiny", "mine", frames=3)
    assert np.array_equal(listed.encode_media(items["video"][:2]), expected)
    assert listed.fingerprint == clip_encoder.fingerprint
    again = OpenClipEncoder.from_reference(listed.reference())
    assert np.array_equal(again.encode_media(items["video"][:2]), expected)
    fetched_before("me/tiny", [*clip.iterdir()])
    from_hub = OpenClipEncoder.load("hf-hub:me/tiny", frames=3)
    assert from_hub.fingerprint == clip_encoder.fingerprint
    quick = {"quick_gelu": True, "file": str(file)}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny", {"mine": quick})
    assert OpenClipEncoder.load("tiny", "mine").shape.architecture["quick_gelu"]


def test_default_models_are_known_to_open_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    for model, tag in (open_clip_model.SMALL, open_clip_model.LARGE):
        assert open_clip.get_pretrained_cfg(model, tag)
        assert open_clip.get_model_config(model)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert open_clip_model.default_model() == open_clip_model.SMALL
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert open_clip_model.default_model() == open_clip_model.LARGE


def test_bf16_stays_close(clip: Path, items: dict, monkeypatch: Any, clip_encoder: OpenClipEncoder) -> None:
    expected = clip_encoder.encode_media(items["image"][:3])
    monkeypatch.setattr("ace_core.training.precision.cpu_has_bf16", lambda: True)
    found = clip_encoder.encode_media(items["image"][:3])
    assert not np.array_equal(found, expected)
    assert (found * expected).sum(axis=1).min() > 0.999


# CLAP


def test_clap_of_transformers_contract(clap_encoder: ClapEncoder, items: dict, tmp_path: Path) -> None:
    assert (clap_encoder.towers.library, clap_encoder.modalities) == ("transformers", {"audio"})
    check_contract(clap_encoder, items["audio"][:4])
    check_batch_is_one_by_one(clap_encoder, items["audio"][:4])
    check_bad_files(clap_encoder, items["audio"][:3], tmp_path)
    check_loaded_again(clap_encoder, items["audio"][:2])


def test_clap_of_transformers_gives_what_transformers_gives(
    clap_folder: Path, clap_encoder: ClapEncoder, tmp_path: Path
) -> None:
    model = ClapModel.from_pretrained(clap_folder).eval()
    wave = (0.3 * np.random.default_rng(0).standard_normal(480_000)).clip(-0.9, 0.9).astype(np.float32)
    wave = (wave * 32767).astype(np.int16) / np.float32(32767)
    soundfile.write(tmp_path / "noise.wav", wave, 48_000, subtype="FLOAT")
    heard = ClapFeatureExtractor.from_pretrained(clap_folder)(wave, sampling_rate=48_000, return_tensors="pt")
    expected = unit(model.get_audio_features(heard["input_features"].float()).pooler_output)
    assert np.allclose(clap_encoder.encode_media([Media(tmp_path / "noise.wav", "audio")]), expected, atol=1e-3)
    ids = RobertaTokenizer.from_pretrained(clap_folder)(TEXTS[:2], padding=True, return_tensors="pt")
    assert np.allclose(
        clap_encoder.encode_text(TEXTS[:2]), unit(model.get_text_features(**ids).pooler_output), atol=1e-5
    )


def long_sound(path: Path, seconds: float, rate: int = 16_000) -> np.ndarray:
    """Ten seconds of noise, ten of a tone, ten of hardly anything, and so on."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(1).standard_normal(len(time))
    wave = np.choose((time // 10).astype(int) % 3, [0.3 * noise, np.sin(2 * np.pi * 440 * time), 1e-4 * noise])
    soundfile.write(path, wave.astype(np.float32), rate, subtype="FLOAT")
    return wave.astype(np.float32)


def test_a_long_sound_is_heard_to_its_end(clap_encoder: ClapEncoder, tmp_path: Path) -> None:
    wave = long_sound(tmp_path / "long.wav", 30)
    starts = (0, 160_000, 320_000)  # three windows of 10 s
    for start in starts:
        soundfile.write(tmp_path / f"{start}.wav", wave[start : start + 160_000], 16_000, subtype="FLOAT")
    parts = clap_encoder.encode_media([Media(tmp_path / f"{start}.wav", "audio") for start in starts])
    whole = clap_encoder.encode_media([Media(tmp_path / "long.wav", "audio")])[0]
    mean = parts.mean(axis=0)
    assert np.allclose(whole, mean / np.linalg.norm(mean), atol=1e-5)
    assert float(whole @ parts[0]) < 0.999


@pytest.mark.parametrize(("seconds", "count"), [(0.3, 1), (10, 1), (10.5, 2), (20, 2), (31, 4)])
def test_windows_of_a_sound(seconds: float, count: int, tmp_path: Path) -> None:
    wave = long_sound(tmp_path / "sound.wav", seconds, 8_000)
    windows = sound_windows(tmp_path / "sound.wav", 8_000, 80_000)
    assert windows.shape == (count, 80_000)
    assert np.allclose(windows[-1][-1 if count > 1 else len(wave) - 1], wave[-1], atol=1e-6)  # heard to the last sample
    assert np.allclose(windows[0][: min(len(wave), 80_000)], wave[:80_000], atol=1e-6)
    assert len(sound_windows(tmp_path / "sound.wav", 8_000, 80_000, most=2)) == min(2, count)


@given(st.integers(1, 40), st.integers(0, 60))
def test_a_short_sound_is_repeated_whole(samples: int, more: int) -> None:
    wave = np.arange(1, samples + 1, dtype=np.float32)
    filled = repeat_to(wave, samples + more)
    times = (samples + more) // samples
    assert np.array_equal(filled[: times * samples], np.concatenate([wave] * times))
    assert not filled[times * samples :].any()
    assert len(filled) == samples + more


def test_laion_clap_gives_what_laion_clap_gives(laion_encoder: ClapEncoder, laion: Path, tmp_path: Path) -> None:
    assert laion_encoder.towers.library == "laion-clap"
    assert laion_encoder.dimension == 512
    model = laion_encoder.towers._model
    wave = repeat_to(long_sound(tmp_path / "short.wav", 4, 48_000), 480_000)
    wave = (wave.clip(-1, 1) * 32767.0).astype(np.int16) / np.float32(32767)
    expected = model.get_audio_embedding([{"waveform": torch.from_numpy(wave)}])
    vector = laion_encoder.encode_media([Media(tmp_path / "short.wav", "audio")])
    assert np.allclose(vector, expected.numpy(), atol=1e-5)
    tokenizer = RobertaTokenizer.from_pretrained(laion)
    padded = tokenizer(TEXTS, padding="max_length", truncation=True, max_length=77, return_tensors="pt")
    expected = model.get_text_embedding({name: padded[name] for name in ("input_ids", "attention_mask")})
    assert np.allclose(laion_encoder.encode_text(TEXTS), expected.numpy(), atol=1e-5)
    assert laion_encoder.scale == pytest.approx(1 / 0.07, rel=1e-2)


def in_the_names_of_transformers(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """laion-clap's tensors under the names that transformers has for them."""
    names = {
        r"^text_branch": "text_model",
        r"^audio_branch": "audio_model.audio_encoder",
        r"\.attn\.proj\.": ".attention.output.dense.",
        r"\.attn\.(relative|qkv)": r".attention.self.\1",
        r"mlp\.fc1": "intermediate.dense",
        r"mlp\.fc2": "output.dense",
        r"norm1": "layernorm_before",
        r"norm2": "layernorm_after",
        r"bn0": "batch_norm",
        r"_projection\.0": "_projection.linear1",
        r"_projection\.2": "_projection.linear2",
    }
    renamed = {}
    for name, value in tensors.items():
        if "_extractor." in name:  # transformers makes the log-mel picture outside the model
            continue
        for pattern, new in names.items():
            name = re.sub(pattern, new, name)
        if ".qkv." in name:
            for part, third in zip(("query", "key", "value"), value.chunk(3), strict=True):
                renamed[name.replace("qkv", part)] = third.clone()
        else:
            renamed[name] = value
    return renamed


def test_both_libraries_hear_the_same(laion: Path, laion_encoder: ClapEncoder, items: dict, tmp_path: Path) -> None:
    """One set of weights in two independent implementations, from the file on disk to the vector."""
    folder = tmp_path / "converted"
    text = TEXT | {"hidden_size": 768, "num_attention_heads": 12, "layer_norm_eps": 1e-5}
    ClapConfig(text_config=text).save_pretrained(folder)
    save_file(in_the_names_of_transformers(read_tensors(laion / "mine.pt")), folder / "model.safetensors")
    ClapFeatureExtractor(truncation="rand_trunc", frequency_min=50).save_pretrained(folder)
    make_tokenizer(folder)
    again = ClapEncoder.load(weights=folder)
    assert again.towers.library == "transformers"
    assert np.allclose(
        again.encode_media(items["audio"][:1]), laion_encoder.encode_media(items["audio"][:1]), atol=2e-3
    )
    assert np.allclose(again.encode_text(TEXTS), laion_encoder.encode_text(TEXTS), atol=1e-4)
    assert again.scale == pytest.approx(laion_encoder.scale, rel=1e-4)


def test_laion_clap_is_loaded_again(laion_encoder: ClapEncoder, laion: Path, monkeypatch: Any) -> None:
    told = json.loads(json.dumps(laion_encoder.reference()))
    with pytest.raises(BundleError, match=r"mine\.pt is not the file of weights"):
        ClapEncoder.from_reference(told | {"sha256": "0" * 64}, laion)
    asked: list[tuple] = []

    def towers(*how: Any) -> Any:
        asked.append(how)
        return laion_encoder.towers  # which takes seconds to build

    monkeypatch.setattr(clap, "LaionTowers", towers)
    assert ClapEncoder.from_reference(told, laion).fingerprint == laion_encoder.fingerprint
    fetched_before(clap.LAION_HUB, [laion / "mine.pt"])
    assert ClapEncoder.from_reference(told).reference() == told
    assert [(model, file.name) for model, file, _ in asked] == [("HTSAT-tiny", "mine.pt")] * 2


def test_clap_from_the_hub(clap_folder: Path, clap_encoder: ClapEncoder, items: dict, monkeypatch: Any) -> None:
    fetched_before(clap.TRANSFORMERS, [*clap_folder.iterdir()])
    by_name = ClapEncoder.load(clap.TRANSFORMERS)
    assert by_name.fingerprint == clap_encoder.fingerprint
    monkeypatch.setattr(clap, "laion_is_there", lambda: False)
    assert ClapEncoder.load().model == clap.TRANSFORMERS
    with pytest.raises(ConfigError, match="laion-clap cannot be imported here"):
        ClapEncoder.load("HTSAT-tiny")


def test_sounds_are_analysed_in_full_precision(laion_encoder: ClapEncoder) -> None:
    """In bf16 the quiet bands of a loud sound would be lost, wherever the rest is computed in it."""
    audio = laion_encoder.towers._model.audio_branch
    wave = torch.sin(torch.arange(48_000) * 0.1)[None]
    expected = audio.logmel_extractor(audio.spectrogram_extractor(wave))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(audio.logmel_extractor(audio.spectrogram_extractor(wave)), expected)


@pytest.mark.parametrize("kept", [("tokenizer.json",), ("vocab.json", "merges.txt")], ids=lambda kept: kept[0])
def test_a_tokenizer_of_few_files(kept: tuple[str, ...], laion: Path, tmp_path: Path) -> None:
    told = json.loads((laion / "tokenizer.json").read_text())
    (tmp_path / "vocab.json").write_text(json.dumps(told["model"]["vocab"]))
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    (tmp_path / "tokenizer.json").write_text(json.dumps(told))
    (tmp_path / "few").mkdir()
    for name in kept:
        (tmp_path / name).rename(tmp_path / "few" / name)
    (tmp_path / "tokenizer.json").unlink(missing_ok=True)
    (tmp_path / "merges.txt").unlink(missing_ok=True)
    expected, found = Words(laion)(TEXTS), Words(tmp_path / "few")(TEXTS)
    assert all(torch.equal(found[name], expected[name]) for name in ("input_ids", "attention_mask"))
    assert expected["input_ids"].shape[1] == 77
    with pytest.raises(ConfigError, match="holds no tokenizer of RoBERTa"):
        Words(tmp_path)  # what is left of one of the two is not enough


def test_laion_clap_leaves_no_trace() -> None:
    """Neither its trainer nor its downloader is imported, and numba's cache stays where it was."""
    import sys

    assert clap_laion.laion_is_there()
    trace = {"laion_clap", "clap_module", "training", "hook", "webdataset", "wget"} & set(sys.modules)
    assert trace == set()
    assert os.environ.get("NUMBA_CACHE_DIR") != "/tmp/"


# what is refused


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("open_clip", {}),
        ("open_clip", {"model": "ViT-B/32", "pretrained": "laion2b_s34b_b79k"}),
        ("open_clip", {"model": "hf-hub:someone/some-clip"}),
        ("open_clip", {"model": "local-dir:nowhere"}),
        ("open_clip", {"weights": Path("nowhere")}),
        ("clap", {}),
        ("clap", {"model": "laion/clap-htsat-unfused"}),
        ("clap", {"weights": Path("nowhere")}),
        ("clap", {"model": "local-dir:nowhere"}),
        ("spaces", {}),
    ],
)
def test_missing_weights_are_one_sentence_with_three_ways_out(name: str, how: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=THREE_WAYS) as error:
        ENCODERS[name].load(**how)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "how", "says"),
    [
        ("open_clip", {"model": "ViT-Z-1"}, "no weights '' for the model 'ViT-Z-1'"),
        ("open_clip", {"model": "ViT-Z-1", "weights": Path("nowhere")}, "no model 'ViT-Z-1'"),
        ("open_clip", {"model": "ViT-B-32", "pretrained": "mine"}, "known: openai, laion400m"),
        ("open_clip", {"model": "hf-hub:no such name"}, "no open model named 'no such name'"),
        ("clap", {"model": "HTSAT-huge", "weights": Path(__file__)}, "no model 'HTSAT-huge'; known: HTSAT-base"),
    ],
)
def test_unknown_names(name: str, how: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        ENCODERS[name].load(**how)


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


def test_a_pickle_with_code_is_refused(clip: Path, tmp_path: Path) -> None:
    torch.save({"state_dict": {"weight": torch.zeros(1)}, "args": Bomb(tmp_path / "boom")}, tmp_path / "mine.pt")
    with pytest.raises(ConfigError, match=r"mine\.pt is a pickle of more than tensors \(.*mkdir"):
        ENCODERS["open_clip"].load(f"local-dir:{clip}", weights=tmp_path / "mine.pt")
    with pytest.raises(ConfigError, match=r"mine\.pt is a pickle of more than tensors"):
        ENCODERS["clap"].load("HTSAT-tiny", weights=tmp_path / "mine.pt")
    assert not (tmp_path / "boom").exists()


def test_weights_that_do_not_fit(clip: Path, clap_folder: Path, laion: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clip, tmp_path / "other"))
    save_file({"weight": torch.zeros(2)}, folder / "open_clip_model.safetensors")
    with pytest.raises(ConfigError, match="cannot be read as the weights of this model"):
        OpenClipEncoder.load(weights=folder)
    with pytest.raises(ConfigError, match="cannot be read as the weights of this model"):
        ClapEncoder.load("HTSAT-tiny", weights=folder)
    (folder / "open_clip_model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match=r"open_clip_model\.safetensors cannot be read"):
        OpenClipEncoder.load(weights=folder)
    converted = Path(shutil.copytree(clap_folder, tmp_path / "clap"))
    tensors = read_tensors(converted / "model.safetensors")
    del tensors["audio_projection.linear1.weight"]
    save_file(tensors, converted / "model.safetensors")
    with pytest.raises(ConfigError, match=r"1 tensors are missing .* audio_projection\.linear1\.weight"):
        ClapEncoder.load(weights=converted)
    fused = {"audio_branch.patch_embed.mel_conv2d.weight": torch.zeros(1)}
    save_file(fused, tmp_path / "fused.safetensors")
    with pytest.raises(ConfigError, match="trained with fusion"):
        ClapEncoder.load("HTSAT-tiny", weights=tmp_path / "fused.safetensors")


def test_a_configuration_that_runs_code_is_refused(clip: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clip, tmp_path / "model"))
    text = TINY_CLIP["text_cfg"] | {"hf_tokenizer_name": "x/y", "tokenizer_kwargs": {"trust_remote_code": True}}
    config = {"model_cfg": TINY_CLIP | {"text_cfg": text}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigError, match="asks to run code of its own"):
        OpenClipEncoder.load(weights=folder)
    (folder / "open_clip_config.json").write_text('{"model": 1}')
    with pytest.raises(ConfigError, match="no configuration of open_clip"):
        OpenClipEncoder.load(weights=folder)
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": TINY_CLIP | {"vision_cfg": {"patch_size": 0}}})
    )
    with pytest.raises(ConfigError, match="open_clip cannot build"):
        OpenClipEncoder.load(weights=folder)


def test_a_tokenizer_beside_the_weights_is_used(clip: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clip, tmp_path / "model"))
    text = TINY_CLIP["text_cfg"] | {"hf_tokenizer_name": "x/y"}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY_CLIP | {"text_cfg": text}}))
    with pytest.raises(ConfigError, match=THREE_WAYS):
        OpenClipEncoder.load(weights=folder)
    make_tokenizer(folder)
    encoder = OpenClipEncoder.load(weights=folder)
    assert encoder.encode_text(TEXTS).shape == (4, 16)
    assert encoder.reference()["tokens"] != OpenClipEncoder.load(weights=clip).reference()["tokens"]


def test_which_file_of_weights(tmp_path: Path) -> None:
    for name in ("a.pt", "b.pt", "c.safetensors"):
        (tmp_path / name).touch()
    assert find_weights(tmp_path).name == "c.safetensors"
    assert find_weights(tmp_path, ("b",)).name == "b.pt"
    assert find_weights(tmp_path / "a.pt").name == "a.pt"
    (tmp_path / "d.safetensors").touch()
    with pytest.raises(ConfigError, match=r"several files of weights \(c\.safetensors, d\.safetensors"):
        find_weights(tmp_path)


# how it runs


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 12), st.integers(1, 15))
def test_media_are_loaded_ahead_and_in_order(count: int, ahead: int) -> None:
    media = [Media(Path(str(index)), "image") for index in range(count)]
    begun: list[str] = []

    def load(one: Media) -> str:
        begun.append(str(one.path))
        return str(one.path)

    for index, loaded in enumerate(load_ahead(load, media, ahead)):
        assert loaded == str(index)
        assert len(begun) <= index + 1 + ahead
    assert sorted(begun) == sorted(str(index) for index in range(count))


def test_importing_encoders_imports_no_model_library() -> None:
    heavy = {"open_clip", "transformers", "laion_clap", "huggingface_hub", "timm", "torchlibrosa"}
    for file in Path(ace_core.encoders.__file__).parent.glob("*.py"):
        for node in ast.parse(file.read_text()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not heavy & {name.split(".")[0] for name in names}, file.name


def test_a_vector_that_is_not_finite_names_the_file(
    clip_encoder: OpenClipEncoder, items: dict, monkeypatch: Any
) -> None:
    def broken(views: torch.Tensor) -> torch.Tensor:
        return torch.full((len(views), 16), torch.nan)

    monkeypatch.setattr(clip_encoder, "_encode", broken)
    with pytest.raises(ace_core.errors.MediaError, match=items["image"][0].path.name):
        clip_encoder.encode_media(items["image"][:2])
