"""The command line: fast help, exit codes, JSON, and a whole build."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ace_core.__main__ import build_parser, main
from ace_core.build_config import BuildConfig
from ace_core.bundle import Bundle
from ace_core.commands import commands
from ace_core.commands._building import prepare
from ace_core.engine import Engine
from ace_core.errors import ConfigError, TrainingError
from ace_core.stages import finished_stages
from tests.test_retriever import save_tiny_encoder
from tests.tiny import make_tiny_bundle, make_tiny_collection

SMALL = [
    "retriever.d_model=32",
    "retriever.heads=2",
    "retriever.d_ff=64",
    "retriever.encoder_layers=2",
    "retriever.decoder_layers=1",
    "retriever.batch_size=32",
    "retriever.training.beams=4",
    "joint.dimension=32",
    "joint.text_heads=2",
    "joint.loop.batch_size=32",
    "dual_tower.dimension=32",
    "dual_tower.text_heads=2",
    "dual_tower.batch_size=32",
    "captioner.width=32",
    "captioner.heads=2",
    "captioner.d_ff=64",
    "captioner.layers=1",
    "captioner.batch_size=32",
    "codec.codebook_size=8",
    "codec.latent=8",
    "codec.hidden=16",
    "codec.levels=2",
    "pseudo_queries.count=3",
    "vocab_size=400",
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("cli"))


def test_help_answers_without_loading_torch() -> None:
    script = (
        "import sys; from ace_core.__main__ import build_parser; build_parser().format_help(); "
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0


@pytest.mark.parametrize("verb", [command.NAME for command in commands()])
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([verb, "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert "--json" in shown
    assert f"python -m ace_core {verb}" in shown


def test_the_verbs_are_all_there() -> None:
    assert {"build", "compare", "identify", "info", "search", "studio", "train"} <= {c.NAME for c in commands()}
    assert "generative" in build_parser().description.lower()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["search"], ["build", "--steps"], ["search", ".", "x", "--modality", "y"]]
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_users_error_is_1_and_one_sentence(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, told in [
        (["search", str(tmp_path / "no"), "x"], "There is no bundle"),
        (["search", str(bundle), "x", "-k", "1000"], "1 to 100, not 1000"),
        (["identify", str(bundle), "nothing"], "neither an item"),
        (["build", "--out", str(tmp_path / "o")], "Give one of"),
        (["build", "--dataset", "karpathy", "--out", str(tmp_path / "o")], "--dataset needs --root"),
        (
            ["build", str(tmp_path / "no.jsonl"), "--out", str(tmp_path / "o"), "--work", str(tmp_path / "w")],
            "no manifest",
        ),
    ]:
        assert main(arguments) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.startswith(f"{arguments[0]}: ")
        assert told in shown.err
        assert shown.err.count("\n") == 1


def test_search_compare_identify_and_info_print_tables_and_json(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = Engine.load(bundle)
    text = "a red circle on the left"
    expected = [hit.item.id for hit in engine.search(text, k=3, modality="image").hits]

    assert main(["search", str(bundle), text, "-k", "3", "--modality", "image"]) == 0
    assert [line.split()[3] for line in capsys.readouterr().out.splitlines()[2:5]] == expected
    assert main(["search", str(bundle), text, "-k", "3", "--modality", "image", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [hit["item"]["id"] for hit in result["hits"]] == expected
    assert result["pool_size"] == 30

    prefix = "-".join(map(str, engine.identifier(0)[:1]))
    assert main(["search", str(bundle), text, "--prefix", prefix, "--method", "dual_tower", "--json"]) == 0
    assert {hit["identifier"][0] for hit in json.loads(capsys.readouterr().out)["hits"]} == {int(prefix)}

    query = engine.collection[engine.collection.of("audio", "held_out")[0]].queries[0].text
    assert main(["compare", str(bundle), query, "--beams", "60", "-k", "60"]) == 0
    assert "the right answer" in capsys.readouterr().out
    assert main(["compare", str(bundle), query, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answer"]["modality"] == "audio"

    assert main(["identify", str(bundle), "image-005"]) == 0
    assert "-".join(map(str, engine.identifier(5))) in capsys.readouterr().out
    assert main(["identify", str(bundle), "image-005", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identification"]["identifier"] == list(engine.identifier(5))

    assert main(["info", str(bundle)]) == 0
    assert "60 items" in capsys.readouterr().out
    assert main(["info", str(bundle), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == {"image": 30, "audio": 20, "video": 10}


def test_settings_by_name() -> None:
    config = BuildConfig.for_collection(make_tiny_like())
    assert config.with_setting("retriever.steps=7").retriever.training.loop.steps == 7
    assert config.with_setting("codec.levels=2").codec.levels == 2
    assert config.with_values({"dual_tower": {"loop": {"steps": 5}}}).dual_tower.loop.steps == 5
    assert config.with_values({"dual_tower": {"loop": {"steps": 5}}}).joint == config.joint
    for setting, told in [
        ("steps=3", "could mean"),
        ("nothing=3", "nothing to set"),
        ("retriever.steps", "no setting"),
        ('retriever.d_model="wide"', "must be int"),
        ("captioner.heads=7", "must divide"),
    ]:
        with pytest.raises(ConfigError, match=told):
            config.with_setting(setting)


def make_tiny_like():  # type: ignore[no-untyped-def]
    from ace_core.collection import Caption, Collection, Item

    return Collection("x", Path(), tuple(Item(str(i), "image", f"{i}.png", (Caption("a"),)) for i in range(9)))


def test_a_bundle_with_a_hugging_face_query_encoder_needs_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    collection = make_tiny_collection(tmp_path / "media")
    vectors = np.random.default_rng(0).normal(size=(60, 24)).astype(np.float16)
    np.savez(tmp_path / "vectors.npz", ids=np.array([item.id for item in collection]), embeddings=vectors)
    save_tiny_encoder(tmp_path / "t5", "t5")
    arguments = [str(tmp_path / "media" / "manifest.jsonl"), "--embeddings", str(tmp_path / "vectors.npz")]
    settings = [*SMALL, f"retriever.model.encoder={tmp_path / 't5'}"]
    arguments += ["--share", "0.02", "--json", *(part for setting in settings for part in ("--set", setting))]
    out = tmp_path / "bundle"
    assert main(["build", *arguments, "--work", str(tmp_path / "work"), "--out", str(out)]) == 0

    (tmp_path / "t5").rename(tmp_path / "gone")
    engine = Engine.load(out)
    assert engine.retriever.config.encoder == str(out / "retriever" / "encoder")
    hits = engine.search("a red circle", k=60, beams=60).hits
    assert sum(hit.probability for hit in hits) == pytest.approx(1, abs=1e-3)


def test_a_whole_build_from_ready_vectors_resumes_and_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    media, work, out = tmp_path / "media", tmp_path / "work", tmp_path / "bundle"
    collection = make_tiny_collection(media)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 24)).astype(np.float16)
    np.savez(tmp_path / "vectors.npz", ids=np.array([item.id for item in collection]), embeddings=vectors)
    arguments = [str(media / "manifest.jsonl"), "--embeddings", str(tmp_path / "vectors.npz"), "--work", str(work)]
    arguments += ["--share", "0.02", "--json", *(part for setting in SMALL for part in ("--set", setting))]

    assert main(["train", "identifiers", *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["stage"] == "identifiers"
    assert main(["train", "encoder", *arguments]) == 1  # the vectors are given
    assert "This build trains no encoder" in capsys.readouterr().err
    assert main(["build", *arguments, "--out", str(out), "--also", "no_pseudo_queries"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["items"] == 60
    assert "identifiers: " in shown.err
    assert "(done before)" in shown.err
    assert f"open it with: python app.py --bundle {out}" in shown.err

    engine = Engine.load(out)
    assert len(engine.search("a red circle", k=60, beams=60).hits) == 60
    opened = Bundle.open(out)
    assert opened.config["collection"]["manifest"] == "../media/manifest.jsonl"
    assert opened.has("captioner")
    assert (out / "logs" / "retriever.jsonl").is_file()
    assert (finished_stages(work)["retriever_no_pseudo_queries"] / "model.safetensors").is_file()
    with pytest.raises(TrainingError, match="no finished stages"):
        finished_stages(work / "nothing")

    before = (out / "MANIFEST.json").read_bytes()
    assert main(["build", *arguments, "--out", str(out)]) == 0
    lines = [
        line
        for line in capsys.readouterr().err.splitlines()
        if ": " in line and not line.startswith(("bundle", "open"))
    ]
    assert all(line.endswith("(done before)") for line in lines), lines
    changed = {
        k
        for k, v in json.loads(before)["files"].items()
        if v != json.loads((out / "MANIFEST.json").read_bytes())["files"].get(k)
    }
    assert changed <= {"metrics.json"} | {name for name in changed if name.startswith("logs/")}


def test_a_bad_file_makes_the_bundle_keep_its_own_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    media = tmp_path / "media"
    make_tiny_collection(media)
    arguments = ["build", str(media / "manifest.jsonl"), "--out", str(tmp_path / "o"), "--work", str(tmp_path / "w")]
    whole = prepare(build_parser().parse_args(arguments))
    assert whole.manifest == media / "manifest.jsonl"
    (media / "picture-07.png").write_bytes(b"broken")
    fewer = prepare(build_parser().parse_args(arguments))
    assert "left out" in capsys.readouterr().err
    assert fewer.manifest is None
    assert len(fewer.collection) == 59


def test_a_build_without_anything_to_learn_from_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    media = tmp_path / "media"
    make_tiny_collection(media)
    (media / "manifest.jsonl").unlink()
    vectors = {"ids": np.array([f.name for f in media.iterdir()]), "embeddings": np.ones((60, 4), dtype=np.float16)}
    np.savez(tmp_path / "v.npz", **vectors)
    arguments = ["--media", str(media), "--embeddings", str(tmp_path / "v.npz"), "--work", str(tmp_path / "w")]
    assert main(["build", *arguments, "--out", str(tmp_path / "o"), "--json"]) == 1
    assert "No `train` item has a caption" in capsys.readouterr().err


def test_retrain_gives_the_bundle_another_retriever_and_nothing_else(bundle: Path, tmp_path: Path) -> None:
    before, out = Engine.load(bundle), tmp_path / "again"
    settings = [setting for setting in SMALL if setting.startswith("retriever")]
    settings += ["retriever.look_ahead=items", "retriever.steps=3", "retriever.encoder_rate=0"]
    asked = ["retrain", str(bundle), "--out", str(out), "--work", str(tmp_path / "work"), "--json"]
    assert main([*asked, *(part for setting in settings for part in ("--set", setting))]) == 0
    after = Engine.load(out)
    assert after.retriever.config.look_ahead == "items"
    assert (after.parts.codes == before.parts.codes).all()
    assert after.parts.dual_tower.fingerprint == before.parts.dual_tower.fingerprint
    # Three steps from a decoder without an opinion: still the dual tower's own order, written token by token.
    for text in ("a red circle on the left", "a deep tone"):
        found = [[hit.item.id for hit in after.search(text, k=60, beams=60, method=m).hits] for m in
                 ("generation", "dual_tower")]  # fmt: skip
        assert len(set(found[0][:20]) & set(found[1][:20])) >= 15
        assert sum(hit.probability for hit in after.search(text, k=60, beams=60).hits) == pytest.approx(1, abs=1e-3)
