"""`reproduce` from raw files to the table, and the page that keeps ours and the published figures apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ace_core.__main__ import main
from ace_core.collection import SPLITS
from ace_core.datasets import DATASETS
from ace_core.evaluation.published import BENCHMARKS, Benchmark, Figure
from ace_core.evaluation.reproduction import Reproduction, as_json, as_markdown
from ace_core.evaluation.table import Row
from ace_core.files import read_json
from tests.test_cli import SMALL
from tests.tiny import make_tiny_collection

WORDS = ("red", "blue", "green", "small", "large", "bright")


def flickr8k(root: Path) -> Path:
    """The thirty pictures of the tiny collection in Karpathy's layout: 18 train, 4 val, 8 test."""
    pictures = [item for item in make_tiny_collection(root / "images") if item.modality == "image"]
    images = [
        {
            "filename": item.path,
            "split": "train" if number % 30 < 18 else "val" if number % 30 < 22 else "test",
            "sentences": [{"raw": f"{item.attributes['what']}, {WORDS[(number + k) % 6]}"} for k in range(2)],
        }
        for number, item in enumerate(pictures)
    ]
    (root / "dataset_flickr8k.json").write_text(json.dumps({"dataset": "flickr8k", "images": images}))
    return root


def arguments(root: Path, *more: str) -> list[str]:
    settings = [part for setting in SMALL for part in ("--set", setting)]
    out = ["--out", str(root / "out"), "--work", str(root / "work"), "--beams", "8", "--share", "0.02"]
    return ["reproduce", "flickr8k", "--root", str(root), *out, *settings, *more]


def test_from_raw_files_to_the_table_and_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = flickr8k(tmp_path)
    names = [item.id for item in DATASETS["flickr8k"](root)]
    vectors = np.random.default_rng(0).normal(size=(len(names), 24)).astype(np.float16)
    np.savez(root / "vectors.npz", ids=np.array(names), embeddings=vectors)
    command = arguments(root, "--embeddings", str(root / "vectors.npz"), "--also", "decoder_only")

    assert main(command) == 0
    page = capsys.readouterr().out
    assert page == (root / "out" / "results.md").read_text()
    result = read_json(root / "out" / "results.json")
    assert result["ours"]["items"] == {"train": 18, "dev": 4, "held_out": 8}
    assert result["ours"]["encoder"] == "precomputed, vectors.npz"
    arms = {(row["arm"], row["pool"]): row for row in result["ours"]["rows"]}
    expected = {"ace", "ace_decoder_only", "dual_tower", "cosine"}
    assert arms.keys() >= {(arm, pool) for arm in expected for pool in ("held_out", "all")}
    for (_, pool), row in arms.items():
        assert row["queries"] == 16
        assert row["pool_size"] == (8 if pool == "held_out" else 30)
    assert arms["ace", "held_out"]["recall_at_10"] == 100  # eight items, eight beams: each is found somewhere
    assert result["published"]["measured_here"] is False
    assert "A trial with 0.02 of the training steps" in page
    assert "| ours | ACE | test items (8) | 16 |" in page
    assert "| held_out | 8 | 1,000 |" in page
    assert "- cosine, the space that made the identifiers: one vector an item" in page
    assert "| published | Deep visual-semantic alignments (Karpathy and Li 2015) (dual tower) | not stated |" in page

    assert main([*command, "--json"]) == 0
    shown = capsys.readouterr()
    again = json.loads(shown.out)
    assert again["ours"]["rows"] == result["ours"]["rows"]
    assert "(done before)" in shown.err
    stages = [line for line in shown.err.splitlines() if line.startswith(("retriever", "dual_tower", "captioner"))]
    assert stages
    assert all(line.endswith("(done before)") for line in stages)

    (root / "out" / "results.md").unlink()
    assert main([*command, "--skip-ablation", "--events", str(root / "events.jsonl")]) == 0
    assert "ACE, decoder only" in page
    assert "ACE, decoder only" not in (root / "out" / "results.md").read_text()
    events = [json.loads(line) for line in (root / "events.jsonl").read_text().splitlines()]
    assert events[-1]["state"] == "finished"


