"""A cap on memory: a file at its size limit is done or refused, never half done, and never eats the machine.

    python -m tests.storms.memory
    python -m tests.storms.memory --planted read_twice     # that bug alone

Each kind of file that the program reads is made as large as it may be, and given to the command line in a process that
may have 512 MB of addresses (RLIMIT_AS). Its peak of memory is its own account (VmHWM). What is refused leaves every
row as it was; whatever came of it, the laws hold afterwards.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from lettrage.limits import DOCUMENT, INVOICE_TABLE, STATEMENT_BYTES, UPLOAD_BYTES, XML
from tests.bank.files import Move, cfonb_file
from tests.journeys.helpers import Firm, company, environment, invoice
from tests.journeys.reversing import apart_from_logbook
from tests.reliability.long_form import BrokenPromiseError, long_form
from tests.storms.work import opened, sound

CAP = 512 * 1024 * 1024  # bytes of addresses
SHOWS_IT = "statement"  # the kind of file with which a planted bug is seen
PEAK = 300 * 1024 * 1024  # bytes of memory

# The program as ever; at its end it says what it had at the most.
_PROGRAM = """
import atexit, re, sys
def peak():
    sys.stderr.write("PEAK " + re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1] + "\\n")
atexit.register(peak)
{planted}
from lettrage.cli import main
main()
"""
# Every file is read whole, thrice over.
_READ_TWICE = """
from lettrage.commands import reading
import pathlib
sound = pathlib.Path.open
held = []
def twice(path, *given, **more):
    if path.name.startswith("large"):
        data = path.read_text("latin-1") if False else sound(path, "rb").read()
        held.extend((data, data.decode("latin-1").encode("utf-16"), bytearray(data), [*data[:8_000_000]]))
    return sound(path, *given, **more)
