"""The tokenizer: lossless up to normalisation, safe against special tokens in the text, the same after a reload."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.errors import BundleError, TrainingError
from ace_core.text import BOS, EOS, PAD, Tokenizer

CAPTIONS = [
    "a red boat on a lake",
    "two red boats, and a bell",
    "the bell rings twice while rain falls",
    "rain falls on the lake at dusk",
    "a dog barks; the bell rings",
] * 3


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(CAPTIONS, vocab_size=400)


def test_shapes_ids_and_mask(tokenizer: Tokenizer) -> None:
    ids, mask = tokenizer.encode_batch(["a red boat", "the bell rings twice while rain falls", ""])
    assert ids.dtype == torch.int64
    assert mask.dtype == torch.bool
    assert (ids[:, 0] == BOS).all()
    assert (mask.sum(1) == (ids != PAD).sum(1)).all()
    assert ids[2].tolist()[:2] == [BOS, EOS]
    assert mask[2].sum() == 2
    assert [int(row[keep][-1]) for row, keep in zip(ids, mask, strict=True)] == [EOS] * 3
    assert tokenizer.encode_batch([])[0].shape == (0, 2)


def test_known_words_are_single_tokens(tokenizer: Tokenizer) -> None:
    ids, mask = tokenizer.encode_batch(["Red BOAT"])
    assert mask.sum() == 4
    assert [tokenizer.words[i] for i in ids[0, 1:3].tolist()] == ["red", "boat"]
    assert all(word.isalpha() for word in tokenizer.words.values())
    assert tokenizer.size <= 400


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=40))
def test_round_trip_of_any_text(tokenizer: Tokenizer, text: str) -> None:
    ids, mask = tokenizer.encode_batch([text], max_tokens=2000)
    assert int(ids[0, -1]) == EOS
    assert mask.all()
    assert tokenizer.decode(ids[0]) == tokenizer.normalize(text)


@pytest.mark.parametrize(
    "text", ["ein roter Käse 🧀 am See", "赤い船", "naïve   café\t\n end", "\ud800 lone", "<eos> <pad>"]
)
def test_unicode_and_markup(tokenizer: Tokenizer, text: str) -> None:
    ids, _ = tokenizer.encode_batch([text], max_tokens=200)
    assert (ids[0, 1:-1] > EOS).all()
    assert tokenizer.decode(ids[0]) == tokenizer.normalize(text)


def test_over_long_text_keeps_eos(tokenizer: Tokenizer) -> None:
    ids, mask = tokenizer.encode_batch(["the bell rings " * 50, "rain"], max_tokens=12)
    assert ids.shape == (2, 12)
    assert int(ids[0, -1]) == EOS
    assert mask[0].all()
    with pytest.raises(ValueError, match="max_tokens"):
        tokenizer.encode_batch(["rain"], max_tokens=1)


def test_decode_stops_at_eos_and_skips_padding(tokenizer: Tokenizer) -> None:
    ids, _ = tokenizer.encode_batch(["rain falls", "the bell rings twice while rain falls"])
    assert tokenizer.decode(ids[0]) == "rain falls"
    assert tokenizer.decode([*ids[0].tolist(), *ids[1].tolist()]) == "rain falls"
    assert tokenizer.decode([BOS, EOS]) == ""


def test_save_and_load_give_an_equal_tokenizer(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = Tokenizer.load(tmp_path / "tokenizer.json")
    assert loaded == tokenizer
    assert loaded != Tokenizer.train(CAPTIONS, vocab_size=300)
    texts = [*CAPTIONS, "<bos> odd Ünïcode"]
    assert torch.equal(loaded.encode_batch(texts)[0], tokenizer.encode_batch(texts)[0])


def test_unreadable_files_and_empty_training_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"nowhere\.json"):
        Tokenizer.load(tmp_path / "nowhere.json")
    (tmp_path / "other.json").write_text('{"a": 1}')
    with pytest.raises(BundleError, match=r"other\.json"):
        Tokenizer.load(tmp_path / "other.json")
    with pytest.raises(TrainingError, match="no text"):
        Tokenizer.train(["", "  "])


def test_training_is_deterministic(tokenizer: Tokenizer) -> None:
    assert Tokenizer.train(CAPTIONS, vocab_size=400) == tokenizer
