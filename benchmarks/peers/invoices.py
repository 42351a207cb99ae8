"""drafthorse writes invoices that it has read.

    python -m benchmarks.peers.invoices ROUNDS FILE [FILE ...]

Run by `benchmarks.invoices` in the environment of requirements-bench.lock; not a part of Lettrage. The result is one
line of JSON: for each file the median milliseconds of the processor, the text, and the mebibytes that writing added.
"""

import json
import statistics
import sys
import time
from importlib import import_module
from pathlib import Path

from benchmarks.peers.memory import held, started


def main() -> None:
    rounds, *files = sys.argv[1:]
    document = import_module("drafthorse.models.document").Document
    found = {}
    for file in map(Path, files):
        invoice, taken, text = document.parse(file.read_bytes()), [], b""
        before = started()
        for _ in range(int(rounds)):
            start = time.process_time()
            text = invoice.serialize(schema=None)
            taken.append(1_000 * (time.process_time() - start))
        mib = (held("VmHWM") - before) / 1_024
        found[file.stem] = {"ms": statistics.median(taken), "text": text.decode(), "mib": mib}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
