"""`kernels.c`, compiled for this very processor when it is first needed, and kept; without a C compiler torch does.

What the small steps of a search cost is less their arithmetic than their number: a norm, a product, a bias, a GELU and
an addition are five calls and five passes over memory, or one.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from ctypes import c_double, c_int, c_int64, c_void_p
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from ace_core.files import atomic_path
from ace_core.retriever.packing import Bias, Packing

SOURCE = Path(__file__).with_suffix(".c")
OPTIONS = ("-O2", "-march=native", "-fopenmp", "-shared", "-fPIC")
NEEDED = frozenset({"avx512f", "avx512bw", "avx512vl", "avx512_vnni"})
LANES = 16  # sizes of what is multiplied or attended to must be multiples of this
PANEL = 32  # outputs
LONGEST = 4096  # inputs of a product: rows of so many lie on a thread's stack
_PATIENCE = 60  # seconds for the compiler


class _Matrix(ctypes.Structure):
    _fields_ = [
        *((name, c_int64) for name in ("inputs", "outputs")),
        *((name, c_void_p) for name in ("weights", "scales", "bias", "norm", "norm_bias")),
        ("epsilon", c_double),
        *((name, c_int64) for name in ("norm_kind", "gelu")),
    ]


class _Shape(ctypes.Structure):
    _fields_ = [
        *((name, c_int64) for name in ("rows", "places", "heads", "size", "room", "stride")),
        ("where", c_void_p),
    ]


@cache
def library() -> ctypes.CDLL | None:
    """The compiled kernels; None where the processor lacks what they need, or nothing here compiles them.

    `ACE_KERNELS=off` in the environment leaves them out.
    """
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if os.environ.get("ACE_KERNELS") == "off" or compiler is None or not _flags() >= NEEDED:
        return None
    parts = [SOURCE.read_bytes(), *(part.encode() for part in (*OPTIONS, compiler, *sorted(_flags())))]
    name = hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]
    try:
        file = _folder() / f"kernels-{name}.so"
        found = _loaded(file) or _compiled(compiler, file)
    except (OSError, RuntimeError, subprocess.SubprocessError):  # RuntimeError: a user without a home
        return None
    found.ace_product.argtypes = [c_void_p, c_void_p, c_int64, c_void_p, c_void_p, c_int]
    found.ace_write.argtypes = [c_void_p] * 5 + [c_int64] * 3 + [c_int]
    found.ace_attend.argtypes = [c_void_p] * 5 + [c_int64, c_void_p, c_int64, c_void_p, c_int]
    for function in (found.ace_product, found.ace_write, found.ace_attend):
        function.restype = None
    return found


def _flags() -> frozenset[str]:
    """What the processor can, as Linux names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())


