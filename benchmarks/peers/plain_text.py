"""The floor: beancount loads the same settlements as plain text, checks that they balance, and keeps nothing.

    python -m benchmarks.peers.plain_text [--settlements 1000 ...]

Run by `benchmarks.peers.run` in the environment of requirements-bench.lock; not a part of Lettrage. Each settlement is
one transaction with a cheque and two receivables. The result is a line of JSON for each size.
"""

import argparse
import json
import time
from importlib import import_module

from benchmarks.peers.memory import held, started

HEAD = """2024-01-01 open Assets:Cheques EUR
2024-01-01 open Assets:Receivable EUR
2024-01-01 open Income:Sales EUR
"""


def ledger(settlements: int) -> str:
    """Two invoices of 100 euros for each settlement, and the settlement."""
    pieces = [HEAD]
    for at in range(settlements):
        one, other = f"F{2 * at}", f"F{2 * at + 1}"
        pieces += (
            f'2024-01-02 * "Client" "{piece}" ^{piece}\n  Assets:Receivable 100.00 EUR\n  Income:Sales -100.00 EUR\n'
            for piece in (one, other)
        )
        pieces.append(
            f'2024-03-10 * "Client" "Reglement" ^{one} ^{other}\n  Assets:Cheques 200.00 EUR\n'
            f'  Assets:Receivable -100.00 EUR\n    piece: "{one}"\n'
            f'  Assets:Receivable -100.00 EUR\n    piece: "{other}"\n'
        )
    return "".join(pieces)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settlements", type=int, action="append", default=[])
    load = import_module("beancount.loader").load_string
    for settlements in parser.parse_args().settlements or [1_000]:
        text = ledger(settlements)
        started()
        start, worked = time.perf_counter(), time.process_time()
        entries, errors, _ = load(text)
        taken, own = time.perf_counter() - start, 1_000 * (time.process_time() - worked) / settlements
        mib = held("VmHWM") / 1_024
        assert not errors, errors[:3]
        assert len(entries) == 3 + 3 * settlements
        speed = settlements / taken
        row = {"size": settlements, "settlements": settlements, "per_second": speed, "own_ms": own, "mib": mib}
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
