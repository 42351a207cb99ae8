"""What the journeys share: a firm with its books and a clock that can be moved, the command line, and entries."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.sql import run as run_sql
from lettrage.cli import main
from lettrage.dates import PARIS
from lettrage.opening import Loaded, load
from lettrage.settlement import Caller, settle
from tests.databases import copied, empty_books, every_row

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "examples"
NOON = datetime(2024, 10, 21, 10, 0, tzinfo=UTC)
TODAY = NOON.date()
Line = tuple[str, str, str]  # account, debit, credit


@dataclass
class MovableClock:
    """A clock that stands still until somebody moves it. Satisfies the port `Clock`."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def today(self) -> date:
        return self.at.astimezone(PARIS).date()

    def forward(self, **units: float) -> None:
        """Let time pass: `hours=72`, `seconds=1`."""
        self.at += timedelta(**units)


# ---------------------------------------------------------------- the firm


@dataclass
class Answer:
    """An answer as a caller reads it."""

    text: str
    envelope: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.envelope = json.loads(self.text)
        assert list(self.envelope) == ["error", "result", "txterr", "infos"]

    @property
    def error(self) -> int:
        return int(self.envelope["error"])

    @property
    def txterr(self) -> str:
        return str(self.envelope["txterr"])

    @property
    def result(self) -> dict[str, Any]:
        """`result.result`: common, response, and log or plan where they were asked for."""
        inner: dict[str, Any] = json.loads(self.envelope["result"])["result"]
        return inner

    @property
    def settlements(self) -> list[dict[str, Any]]:
        return list(self.result["response"])

    @property
    def codes(self) -> list[str]:
        """The resultcode of each settlement."""
        return [s["resultcode"] for s in self.settlements]

    @property
    def transactions(self) -> list[str]:
        return [s["transactionId"] for s in self.settlements]

    @property
    def reasons(self) -> list[list[str]]:
        """The codes of the reasons against each settlement."""
        return [[reason["code"] for reason in s["reasons"]] for s in self.settlements]


