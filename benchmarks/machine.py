"""What the figures were taken on, and how fast its disk takes durable writes at the moment."""

import os
import platform
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

BLOCK = b"\0" * 4_096


def describe() -> str:
    """The interpreter, the system, the processors, the memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} {platform.machine()},"
        f" {os.cpu_count()} processors, {memory:.0f} GiB, load {os.getloadavg()[0]:.1f}"
    )


def syncs_per_second(folder: Path, seconds: float = 0.5) -> float:
    """How many small writes a second the disk makes durable, one after the other."""
    with tempfile.TemporaryFile(dir=folder) as file:
        count, start = 0, time.perf_counter()
        while (taken := time.perf_counter() - start) < seconds:
            os.pwrite(file.fileno(), BLOCK, len(BLOCK) * (count % 256))
            os.fdatasync(file.fileno())
            count += 1
    return count / taken


def apart(work: Callable[..., T], *arguments: object) -> tuple[T, float]:
    """What the work gives in a new process, and the mebibytes that it made this process hold beyond what it had."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(_watched, work, arguments).result()


def _watched(work: Callable[..., T], arguments: tuple[object, ...]) -> tuple[T, float]:
    own = Path("/proc/self/status")
    Path("/proc/self/clear_refs").write_text("5")  # what was held at most from now on
    before = _figure(own, "VmRSS")
    done = work(*arguments)
    return done, (_figure(own, "VmHWM") - before) / 1_024


def megabytes_at_most(process: int) -> float:
    """What a process that still runs has held at most."""
    return _figure(Path(f"/proc/{process}/status"), "VmHWM") / 1_024


def bytes_written(process: int) -> int:
    """What a process has made the disk write so far."""
    return _figure(Path(f"/proc/{process}/io"), "write_bytes")


def _figure(file: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(f"{name}:"))
