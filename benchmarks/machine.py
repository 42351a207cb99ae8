"""What the figures were taken on, and how fast its disk takes durable writes at the moment."""

import os
import platform
import tempfile
import time
from pathlib import Path

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
