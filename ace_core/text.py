"""The tokenizer: byte-level BPE trained on the collection's captions, lower-cased, with no word it cannot write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import torch
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as BpeTokenizer
from torch import Tensor

from ace_core.errors import BundleError, TrainingError
from ace_core.files import atomic_path

PAD, UNK, BOS, EOS = 0, 1, 2, 3
SPECIAL = ("<pad>", "<unk>", "<bos>", "<eos>")
_WORD_START = "Ġ"  # how byte-level BPE writes a space


class Tokenizer:
    """Text <-> token ids. Ids 0 to 3 are pad, unk, bos and eos; a text can never contain them, whatever it says."""

    def __init__(self, bpe: BpeTokenizer) -> None:
        bpe.encode_special_tokens = True  # "<eos>" typed by a user is five characters, not the end
        self._bpe = bpe

    @classmethod
    def train(cls, texts: Iterable[str], vocab_size: int = 4096) -> Tokenizer:
        """Learn at most `vocab_size` tokens (at least 260: the special ones and every byte) from `texts`."""
        texts = [_encodable(text) for text in texts]
        if not any(text.strip() for text in texts):
            raise TrainingError("The tokenizer has no text to learn from; give it captions that are not empty.")
        bpe = BpeTokenizer(models.BPE(unk_token=SPECIAL[UNK]))
        bpe.normalizer = normalizers.Sequence(
            [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
        )
        bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        bpe.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size,
            min_frequency=2,
            special_tokens=list(SPECIAL),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        bpe.train_from_iterator(texts, trainer)
        return cls(bpe)

    def encode_batch(self, texts: Sequence[str], max_tokens: int = 32) -> tuple[Tensor, Tensor]:
        """bos ... eos, padded to the longest: ids int64 (Q, T) and mask bool (Q, T), T <= max_tokens.

        An over-long text loses its tail, never its eos.
        """
        if max_tokens < 2:
            raise ValueError("max_tokens must leave room for bos and eos.")
        rows = [
            [BOS, *encoding.ids[: max_tokens - 2], EOS]
            for encoding in self._bpe.encode_batch([_encodable(text) for text in texts])
        ]
        ids = torch.full((len(rows), max(map(len, rows), default=2)), PAD, dtype=torch.int64)
        for row, tokens in zip(ids, rows, strict=True):
            row[: len(tokens)] = torch.tensor(tokens)
        return ids, ids != PAD

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """The text of a row of ids up to its eos, without special tokens."""
        text: list[int] = []
        for token in map(int, ids):
            if token == EOS:
                break
            if token >= len(SPECIAL):
                text.append(token)
        return self._bpe.decode(text).removeprefix(" ")

    def normalize(self, text: str) -> str:
        """What is left of a text before it is cut into tokens: NFKC, lower case, single spaces."""
        return self._bpe.normalizer.normalize_str(_encodable(text))

    @cached_property
    def words(self) -> dict[int, str]:
        """Tokens that begin a word and look like one (two letters or more): id -> word."""
        found = {
            token: text.removeprefix(_WORD_START)
            for text, token in self._bpe.get_vocab().items()
            if text.startswith(_WORD_START)
        }
        return {token: word for token, word in sorted(found.items()) if len(word) > 1 and word.isalpha()}

    @property
    def size(self) -> int:
        """Number of ids."""
        return self._bpe.get_vocab_size()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tokenizer) and self._bpe.to_str() == other._bpe.to_str()

    __hash__ = None  # type: ignore[assignment]

    def save(self, path: Path) -> None:
        """Write as JSON (the format of Hugging Face `tokenizers`), atomically."""
        with atomic_path(Path(path)) as staged:
            staged.write_text(self._bpe.to_str(pretty=True), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read what `save` wrote; `BundleError` where the file is missing or something else."""
        try:
            bpe = BpeTokenizer.from_str(Path(path).read_text(encoding="utf-8"))
        except Exception as error:  # the library raises bare Exception for a file of another kind
            raise BundleError(f"{path} is not a tokenizer that can be read ({error}); build it again.") from error
        if [bpe.token_to_id(token) for token in SPECIAL] != [PAD, UNK, BOS, EOS]:
            raise BundleError(
                f"{path} is a tokenizer of another kind: its first four ids must be {', '.join(SPECIAL)}."
            )
        return cls(bpe)


def _encodable(text: str) -> str:
    """The text with lone surrogates (which UTF-8 cannot write) replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
