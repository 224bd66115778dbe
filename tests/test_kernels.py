"""The compiled kernels against torch: products, norms, attention, and what happens where they cannot be had."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ace_core.retriever import kernels
from ace_core.retriever.matrices import Compiled
from ace_core.retriever.packing import Bias, Packing
from ace_core.retriever.short_attention import Attention

compiled = pytest.mark.skipif(kernels.library() is None, reason="no kernels for this processor, or no C compiler")
sizes = st.tuples(st.integers(0, 120), st.sampled_from([16, 48, 512, 2048]), st.integers(1, 70))


def a_norm(kind: str, size: int) -> nn.Module | None:
    if kind == "none":
        return None
    norm = nn.RMSNorm(size) if kind == "rms" else nn.LayerNorm(size)
    for part in norm.parameters():
        nn.init.normal_(part)
    return norm


@compiled
@settings(max_examples=30, deadline=None)
@given(sizes, st.sampled_from(["none", "rms", "layer"]), st.booleans(), st.integers(1, 3), st.integers(0, 99))
def test_a_product_is_torchs(size: tuple[int, int, int], kind: str, biased: bool, threads: int, seed: int) -> None:
    rows, inputs, outputs = size
    torch.manual_seed(seed)
    weight = (torch.randn(outputs, inputs) / inputs**0.5).half().float()
    bias = torch.randn(outputs) if biased else None
    norm = a_norm(kind, inputs)
    x, added = torch.randn(rows, inputs), torch.randn(rows, outputs)
    torch.set_num_threads(threads)
    try:
        with torch.no_grad():
            wanted = nn.functional.linear(x if norm is None else norm(x), weight, bias)
            exact, rounded = (Compiled(weight, bias, norm, eight=eight) for eight in (False, True))
            torch.testing.assert_close(exact(x), wanted, atol=2e-5, rtol=1e-5)
            torch.testing.assert_close(exact(x, added), wanted + added, atol=2e-5, rtol=1e-5)
            torch.testing.assert_close(exact.gelu(x), nn.functional.gelu(wanted), atol=2e-5, rtol=1e-5)
            size_of_x = (x if norm is None else norm(x)).abs().amax(1, keepdim=True) if rows else 1
            assert ((rounded(x) - wanted).abs() <= 0.03 * size_of_x).all()
            one_by_one = [rounded(row) for row in x.split(1)]
            assert not rows or torch.equal(torch.cat(one_by_one), rounded(x))
            assert not rows or torch.equal(torch.cat([exact(row) for row in x.split(1)]), exact(x))
    finally:
        torch.set_num_threads(1)


@compiled
@torch.no_grad()
@pytest.mark.parametrize("eight", [False, True])
def test_what_is_not_a_number_stays_so(eight: bool) -> None:
    product = Compiled(torch.ones(8, 32), None, nn.RMSNorm(32), eight=eight)
    x = torch.ones(3, 32)
    x[1, 5] = torch.nan
    assert product(x).isnan().all(dim=1).tolist() == [False, True, False]
    assert product.gelu(x).isnan().all(dim=1).tolist() == [False, True, False]
    assert torch.equal(Compiled(torch.ones(8, 32), None, eight=eight)(torch.zeros(1, 32)), torch.zeros(1, 8))


@compiled
@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 4),  # queries
    st.integers(1, 21),  # places
    st.sampled_from([16, 48, 64]),
    st.sampled_from([(0,), (0, 0), (0, 1, 1)]),
    st.booleans(),  # some places left out
    st.integers(0, 99),
)
def test_attention_is_torchs(
    batch: int, places: int, size: int, asking: tuple[int, ...], some: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    heads, room, layers = 2, 32, 2
    used = torch.rand(batch, places) < 0.6 if some else torch.ones(batch, places, dtype=torch.bool)
    used[:, 0] = True
    packing = Packing.of(used)
    rows, d = int(used.sum()) if packing.rows is not None else used.numel(), heads * size
    query = torch.randn(rows, 3 * d)
    memory = torch.randn(len(asking), rows, layers * 2 * d)
    token = Bias.of(used, room, torch.float32)
    alone = torch.full((batch, places, room), -torch.inf)
    alone.diagonal(dim1=1, dim2=2).zero_()
    found = []
    for way in (kernels.Attention(heads, size, asking), Attention(heads, size, asking, torch.device("cpu"))):
        keys, values = way.room(layers, batch, room, query)
        way.remember(memory, packing, keys, values)
        found.append([way.attend(query, packing, keys[1], values[1], bias) for bias in (token, Bias(alone))])
    for mine, wanted in zip(*found, strict=True):
        torch.testing.assert_close(mine, wanted, atol=1e-5, rtol=1e-5)


def test_without_a_compiler_torch_does_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make = kernels.library.__wrapped__
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kernels, "_flags", lambda: kernels.NEEDED)
    monkeypatch.setattr(kernels.shutil, "which", lambda name: None)
    assert make() is None
    monkeypatch.setattr(kernels.shutil, "which", lambda name: "/bin/false")
    assert make() is None
    assert not list(tmp_path.rglob("*.so"))


def test_kernels_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACE_KERNELS", "off")
    assert kernels.library.__wrapped__() is None
    monkeypatch.delenv("ACE_KERNELS")
    monkeypatch.setattr(kernels, "_flags", lambda: frozenset({"avx2"}))
    assert kernels.library.__wrapped__() is None


def test_a_folder_that_others_may_write_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "ace" / "kernels"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    with pytest.raises(OSError, match="others"):
        kernels._folder()
    folder.chmod(0o700)
    assert kernels._folder() == folder


@compiled
def test_what_was_compiled_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kernels.library.__wrapped__() is not None

    def refuse(*_: object, **__: object) -> None:
        raise subprocess.SubprocessError("compiled twice")

    with monkeypatch.context() as patch:
        patch.setattr(kernels.subprocess, "run", refuse)
        assert kernels.library.__wrapped__() is not None


@compiled
def test_what_cannot_be_loaded_is_compiled_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    loaded = kernels._loaded
    seen: list[Path] = []

    def damaged(file: Path) -> object:
        file.write_bytes(b"no library")
        seen.append(file)
        return loaded(file)

    monkeypatch.setattr(kernels, "_loaded", damaged)
    assert kernels.library.__wrapped__() is not None
    assert seen[0].read_bytes() != b"no library"
