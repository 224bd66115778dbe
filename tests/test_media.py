"""Decoders: right arrays from good files, one `MediaError` naming the file from bad ones."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ace_core.errors import MediaError
from ace_core.media import audio as audio_module
from ace_core.media import guard as guard_module
from ace_core.media import image as image_module
from ace_core.media import load_audio, load_frames, load_image, log_mel, probe, video
from tests.made_media import gradient, write_clip

Decoder = Callable[[Path], object]
DECODERS: dict[str, Decoder] = {
    "picture.png": load_image,
    "picture.jpg": load_image,
    "picture.webp": load_image,
    "sound.wav": load_audio,
    "sound.flac": load_audio,
    "sound.ogg": load_audio,
    "clip.mp4": lambda path: load_frames(path, 4),
    "clip.mkv": lambda path: load_frames(path, 4),
}


def write_sound(path: Path, seconds: float = 1.0, rate: int = 44_100, hertz: float = 1000.0) -> Path:
    tone = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    soundfile.write(path, np.stack([tone, tone], axis=1), rate)
    return path


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("samples")
    files = {name: folder / name for name in DECODERS}
    for name, path in files.items():
        if name.startswith("picture"):
            Image.fromarray(gradient()).save(path)
        elif name.startswith("sound"):
            write_sound(path)
        else:
            write_clip(path)
    return files


# Pictures


@pytest.mark.parametrize("name", ["picture.png", "picture.jpg", "picture.webp"])
def test_picture_decodes_to_its_pixels(samples: dict[str, Path], name: str) -> None:
    pixels = load_image(samples[name])
    assert pixels.shape == (40, 60, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - gradient()).mean() < 6


@pytest.mark.parametrize(("height", "width"), [(40, 60), (61, 33), (1, 7), (301, 2)])
def test_picture_fits_the_short_side_and_keeps_the_middle(tmp_path: Path, height: int, width: int) -> None:
    pixels = np.full((height, width, 3), 200, np.uint8)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    assert load_image(tmp_path / "p.png", size=32).shape == (32, 32, 3)
    assert (load_image(tmp_path / "p.png", size=32) == 200).all()


def test_centre_crop_keeps_the_middle(tmp_path: Path) -> None:
    pixels = np.zeros((30, 90, 3), np.uint8)
    pixels[:, 30:60] = 255
    Image.fromarray(pixels).save(tmp_path / "p.png")
    assert load_image(tmp_path / "p.png", size=30).min() == 255


UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[image_module.ORIENTATION] = orientation
    Image.fromarray(gradient()).save(tmp_path / "p.png", exif=exif)
    shown = load_image(tmp_path / "p.png")
    np.testing.assert_array_equal(shown, UPRIGHT[orientation](gradient()))
    info = probe(tmp_path / "p.png", "image")
    assert (info.height, info.width) == shown.shape[:2]


def test_transparency_lies_over_white(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2, :, 3] = 255
    Image.fromarray(pixels, "RGBA").save(tmp_path / "p.png")
    assert (load_image(tmp_path / "p.png")[:2] == 0).all()
    assert (load_image(tmp_path / "p.png")[2:] == 255).all()
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.save(tmp_path / "p.gif", transparency=1)
    assert (load_image(tmp_path / "p.gif") == 255).all()


@pytest.mark.parametrize(
    ("mode", "suffix", "value", "expected"),
    [
        ("L", ".png", 77, 77),
        ("1", ".png", 1, 255),
        ("LA", ".png", (77, 255), 77),
        ("I;16", ".png", 40_000, 156),
        ("I;16", ".tiff", 257, 1),
        ("F", ".tiff", 0.5, 128),
        ("F", ".tiff", 128.0, 128),
        ("I", ".tiff", 65_535, 255),
        ("CMYK", ".jpg", (0, 0, 0, 0), 255),
    ],
)
def test_unusual_modes_become_rgb(tmp_path: Path, mode: str, suffix: str, value: object, expected: int) -> None:
    path = tmp_path / f"p{suffix}"
    Image.new(mode, (8, 8), value).save(path)  # type: ignore[arg-type]
    pixels = load_image(path)
    assert pixels.shape == (8, 8, 3)
    assert np.abs(pixels.astype(int) - expected).max() <= 1


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "p.gif", save_all=True, append_images=frames[1:])
    assert load_image(tmp_path / "p.gif")[0, 0].tolist() == [255, 0, 0]


def test_pixel_limit_is_checked_before_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (9000, 9000)).save(tmp_path / "huge.png")
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(MediaError, match="9000 x 9000 pixels is over the limit"):
        load_image(tmp_path / "huge.png")


# Sounds


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000, 44_100, 48_000])
def test_sound_is_mono_at_the_rate_asked_and_keeps_its_pitch(samples: dict[str, Path], rate: int) -> None:
    wave = load_audio(samples["sound.wav"], rate=rate)
    assert wave.dtype == np.float32
    assert wave.ndim == 1
    assert abs(len(wave) - rate) <= 2
    peak = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))).argmax() * rate / len(wave)
    assert abs(peak - 1000) < 3
    assert abs(np.abs(wave[rate // 4 : rate // 2]).max() - 0.5) < 0.02


def test_only_the_beginning_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sound(tmp_path / "s.flac", seconds=2.0, rate=16_000)
    whole = load_audio(tmp_path / "s.flac", rate=16_000)
    np.testing.assert_array_equal(load_audio(tmp_path / "s.flac", rate=16_000, max_seconds=0.5), whole[:8000])
    assert len(load_audio(tmp_path / "s.flac", rate=16_000, max_seconds=9.0)) == len(whole)
    monkeypatch.setattr(audio_module, "MAX_SECONDS", 1.0)
    with pytest.raises(MediaError, match="2 seconds is over the limit of 1"):
        load_audio(tmp_path / "s.flac")
    assert len(load_audio(tmp_path / "s.flac", rate=16_000, max_seconds=0.5)) == 8000


def test_sounds_without_length_or_with_broken_samples(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros((0, 1)), 16_000)
    with pytest.raises(MediaError, match=r"none\.wav.*no length"):
        load_audio(tmp_path / "none.wav")
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan], np.float32), 16_000, subtype="FLOAT")
    with pytest.raises(MediaError, match="not numbers"):
        load_audio(tmp_path / "nan.wav")


def test_log_mel_is_what_its_definition_says() -> None:
    rate, window, hop, bands = 16_000, 256, 100, 20
    wave = np.random.default_rng(0).normal(size=1234).astype(np.float32)
    mel = log_mel(wave, rate, bands=bands, window=window, hop=hop)
    assert mel.shape == (1 + 1234 // hop, bands)
    assert mel.dtype == np.float32
    from librosa.filters import mel as filters

    mirrored = np.pad(wave, window // 2, mode="reflect").astype(float)
    basis = np.exp(-2j * np.pi * np.outer(np.arange(window // 2 + 1), np.arange(window)) / window)
    hann = np.sin(np.pi * np.arange(window) / window) ** 2
    for i in (0, 5, len(mel) - 1):
        power = np.abs(basis @ (hann * mirrored[i * hop : i * hop + window])) ** 2 / window
        expected = np.log(np.maximum(filters(sr=rate, n_fft=window, n_mels=bands) @ power, 1e-6))
        np.testing.assert_allclose(mel[i], expected, atol=1e-3)


def test_log_mel_of_silence_of_short_sounds_and_of_rising_tones() -> None:
    assert np.allclose(log_mel(np.zeros(2400, np.float32), 24_000), np.log(1e-6))
    assert log_mel(np.ones(1, np.float32), 24_000).shape == (1, 64)
    with pytest.raises(ValueError, match="at least one sample"):
        log_mel(np.zeros(0, np.float32), 24_000)
    time = np.arange(24_000) / 24_000
    loudest = [log_mel(np.sin(2 * np.pi * hertz * time), 24_000)[25].argmax() for hertz in (200, 400, 1000, 3000, 9000)]
    assert loudest == sorted(set(loudest))


# Clips


@pytest.fixture(params=["decord", "pyav"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with each of the two ways to read a clip, and be sure that it is the one in use."""
    if request.param == "decord":
        if video.decord is None:
            pytest.skip("decord has no wheel for this machine; PyAV reads the clips")
        monkeypatch.setattr(video, "_with_pyav", lambda *_: pytest.fail("fell back to PyAV"))
    else:
        monkeypatch.setattr(video, "decord", None)
    return str(request.param)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