def _folder() -> Path:
    """Of the user alone: what lies there is run."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ace" / "kernels"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o022:
        raise OSError(f"{folder} may be written by others; make it yours alone.")
    return folder


def _loaded(file: Path) -> ctypes.CDLL | None:
    """What was compiled before; None where there is nothing, or nothing that can be used."""
    try:
        return ctypes.CDLL(str(file))
    except OSError:
        return None


def _compiled(compiler: str, file: Path) -> ctypes.CDLL:
    with atomic_path(file) as staged:
        command = [compiler, *OPTIONS, "-o", str(staged), str(SOURCE)]
        subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)
    return ctypes.CDLL(str(file))


class Kernel:
    """y = gelu(W norm(x) + b) + added with 16-bit weights, which lose nothing where they hold them, or 8-bit ones."""

    def __init__(self, weight: Tensor, bias: Tensor | None, norm: nn.Module | None, *, eight: bool) -> None:
        """weight float32 (N, K), bias (N,); norm: an `RMSNorm` or `LayerNorm` over K, or nothing."""
        found = library()
        if found is None or not fits(weight):
            raise ValueError(f"There is no kernel for weights {tuple(weight.shape)} here.")
        self._product, self.outputs = found.ace_product, len(weight)
        self._kept = {"bias": _padded(torch.zeros(len(weight)) if bias is None else bias)}
        if eight:
            scale = weight.abs().amax(dim=1).clamp(min=1e-20) / 127
            self._kept["scales"] = _padded(scale)
            self._kept["weights"] = _bytes((weight / scale.unsqueeze(1)).round())
        else:
            panels = _padded(weight).view(-1, PANEL, weight.shape[1])
            self._kept["weights"] = panels.transpose(1, 2).half().contiguous()
        kind, epsilon = 0, 0.0
        if norm is not None:
            kind = 1 if isinstance(norm, nn.RMSNorm) else 2
            epsilon = torch.finfo(torch.float32).eps if norm.eps is None else float(norm.eps)  # type: ignore[arg-type]
            self._kept["norm"] = norm.weight.detach().float().clone()  # type: ignore[union-attr, operator]
            if kind == 2:
                self._kept["norm_bias"] = norm.bias.detach().float().clone()  # type: ignore[union-attr, operator]
        pointers = {name: part.data_ptr() for name, part in self._kept.items()}
        sizes = {"inputs": weight.shape[1], "outputs": self.outputs}
        self._plain, self._gelu = (
            _Matrix(**sizes, **pointers, epsilon=epsilon, norm_kind=kind, gelu=gelu) for gelu in (0, 1)
        )
        self._addresses = ctypes.addressof(self._plain), ctypes.addressof(self._gelu)

    def __call__(
        self, x: Tensor, added: Tensor | None = None, *, gelu: bool = False, out: Tensor | None = None
    ) -> Tensor:
        """x float32 (..., K), added (..., N) -> (..., N), written into `out` where it is given."""
        x = x.contiguous()
        if out is None:
            out = torch.empty((*x.shape[:-1], self.outputs), dtype=torch.float32)
        if added is not None:
            added = added.contiguous()
        self._product(
            self._addresses[gelu],
            x.data_ptr(),
            x.numel() // x.shape[-1],
            None if added is None else added.data_ptr(),
            out.data_ptr(),
            torch.get_num_threads(),
        )
        return out


def fits(weight: Tensor) -> bool:
    """Whether the kernels take a matrix (N, K) of this shape, on this device."""
    inputs = weight.shape[1]
    return weight.device.type == "cpu" and inputs % LANES == 0 and 0 < inputs <= LONGEST and library() is not None


def _padded(rows: Tensor) -> Tensor:
    """(N, ...) float32 with rows of zeros up to a whole panel, of its own memory."""
    more = -len(rows) % PANEL
    return torch.cat([rows.detach().float(), rows.new_zeros(more, *rows.shape[1:])])


def _bytes(rounded: Tensor) -> Tensor:
    """Whole numbers (N, K) of -127 .. 127 -> uint8 (panels, K / 4, 32, 4), plus 128."""
    panels = _padded(rounded).view(-1, PANEL, rounded.shape[1] // 4, 4).transpose(1, 2)
    return (panels + 128).to(torch.uint8).contiguous()


class Attention:
    """`short_attention.Attention` by the kernels: nothing is moved about, and what nobody sees is never read."""

    def __init__(self, heads: int, size: int, asking: Sequence[int]) -> None:
        found = library()
        if found is None or size % LANES:
            raise ValueError(f"There is no kernel for heads of {size} here.")
        self._write, self._attend, self.heads, self.size = found.ace_write, found.ace_attend, heads, size
        self.asking = torch.tensor(list(asking), dtype=torch.int64)
        self.sources = len(self.asking)

    def room(self, layers: int, batch: int, places: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values, (layers, B E H, places, e) each, not written yet."""
        shape = (layers, batch * self.sources * self.heads, places, self.size)
        return like.new_empty(shape), like.new_empty(shape)

    @staticmethod
    def roomier(keys: Tensor, values: Tensor, more: int) -> tuple[Tensor, Tensor]:
        """With `more` places behind those that there are."""
        return nn.functional.pad(keys, (0, 0, 0, more)), nn.functional.pad(values, (0, 0, 0, more))

    def write(self, parts: Tensor, places: Packing, keys: Tensor, values: Tensor, start: int = 0) -> None:
        """parts (R, 3 d): queries, keys and values of rows, of which keys and values are written from `start` on."""
        d = self.heads * self.size
        self._put(parts[:, d : 2 * d], parts[:, 2 * d :], places, keys, values, start, 0)

    def remember(self, both: Tensor, places: Packing, keys: Tensor, values: Tensor) -> None:
        """both (E, R, layers 2 d): keys and values of every source for every layer, written from 0 on."""
        d = self.heads * self.size
        for layer in range(len(keys)):
            for source in range(self.sources):
                key, value = both[source, :, 2 * layer * d :].split((d, both.shape[2] - (2 * layer + 1) * d), dim=1)
                self._put(key, value, places, keys[layer], values[layer], 0, source)

    def attend(self, query: Tensor, places: Packing, keys: Tensor, values: Tensor, bias: Bias) -> Tensor:
        """query (R, n d or more), n queries beside each other, and one layer's keys and values -> (E, R, d)."""
        shape = self._shape(query, places, keys.shape[-2])
        out = torch.empty((self.sources, len(query), self.heads * self.size), dtype=torch.float32)
        self._attend(
            ctypes.addressof(shape),
            query.data_ptr(),
            keys.data_ptr(),
            values.data_ptr(),
            bias.plain.data_ptr(),
            bias.plain.shape[1],
            self.asking.data_ptr(),
            self.sources,
            out.data_ptr(),
            torch.get_num_threads(),
        )
        return out

    def _put(
        self, key: Tensor, value: Tensor, places: Packing, keys: Tensor, values: Tensor, start: int, source: int
    ) -> None:
        shape = self._shape(key, places, keys.shape[-2])
        address = ctypes.addressof(shape)
        pointers = (part.data_ptr() for part in (key, value, keys, values))
        self._write(address, *pointers, start, source, self.sources, torch.get_num_threads())

    def _shape(self, rows: Tensor, places: Packing, room: int) -> _Shape:
        where = None if places.rows is None else places.rows.data_ptr()
        return _Shape(len(rows), places.places, self.heads, self.size, room, rows.stride(0), where)
