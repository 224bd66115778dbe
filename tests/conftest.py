"""One thread a test process: models here are tiny, and threads that wait for each other on a busy machine are slow."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