class Firm:
    """The books of one firm (or several dossiers), at a time that can be moved. `file`: where they are on SQLite."""

    def __init__(self, folder: Path, *dossiers: dict[str, Any], at: datetime = NOON) -> None:
        self.folder = folder
        self.file = folder / "books.sqlite"
        self.address = empty_books(folder)
        self.clock = MovableClock(at)
        self.store = SqlStore(self.address, self.clock)
        self.dossier = dossiers[0]["code"] if dossiers else ""
        if dossiers:
            self.load(*dossiers)

    def copied_to(self, folder: Path) -> "Firm":
        """A firm on a copy of these books, which nobody has open."""
        other = copy(self)
        other.folder, other.file, other.clock = folder, folder / "books.sqlite", MovableClock(self.clock.at)
        other.address = copied(self.address, folder)
        other.store = SqlStore(other.address, other.clock)
        return other

    def load(self, *dossiers: dict[str, Any]) -> None:
        loaded = self.try_load({"dossiers": list(dossiers)})
        assert not loaded.faults, [fault.say("en") for fault in loaded.faults]
        assert not loaded.strangers, [stranger.say("en") for stranger in loaded.strangers]

    def try_load(self, content: dict[str, Any]) -> Loaded:
        return load(json.dumps(content).encode(), "load.json", "", self.store, self.clock)

    def send(
        self, *headers: dict[str, Any], caller: str = "till", key: str = "", dry_run: bool = False, **parameters: Any
    ) -> Answer:
        """Settle a document of these headers, in the firm's first dossier unless `dos` names another."""
        parameters = {"dos": self.dossier} | parameters
        form = {
            "action": {"swinfinity": "integration_reglement", "parameters": parameters},
            "data": {"EnteteReglementtb": [{"EnteteReglement": header} for header in headers]},
        }
        return self.send_text(json.dumps(form), caller=caller, key=key, dry_run=dry_run)

    def send_text(
        self, text: str | bytes, *, caller: str = "till", key: str = "", dry_run: bool = False, dossier: str = ""
    ) -> Answer:
        data = text.encode() if isinstance(text, str) else text
        who = Caller(caller, "command line", dossier, key, dry_run)
        return Answer(settle(data, who, self.store, self.clock).text)

    def done(self, *headers: dict[str, Any], **parameters: Any) -> str:
        """Settle, all of it; the number of the last transaction."""
        answer = self.send(*headers, **parameters)
        assert answer.error == 0, answer.txterr
        assert set(answer.codes) == {"0"}, [s["errormessage"] for s in answer.settlements]
        return str(answer.transactions[-1])

    def entries(self, transaction: str = "") -> list[dict[str, Any]]:
        """The entries that settlements made, all or those of one transaction."""
        with self.store.books(self.dossier, writing=False) as books:
            entries = books.entries(books.company.currency)
        return [e for e in entries if e["transaction"] and transaction in ("", e["transaction"])]

    def entry(self, transaction: str) -> list[Line]:
        """The lines of a transaction's only entry, sorted."""
        (found,) = self.entries(transaction)
        return lines_of(found)

    def items(self, *, everything: bool = True) -> list[dict[str, Any]]:
        with self.store.books(self.dossier, writing=False) as books:
            return books.items(self.clock.today(), "", everything=everything)

    def open_amounts(self) -> list[tuple[str, str, str]]:
        """Piece ("" for an advance), currency and amount of what is open."""
        return [(i["piece"], i["currency"], i["open_amount"]) for i in self.items(everything=False)]

    def portfolio(self) -> list[tuple[str, str, str, str]]:
        """State, currency, amount and what it carries at home of each active instrument."""
        with self.store.books(self.dossier, writing=False) as books:
            active = books.portfolio(books.company.currency)
        return [(i["state"], i["currency"], i["amount"], i["amount_home"]) for i in active]

    def transaction(self, number: str) -> dict[str, Any]:
        with self.store.books(self.dossier, writing=False) as books:
            found = books.transaction(int(number), books.company.currency)
        assert found is not None
        return found

    def balance(self, account: str) -> str:
        """Debit less credit of one account, over every entry of the dossier, in cents shown as euros."""
        sql = "SELECT coalesce(sum(debit - credit), 0) FROM entry_line WHERE dossier = ?1 AND account = ?2"
        cents = int(self.ask(sql, self.dossier, account)[0][0])
        return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        return {table: [tuple(row.values()) for row in rows] for table, rows in every_row(self.store.engine).items()}

    def ask(self, sql: str, *values: object) -> list[Any]:
        """The rows of a question of SQL, its values `?1`, `?2`."""
        with self.store.engine.connect() as connection:
            return list(run_sql(connection, sql, values).all())

    def change_behind_the_scenes(self, sql: str, *values: object) -> None:
        """What another part of the program will do to the books one day."""
        with self.store.engine.connect() as connection:
            run_sql(connection, sql, values)

    def findings(self) -> list[str]:
        """What the integrity check says against any dossier."""
        return [f"{f.code}: {f.message}" for code in self.store.dossiers() for f in self.store.audit(code)]


OpenFirm = Callable[..., Firm]


# ---------------------------------------------------------------- company files


def company(code: str = "998", **more: Any) -> dict[str, Any]:
    """A company in euros with one bank, one customer C1, one supplier F1 and ordinary tolerances."""
    tolerance = {"amount": "10.00", "percent": "5"}
    return {
        "code": code,
        "name": "Société d'essai",
        "currency": "EUR",
        "tolerances": {"settlement_difference": tolerance, "exchange_difference": tolerance},
        "banks": [{"code": "BNP", "account": "512100", "currency": "EUR"}],
        "third_parties": [
            {"code": "C1", "kind": "customer", "name": "Client 1"},
            {"code": "F1", "kind": "supplier", "name": "Fournisseur 1"},
        ],
    } | more


def invoice(number: str, *amounts: str, **more: Any) -> dict[str, Any]:
    """An invoice to C1 of 20 September 2024, due in October, one due item per amount."""
    dues = [{"due_date": f"2024-10-{20 + at}", "amount": amount} for at, amount in enumerate(amounts)]
    record = {"third_party": "C1", "number": number, "date": "2024-09-20", "currency": "EUR", "due_items": dues}
    return record | more


