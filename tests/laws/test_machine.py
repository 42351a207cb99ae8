"""The money laws A1, A2, A3, A5, A6, and what stands beside them, over random lives of several companies.

A failure names the law that was broken, and its reproduction blob is printed; `LETTRAGE_SHRINK=1` looks for the
shortest life that breaks it, which takes minutes. The long form is `python -m tests.laws.run`.
"""

import itertools
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from lettrage.settlement import Caller
from tests.databases import POSTGRESQL
from tests.laws import reversals
from tests.laws.generators import (
    CALLER,
    HOUSES,
    TODAY,
    Author,
    Books,
    Drawn,
    House,
    Model,
    Page,
    Rolled,
    adopt,
    load_invoices,
    shifted,
    sync,
    told,
)

ROOT = Path(__file__).parent.parent.parent
LOGBOOK = ("document", "outcome", "kept_answer")
LONG = bool(os.environ.get("LETTRAGE_LONG"))
SEED = int(os.environ.get("LETTRAGE_SEED") or random.SystemRandom().randrange(2**32))
_EVERY = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
# Shrinking a life takes minutes: it is asked for when somebody waits for it.
_PHASES = [Phase.generate, *([Phase.shrink] if os.environ.get("LETTRAGE_SHRINK") else [])]
SHORT_FORM = settings(
    max_examples=40, stateful_step_count=15, deadline=None, derandomize=True, database=None, print_blob=True,
    suppress_health_check=_EVERY, report_multiple_bugs=False, phases=_PHASES,
)  # fmt: skip
LONG_FORM = settings(SHORT_FORM, max_examples=5_000, stateful_step_count=30, derandomize=False)
long = pytest.mark.skipif(not LONG, reason="minutes of random trials: LETTRAGE_LONG=1")

# ---------------------------------------------------------------- the laws, in plain SQL

_SIGN = "CASE d.ledger WHEN 'customer' THEN 1 ELSE -1 END"

# Each query lists what breaks a law of the whole file; a sound one lists nothing.
# What a cancelled transaction made or did no longer counts.
_DUE = """(SELECT d.* FROM due_item d LEFT JOIN "transaction" t ON t.dossier = d.dossier AND t.number = d."transaction"
           WHERE coalesce(t.status, '') <> 'cancelled')"""
_ALLOCATED = """(SELECT a.* FROM allocation a JOIN "transaction" t ON t.dossier = a.dossier
                 AND t.number = a."transaction" WHERE t.status <> 'cancelled')"""
_KIND = "d.ledger || CASE d.kind WHEN 'advance' THEN '1' ELSE '0' END"
_PARKED = (
    "(SELECT CAST(value AS BIGINT) AS value FROM jsonb_array_elements_text(nullif(d.parked, '')::jsonb) k(value)) k"
    if POSTGRESQL
    else "json_each(nullif(d.parked, ''))"
)