def test_a_users_error_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["reproduce", "imagenet", "--root", str(tmp_path)])
    assert stopped.value.code == 2
    capsys.readouterr()

    events = tmp_path / "events.jsonl"
    assert main(["reproduce", "clotho", "--root", str(tmp_path), "--events", str(events)]) == 1
    assert capsys.readouterr().err.startswith("reproduce: There is no clotho_captions_development.csv")
    assert json.loads(events.read_text().splitlines()[-1])["state"] == "failed"

    root = flickr8k(tmp_path / "silent")
    told = json.loads((root / "dataset_flickr8k.json").read_text())
    for image in told["images"]:
        if image["split"] == "test":
            image["sentences"] = []
    (root / "dataset_flickr8k.json").write_text(json.dumps(told))
    assert main(arguments(root)) == 1
    assert "has no query about a test item" in capsys.readouterr().err


def row(arm: str, pool: str, recall: float = 50.0) -> Row:
    return Row(arm, "clotho", "audio", pool, 10, "held_out", 40, recall, 60, 70, 55, (45, 55), 100, 100, 0)


def found(dataset: str = "clotho", collection: str = "clotho") -> Reproduction:
    machine = {"processor": "a processor", "cores": 2, "python": "3.11"}
    rows = (row("ace", "all", 12.34), row("ace", "held_out", 56.78))
    items = {"train": 3839, "dev": 1045, "held_out": 1000}
    return Reproduction(
        dataset, collection, items, "compact", 20, 0, 1.0, machine, {"ace": "ACE"}, {"ace": "a trie"}, rows
    )


def test_the_page_keeps_ours_and_published_apart() -> None:
    benchmark = BENCHMARKS["clotho"]
    lines = as_markdown(found(), benchmark).splitlines()
    table = [line for line in lines if line.startswith(("| ours", "| published"))]
    assert table[0].startswith("| ours | ACE | test items (10) | 40 | 56.8 [45.0, 55.0] | 60.0 |")
    assert table[1].startswith("| ours | ACE | whole collection (10) | 40 | 12.3 [")
    assert table[2] == (
        "| published | ACE / CART (generative) | not stated | not stated | 46.4 | 70.6 | 76 | unknown | unknown | "
        "third-party reading notes of the paper |"
    )
    assert "| held_out | 1,000 | 1,045 |" in lines
    assert not any("trial" in line or "do not compare" in line for line in lines)
    assert "Of 1,045 published test items 1,000 are here: the figures compare roughly at best." in lines
    assert "A trial with 0.1" in as_markdown(replace(found(), share=0.1), benchmark)
    assert all(f"- {line}" in lines for line in benchmark.unknown)
    widths = {line.count("|") for line in table}
    assert len(widths) == 1


def test_another_split_than_the_published_one_is_said_so() -> None:
    assert "do not compare" in as_markdown(found("msrvtt", "msrvtt"), BENCHMARKS["msrvtt"])
    assert "compare" not in as_markdown(found("msrvtt", "msrvtt-1k-a"), BENCHMARKS["msrvtt"])
    assert "do not compare" in as_markdown(found("flickr8k", "flickr8k-val"), BENCHMARKS["flickr8k"])


def figures(benchmark: Benchmark) -> tuple[Figure, ...]:
    return benchmark.figures + benchmark.ablation


@pytest.mark.parametrize("name", BENCHMARKS)
def test_published_figures_are_sane_and_have_a_source(name: str) -> None:
    benchmark = BENCHMARKS[name]
    assert name in DATASETS.names()
    assert set(benchmark.sizes) == set(SPLITS)
    assert benchmark.unknown
    for figure in figures(benchmark):
        assert figure.source
        recalls = [figure.recall_at_1, figure.recall_at_5, figure.recall_at_10]
        known = [recall for recall in recalls if recall is not None]
        assert known == sorted(known)
        assert all(0 < recall <= 100 for recall in known)
        assert figure.kind in {"generative", "dual tower", "single tower"}
    written = json.loads(json.dumps(as_json(found(), benchmark)))
    assert [Figure(**figure) for figure in written["published"]["figures"]] == list(benchmark.figures)


def test_the_paper_is_reported_on_its_six_sets() -> None:
    ours = {name for name, benchmark in BENCHMARKS.items() if any("CART" in f.method for f in benchmark.figures)}
    assert ours == set(BENCHMARKS) - {"flickr8k"}