def instrument(transaction: str, amount: str, **more: Any) -> dict[str, Any]:
    """A cheque of C1 in portfolio since 2 September 2024."""
    record = {"transaction": transaction, "third_party": "C1", "state": "C30", "currency": "EUR", "amount": amount}
    return record | {"date": "2024-09-02"} | more


# ---------------------------------------------------------------- documents


def header(change: str, amount: str, *details: dict[str, Any], **more: str) -> dict[str, Any]:
    """A header of today, from C1 (to F1 where the state change pays out)."""
    out = change.startswith(("DEC", "PAY", "EXE"))
    record: dict[str, Any] = {
        "PAYMENTTYPE": "DISBURSEMENT" if out else "ENCASHMENT",
        "CHGETAT": change,
        "THIRDPARTY": "F1" if out else "C1",
        "CURRENCY": "EUR",
        "AMOUNT": amount,
        "DATE": f"{TODAY:%Y%m%d}",
    }
    for detail in details:
        if "PIECE" in detail or "OPERATION" in detail:
            detail.setdefault("THIRDPARTY", more.get("THIRDPARTY", record["THIRDPARTY"]))
    rows = [{"DetailReglement": detail} for detail in details]
    return record | more | {"DetailReglementtb": rows}


def deposit(change: str, *details: dict[str, Any], **more: str) -> dict[str, Any]:
    """A header that takes instruments to the bank BNP."""
    direction = "DISBURSEMENT" if change.startswith("EXE") else "ENCASHMENT"
    record = {"PAYMENTTYPE": direction, "CHGETAT": change, "BQC": "BNP", "DATE": f"{TODAY:%Y%m%d}"}
    return record | more | {"DetailReglementtb": [{"DetailReglement": detail} for detail in details]}


def pays(piece: str, amount: str, operation: str = "", **more: str) -> dict[str, Any]:
    """A detail on a piece; `operation` says what it is when it is no ordinary payment."""
    return {"PIECE": piece, "AMOUNT": amount, "OPERATION": operation} | more


def advance(amount: str, **more: str) -> dict[str, Any]:
    """An advance (WAR): received, or with `TRANSAC` consumed (negative) or paid back."""
    return {"AMOUNT": amount, "OPERATION": "WAR"} | more


# ---------------------------------------------------------------- entries


def debit(account: str, amount: str) -> Line:
    return (account, amount, "0.00")


def credit(account: str, amount: str) -> Line:
    return (account, "0.00", amount)


def lines_of(entry: Mapping[str, Any]) -> list[Line]:
    return sorted((line["account"], line["debit"], line["credit"]) for line in entry["lines"])


# ---------------------------------------------------------------- the command line


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit status and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def answer(self) -> Answer:
        return Answer(self.out)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """An environment without our own settings, at home in a folder of the test."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LETTRAGE_", "XDG_"))}
    return kept | {"HOME": str(folder), "COLUMNS": "200", "PYTHONUTF8": "1"} | more


def run(
    *arguments: str | bytes,
    folder: Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    before: Callable[[], object] | None = None,
) -> Ran:
    """Run the command line in a process of its own. It never shows a traceback."""
    command: Sequence[str | bytes] = [sys.executable, "-m", "lettrage", *arguments]
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        cwd=folder,
        env=environment(folder, **(env or {})),
        preexec_fn=before,
        timeout=120,
        check=False,
    )
    ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))
    assert "Traceback" not in ran.out + ran.err, ran.err
    return ran


def run_here(
    *arguments: str,
    folder: Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> Ran:
    """The same command line inside this process: for where a process of its own is not the point."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    status: object = 0
    with (
        mock.patch.dict(os.environ, environment(folder, **(env or {})), clear=True),
        mock.patch.object(sys, "argv", ["lettrage", *arguments]),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")),
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", err),
        chdir(folder),
    ):
        try:
            main()
        except SystemExit as ended:
            status = ended.code or 0
    written = []
    for stream in (out, err):
        stream.flush()
        buffer = stream.detach()
        assert isinstance(buffer, io.BytesIO)
        written.append(buffer.getvalue().decode())
    assert isinstance(status, int), status
    return Ran(status, *written)