LAWS = {
    "A1 debits = credits in every entry": """
        SELECT dossier, posting, sum(debit) - sum(credit) FROM entry_line GROUP BY 1, 2
        HAVING sum(debit) <> sum(credit)""",
    "A1 every entry has two lines or more": """
        SELECT e.dossier, e.posting FROM entry e
          LEFT JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
         GROUP BY 1, 2 HAVING count(l.line) < 2""",
    "A2 original = open + settled + passed on, each within it": """
        SELECT * FROM due_item WHERE amount <> open + settled + passed_on OR sign(amount) * sign(open) < 0 OR
            sign(amount) * sign(settled) < 0 OR sign(amount) * sign(passed_on) < 0 OR abs(open) > abs(amount)
            OR abs(settled) > abs(amount)""",
    "A2 settled = payments + differences + discounts + advances used": f"""
        SELECT d.dossier, d.id, d.settled, sum(a.amount) FROM {_DUE} d
          LEFT JOIN {_ALLOCATED} a ON a.dossier = d.dossier AND a.item = d.id AND a.operation <> 'WPA'
         GROUP BY d.dossier, d.id, d.settled, d.settled_before
        HAVING d.settled <> d.settled_before + coalesce(sum(a.amount), 0)""",
    "A2 passed on = what the successor starts with": f"""
        SELECT d.dossier, d.id, d.passed_on, sum(s.amount) FROM {_DUE} d
          LEFT JOIN {_DUE} s ON s.dossier = d.dossier AND s.previous = d.id
         GROUP BY d.dossier, d.id, d.passed_on HAVING d.passed_on <> coalesce(sum(s.amount), 0)""",
    "A2 what is open carries something in its own sense, what is closed nothing": """
        SELECT dossier, id, carried, parked FROM due_item
         WHERE (open = 0 AND carried <> 0) OR sign(amount) * sign(carried) < 0
            OR (open = 0 AND trim(parked, '[]0,') <> '')""",
    "the account of a third party carries its open items": f"""
        SELECT dossier, kind, third_party, sum(home) FROM (
            SELECT d.dossier, {_KIND} AS kind, d.third_party, -{_SIGN} * d.carried AS home
              FROM due_item d
            UNION ALL
            SELECT l.dossier, CASE substr(l.account, 1, 3) WHEN '411' THEN 'customer0'
                   WHEN '416' THEN 'customer0' WHEN '401' THEN 'supplier0'
                   WHEN '419' THEN 'customer1' ELSE 'supplier1' END, l.third_party, l.debit - l.credit
              FROM entry_line l WHERE l.account IN ('411000', '416000', '401000', '419100', '409100')
        ) a GROUP BY 1, 2, 3 HAVING sum(home) <> 0""",
    "the account of a third party shows what is open in its currency": f"""
        SELECT dossier, kind, third_party, currency, sum(amount) FROM (
            SELECT d.dossier, {_KIND} AS kind, d.third_party, d.currency,
                   -{_SIGN} * d.open AS amount
              FROM due_item d
            UNION ALL
            SELECT l.dossier, CASE substr(l.account, 1, 3) WHEN '411' THEN 'customer0'
                   WHEN '416' THEN 'customer0' WHEN '401' THEN 'supplier0'
                   WHEN '419' THEN 'customer1' ELSE 'supplier1' END, l.third_party, l.currency, l.amount
              FROM entry_line l WHERE l.account IN ('411000', '416000', '401000', '419100', '409100')
            -- What is worth less than one minor unit at home has no line: an entry has no line of nothing.
            UNION ALL
            SELECT d.dossier, {_KIND}, d.third_party, d.currency, -{_SIGN} * sum(a.amount)
              FROM {_ALLOCATED} a JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item
             WHERE a.operation <> 'WPA'
             GROUP BY d.dossier, a."transaction", a."order", a.item, CASE a.operation WHEN 'WAR' THEN a.line ELSE 0 END,
                   d.ledger, d.kind, d.third_party, d.currency
            HAVING sum(a.relieved_home) = 0
            UNION ALL
            SELECT d.dossier, d.ledger || '1', d.third_party, d.currency, {_SIGN} * d.amount
              FROM {_DUE} d WHERE d.kind = 'advance' AND d.origin_carried = 0
        ) a GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0""",
    "the account of parked VAT carries what waits": f"""
        SELECT dossier, sum(home) FROM (
            SELECT d.dossier, {_SIGN} * (SELECT coalesce(sum(value), 0) FROM {_PARKED}) AS home
              FROM due_item d
            UNION ALL SELECT dossier, debit - credit FROM entry_line WHERE account = '445800'
        ) a GROUP BY 1 HAVING sum(home) <> 0""",
    "a portfolio account carries its instruments": """
        WITH account(state, direction, number) AS (VALUES
            ('C30', 'encashment', '511200'), ('E30', 'encashment', '530000'), ('L30', 'encashment', '413000'),
            ('V30', 'encashment', '511500'), ('D30', 'encashment', '511600'), ('E30', 'disbursement', '530000'),
            ('L30', 'disbursement', '403000'), ('C30', 'disbursement', '580100'), ('V30', 'disbursement', '580100'))
        SELECT dossier, number, sum(home) FROM (
            SELECT i.dossier, a.number, CASE i.direction WHEN 'encashment' THEN i.home ELSE -i.home END AS home
              FROM instrument i JOIN account a ON a.state = i.state AND a.direction = i.direction
             WHERE i.active = 1 OR EXISTS (
                SELECT 1 FROM instrument n JOIN "transaction" t ON t.dossier = n.dossier AND t.number = n."transaction"
                 WHERE n.dossier = i.dossier AND n.previous = i.id AND t.status = 'awaiting_slip')
            UNION ALL
            SELECT dossier, account, credit - debit FROM entry_line WHERE account IN (SELECT number FROM account)
        ) h GROUP BY 1, 2 HAVING sum(home) <> 0""",
    "a transaction has one entry, or awaits its slip": """
        SELECT t.dossier, t.number, t.status, count(e.posting) FROM "transaction" t
          LEFT JOIN entry e ON e.dossier = t.dossier AND e."transaction" = t.number AND e.reversal_of IS NULL
         WHERE t.kind <> 'loaded' AND t.status <> 'cancelled'
         GROUP BY 1, 2
        HAVING count(e.posting) <> CASE WHEN t.status = 'posted' AND t.slip IS NULL THEN 1 ELSE 0 END""",
    "a reversal has the lines of what it takes back, on the other side": """
        SELECT dossier, posting FROM (
            SELECT e.dossier, e.posting, l.account, l.third_party, l.debit - l.credit AS home, l.amount, l.item
              FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
             WHERE e.reversal_of IS NOT NULL
            UNION ALL
            SELECT e.dossier, e.posting, l.account, l.third_party, l.debit - l.credit, l.amount, l.item
              FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.reversal_of
        ) r GROUP BY dossier, posting, account, third_party, item HAVING sum(home) <> 0 OR sum(amount) <> 0""",
    "transactions are numbered without a gap": """
        SELECT d.code, d.first_transaction, d.next_transaction, count(t.number) FROM dossier d
          LEFT JOIN "transaction" t ON t.dossier = d.code AND t.number >= d.first_transaction
         GROUP BY 1 HAVING count(t.number) <> d.next_transaction - d.first_transaction""",
    "entries are numbered without a gap": """
        SELECT dossier, year, count(*), max(number) FROM entry GROUP BY 1, 2
        HAVING count(*) <> max(number) OR min(number) <> 1""",
}


