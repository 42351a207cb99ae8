"""Tryton settles: each settlement pays two invoices of a customer, by `pay_invoice` or by a bank statement.

    python -m benchmarks.peers.tryton sqlite:///FOLDER | postgresql://... [--settlements 1=40 --settlements 50=100]

Run by `benchmarks.peers.run` in the environment of requirements-bench.lock; not a part of Lettrage. The modules' own
API in this process, without Tryton's web service: so many settlements in each transaction, each transaction committed.
The result is a line of JSON for each size and way.
"""

import argparse
import datetime
import json
import os
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.peers.memory import held, started

T = TypeVar("T")

AMOUNT = Decimal("100.00")
DATE = datetime.datetime.now(datetime.UTC).date()
INVOICES_AT_ONCE = 200


class Company:
    """A company with a chart of accounts, a year, and a customer."""

    def __init__(self) -> None:
        pool = import_module("trytond.pool").Pool()
        accounts = import_module("trytond.modules.account.tests.test_module")
        companies = import_module("trytond.modules.company.tests")
        invoices = import_module("trytond.modules.account_invoice.tests.test_module")
        self.get = pool.get
        currency = import_module("trytond.modules.currency.tests").create_currency("EUR")
        self.company = companies.create_company(currency=currency)
        with companies.set_company(self.company):
            accounts.create_chart(self.company)
            year = invoices.set_invoice_sequences(accounts.get_fiscalyear(self.company, today=DATE))
            year.save()
            self.get("account.fiscalyear").create_period([year])
        self.context = {"company": self.company.id}

    def found(self, model: str, field: str, value: object) -> int:
        usable = [("closed", "!=", True)] if model == "account.account" else []
        return int(self.get(model).search([(field, "=", value), *usable], limit=1)[0].id)

    def made(self, model: str, **values: object) -> int:
        return int(self.get(model).create([values])[0].id)

    def prepare(self) -> None:
        """What paying asks for: a customer, a payment term, a way to pay, a journal of statements."""
        self.cash = self.found("account.account", "code", "1.1.1")
        self.receivable = self.found("account.account", "type.receivable", True)
        self.revenue = self.found("account.account", "type.revenue", True)
        self.sales = self.found("account.journal", "type", "revenue")
        self.currency = self.company.currency.id
        self.customer = self.made(
            "party.party", name="Client", addresses=[("create", [{}])], account_receivable=self.receivable
        )
        self.address = self.found("party.address", "party", self.customer)
        lines = [("create", [{"type": "remainder"}])]
        self.term = self.made("account.invoice.payment_term", name="Term", lines=lines)
        self.method = self.made(
            "account.invoice.payment.method",
            name="Cheque",
            journal=self.found("account.journal", "type", "cash"),
            credit_account=self.cash,
            debit_account=self.cash,
            company=self.company.id,
        )
        self.statements = self.made(
            "account.statement.journal",
            name="Bank",
            journal=self.found("account.journal", "code", "STA"),
            account=self.cash,
            validation="amount",
            company=self.company.id,
        )

    def invoices(self, count: int) -> list[int]:
        """So many posted invoices, by their ids."""
        invoice, made = self.get("account.invoice"), []
        line = {"type": "line", "quantity": 1, "unit_price": AMOUNT, "account": self.revenue, "description": "Bench"}
        values = {
            "type": "out",
            "party": self.customer,
            "invoice_address": self.address,
            "payment_term": self.term,
            "account": self.receivable,
            "journal": self.sales,
            "currency": self.currency,
            "company": self.context["company"],
            "invoice_date": DATE,
            "lines": [("create", [line | {"currency": self.currency, "company": self.context["company"]}])],
        }
        for start in range(0, count, INVOICES_AT_ONCE):
            some = invoice.create([values] * min(INVOICES_AT_ONCE, count - start))
            invoice.post(some)
            made += [one.id for one in some]
        return made

    def pay_invoice(self, ids: list[int]) -> None:
        """Each invoice is paid whole."""
        invoice, method = self.get("account.invoice"), self.get("account.invoice.payment.method")(self.method)
        for one in invoice.browse(ids):
            due, left = one.get_reconcile_lines_for_amount(AMOUNT, one.currency)
            assert not left
            paid = one.pay_invoice(AMOUNT, method, DATE, description="Bench")
            self.get("account.move.line").reconcile(due + paid)

    def check(self, ids: list[int]) -> None:
        """All of them are reconciled. (Calling them paid is left to a worker, after the commit: not counted here.)"""
        invoices = self.get("account.invoice").browse(ids)
        left = [one.number for one in invoices if not all(line.reconciliation for line in one.lines_to_pay)]
        assert not left, left

    def pay_by_statement(self, ids: list[int]) -> None:
        """A statement with a line for each invoice, validated and posted."""
        statement, line = self.get("account.statement"), self.get("account.statement.line")
        one = statement(name="Bench", journal=self.statements, date=DATE, company=self.context["company"])
        one.total_amount = AMOUNT * len(ids)
        one.lines = [
            line(
                number=str(at),
                date=DATE,
                amount=AMOUNT,
                party=self.customer,
                account=self.receivable,
                related_to=f"account.invoice,{invoice}",
                description="Bench",
            )
            for at, invoice in enumerate(ids)
        ]
        one.save()
        statement.validate_statement([one])
        statement.post([one])


