"""Captioners of the published architectures with random weights, a few kilobytes each, saved as their folders are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

NOUNS = ["dog", "cat", "bird", "boat", "house", "tree", "river", "road", "child", "woman", "man", "ball", "garden"]
OTHERS = ["red", "green", "blue", "small", "old", "tall", "near", "under", "over", "with", "and", "runs", "sings"]
WORDS = [*NOUNS, *OTHERS]
SIZES: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 16,
    "patch_size": 8,
}
RATE = 16_000  # Hz
STYLE = "clotho > caption: "


def tiny_blip(folder: Path) -> Path:
    from transformers import BlipConfig, BlipForConditionalGeneration, BlipImageProcessor

    size, marks = _bert_tokenizer(folder)
    text = {**SIZES, "vocab_size": size, "encoder_hidden_size": 16, "max_position_embeddings": 64, **marks}
    torch.manual_seed(1)
    config = BlipConfig(text_config=text, vision_config=SIZES, projection_dim=16)
    _alive(BlipForConditionalGeneration(config)).save_pretrained(folder)
    BlipImageProcessor(size={"height": 16, "width": 16}).save_pretrained(folder)
    return folder


def tiny_blip2(folder: Path, asks: bool = False) -> Path:
    """With a decoder alone (OPT), or with one that an encoder asks (T5)."""
    from transformers import (
        Blip2Config,
        Blip2ForConditionalGeneration,
        BlipImageProcessor,
        GPT2Tokenizer,
        OPTConfig,
        T5Config,
    )

    vocabulary, merges = _pieces()
    marks = {"<s>": 0, "<pad>": 1, "</s>": 2, "<image>": 3}
    tokens = marks | {piece: place + len(marks) for place, piece in enumerate(vocabulary)}
    tokenizer = GPT2Tokenizer(
        vocab=tokens, merges=merges, unk_token="</s>", bos_token="</s>", eos_token="</s>", pad_token="<pad>"
    )
    tokenizer.add_tokens(["<image>"], special_tokens=True)
    tokenizer.save_pretrained(folder)
    shared = {"vocab_size": len(tokens), "eos_token_id": 2, "pad_token_id": 1}
    layers = {name: SIZES[name] for name in ("hidden_size", "num_hidden_layers", "num_attention_heads")}
    opt = OPTConfig(**shared, **layers, word_embed_proj_dim=16, ffn_dim=32, max_position_embeddings=64, bos_token_id=2)
    t5 = T5Config(**shared, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=1)
    bridge = {**SIZES, "encoder_hidden_size": 16, "cross_attention_frequency": 1, "vocab_size": len(tokens)}
    torch.manual_seed(2)
    config = Blip2Config(
        vision_config=SIZES,
        qformer_config=bridge,
        text_config=(t5 if asks else opt).to_dict(),
        num_query_tokens=2,
        image_token_index=marks["<image>"],
    )
    model = Blip2ForConditionalGeneration(config)
    if asks:
        model.language_model.lm_head.weight.data[2] *= 3
    else:
        decoder = _alive(model).language_model.model.decoder
        _soon_ending(decoder.final_layer_norm, decoder.embed_tokens, 2)
    model.save_pretrained(folder)
    BlipImageProcessor(size={"height": 16, "width": 16}).save_pretrained(folder)
    return folder


def tiny_git(folder: Path, frames: int | None = 3) -> Path:
    from transformers import CLIPImageProcessor, GitConfig, GitForCausalLM, VideoMAEImageProcessor

    size, marks = _bert_tokenizer(folder)
    text = {name: SIZES[name] for name in list(SIZES)[:4]}
    torch.manual_seed(3)
    config = GitConfig(
        vision_config=SIZES,
        vocab_size=size,
        max_position_embeddings=64,
        num_image_with_embedding=frames,
        **text,
        **{name: marks[name] for name in ("bos_token_id", "eos_token_id", "pad_token_id")},
    )
    model = _alive(GitForCausalLM(config))
    for place in model.git.img_temporal_embedding if frames else ():
        torch.nn.init.normal_(place)
    model.save_pretrained(folder)
    processor = VideoMAEImageProcessor if frames else CLIPImageProcessor
    processor(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}).save_pretrained(folder)
    return folder


def tiny_whisper(folder: Path) -> Path:
    """It hears one second at once."""
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizer,
    )
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    vocabulary, merges = _pieces()
    names = ["startoftranscript", *LANGUAGES, "translate", "transcribe", "startoflm", "startofprev", "nospeech"]
    marks = ["<|endoftext|>", *(f"<|{name}|>" for name in (*names, "notimestamps"))]
    tokens = {piece: place for place, piece in enumerate(vocabulary)}
    tokens |= {mark: len(vocabulary) + place for place, mark in enumerate(marks)}
    tokenizer = WhisperTokenizer(vocab=tokens, merges=merges, pad_token="<|endoftext|>")
    tokenizer.add_tokens(marks, special_tokens=True)
    tokenizer.save_pretrained(folder)
    end = tokens["<|endoftext|>"]
    torch.manual_seed(4)
    config = WhisperConfig(
        vocab_size=len(tokens),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        num_mel_bins=8,
        max_source_positions=50,
        max_target_positions=96,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=end + 1,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = _alive(WhisperForConditionalGeneration(config))
    _soon_ending(model.model.decoder.layer_norm, model.model.decoder.embed_tokens, end)
    model.generation_config = GenerationConfig(
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=end + 1,
        suppress_tokens=list(range(end + 1, len(tokens))),
    )
    model.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=8, chunk_length=1).save_pretrained(folder)
    return folder


def _alive(model: Any) -> Any:
    """Larger weights than at the start of training, so that what is seen or heard makes a difference."""
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.mul_(8)
    return model


def _bert_tokenizer(folder: Path) -> tuple[int, dict[str, int]]:
    from transformers import BertTokenizer

    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "photo", "of", *WORDS]
    tokenizer = BertTokenizer(vocab={token: place for place, token in enumerate(tokens)})
    tokenizer.save_pretrained(folder)
    marks = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "sep_token_id": 3}
    return len(tokens), marks


def _soon_ending(norm: torch.nn.LayerNorm, embedding: torch.nn.Embedding, end: int) -> None:
    """Make the end of the sentence about as likely as a tenth of all tokens together."""
    with torch.no_grad():
        norm.bias[0] = 3.0
        embedding.weight[:, 0] = 0.0
        embedding.weight[end] = torch.eye(embedding.embedding_dim)[0]


def _pieces() -> tuple[list[str], list[tuple[str, str]]]:
    """Vocabulary and merges of a byte-pair encoding of the words."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=200, show_progress=False)
    tokenizer.train_from_iterator([f"{STYLE} {' '.join(WORDS)}."] * 3, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), [tuple(merge) for merge in model["merges"]]