def check_laws(books: Books) -> None:
    """Every law over the whole file, by its own SQL."""
    for law, sql in LAWS.items():
        broken = books.eyes.execute(sql).fetchall()
        assert not broken, f"{law}: {broken[:3]}"


def check_model(books: Books, model: Model, *, audited: bool) -> None:
    """The lists that the engine shows are those of the model; its own audit finds nothing."""
    code = model.house.code
    with books.store.books(code, writing=False) as shown:
        items: Counter[tuple[str, ...]] = Counter(
            (i["kind"], i["direction"], i["third_party"], i["piece"], i["due_date"], i["currency"], i["amount"],
             i["open_amount"], i["transaction"] or "")
            for i in shown.items(TODAY, "", everything=False)
        )  # fmt: skip
        portfolio = shown.portfolio(shown.company.currency)
    expected = model.shown_items()
    assert items == expected, f"A2 model: too many {items - expected}, missing {expected - items}"
    held: Counter[tuple[str, ...]] = Counter(
        (h["transaction"], h["order"], h["state"], h["third_party"], h["currency"], h["amount"]) for h in portfolio
    )
    assert held == model.shown_portfolio(), f"portfolio: {held - model.shown_portfolio()}"
    sync(model, portfolio)
    if audited:
        findings = books.store.audit(code)
        assert not findings, f"audit: {findings}"


Rows = dict[tuple[str, str], list[tuple[Any, ...]]]


def apart_from_logbook(rows: Rows) -> Rows:
    """The books without what a refused or repeated document may leave in the logbook."""
    kept = {key: value for key, value in rows.items() if key[0] not in LOGBOOK}
    for key, value in kept.items():
        if key[0] == "dossier":
            kept[key] = [(*row[:6], *row[7:]) for row in value]  # but next_document
    return kept


def others(rows: Rows, dossier: str) -> Rows:
    """What belongs to other companies."""
    return {key: value for key, value in rows.items() if key[1] != dossier}


# ---------------------------------------------------------------- a dry run beside the real one


