"""A7: what is read agrees with a naive model, whatever is asked, page by page.

The model is that of the money laws (lists in memory, which know nothing of the engine), after a life of several
companies. Then lists, balances and searches are asked with every combination of filters, orders and page sizes, of the
API as a program asks it and of the looks behind the pages, on days before and after the items are due.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date, timedelta
from typing import Any, NamedTuple, cast
from unittest import mock
from urllib.parse import urlencode

import msgspec

from lettrage.adapters.store.logbook import Logbook
from lettrage.adapters.store.looks import due_items
from lettrage.adapters.store.paging import Position
from lettrage.books.due import OpenItem, Search
from lettrage.books.logbook import Search as LogSearch
from lettrage.dates import PARIS
from lettrage.settlement import Caller
from tests.journeys.helpers import Firm
from tests.laws.generators import (
    DECIMALS,
    HOUSES,
    NOON,
    PARTIES,
    Author,
    Books,
    Due,
    Model,
    Rolled,
    adopt,
    load_invoices,
    sync,
    text,
)
from tests.people.service import Client

ROUNDS = 12  # of one life
QUESTIONS = 200  # asked of one life
CALLERS = ("till", "shop", "erp")
STATES = ("", "C30", "C50", "V30", "V50", "E30", "D30", "L30")
DAYS = [NOON + timedelta(days=days) for days in (0, 11, 26, 45, 75, 130)]


class Sent(NamedTuple):
    """A document that was sent, as the logbook must list it."""

    key: str
    caller: str
    day: date
    refused: bool


class Life:
    """Books with a life behind them, what must be read of them, and who asks."""

    def __init__(self, books: Books, seed: int) -> None:
        self.books, self.choice = books, Rolled(seed)
        self.models = {code: Model.opened(house) for code, house in HOUSES.items()}
        self.sent: dict[str, list[Sent]] = {code: [] for code in HOUSES}
        for number in range(1, ROUNDS + 1):
            books.clock.at = NOON + timedelta(minutes=number)
            for code in HOUSES:
                self._document(code, number)
        self.client = Client(cast(Firm, books))
        self.tokens = {code: books.store.accounts.issue(f"reader {code}", "administrator", code) for code in HOUSES}

    def _document(self, code: str, number: int) -> None:
        """More invoices and a document of one company."""
        load_invoices(self.books, self.models[code], self.choice, number, self.choice.whole(1, 3))
        page = Author(self.choice, self.models[code], number).page()
        if not page.headers:
            return
        caller = Caller(self.choice.pick(CALLERS), "cli", key=f"{code}{number}")
        reply = self.books.settle(page.data(Rubbish=f"mark{number}x"), caller)
        adopt(self.models, page, reply.text)
        with self.books.store.books(code, writing=False) as shown:
            sync(self.models[code], shown.portfolio(shown.company.currency))
        day = self.books.clock.at.astimezone(PARIS).date()
        self.sent[code].append(Sent(caller.key, caller.name, day, refused=not page.accepted))

    def ask(self, code: str, path: str, **criteria: str) -> list[dict[str, Any]]:
        """A list of the API, all its pages, of a few lines each."""
        lines: list[dict[str, Any]] = []
        limit, cursor = str(self.choice.pick((1, 2, 3, 7, 100))), dict[str, str]()
        while True:
            query = urlencode({"limit": limit} | criteria | cursor)
            headers = {"Authorization": f"Bearer {self.tokens[code]}"}
            answer = self.client.request("GET", f"/api/v1/{path}?{query}", headers=headers)
            assert answer.status_code == 200, f"A7 {path}?{query}: {answer.text}"
            page = answer.json()
            assert len(page["data"]) <= int(limit), f"A7 {path}?{query}: {len(page['data'])} lines"
            lines += page["data"]
            if page["next"] is None:
                return lines
            cursor = {"cursor": page["next"]}


# ---------------------------------------------------------------- the questions


def items(life: Life, code: str) -> None:
    """Due items, of all or of one, open or all, by due date."""
    party, everything = life.choice.pick(("", *PARTIES)), life.choice.chance(50)
    criteria = ({"third_party": party} if party else {}) | ({"all": "true"} if everything else {})
    seen = [_line(line) for line in life.ask(code, "items", **criteria)]
    wanted = [due for due in life.models[code].dues if party in ("", due.party) and (everything or due.open)]
    _agree("items", criteria, seen, map(_shown, wanted))
    _sorted("items", criteria, seen, lambda line: (line[3], line[2] != "", line[2]))


def _line(line: dict[str, Any]) -> tuple[str, ...]:
    names = ("kind", "third_party", "piece", "due_date", "currency", "open_amount", "transaction")
    return tuple(line[name] or "" for name in names)


def _shown(due: Due) -> tuple[str, ...]:
    transaction = "" if due.transaction is None else str(due.transaction)
    day = due.due_date.isoformat()
    return due.kind, due.party, due.piece, day, due.currency, text(due.open, due.currency), transaction


def looked(life: Life, code: str) -> None:
    """The list behind the page of due items: every filter, order and page size, and what it comes to."""
    choice, today = life.choice, life.books.clock.today()
    search = Search(
        choice.pick(("customer", "supplier")), choice.chance(25), choice.pick(("", "", *PARTIES)),
        choice.pick((None, date(2026, 11, 30), date(2026, 12, 20))), choice.chance(30),
        choice.pick(("", "", "not_due", "to_30", "to_60", "to_90", "older")), choice.chance(15),
        choice.pick(("", "", *DECIMALS)), choice.pick(("due_date", "third_party", "carried")), choice.chance(50),
    )  # fmt: skip
    limit, listed = choice.pick((1, 2, 5, 100)), list[OpenItem]()
    after: Position | None = ()
    with life.books.store.books(code, writing=False) as books:
        while after is not None:
            lines, after = books.due_items(search, today, after, limit)
            assert len(lines) <= limit, f"A7 {search}: {len(lines)} lines"
            listed += lines
        total = books.due_sum(search, today)
    seen = [(i.kind, i.third_party, i.piece, i.due_date, i.currency.code, i.open, i.transaction) for i in listed]
    wanted = [
        (d.kind, d.party, d.piece, d.due_date, d.currency, d.open, d.transaction)
        for d in life.models[code].dues
        if d.open and _fits(d, search, today)
    ]
    _agree("due_items", search, seen, wanted)
    keys = [(getattr(i, search.order), i.id) for i in listed]
    assert keys == sorted(keys, reverse=search.descending), f"A7 {search} on {today}: order {keys}"
    sums = (len(wanted), sum(i.carried for i in listed))
    assert (total.count, total.carried) == sums, f"A7 {search} on {today}: {total}, not {sums}"


def _fits(due: Due, search: Search, today: date) -> bool:
    """Whether an item is asked for, said in words of its own."""
    late = (today - due.due_date).days
    ages = {
        "": True, "not_due": late <= 0, "to_30": 1 <= late <= 30, "to_60": 31 <= late <= 60, "to_90": 61 <= late <= 90,
        "older": late > 90,
    }  # fmt: skip
    return (
        due.ledger == search.ledger
        and (due.kind == "advance") == search.advances
        and search.third_party in ("", due.party)
        and search.currency in ("", due.currency)
        and (search.until is None or due.due_date <= search.until)
        and (late > 0 or not search.overdue)
        and (due.disputed or not search.disputed)
        and ages[search.age]
    )


def balances(life: Life, code: str) -> None:
    """What each third party has open in each currency: due, not yet due, advances."""
    today = life.books.clock.today()
    wanted: dict[tuple[str, str], list[int]] = {}
    for due in life.models[code].dues:
        if due.open:
            place = 2 if due.kind == "advance" else int(due.due_date > today)
            wanted.setdefault((due.party, due.currency), [0, 0, 0])[place] += due.open
    seen = [
        (line["third_party"], line["currency"], line["due"], line["not_yet_due"], line["advances"])
        for line in life.ask(code, "third-parties")
    ]
    _agree("third-parties", today, seen, [(*key, *(text(s, key[1]) for s in sums)) for key, sums in wanted.items()])
    _sorted("third-parties", today, seen, lambda line: line[:2])


def account(life: Life, code: str) -> None:
    """Everything open of one third party, with the totals of each currency."""
    party, dues = life.choice.pick(tuple(PARTIES)), life.models[code].dues
    headers = {"Authorization": f"Bearer {life.tokens[code]}"}
    found = life.client.request("GET", f"/api/v1/third-parties/{party}/statement", headers=headers).json()
    seen = [_line(line) for line in found["items"]]
    _agree("statement", party, seen, [_shown(due) for due in dues if due.party == party and due.open])
    totals: Counter[str] = Counter()
    for due in dues:
        if due.party == party and due.open:
            totals[due.currency] += due.open
    told = [(line["currency"], line["total"]) for line in found["totals"]]
    _agree("totals of a statement", party, told, [(held, text(total, held)) for held, total in totals.items()])


def portfolio(life: Life, code: str) -> None:
    """Active instruments, of all states or of one."""
    state = life.choice.pick(STATES)
    criteria = {"state": state} if state else {}
    seen = [
        (h["transaction"], h["order"], h["state"], h["third_party"], h["currency"], h["amount"])
        for h in life.ask(code, "portfolio", **criteria)
    ]
    wanted = [
        (str(h.transaction), str(h.order), h.state, h.party, h.currency, text(h.amount, h.currency))
        for h in life.models[code].held
        if state in ("", h.state)
    ]
    _agree("portfolio", criteria, seen, wanted)
    _sorted("portfolio", criteria, seen, lambda line: (int(line[0]), int(line[1])))


def logbook(life: Life, code: str) -> None:
    """Documents, newest first, by caller, days, refusals and a text that one of them has."""
    choice, criteria = life.choice, {"kind": "settlement"}
    number = choice.whole(1, ROUNDS)
    asked = {
        "caller": choice.pick(CALLERS),
        "from": (NOON.date() - timedelta(days=choice.whole(0, 3))).isoformat(),
        "to": (NOON.date() - timedelta(days=choice.whole(0, 3))).isoformat(),
        "refused": "true",
        "search": f"mark{number}x",
    }
    criteria |= {name: value for name, value in asked.items() if choice.chance(30)}
    seen = [line["key"] for line in life.ask(code, "logbook", **criteria)]
    wanted = [
        sent.key
        for sent in reversed(life.sent[code])
        if criteria.get("caller", sent.caller) == sent.caller
        and criteria.get("from", "") <= sent.day.isoformat() <= criteria.get("to", "9")
        and (sent.refused or "refused" not in criteria)
        and (sent.key == f"{code}{number}" or "search" not in criteria)
    ]
    assert seen == wanted, f"A7 logbook {criteria}: {seen}, not {wanted}"


QUESTION: dict[Callable[[Life, str], None], int] = {
    items: 4, looked: 6, balances: 1, account: 2, portfolio: 2, logbook: 3,
}  # fmt: skip


def _agree(what: str, asked: Any, seen: Any, wanted: Any) -> None:
    found, expected = Counter(seen), Counter(wanted)
    assert found == expected, f"A7 {what} {asked}: too many {found - expected}, missing {expected - found}"


def _sorted(what: str, asked: Any, seen: list[Any], key: Callable[[Any], Any]) -> None:
    keys = [key(line) for line in seen]
    assert keys == sorted(keys), f"A7 {what} {asked}: order {keys}"


def ask(number: int, count: int) -> int:
    """So many questions, a few hundred of each life; how many. Raises AssertionError."""
    for at in range(0, count, QUESTIONS):
        with closing(Books()) as books:
            life = Life(books, number + at)
            for _ in range(min(QUESTIONS, count - at)):
                books.clock.at = life.choice.pick(DAYS)
                question = life.choice.die.choices(list(QUESTION), list(QUESTION.values()))[0]
                question(life, life.choice.pick(tuple(HOUSES)))
    return count


# ---------------------------------------------------------------- planted bugs


def currency_ignored() -> AbstractContextManager[object]:
    """The page of due items lists every currency."""
    sound = due_items._filter

    def careless(search: Search, today: date) -> Any:
        return sound(msgspec.structs.replace(search, currency=""), today)

    return mock.patch.object(due_items, "_filter", careless)


@contextmanager
def caller_ignored() -> Iterator[None]:
    """The logbook lists what every caller sent."""
    sound = Logbook._conditions

    def careless(self: Logbook, search: LogSearch, before: int | None) -> Any:
        return sound(self, msgspec.structs.replace(search, caller=""), before)

    with mock.patch.object(Logbook, "_conditions", careless):
        yield
