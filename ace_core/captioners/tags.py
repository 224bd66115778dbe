"""Zero-shot tags: an encoder says which words of a vocabulary fit (CLIP, Radford et al. 2021, arXiv 2103.00020).

The words become sentences, for media that no captioner is at hand for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ace_core.captioners.cleaning import clean
from ace_core.captioners.field import DESCRIBERS, check_request, content_key
from ace_core.captioners.sampling import uniform_draws
from ace_core.captioners.vocabulary import SLOTS, Section, Vocabulary, read_vocabulary, slots
from ace_core.collection import MODALITIES, Modality
from ace_core.encoders.base import Encoder, Media
from ace_core.errors import ConfigError

SHIPPED = Path(__file__).parent / "words"
CLIP_SCALE = 100.0  # of an encoder that does not tell its own
_TRIES = 6  # for every sentence wanted

Tags = Mapping[str, Mapping[str, float]]  # by section: tag -> probability, the likeliest first


@dataclass(frozen=True)
class Tagging:
    """Which tags count: the likeliest of each section, as far as they are nearly as likely."""

    most: int = 6  # of what is seen or heard
    few: int = 2  # of each other section
    share: float = 0.15  # of the likeliest tag's probability

    def __post_init__(self) -> None:
        if min(self.most, self.few) < 1 or not 0 < self.share <= 1:
            raise ConfigError("Tagging: most and few must be at least 1, and share in (0, 1].")


@DESCRIBERS.register("tags")
class TagDescriber:
    """Sentences from the tags that an encoder finds likeliest."""

    name = "tags"
    cached = True

    def __init__(self, encoder: Encoder, vocabulary: Mapping[Modality, Vocabulary], tagging: Tagging) -> None:
        self.encoder, self.vocabulary, self.tagging = encoder, vocabulary, tagging
        self.modalities: frozenset[Modality] = frozenset(vocabulary) & encoder.modalities
        self._vectors: dict[Modality, list[np.ndarray]] = {}

    @classmethod
    def load(
        cls, vocabulary: str | Path | None = None, *, encoder: Encoder, tagging: Tagging | None = None
    ) -> TagDescriber:
        """vocabulary: a folder with image.txt, audio.txt or video.txt as in `vocabulary.py`, or the shipped ones.

        encoder: one with a text tower, such as CLIP for pictures and clips or CLAP for sounds.
        """
        folder = Path(vocabulary) if vocabulary is not None else SHIPPED
        files: dict[Modality, Path] = {modality: folder / f"{modality}.txt" for modality in MODALITIES}
        found = {modality: read_vocabulary(file) for modality, file in files.items() if file.is_file()}
        if not found:
            raise ConfigError(f"{folder} holds no vocabulary; put image.txt, audio.txt or video.txt there.")
        return cls(encoder, found, tagging or Tagging())

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the encoder, the vocabulary and how tags are chosen."""
        words = {modality: asdict(vocabulary) for modality, vocabulary in self.vocabulary.items()}
        settings: list[Any] = [self.encoder.fingerprint, self._scale, words, asdict(self.tagging)]
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()

    def describe(self, media: Sequence[Media], count: int, seed: int) -> list[list[str]]:
        check_request(self, media, count)
        vectors = self.encoder.encode_media(media) if media else ()
        written = []
        for vector, one in zip(vectors, media, strict=True):
            tags, shapes = self.tags(vector, one.modality), self.vocabulary[one.modality].shapes
            written.append(sentences(tags, shapes, count, seed, content_key(one)))
        return written

    def tags(self, vector: np.ndarray, modality: Modality) -> dict[str, dict[str, float]]:
        """The likely tags of an item's vector float32 (D,) by section, the likeliest first, with their probabilities.

        In each section all tags and its `nothing` share one softmax; only tags that are likelier than `nothing` count,
        but of what is seen or heard always the likeliest.
        """
        found = {}
        for section, texts in zip(self.vocabulary[modality].sections, self._texts(modality), strict=True):
            first = section.name == "what"
            most = self.tagging.most if first else self.tagging.few
            logits = self._scale * (texts @ vector).astype(np.float64)
            chances = np.exp(logits - logits.max())
            *tags, nothing = (chances / chances.sum()).tolist()
            best = sorted(range(len(tags)), key=lambda tag: -tags[tag])[:most]
            kept = [tag for tag in best if tags[tag] > nothing and tags[tag] >= self.tagging.share * tags[best[0]]]
            found[section.name] = {section.tags[tag]: tags[tag] for tag in kept or (best[:1] if first else ())}
        return found

    @property
    def _scale(self) -> float:
        return float(getattr(self.encoder, "scale", CLIP_SCALE))

    def _texts(self, modality: Modality) -> list[np.ndarray]:
        """Unit vectors (tags + 1, D) a section: of each tag in all its prompts together, and of `nothing`."""
        if modality not in self._vectors:
            self._vectors[modality] = [self._encode(section) for section in self.vocabulary[modality].sections]
        return self._vectors[modality]

    def _encode(self, section: Section) -> np.ndarray:
        prompted = [[prompt.replace("{}", tag) for tag in section.tags] for prompt in section.prompts]
        rows = self.encoder.encode_text([text for texts in prompted for text in (*texts, section.nothing)])
        mean = rows.reshape(len(prompted), len(section.tags) + 1, -1).mean(0)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True).clip(1e-12)


def sentences(tags: Tags, shapes: Sequence[str], count: int, seed: int, key: str) -> list[str]:
    """At most `count` sentences: the likeliest tags in the first shape that they fill, then both by chance.

    seed and key, which names the item, alone decide the random numbers.
    """
    lengths = {name: len(found) for name, found in tags.items()} | {"other": len(tags["what"]) - 1}
    fitting = [shape for shape in shapes if all(lengths.get(slot, 0) > 0 for slot in slots(shape))]
    draws = uniform_draws(seed, 0, key, (_TRIES * count, 1 + len(SLOTS)))
    draws[0] = 0.0
    return clean([_fill(fitting[int(row[0] * len(fitting))], tags, row[1:]) for row in draws if fitting], count)


def _fill(shape: str, tags: Tags, draws: np.ndarray) -> str:
    """Draw a tag for every slot in proportion to its probability; `other` is another one than `what`."""
    words: dict[str, str] = {}
    for slot, draw in zip(SLOTS, draws.tolist(), strict=True):
        choices = dict(tags.get("what" if slot == "other" else slot, {}))
        if slot == "other":
            choices.pop(words["what"], None)
        if choices:
            bounds = np.cumsum(list(choices.values()))
            place = int(np.searchsorted(bounds, draw * bounds[-1], side="right"))
            words[slot] = list(choices)[min(place, len(choices) - 1)]
    return shape.format(**words)