def check_prediction(books: Books, code: str, answer: str, before: int, known: dict[int, Any]) -> None:
    """The plan of a dry run is what the real run stored, numbers apart."""
    plan = json.loads(json.loads(answer)["result"])["result"]["plan"]
    with books.store.books(code, writing=False) as shown:
        home = shown.company.currency
        entries = [
            e | {"number": "", "piece": "", "transaction": "", "transactions": [""]}
            for e in shown.entries(home)
            if e["transaction"] and int(e["transaction"]) >= before
        ]
        after = {row[0] for row in shown.rows('SELECT number FROM "transaction" WHERE dossier = ?')}
        instruments = [
            i for number in sorted(after) if number >= before
            for i in (shown.transaction(number, home) or {})["instruments"]
        ]  # fmt: skip
        every = dict(zip(_item_ids(books, code), shown.items(TODAY, "", everything=True), strict=True))
    items = [item for key, item in every.items() if known.get(key) != item]
    assert plan["entries"] == entries, "dry run: entries differ from what was booked"
    _same_bag("instruments", map(_nameless, plan["instruments"]), map(_nameless, instruments))
    _same_bag("items", map(_nameless, plan["items"]), map(_nameless, items))


def _item_ids(books: Books, code: str) -> list[int]:
    sql = f"SELECT d.id FROM {_DUE} d WHERE d.dossier = ? ORDER BY d.due_date, d.piece, d.id"
    return [row[0] for row in books.eyes.execute(sql, (code,))]


def _nameless(shape: dict[str, Any]) -> str:
    """A shape without the numbers that only the real run gives."""
    plain = {name: value for name, value in shape.items() if name != "id"}
    plain["previous"] = plain["previous"] not in (None, [])
    if "transaction" in plain:
        plain["transaction"] = plain["transaction"] is not None
    return json.dumps(plain, sort_keys=True)


def _same_bag(what: str, planned: Iterator[str], stored: Iterator[str]) -> None:
    first, second = Counter(planned), Counter(stored)
    assert first == second, f"dry run: {what} differ: planned {first - second}, stored {second - first}"


# ---------------------------------------------------------------- the machine


