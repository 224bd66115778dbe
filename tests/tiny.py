"""A collection of sixty small media files and a whole bundle over it, made in a second or two.

Its models have their first, random weights: what they answer is valid, and meaningless.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import av
import numpy as np
import soundfile
import torch
from PIL import Image, ImageDraw

from ace_core.bundle import new_bundle
from ace_core.collection import Caption, Collection, Item, Modality, Split
from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.encoders.towers import TrainedSpace
from ace_core.files import sha256_file
from ace_core.identifiers.codec import Codec, CodecConfig, assign_unique
from ace_core.parts import Parts, level_sizes, save_parts
from ace_core.retriever.model import Retriever, RetrieverConfig
from ace_core.text import Tokenizer

COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 180, 60),
    "blue": (50, 80, 220),
    "yellow": (240, 210, 40),
    "white": (250, 250, 250),
}
SHAPES = ("circle", "square", "bar")
PLACES = ("left", "right")
TONES = {"deep": 110, "low": 220, "plain": 440, "high": 880, "shrill": 1760}  # Hz
BEATS = {"once": 1, "twice": 2, "thrice": 3, "often": 6}  # in half a second
RATE = 16_000  # Hz


def make_tiny_collection(folder: Path) -> Collection:
    """30 pictures, 20 sounds and 10 clips in `folder`, with manifest.jsonl; one item in five is held out."""
    folder.mkdir(parents=True, exist_ok=True)
    items = [*_pictures(folder), *_sounds(folder), *_clips(folder)]
    collection = Collection("tiny", folder, tuple(items))
    collection.save(folder / "manifest.jsonl")
    return collection


def make_tiny_bundle(folder: Path) -> Path:
    """`folder`/bundle over `folder`/media; the path of the bundle."""
    collection = make_tiny_collection(folder / "media")
    path = folder / "bundle"
    parts = tiny_parts(collection, folder / "codec")
    with new_bundle(path) as staged:
        save_parts(staged, path, parts, collection, folder / "media" / "manifest.jsonl", {"tiny": 0}, {})
    return path


def tiny_parts(collection: Collection, work: Path) -> Parts:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    modalities = [item.modality for item in collection]
    texts = [said.text for item in collection for said in (*item.captions, *item.queries)]
    tokenizer = Tokenizer.train(texts, vocab_size=400)
    joint = JointConfig(tokenizer.size, feature_dimension=8, dimension=16, queries=2, text_layers=1, text_heads=2)
    vectors = _unit(rng.normal(size=(len(collection), joint.dimension)))
    config = CodecConfig(
        coarse={"image": 4, "audio": 3, "video": 2}, levels=2, codebook_size=4, latent=8, hidden=16, steps=0
    )
    codec = Codec.fit(vectors, modalities, config, work)
    codes = assign_unique(codec.encode(vectors, modalities))
    retriever = RetrieverConfig(
        tokenizer.size, level_sizes(codec, codes), d_model=16, encoder_layers=2, decoder_layers=1, heads=2, d_ff=32
    )
    held_out = [item for item in collection if item.split == "held_out"]
    return Parts(
        tokenizer=tokenizer,
        retriever=Retriever(retriever, tokenizer).eval(),
        codec=codec,
        codes=codes,
        joint=TrainedSpace(JointSpace(joint), tokenizer),
        vectors=vectors,
        dual_tower=TrainedSpace(JointSpace(joint), tokenizer),
        dual_vectors=_unit(rng.normal(size=vectors.shape)),
        pseudo_queries=[[f"perhaps {item.attributes['what']}"] for item in collection],
        examples=[{"query": item.queries[0].text, "modality": item.modality, "item": item.id} for item in held_out],
        metrics={"tiny": True},
        report={"levels": 4},
    )


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _item(folder: Path, number: int, modality: Modality, name: str, what: str) -> Item:
    split: Split = "held_out" if number % 5 == 4 else "dev" if number % 10 == 3 else "train"
    said = (Caption(what, "terse"), Caption(f"this one has {what} in it", "descriptive"))
    asked = (Caption(f"I am looking for {what}, number {number}", "wondering"),)
    return Item(
        id=f"{modality}-{number:03d}",
        modality=modality,
        path=name,
        captions=said if split == "train" else (),
        queries=asked,
        split=split,
        attributes={"what": what},
        sha256=sha256_file(folder / name),
    )


def _draw(colour: str, shape: str, left: int, size: int = 48) -> Image.Image:
    image = Image.new("RGB", (size, size), (20, 20, 30))
    box = (left, 14, left + (8 if shape == "bar" else 20), 34)
    pen = ImageDraw.Draw(image)
    (pen.ellipse if shape == "circle" else pen.rectangle)(box, fill=COLOURS[colour])
    return image


def _pictures(folder: Path) -> list[Item]:
    items = []
    for number, (colour, shape, place) in enumerate(itertools.product(COLOURS, SHAPES, PLACES)):
        name = f"picture-{number:02d}.png"
        _draw(colour, shape, 2 if place == "left" else 26).save(folder / name)
        items.append(_item(folder, number, "image", name, f"a {colour} {shape} on the {place}"))
    return items


def _sounds(folder: Path) -> list[Item]:
    items = []
    time = np.arange(RATE // 2) / RATE
    for number, (tone, beats) in enumerate(itertools.product(TONES, BEATS)):
        name = f"sound-{number:02d}.wav"
        wave = 0.4 * np.sin(2 * np.pi * TONES[tone] * time) * (np.sin(4 * np.pi * BEATS[beats] * time) > 0)
        soundfile.write(folder / name, wave.astype(np.float32), RATE)
        items.append(_item(folder, number, "audio", name, f"a {tone} tone, heard {beats}"))
    return items


def _clips(folder: Path) -> list[Item]:
    items = []
    for number, (colour, way) in enumerate(itertools.product(COLOURS, ("right", "left"))):
        name = f"clip-{number:02d}.mp4"
        lefts = range(2, 26, 3) if way == "right" else range(26, 2, -3)
        with av.open(str(folder / name), "w") as container:
            stream = container.add_stream("libx264", rate=8)
            stream.width, stream.height, stream.pix_fmt = 48, 48, "yuv420p"
            for left in lefts:
                frame = av.VideoFrame.from_image(_draw(colour, "square", left))
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        items.append(_item(folder, number, "video", name, f"a {colour} square moving {way}"))
    return items
