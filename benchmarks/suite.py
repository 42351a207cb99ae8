"""Everything that is measured, one part after the other, in one run; what it sees is kept for the documents.

    python -m benchmarks.suite [--short] [--only PART ...] [--store sqlite|postgresql] [--keep] [--patience 1]

Each part runs in a process of its own within its budget of seconds. One that fails, or is not done in time, is told
with what it has seen until then, and the others go on. With `--keep` each part's figures go to docs/benchmarks as
soon as it has ended, and docs/benchmarks.md is written from them.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks import page
from benchmarks.machine import describe
from benchmarks.part import PARTS, Options, SoFar
from benchmarks.tables import Seen, keep, markdown

PATIENCE = 20  # seconds for a part that is told to stop


def run(name: str, options: Options, seconds: float, folder: Path) -> tuple[SoFar, str]:
    """What a part has seen, and why it did not end, if it did not."""
    file, words = folder / f"{name}.json", ["--short"] * options.short
    words += ["--store", options.store] if options.store else []
    with (folder / f"{name}.log").open("w+") as log:
        command = [sys.executable, "-m", "benchmarks.part", name, str(file), *words]
        process = subprocess.Popen(command, stderr=log, start_new_session=True)
        failed = failure(process, seconds)
        log.seek(0)
        lines = [line for line in log.read().splitlines() if line.strip()]
    if failed == FAILED and lines:
        sys.stdout.write("\n".join([*lines[-25:], ""]))
        failed = f"{failed}: {lines[-1][:200]}"
    return msgspec.json.decode(file.read_bytes(), type=SoFar) if file.exists() else SoFar(), failed


FAILED = "failed"


def failure(process: "subprocess.Popen[bytes]", seconds: float) -> str:
    """Why a part did not end; nothing that it has started stays."""
    try:
        return FAILED if process.wait(seconds) else ""
    except subprocess.TimeoutExpired:
        return f"was cut off after {seconds:.0f} s"
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end; then whatever is left of its group, such as a server whose part was killed."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def measure(name: str, options: Options, seconds: float, folder: Path) -> Seen:
    """One part, printed."""
    start, machine = time.perf_counter(), describe()
    sys.stdout.write(f"\n== {name}, {seconds:.0f} s at most: {machine}\n")
    sys.stdout.flush()
    so_far, failed = run(name, options, seconds, folder)
    for table in so_far.tables:
        sys.stdout.write(f"\n{table.title}\n{markdown(table)}\n")
    for aim in so_far.aims:
        sys.stdout.write(f"{'reached' if aim.reached else 'NOT REACHED':>12}  {aim.aim}: {aim.figure}\n")
    taken = time.perf_counter() - start
    sys.stdout.write(f"{f'NOT DONE: {name} {failed} ' if failed else ''}({taken:.0f} s)\n")
    sys.stdout.flush()
    words = ["sh scripts/bench", *["--short"] * options.short, "--only", name]
    words += ["--store", options.store] if options.store else []
    return Seen(
        datetime.now(UTC).date().isoformat(),
        machine,
        " ".join(words),
        so_far.tables,
        so_far.aims,
        taken,
        so_far.peak,
        so_far.others,
        failed,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="fewer turns of fewer documents")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="this part (more than one may be named)")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), help="one kind of database")
    parser.add_argument("--keep", action="store_true", help="write the figures to docs/benchmarks")
    parser.add_argument("--patience", type=float, default=1.0, help="so many times the budgets")
    asked = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("LETTRAGE_")]:
        del os.environ[name]
    options, start, told, left = Options(asked.short, asked.store), time.perf_counter(), [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.only or PARTS:
            seconds = asked.patience * PARTS[name].budget(options) + left
            seen = measure(name, options, seconds, Path(folder))
            left = max(0.0, seconds - seen.seconds)
            told.append(f"{name:>10} {seen.seconds:>5.0f} s  {seen.failed or 'done'}")
            if asked.keep:
                keep(name, seen)
                page.write()
    sys.stdout.write("\n".join(["", *told, f"{'together':>10} {time.perf_counter() - start:>5.0f} s", ""]))
    if not all(line.endswith("done") for line in told):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