class Money(RuleBasedStateMachine):
    """A life of several companies in one file: load, settle, deposit, dry run, replay, and much that is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.models = {code: Model.opened(house) for code, house in HOUSES.items()}
        self.serial = 0
        self.accepted: list[tuple[bytes, Caller, str]] = []
        # Transactions that nothing has followed yet in their company, each with the model before it.
        self.latest: dict[str, list[tuple[int, Model]]] = {code: [] for code in HOUSES}
        self.taken_back: set[str] = set()  # companies where a document may rightly come a second time
        self.slips: list[tuple[str, str]] = []
        self.sound = True  # no law was broken yet

    def teardown(self) -> None:
        try:
            for model in self.models.values() if self.sound else ():
                check_model(self.books, model, audited=True)
        finally:
            self.books.close()

    def _next(self) -> int:
        self.serial += 1
        self.sound = False
        return self.serial

    @rule(data=st.data(), code=st.sampled_from(list(HOUSES)))
    def load(self, data: st.DataObject, code: str) -> None:
        """Invoices and credit notes, in several currencies and due items."""
        before = self.books.dump()
        choice = Drawn(data.draw)
        load_invoices(self.books, self.models[code], choice, self._next(), choice.pick((2, 1, 3)))
        self.latest[code].clear()
        self._checked(code, before)

    @rule(data=st.data(), code=st.sampled_from(list(HOUSES)))
    def settle(self, data: st.DataObject, code: str) -> None:
        """A document of settlements and deposits, some of them wrong: dry, then real."""
        choice = Drawn(data.draw)
        page = Author(choice, self.models[code], self._next()).page()
        self._send(page, dry=choice.chance(50), key=str(self.serial) if choice.chance(30) else "")

    @rule(data=st.data(), code=st.sampled_from(list(HOUSES)))
    def settle_one(self, data: st.DataObject, code: str) -> None:
        """A document of one group in which nothing is wrong."""
        page = Author(Drawn(data.draw), self.models[code], self._next()).page(wrong=0, most=1)
        self._send(page, dry=False, key="")

    @rule(data=st.data(), code=st.sampled_from(list(HOUSES)))
    def settle_all_or_nothing(self, data: st.DataObject, code: str) -> None:
        """`atomic`: one wrong settlement refuses the document."""
        model = self.models[code]
        page = Author(Drawn(data.draw), model, self._next()).page(wrong=30)
        if not page.accepted:
            page.sound, page.after = [False] * len(page.sound), model.copy()
        page.parameters["atomic"] = "1"
        self._send(page, dry=False, key="")

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """An accepted document once more: the same answer, and nothing moves."""
        if not self.accepted:
            return
        sent, caller, answer = Drawn(data.draw).pick(self.accepted)
        before, self.sound = apart_from_logbook(self.books.dump()), False
        reply = self.books.settle(sent, caller)
        assert reply.text == answer, f"replay: another answer\n{reply.text}\n{answer}"
        assert apart_from_logbook(self.books.dump()) == before, "replay: the books moved"
        self.sound = True

    # ------------------------------------------------------------ taking back

    @rule(data=st.data(), code=st.sampled_from(list(HOUSES)))
    def take_back(self, data: st.DataObject, code: str) -> None:
        """The last transaction is cancelled, a payment comes back unpaid, or a returned one is presented again."""
        choice, model = Drawn(data.draw), self.models[code]
        ways: list[Callable[[Drawn, str, Model], None]] = [self._cancel] if self.latest[code] else []
        ways += [self._unpaid] * 2 if reversals.returnable(model) else []
        ways += [self._represent] * 2 if reversals.returned(model) else []
        if ways:
            choice.pick(ways)(choice, code, model)

    def _cancel(self, _: Drawn, code: str, __: Model) -> None:
        """Everything is as before the last transaction."""
        number, model = self.latest[code].pop()
        before = self._before_an_act()
        done = reversals.cancelled(self.books, code, number)
        assert done.result is not None, f"cancel: {done.reasons}"
        self._turned(code, model, before)

    def _unpaid(self, choice: Drawn, code: str, model: Model) -> None:
        """What the receipt took is open again, unless its advance was used."""
        before = self._before_an_act()
        after = reversals.unpaid(self.books, choice, model, choice.pick(reversals.returnable(model)))
        self._act(code, model, after, before)

    def _represent(self, choice: Drawn, code: str, model: Model) -> None:
        """The same details are applied again, where everything is open as it was left."""
        before = self._before_an_act()
        after = reversals.presented(self.books, model, choice.pick(reversals.returned(model)))
        self._act(code, model, after, before)

    @rule(code=st.sampled_from(list(HOUSES)), back=st.booleans())
    def slip(self, code: str, back: bool) -> None:
        """A slip of what waits, or the last one taken back: what is due, and where it is, stays."""
        if back and self.slips:
            code, number = self.slips.pop()
            before = self._before_an_act()
            reversals.slip_cancelled(self.books, code, number)
        else:
            before = self._before_an_act()
            if not (number := reversals.slip(self.books, code)):
                self.sound = True
                return
            self.slips.append((code, number))
        self.latest[code].clear()
        self._checked(code, before)

    def _before_an_act(self) -> Rows:
        self._next()
        return self.books.dump()

    def _act(self, code: str, model: Model, after: Model | None, before: Rows) -> None:
        """The books after an act are those of the model; after a refusal they are as before."""
        if after is None:
            now = apart_from_logbook(self.books.dump())
            assert now == apart_from_logbook(before), "refused: the books moved"
            self.sound = True
            return
        self.latest[code].append((self.books.next_transaction(code) - 1, model))
        self._turned(code, after, before)

    def _turned(self, code: str, model: Model, before: Rows) -> None:
        self.models[code] = model
        self.taken_back.add(code)
        # A document whose payment was taken back is no longer answered as done.
        self.accepted = [kept for kept in self.accepted if kept[1].key]
        self._checked(code, before)

    def _send(self, page: Page, *, dry: bool, key: str) -> None:
        books, code = self.books, page.dossier
        if not page.headers:
            self.sound = True
            return
        if code in self.taken_back:
            page.parameters["repeat"] = "1"
        before, model = books.dump(), self.models[code]
        first = books.next_transaction(code)
        planned, known = "", {}
        if dry:
            with books.store.books(code, writing=False) as shown:
                known = dict(zip(_item_ids(books, code), shown.items(TODAY, "", everything=True), strict=True))
            planned = books.settle(page.data(dryrun="1"), CALLER).text
            assert books.dump() == before, "dry run: something was stored"
        caller = Caller(CALLER.name, CALLER.origin, key=key)
        reply = books.settle(page.data(), caller)
        adopt(self.models, page, reply.text)
        if books.next_transaction(code) == first + 1:
            self.latest[code].append((first, model))
            if len(page.headers) == 1:
                reversals.remember(model, self.models[code], first)
        else:
            self.latest[code].clear()
        if not any(page.sound):
            assert apart_from_logbook(books.dump()) == apart_from_logbook(before), "refused: the books moved"
        if planned:
            check_prediction(books, code, planned, first, known)
        # What is in the log of the first answer is not told again by a repeat without a key.
        if page.accepted and (key or not page.parameters.keys() & {"withlog", "repeat"}):
            self.accepted.append((page.data(), caller, reply.text))
        self._checked(code, before)

    def _checked(self, code: str, before: Rows) -> None:
        check_laws(self.books)
        check_model(self.books, self.models[code], audited=self.serial % 5 == 0)
        assert others(self.books.dump(), code) == others(before, code), f"another company than {code} was touched"
        self.sound = True


def test_the_money_laws_hold_over_random_lives() -> None:
    run_state_machine_as_test(Money, settings=SHORT_FORM)


# ---------------------------------------------------------------- A3


class Desk:
    """Books with many open items, in which nothing is ever booked: dry runs only."""

    def __init__(self) -> None:
        self.books = Books()
        self.models = {code: Model.opened(house) for code, house in HOUSES.items()}
        for model in self.models.values():
            load_invoices(self.books, model, Rolled(7), 1, 25)

    def accepts(self, page: Page) -> list[bool]:
        answer = json.loads(self.books.settle(page.data(dryrun="1"), CALLER).text)
        response = json.loads(answer["result"])["result"]["response"]
        return [row["resultcode"] == "0" for row in response]


def covering(desk: Desk, data: st.DataObject) -> None:
    """Details that add up to the open amount are accepted; one minor unit more or less on any of them is not."""
    choice = Drawn(data.draw)
    model = desk.models[choice.pick(list(HOUSES))]
    writer = Author(choice, model, 1)
    writer.place = -1
    sketch = writer.settlement(choice.pick(("encashment", "disbursement")), TODAY)
    if sketch is None:
        return
    page = writer.bound([(0, sketch)], {})
    assert desk.accepts(page) == [True], f"A3 exact, yet refused: {page.data().decode()}"
    lines = [line for line in sketch.lines if line.piece]
    by = choice.pick((1, -1, choice.whole(2, 1000)))
    if lines and shifted(sketch, choice.pick(lines), by):
        page = writer.bound([(0, sketch)], {})
        assert desk.accepts(page) == [False], f"A3 off by {by}, yet accepted: {page.data().decode()}"


def run_covering(form: settings) -> None:
    """Try `covering` over books of its own."""
    desk = Desk()

    @form
    @given(st.data())
    def each(data: st.DataObject) -> None:
        covering(desk, data)

    with closing(desk.books):
        each()


def test_a_settlement_is_accepted_exactly_when_it_covers_what_is_open() -> None:
    run_covering(settings(SHORT_FORM, max_examples=300))


# ---------------------------------------------------------------- A5


def answers_elsewhere(number: int, documents: int, plant: str = "") -> list[bytes]:
    """The answers of one seeded life in two processes, with other hashes and another time zone."""
    found = []
    for hashes, zone in (("1", "Pacific/Kiritimati"), ("4711", "America/New_York")):
        environment = os.environ | {"PYTHONHASHSEED": hashes, "TZ": zone}
        command = [sys.executable, "-m", "tests.laws.generators", str(number), str(documents), *filter(None, [plant])]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
        assert not done.returncode, done.stderr.decode()
        found.append(done.stdout)
    return found


def test_the_same_documents_give_the_same_bytes_in_another_process() -> None:
    first, second = answers_elsewhere(1, 60)
    assert first == second, "A5 other bytes"
    assert first == "\n".join(told(1, 60)).encode(), "A5 other bytes in this process"


# ---------------------------------------------------------------- A6


def final_books(books: Books, code: str) -> list[str]:
    """A company's books without numbers: transactions with all they did, items, in a fixed order."""

    def rows(sql: str, *values: object) -> list[Any]:
        found: list[Any] = books.eyes.execute(sql, (code, *values)).fetchall()
        return found

    item = (
        "d.kind, d.third_party, d.piece, d.date, d.due_date, d.currency, d.amount, d.open, d.settled, d.passed_on,"
        ' d.carried, d.origin_amount, d.origin_carried, d.parked, d.previous IS NULL, d."transaction" IS NULL,'
        ' d."order"'
    )
    kept = [f"item {row}" for row in rows(f"SELECT {item} FROM due_item d WHERE d.dossier = ?")]
    parts = {
        "header": 'SELECT "order", state_change, third_party, currency, amount, home, bank, label FROM header h',
        "allocation": f'SELECT h."order", h.operation, h.amount, relieved_home, value_home, paid, {item}'
        " FROM allocation h JOIN due_item d ON d.dossier = h.dossier AND d.id = h.item",
        "instrument": 'SELECT "order", state, direction, third_party, currency, amount, home, date, bank, active'
        " FROM instrument h",
        "vat": "SELECT h.line, h.rate, h.vat_home FROM vat_move h",
        "line": "SELECT l.account, l.third_party, l.debit, l.credit, l.currency, l.amount, h.journal, h.date, h.label"
        " FROM entry h JOIN entry_line l ON l.dossier = h.dossier AND l.posting = h.posting",
    }
    for number, *own in rows(
        'SELECT number, kind, direction, date, establishment, label, status FROM "transaction" WHERE dossier = ?'
    ):
        lines = [str(own)]
        for name, sql in parts.items():
            found = rows(f'{sql} WHERE h.dossier = ? AND h."transaction" = ?', number)
            lines += sorted(f"{name} {row}" for row in found)
        kept.append("\n".join(lines))
    return sorted(kept)