def created(name: str) -> None:
    """The database with the two modules."""
    tests = import_module("trytond.tests.test_tryton")
    tests.activate_module(["account_invoice", "account_statement"])
    assert name == tests.DB_NAME


def within(name: str, work: Callable[[], T], **options: Any) -> T:
    """What the work gives, in a transaction; tables that it asks to lock are locked first, as Tryton's server does."""
    transactions = import_module("trytond.transaction")
    extras: dict[str, Any] = {}
    while True:
        with transactions.Transaction().start(name, 1, **options, **extras) as transaction:
            try:
                done = work()
                transaction.commit()
            except transactions.TransactionError as asked:
                transaction.rollback()
                asked.fix(extras)
            else:
                return done


class Heard:
    """Counts the SQL statements of Tryton's connections."""

    count = 0

    def listen(self) -> None:
        """Hear every statement from now on."""
        backend = import_module("trytond.backend").name
        module = import_module(f"trytond.backend.{backend}.database")
        cursor = module.SQLiteCursor if backend == "sqlite" else module.LoggingCursor
        execute = cursor.execute

        def heard(one: Any, *words: Any, **options: Any) -> Any:
            self.count += 1
            return execute(one, *words, **options)

        cursor.execute = heard


HEARD = Heard()


def written() -> int:
    """The bytes that were written so far: to files by this process, or to PostgreSQL's log."""
    if import_module("trytond.backend").name == "sqlite":
        lines = Path("/proc/self/io").read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))
    cursor = import_module("trytond.transaction").Transaction().connection.cursor()
    cursor.execute("SELECT CAST(pg_current_wal_lsn() - '0/0' AS BIGINT)")
    return int(cursor.fetchone()[0])


def prepared() -> Company:
    company = Company()
    with import_module("trytond.modules.company.tests").set_company(company.company):
        company.prepare()
    return company


def measured(name: str, sizes: dict[int, int]) -> Iterator[dict[str, object]]:
    """Settlements per second for each size of transaction, both ways."""
    company = within(name, prepared)
    started()
    for size, settlements in sizes.items():
        for way in (company.pay_invoice, company.pay_by_statement):
            ids = within(name, partial(company.invoices, 2 * settlements), context=company.context)
            before, HEARD.count = within(name, written), 0
            began, worked = time.perf_counter(), time.process_time()
            for at in range(0, len(ids), 2 * size):
                within(name, partial(way, ids[at : at + 2 * size]), context=company.context)
            taken, own = time.perf_counter() - began, time.process_time() - worked
            statements, mib = HEARD.count / settlements, held("VmHWM") / 1_024
            bytes_each = (within(name, written) - before) / settlements
            within(name, partial(company.check, ids), context=company.context)
            yield {
                "way": way.__name__,
                "size": size,
                "settlements": settlements,
                "per_second": settlements / taken,
                "own_ms": 1_000 * own / settlements,
                "statements": statements,
                "written": bytes_each,
                "mib": mib,
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--settlements", action="append", default=[], help="PER_TRANSACTION=HOW_MANY")
    asked = parser.parse_args()
    pairs = (pair.split("=") for pair in asked.settlements or ["1=40"])
    sizes = {int(size): int(count) for size, count in pairs}
    configuration = import_module("trytond.config")
    if asked.address.startswith("sqlite:///"):
        configuration.set("database", "uri", "sqlite://")
        configuration.set("database", "path", asked.address.removeprefix("sqlite:///"))
    else:
        configuration.set("database", "uri", asked.address)
    os.environ["DB_NAME"] = name = "bench"
    created(name)
    HEARD.listen()
    for row in measured(name, sizes):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