@pytest.mark.parametrize("count", [1, 4, 12, 30])
def test_frames_are_evenly_spaced(samples: dict[str, Path], reader: str, name: str, count: int) -> None:
    frames = load_frames(samples[name], count)
    assert frames.shape == (count, 64, 96, 3)
    assert frames.dtype == np.uint8
    expected = 20 + 200 * ((2 * np.arange(count) + 1) * 12 // (2 * count)) // 12
    assert np.abs(frames[:, 50, 80].mean(axis=-1) - expected).max() < 4
    assert frames[:, 10, 10].max() < 12


def test_frames_are_fitted_as_pictures_are(samples: dict[str, Path], reader: str) -> None:
    frames = load_frames(samples["clip.mp4"], 3, size=32)
    assert frames.shape == (3, 32, 32, 3)
    assert frames[:, 4, 4].max() < 12


def shown_at(moment: float, starts: np.ndarray) -> int:
    """The slow way: the last frame that has come on."""
    return max(i for i, start in enumerate(starts) if start <= moment + video.ROUNDING)


@given(
    stays=st.lists(st.floats(0.01, 5.0), min_size=1, max_size=40),
    begin=st.floats(-3.0, 10.0),
    count=st.integers(1, 50),
)
def test_spread_picks_what_is_shown_in_the_middle_of_each_part(stays: list[float], begin: float, count: int) -> None:
    edges = begin + np.cumsum([0.0, *stays])
    starts, end = edges[:-1], edges[-1]
    places = video.spread(starts, end, count)
    length = end - starts[0]
    assert places.tolist() == [shown_at(starts[0] + (i + 0.5) * length / count, starts) for i in range(count)]


def test_spread_of_an_even_clip_and_of_one_without_times() -> None:
    for frames in (1, 2, 7, 36):
        for count in (1, 2, 5, 36, 50):
            even = ((2 * np.arange(count) + 1) * frames // (2 * count)).tolist()
            assert video.spread(np.arange(frames) / 0.7 + 4, frames / 0.7 + 4, count).tolist() == even
            for end in (float("nan"), float("inf"), -1.0):
                assert video.spread(np.arange(frames) / 30, end, count).tolist() == even
            assert video.spread(np.full(frames, np.nan), 1.0, count).tolist() == even
    assert video.spread(np.array([0.0, 2.0, 1.0]), 3.0, 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("frames", "width", "height"), [(1, 96, 64), (2, 32, 32), (5, 34, 50)])
def test_short_and_small_clips(tmp_path: Path, reader: str, frames: int, width: int, height: int) -> None:
    write_clip(tmp_path / "c.mp4", frames, width, height)
    assert load_frames(tmp_path / "c.mp4", 4).shape == (4, height, width, 3)


def test_a_turned_clip_is_shown_upright(samples: dict[str, Path], tmp_path: Path, reader: str) -> None:
    content = bytearray(samples["clip.mp4"].read_bytes())
    matrix = content.find(b"tkhd") + 44  # after the type, version, times, track, duration, layer and volume
    quarter = np.array([0, 65536, 0, -65536, 0, 0, 64 << 16, 0, 1 << 30], ">i4")
    content[matrix : matrix + 36] = quarter.tobytes()
    (tmp_path / "turned.mp4").write_bytes(content)
    frames = load_frames(tmp_path / "turned.mp4", 2)
    assert frames.shape == (2, 96, 64, 3)
    assert frames[1, 10, -10].max() < 12
    assert frames[1, 10, 10].min() > 60


def test_pyav_takes_over_where_decord_fails(samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such thing")

    expected = load_frames(samples["clip.mp4"], 4)
    monkeypatch.setattr(video, "_with_decord", broken)
    assert np.abs(load_frames(samples["clip.mp4"], 4).astype(int) - expected).max() <= 4


def test_a_size_that_decord_cannot_read(tmp_path: Path) -> None:
    write_clip(tmp_path / "tiny.mp4", frames=3, width=16, height=16)
    assert load_frames(tmp_path / "tiny.mp4", 4).shape == (4, 16, 16, 3)


def test_no_file_is_kept_open(samples: dict[str, Path]) -> None:
    def opened() -> list[str]:
        links = Path("/proc/self/fd").iterdir()
        return [os.readlink(link) for link in links if link.exists()]

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not list open files")
    for _ in range(3):
        load_frames(samples["clip.mp4"], 4)
        load_image(samples["picture.png"])
        load_audio(samples["sound.wav"])
    assert not [name for name in opened() if str(samples["clip.mp4"].parent) in name]


def test_a_clip_without_pictures(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "only_sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4410), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(MediaError, match=r"only_sound\.mp4"):
        load_frames(tmp_path / "only_sound.mp4", 4)


def test_clip_limits(samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for count in (0, -1, 10_000):
        with pytest.raises(MediaError, match="ask for 1 to"):
            load_frames(samples["clip.mp4"], count)
    monkeypatch.setattr(video, "MAX_SECONDS", 0.5)
    with pytest.raises(MediaError, match="1 seconds is over the limit"):
        load_frames(samples["clip.mp4"], 4)
    monkeypatch.setattr(video, "MAX_FRAME_PIXELS", 100)
    with pytest.raises(MediaError, match="96 x 64 pixels a frame"):
        load_frames(samples["clip.mp4"], 4)


def test_a_playlist_cannot_name_other_files(samples: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:1,\n{samples['clip.mp4']}\n#EXT-X-ENDLIST\n")
    shutil.copy(tmp_path / "list.m3u8", tmp_path / "list.mp4")
    (tmp_path / "concat.mp4").write_text(f"ffconcat version 1.0\nfile '{samples['clip.mp4']}'\n")
    for name in ("list.m3u8", "list.mp4", "concat.mp4"):
        with pytest.raises(MediaError, match=name):
            load_frames(tmp_path / name, 2)


@pytest.mark.data
def test_decord_and_pyav_agree_on_real_clips_and_with_their_times() -> None:
    folder = os.environ.get("ACE_DATA")
    if not folder:
        pytest.skip("ACE_DATA names no folder of real data")
    if video.decord is None:
        pytest.skip("decord has no wheel for this machine")
    files = sorted((Path(folder) / "video_clips").glob("*.mp4"))
    assert files
    for file in files:
        info = probe(file, "video")
        with av.open(str(file)) as container:  # the slow way: every frame with its time
            track = [(float(frame.time), frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
        starts = np.array([time for time, _ in track])
        assert info.frames == len(track)
        moments = (np.arange(8) + 0.5) * float(info.seconds or 0) / 8
        expected = np.stack([track[shown_at(moment, starts)][1] for moment in moments])
        one = np.stack(list(video._with_decord(file, info, 8)))
        other = np.stack(list(video._with_pyav(file, info, 8)))
        assert one.shape == (8, info.height, info.width, 3)
        np.testing.assert_array_equal(other, expected)
        assert np.abs(one.astype(int) - expected).max() <= 2
        assert (load_frames(file, 8) == one).all()


# Any modality


def test_probe(samples: dict[str, Path]) -> None:
    picture, sound, clip = (
        probe(samples[name], kind)  # type: ignore[arg-type]
        for name, kind in [("picture.jpg", "image"), ("sound.ogg", "audio"), ("clip.mp4", "video")]
    )
    assert (picture.width, picture.height, picture.seconds) == (60, 40, None)
    assert (sound.seconds, sound.rate, sound.channels) == (1.0, 44_100, 2)
    assert (clip.width, clip.height, clip.seconds, clip.frames, clip.rate) == (96, 64, 1.0, 12, 12.0)
    assert all(info.bytes > 0 for info in (picture, sound, clip))


def test_byte_limit(samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "MAX_BYTES", {"image": 10, "audio": 10, "video": 10})
    for name, decode in DECODERS.items():
        with pytest.raises(MediaError, match=rf"{name}.*bytes is over the limit of 10"):
            decode(samples[name])


@pytest.mark.parametrize("name", DECODERS)
def test_what_is_no_media_at_all(tmp_path: Path, name: str) -> None:
    decode, file = DECODERS[name], tmp_path / name
    with pytest.raises(MediaError, match=rf"{name}.*no such file"):
        decode(file)
    file.mkdir()
    with pytest.raises(MediaError, match=rf"{name}.*not a file"):
        decode(file)
    file.rmdir()
    file.touch()
    with pytest.raises(MediaError, match=rf"{name}.*empty"):
        decode(file)
    file.write_text("Dear diary, today I renamed a text file.\n" * 50)
    with pytest.raises(MediaError, match=rf"{name}.*cannot be decoded.*replace it"):
        decode(file)


def attempt(decode: Decoder, file: Path) -> np.ndarray | str:
    """What comes of decoding: an array, or the words of the one error allowed."""
    try:
        return np.asarray(decode(file))
    except MediaError as error:
        return str(error)


@pytest.mark.parametrize("name", DECODERS)
def test_a_file_cut_short(samples: dict[str, Path], tmp_path: Path, name: str) -> None:
    content, file = samples[name].read_bytes(), tmp_path / name
    for share in (0.01, 0.1, 0.3):
        file.write_bytes(content[: int(share * len(content)) + 1])
        outcome = attempt(DECODERS[name], file)
        if isinstance(outcome, str):
            assert str(file) in outcome
        else:  # containers made for streaming say nothing of their length: what is there is what there is
            assert name in ("clip.mkv", "sound.ogg", "sound.wav")