def apart(choice: Drawn, model: Model) -> list[Page]:
    """Documents on different items: each written for the books as they are, on what no other one names.

    A refused one may name what another settles: it changes nothing.
    """
    pages: list[Page] = []
    left = model.copy()
    for serial in range(1, choice.whole(2, 4) + 1):
        if pages and choice.chance(40):
            refused = _refused_in_the_second_header(choice, model, serial)
            pages += [refused] if refused else []
            continue
        writer = Author(choice, left, serial)
        writer.place = -1
        sketch = writer.settlement(choice.pick(("encashment", "disbursement")), TODAY)
        if sketch is None:
            continue
        pages.append(writer.bound([(0, sketch)], {}))
        touched = {
            (d.party, d.piece) for old, d in zip(left.dues, writer.model.dues, strict=False) if old.open != d.open
        }
        left.dues = [d for d in left.dues if (d.party, d.piece) not in touched]
    return pages


def _refused_in_the_second_header(choice: Drawn, model: Model, serial: int) -> Page | None:
    writer = Author(choice, model, serial)
    writer.place = -1
    first = writer.settlement("encashment", TODAY, 1)
    if first is None:
        return None
    second = Author(choice, model, serial).settlement("encashment", TODAY, 2)
    if second is None:
        return None
    second.spoilt["MTDEV"] = "0.0001"
    for order, sketch in enumerate((first, second), 1):
        sketch.group, sketch.order, sketch.sound = f"R{serial}", order, False
    return writer.bound([(0, first), (0, second)], {})


