"""Texts as CLAP reads them: RoBERTa's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from ace_core.errors import ConfigError
from ace_core.weights import hub_file

MAX_TOKENS = 77  # of a text, as CLAP was trained (arXiv 2211.06687)
FILE, PARTS = "tokenizer.json", ("vocab.json", "merges.txt")  # either holds the whole tokenizer
HUB = "FacebookAI/roberta-base"


class Words:
    """texts -> {"input_ids", "attention_mask"}, int64 (B, T), padded to the longest; a longer text keeps its start."""

    def __init__(self, folder: Path) -> None:
        from transformers import RobertaTokenizer

        if not has_tokenizer(folder):  # of an empty folder transformers makes an empty tokenizer
            raise ConfigError(f"{folder} holds no tokenizer of RoBERTa; put its {FILE} there.")
        try:
            self._tokenizer = RobertaTokenizer.from_pretrained(str(folder), local_files_only=True)
        except Exception as error:  # tokenizers raises kinds of its own
            raise ConfigError(f"{folder} holds no tokenizer of RoBERTa ({error}); fetch its {FILE} again.") from error

    def __call__(self, texts: Sequence[str]) -> dict[str, Tensor]:
        encoded = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        return {name: encoded[name] for name in ("input_ids", "attention_mask")}


def roberta_folder(beside: Path) -> Path:
    """Where RoBERTa's tokenizer is: in the folder `beside`, else on this machine or on the hub."""
    return beside if has_tokenizer(beside) else hub_file(HUB, FILE).parent


def has_tokenizer(folder: Path) -> bool:
    return (folder / FILE).is_file() or all((folder / name).is_file() for name in PARTS)