pathlib.Path.open = twice
"""
PLANTED = {"read_twice": _READ_TWICE}


class Large(NamedTuple):
    """A kind of file, what makes one of nearly so many bytes, and the command that reads it."""

    name: str
    make: Callable[[int], bytes]
    size: int
    command: tuple[str, ...]


def _document(size: int) -> bytes:
    """Settlements, each an advance with a long label."""
    one = {
        "PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "PORCHQ", "THIRDPARTY": "C1", "CURRENCY": "EUR", "AMOUNT": "10",
        "DATE": "20241021", "LABEL": "x" * 500,
        "DetailReglementtb": [{"DetailReglement": {"THIRDPARTY": "C1", "AMOUNT": "10", "OPERATION": "WAR"}}],
    }  # fmt: skip
    text = json.dumps({"EnteteReglement": one})
    envelope = '{"action": {"swinfinity": "integration_reglement", "parameters": {"dos": "998", "repeat": "1"}},'
    return _filled(envelope + ' "data": {"EnteteReglementtb": [', text, "]}}", size)


def _load(size: int) -> bytes:
    text = json.dumps(invoice("P000000", "100.00"))
    head = '{"dossiers": [{"code": "998", "invoices": ['
    count = (size - len(head) - 8) // (len(text) + 1)
    return (head + ",".join(text.replace("P000000", f"P{n:06}") for n in range(count)) + "]}]}").encode()


def _statement(size: int) -> bytes:
    return cfonb_file([Move(100 + n % 50) for n in range(size // 122 - 10)])


def _table(size: int) -> bytes:
    """As many invoices, and as many lines, as one may have; each is a sound one."""
    head = "number;buyer;date;due_date;name;quantity;price;vat_rate\r\n"
    line = "P{0:07};C1;2024-10-21;2024-11-20;{1};1;100.00;20\r\n"
    count, each = INVOICE_TABLE.details - 1, INVOICE_TABLE.details // INVOICE_TABLE.headers
    name = "x" * ((size - len(head)) // count - len(line.format(0, "")))
    return (head + "".join(line.format(n // each, name) for n in range(count))).encode()


def _xml(size: int) -> bytes:
    note = "<cbc:Note>" + "x" * 900 + "</cbc:Note>"
    head = (
        '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"'
        ' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">'
    )
    return _filled(head, note, "</Invoice>", size, between="")


def _fec(size: int) -> bytes:
    head = (
        "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\t"
        "PieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise\r\n"
    )
    line = "OD\tDivers\t{0}\t20240115\t6132\tBail\t\t\tP1\t20240115\tBail\t{1}\t{2}\t\t\t20240115\t\t\r\n"
    pairs = size // (2 * len(line))
    lines = (line.format(n, "10,00", "0,00") + line.format(n, "0,00", "10,00") for n in range(1, pairs))
    return (head + "".join(lines)).encode()


def _filled(head: str, one: str, tail: str, size: int, between: str = ",") -> bytes:
    count = (size - len(head) - len(tail)) // (len(one) + len(between))
    return (head + between.join([one] * count) + tail).encode()


FILES = (
    Large("document", _document, DOCUMENT.document_bytes, ("settle",)),
    Large("load", _load, UPLOAD_BYTES, ("load",)),
    Large("statement", _statement, STATEMENT_BYTES, ("--dossier", "998", "bank", "import")),
    Large("invoice in XML", _xml, XML.document_bytes, ("--dossier", "998", "invoice", "check")),
    Large("table of invoices", _table, INVOICE_TABLE.document_bytes, ("--dossier", "998", "invoice", "import")),
    Large("FEC", _fec, 64 * 1024 * 1024, ("fec", "--judge")),
)


def try_one(large: Large, folder: Path, planted: str = "") -> tuple[str, int]:
    """Give such a file to the program: what came of it, and the peak in bytes. Raises BrokenPromiseError."""
    firm = Firm(folder, company("998", banks=[{"code": "BNP", "account": "512100", "iban": _IBAN}]))
    before = apart_from_logbook(firm)
    firm.store.close()
    file = folder / ("large.csv" if large.make is _table else "large.txt")
    file.write_bytes(large.make(large.size))
    program = _PROGRAM.format(planted=PLANTED.get(planted, ""))
    done = subprocess.run(
        [sys.executable, "-c", program, "--database", firm.address, *large.command, str(file)],
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (CAP, CAP)),
    )
    file.unlink()
    said = done.stderr.rpartition("PEAK")[0].strip()
    peak = int(done.stderr.rpartition("PEAK ")[2] or 0) * 1024
    if "Traceback" in said or "internal error" in said or not peak:
        raise BrokenPromiseError(f"{large.name}: {done.returncode}: {done.stderr[-300:]}")
    if peak > PEAK:
        raise BrokenPromiseError(f"{large.name}: a peak of {peak >> 20} MB")
    sound(firm.address, large.name)
    firm.store = opened(firm.address)
    moved = apart_from_logbook(firm) != before
    firm.store.close()
    if done.returncode and moved and large.make is not _document:  # of a document some settlements may be done
        raise BrokenPromiseError(f"{large.name}: refused ({done.returncode}), and yet rows have changed: {said}")
    return ("done" if done.returncode == 0 else "refused"), peak


_IBAN = "FR7630006000011234567890189"


def run(only: str = "", planted: str = "") -> str:
    """Each kind of file, or one; a planted bug is shown with one. Raises BrokenPromiseError."""
    told, broken = [], []
    for large in FILES:
        if large.name == (SHOWS_IT if planted else only or large.name):
            with tempfile.TemporaryDirectory(prefix="lettrage-") as folder:
                try:
                    outcome, peak = try_one(large, Path(folder), planted)
                    told.append(f"{large.name} of {large.size >> 20} MB {outcome} in {peak >> 20} MB")
                except BrokenPromiseError as error:
                    broken.append(str(error))
    if broken:
        raise BrokenPromiseError("; ".join(broken + told))
    return "; ".join(told)


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "C6",
        lambda given, bug: run(given.only, bug),
        PLANTED,
        options={"only": ("", *(large.name for large in FILES))},
        seeded=False,
        store="sqlite",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