def any_order(data: st.DataObject, orders: int) -> None:
    """The final books are the same in every order, as documents or as settlements of one document."""
    choice = Drawn(data.draw)
    house: House = HOUSES[choice.pick(list(HOUSES))]
    number = choice.whole(1, 10_000)
    together = choice.chance(50)
    pages: list[Page] = []
    first: list[str] = []
    for turn in range(orders):
        with closing(Books()) as books:
            model = Model.opened(house)
            load_invoices(books, model, Rolled(number), 1, 5)
            if not turn:
                pages = apart(choice, model)
            order = list(itertools.permutations(pages))[-turn % max(1, len(list(itertools.permutations(pages))))]
            documents = [_joined(list(order))] if together and pages else list(order)
            for page in documents:
                books.settle(page.data(), CALLER)
            final = final_books(books, house.code)
            check_laws(books)
        first = first or final
        assert final == first, f"A6 other books: {[p.data().decode() for p in order]}"


def _joined(pages: list[Page]) -> Page:
    headers = [header for page in pages for header in page.headers]
    return Page(pages[0].dossier, headers, [], [], pages[0].after, {})


def run_any_order(form: settings) -> None:
    """Try `any_order`, three orders of each."""
    form(given(data=st.data(), orders=st.just(3))(any_order))()


