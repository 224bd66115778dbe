"""The measure by label, and the reading of ESC-10's folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ace_core.errors import CollectionError
from benchmarks.esc10 import judged, load


def test_precision_and_average_precision_by_hand() -> None:
    labels = np.array(["rain", "dog", "rain", "dog", "rain"])
    ranked = np.array([[0, 1, 2, -1, -1], [0, 2, 3, 1, 4]])
    found = judged(ranked, labels, ["rain", "dog"])
    # rain: right at 1 and 3 of 3 that are; dog: right at 3 and 4 of 2 that are.
    average = ((1 + 2 / 3) / 3 + (1 / 3 + 2 / 4) / 2) / 2
    assert (found["precision_at_1"], found["map_at_10"]) == (50.0, round(100 * average, 1))
    for name in ("precision_at_1", "map_at_10"):
        low, high = found[f"{name}_ci95"]
        assert low <= found[name] <= high


def test_ten_right_answers_are_all_that_can_be_had() -> None:
    labels = np.array(["rain"] * 30)
    assert judged(np.arange(10)[None], labels, ["rain"])["map_at_10"] == 100.0


def test_the_folder_becomes_a_collection(tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    entries = []
    for fold in (1, 5):
        name = f"{fold}-100.ogg"
        soundfile.write(tmp_path / "audio" / name, np.zeros(1600, dtype=np.float32), 16_000)
        entries.append({"file_name": name, "label": "rain", "fold": fold, "title": f"storm {fold}"})
    (tmp_path / "metadata.json").write_text(json.dumps(entries))
    taught, tested = load(tmp_path)
    assert [caption.text for caption in taught.captions] == ["rain", "storm 1"]
    assert (tested.split, tested.captions, tested.queries[0].text) == ("held_out", (), "storm 5")
    with pytest.raises(CollectionError, match="ACE_DATA"):
        load(tmp_path / "audio")
