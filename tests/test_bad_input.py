"""Odd and broken media: each decodes as a person would expect, or is refused by name with a reason."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ace_core.collection import Modality
from ace_core.errors import MediaError
from ace_core.media import image, load_audio, load_audio_windows, load_frames, load_image, probe, video
from tests.made_media import gradient, mutated, tone, write_clip, write_packed, write_picture, write_sound
from tests.odd_media import CLIPS, FRAMES, KINDS, Case, Make, announcing, bomb, clip

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow warns of what it then reads or refuses


def decode(path: Path, modality: Modality) -> np.ndarray:
    if modality == "image":
        return load_image(path)
    return load_audio(path, 16_000) if modality == "audio" else load_frames(path, FRAMES)


@pytest.mark.parametrize(
    ("modality", "case"),
    [pytest.param(modality, case, id=f"{case.name[:24]!a}") for modality, cases in KINDS for case in cases],
)
def test_odd_and_broken_files(tmp_path: Path, modality: Modality, case: Case) -> None:
    path = tmp_path / case.name
    case.make(path)
    if case.told:
        with pytest.raises(MediaError, match=case.told):
            decode(path, modality)
    else:
        assert case.looks(decode(path, modality))


# Beyond the table


def traced(call: Callable[[], object]) -> int:
    """The most bytes of Python and numpy memory held while `call` is refused."""
    tracemalloc.start()
    try:
        with pytest.raises(MediaError):
            call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("samples", [2**36 - 1, 3_000_000_000, 50_000_000])
def test_a_header_that_lies_costs_no_memory(tmp_path: Path, samples: int) -> None:
    """Of 200 KB: more than its bytes can hold, more than is read at once, and more than is there."""
    path = tmp_path / "lying.flac"
    write_sound(path, np.random.default_rng(0).normal(scale=0.1, size=(44_100, 2)))
    path.write_bytes(announcing(path.read_bytes(), samples))
    assert traced(lambda: load_audio(path, 16_000)) < 20_000_000
    assert traced(lambda: load_audio_windows(path, 16_000, 2.0, 5)) < 20_000_000


def test_a_picture_bomb_is_refused_before_a_pixel_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb(tmp_path / "bomb.png")
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    for call in (lambda: load_image(tmp_path / "bomb.png", 64), lambda: probe(tmp_path / "bomb.png", "image")):
        assert traced(call) < 5_000_000


def test_a_large_photograph_is_read_at_a_smaller_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "MAX_PIXELS", 100 * 70)
    Image.fromarray(gradient(480, 640)).save(tmp_path / "photo.jpg")
    Image.fromarray(gradient(480, 640)).save(tmp_path / "progressive.jpg", progressive=True)
    small = load_image(tmp_path / "photo.jpg", 32)
    assert np.abs(small.astype(int) - load_image_slowly(tmp_path / "photo.jpg", 32)).max() <= 8
    assert probe(tmp_path / "photo.jpg", "image").width == 640
    for call in (lambda: load_image(tmp_path / "photo.jpg"), lambda: load_image(tmp_path / "progressive.jpg", 32)):
        with pytest.raises(MediaError, match="640 x 480 pixels is over the limit of 7,000"):
            call()


def load_image_slowly(path: Path, size: int) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(image.fit_square(picture.convert("RGB"), size)).astype(int)


@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_a_turned_photograph_is_upright_and_fitted(tmp_path: Path, orientation: int) -> None:
    """As it lies on the disk it is turned so that the note turns it back."""
    back = {2: 2, 3: 3, 6: 8, 8: 6}[orientation]
    exif = Image.Exif()
    exif[image.ORIENTATION] = orientation
    stored = Image.fromarray(gradient(64, 64)).transpose(image.UPRIGHT[back])
    stored.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    shown = load_image(tmp_path / "turned.jpg", 16)
    Image.fromarray(gradient(64, 64)).save(tmp_path / "plain.jpg", quality=95)
    assert np.abs(shown.astype(int) - load_image(tmp_path / "plain.jpg", 16)).max() <= 12


@pytest.mark.parametrize("name", ["changing.mp4", "odd.mp4", "one.mov"])
def test_clips_without_decord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    case = next(case for case in CLIPS if case.name == name)
    case.make(tmp_path / name)
    monkeypatch.setattr(video, "decord", None)
    assert case.looks(load_frames(tmp_path / name, FRAMES))


def test_a_name_that_no_file_can_have() -> None:
    for name in ("a\0b.jpg", "\ud800.jpg", "x" * 300 + ".jpg"):
        for modality in ("image", "audio", "video"):
            with pytest.raises(MediaError, match=r"\.jpg: (the file cannot be opened|the name is too long)"):
                decode(Path("/tmp") / name, modality)  # type: ignore[arg-type]


def test_what_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_picture(tmp_path / "secret.png")
    (tmp_path / "round.png").symlink_to("round.png")
    with pytest.raises(MediaError, match="leads back to itself"):
        load_image(tmp_path / "round.png")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refused)
    with pytest.raises(MediaError, match=r"secret\.png: the file may not be read; give yourself leave"):
        load_image(tmp_path / "secret.png")


@pytest.mark.parametrize("ending", ["mkv", "webm", "mp4"])
def test_frames_are_chosen_by_the_time_they_are_shown(tmp_path: Path, ending: str) -> None:
    """Half of the frames pass in the first half second; the last three stay for three seconds each."""
    times = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 3.0, 6.0]
    codec = "libvpx" if ending == "webm" else "libx264"
    write_clip(tmp_path / f"uneven.{ending}", frames=8, times=times, codec=codec)
    frames = load_frames(tmp_path / f"uneven.{ending}", 6)  # in the middles of parts of about a second
    wanted = [20 + 200 * i // 8 for i in (5, 5, 5, 6, 6, 6)]
    assert np.abs(frames[:, -2, -2].mean(axis=-1) - wanted).max() < 6


# Anything at all

FUZZED: dict[str, tuple[Modality, Make]] = {
    **{f"p.{e}": ("image", write_picture) for e in ("jpg", "png", "webp", "gif", "bmp", "tif")},
    **{f"s.{e}": ("audio", lambda path: write_sound(path, tone(0.3))) for e in ("wav", "flac", "ogg", "mp3")},
    **{f"s.{e}": ("audio", lambda path: write_packed(path, "aac", tone(0.3))) for e in ("m4a", "aac")},
    **{f"c.{e}": ("video", write_clip) for e in ("mp4", "mov", "mkv")},
    "c.avi": ("video", clip(codec="mpeg4")),
    "c.webm": ("video", clip(codec="libvpx")),
    "c.gif": ("video", clip(codec="gif", pixels="rgb8", frames=3)),
}


@pytest.mark.parametrize("name", FUZZED)
def test_mutated_files_decode_or_raise_one_error(tmp_path: Path, name: str) -> None:
    (modality, make), path, rng = FUZZED[name], tmp_path / name, np.random.default_rng(7)
    make(path)
    content = path.read_bytes()
    calls: list[Callable[[], np.ndarray]] = [lambda: decode(path, modality)]
    if modality == "audio":
        calls.append(lambda: load_audio_windows(path, 8_000, 0.1, 3))
    for trial in range(30):
        path.write_bytes(mutated(content, rng, trial))
        for call in calls:
            try:
                outcome = call()
            except MediaError as error:
                told = str(error)
            else:
                told = f"{path}: "
                assert outcome.size
                assert outcome.dtype in (np.uint8, np.float32)
            assert told.startswith(f"{path}: ")