def test_the_order_of_what_touches_different_items_does_not_matter() -> None:
    run_any_order(settings(SHORT_FORM, max_examples=40))


# ---------------------------------------------------------------- cases that lives have found


def _sent(books: Books, *headers: dict[str, Any], **parameters: str) -> dict[str, Any]:
    """The result of a document for the first company."""
    page = Page("A", list(headers), [], [], Model(HOUSES["A"]), parameters)
    result: dict[str, Any] = json.loads(json.loads(books.settle(page.data(), CALLER).text)["result"])["result"]
    return result


def _advance(direction: str, change: str, number: str, amount: str, home: str, **more: str) -> dict[str, Any]:
    detail = {"TIERS": "C1", "OPERATION": "WAR", "AMOUNT": amount, "MTDEVREGLE": amount, "MTREGLE": home, **more}
    return {
        "REGLTTYP": direction, "CHGETAT": change, "TIERS": "C1", "MTDEV": amount, "MT": home, "DEV": "JPY",
        "REGLEMENTNUM": number, "DetailReglementtb": [detail],
    }  # fmt: skip


@pytest.fixture
def books() -> Iterator[Books]:
    made = Books()
    yield made
    made.close()


@pytest.mark.parametrize("change", ["ENCVIR", "REMCDI"])
@pytest.mark.parametrize("bank", ["", "ZZZ"])
def test_a_bank_that_is_missing_or_unknown_is_a_refusal(books: Books, change: str, bank: str) -> None:
    advance = {"TIERS": "C1", "OPERATION": "WAR", "AMOUNT": "10"}
    details = [{"TRANSAC": "601"}] if change == "REMCDI" else [advance]
    header = {"REGLTTYP": "1", "CHGETAT": change, "BQC": bank, "DetailReglementtb": details}
    header |= {} if change == "REMCDI" else {"TIERS": "C1", "MTDEV": "10", "DEV": "EUR"}
    (row,) = _sent(books, header)["response"]
    assert [reason["code"] for reason in row["reasons"]] == ["unknown_bank" if bank else "missing_bank"]


def test_an_advance_is_never_used_in_a_part_that_leaves_the_rest_worth_nothing(books: Books) -> None:
    received = _sent(books, _advance("1", "PORVIR", "1", "5", "0.03"))["response"][0]["transactionId"]
    codes = [
        [reason["code"] for reason in _sent(books, sent)["response"][0]["reasons"]]
        for sent in (
            _advance("2", "DECVIR", "2", "1", "0.01", TRANSAC=received),
            _advance("2", "DECVIR", "3", "1", "0.01", TRANSAC=received),
            _advance("2", "DECVIR", "4", "1", "0.01", TRANSAC=received),
            _advance("2", "DECVIR", "5", "3", "0.03", TRANSAC=received),
        )
    ]
    assert codes == [[], [], ["worth_nothing"], []]
    check_laws(books)


def test_what_was_settled_before_a_load_and_is_worth_nothing_is_refused(books: Books) -> None:
    due = {"due_date": "2026-12-01", "amount": "1000.000", "open": "999.999"}
    record = {"third_party": "C1", "number": "9", "date": "2026-11-01", "currency": "TND", "due_items": [due]}
    faults = books.load(json.dumps({"dossiers": [{"code": "A", "invoices": [record]}]}).encode()).faults
    assert [fault.code for fault in faults] == ["worth_nothing"]


def test_a_dry_run_knows_that_an_instrument_moves_on_in_the_same_document(books: Books) -> None:
    received = {"TIERS": "C1", "OPERATION": "WAR", "AMOUNT": "10"}
    settled = {"REGLTTYP": "1", "CHGETAT": "PORCHQ", "TIERS": "C1", "MTDEV": "10", "DEV": "EUR"}
    moved = {"TIERS": "C1", "ETATORI": "C30", "MTDEVORI": "10", "DEV": "EUR"}
    deposit = {"REGLTTYP": "1", "CHGETAT": "REMCDI", "BQC": "BNP", "DetailReglementtb": [moved]}
    planned = _sent(books, settled | {"DetailReglementtb": [received]}, deposit, dryrun="1")["plan"]["instruments"]
    assert [(i["state"], i["active"], i["previous"]) for i in planned] == [("C30", False, []), ("C50", True, [""])]
