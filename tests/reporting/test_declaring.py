"""Declaring periods through the store: what is said, kept, refused, said again, and what becomes of it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from lettrage.acts import Performed, perform
from lettrage.acts.declaring import Asked, RefuseByHand, declare, look, owed
from lettrage.adapters.rules.payment_reports import judge
from lettrage.caller import Caller
from lettrage.invoicing.flow_service import Seen
from lettrage.invoicing.formats import cdar
from lettrage.invoicing.formats.flux10 import read
from lettrage.invoicing.lifecycle.message import BETWEEN_PLATFORMS, Acknowledgement, Detail, Message, Reference
from lettrage.invoicing.sending import arrive
from lettrage.invoicing.sending.outbox import Said
from lettrage.invoicing.sending.refused import REJECTED, UNASSIGNED
from lettrage.invoicing.settings import Row
from lettrage.reporting.declarations import Declarations, Line
from tests.journeys.helpers import Firm
from tests.reporting.firms import DECLARANT, NOON, firm, paid
from tests.vat.test_figures import unpaid

PLATFORM = "approved-qualification"
OCTOBER = "2026-10"
DAY = date(2026, 10, 12)


@pytest.fixture
def books(tmp_path: Path) -> Firm:
    """Services paid in October 2026 by each customer but the one of whom nothing is known."""
    of = firm(tmp_path, at=datetime(2026, 11, 5, 11, 0, tzinfo=UTC))
    for party in ("PRO", "CONSO", "DE", "PUB"):
        paid(of, f"F-{party}", "700.00", DAY, rest="1050.00")
    return of


def connect(of: Firm) -> None:
    """Say where the platform's services are."""
    rows = [Row(PLATFORM, "", "flow_url", "https://pa.example/flow"), Row(PLATFORM, "", "number", "0199")]
    of.store.write("998", lambda books: books.set_chorus(rows, of.clock.now(), "anna"))


def state(of: Firm) -> Declarations:
    """How every period stands; what is told at a glance agrees with it."""
    today = of.clock.today()
    with of.store.books("998", writing=False) as books:
        found = look(books, "qualification", today)
        glance = [(one.period, one.standing) for one in owed(books, "qualification", today)]
    assert glance == [(one.period, one.standing) for one in found.pressing if today >= one.period.opens]
    return found


def line(of: Firm, name: str = OCTOBER) -> Line:
    found = state(of).named(name)
    assert found is not None
    return found


def say(of: Firm, period: str = OCTOBER, key: str = "", **more: Any) -> Performed:
    asked = Asked(period, "qualification", **more)
    return declare(asked, "anna", Caller("anna", "page", "998", key), of.store, of.clock, judge)


def codes(done: Performed) -> list[str]:
    return [reason["code"] for reason in done.reasons]


def answered(of: Firm, outcome: str, *errors: str) -> None:
    """What the platform makes of the last report."""

    def write(books: Any) -> None:
        last = books.said("report", PLATFORM)[-1]
        books.set_messages([replace(last, outcome=outcome, errors=tuple(Said(one, "CODE") for one in errors))])

    of.store.write("998", write)


def figures(of: Line) -> list[tuple[str, str, str, int]]:
    said = [(one.invoice, one.day, one.rates) for one in of.contents.invoices]
    said += [("", one.day, one.rates) for one in of.contents.days]
    return [(invoice, day.isoformat(), rate.rate, rate.amount) for invoice, day, rates in said for rate in rates]


def test_a_period_with_what_is_in_it_and_what_goes_elsewhere(books: Firm) -> None:
    october = line(books)

    assert (october.standing, october.days_left(books.clock.today())) == ("to_do", 5)
    assert figures(october) == [
        ("F-DE", "2026-10-12", "20", 48000), ("F-DE", "2026-10-12", "10", 22000),
        ("", "2026-10-12", "20", 48000), ("", "2026-10-12", "10", 22000),
    ]  # fmt: skip
    assert [(one.decision.rule, one.payments, one.amount) for one in october.elsewhere] == [("not_carried", 2, 140000)]
    assert state(books).pressing == (october,)
    assert line(books, "2026-11").standing == "running"


@pytest.mark.parametrize(
    ("today", "standing"),
    [(date(2026, 10, 31), "running"), (date(2026, 11, 10), "today"), (date(2026, 11, 11), "late")],
)
def test_the_deadline(books: Firm, today: date, standing: str) -> None:
    books.clock.at = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)

    assert line(books).standing == standing


def test_a_period_is_declared_once_and_its_file_is_sound(books: Firm) -> None:
    connect(books)
    done = say(books)

    assert done.result is not None
    assert (done.result["type"], done.result["number"], done.result["totals"]) == (
        "IN", "1", [{"rate": "20", "amount": "960.00"}, {"rate": "10", "amount": "440.00"}],
    )  # fmt: skip
    ((content, job),) = books.ask("SELECT f.content, j.kind FROM flow f JOIN job j ON j.subject = '1'")
    assert (job, judge(content).findings) == ("send", ())
    sent = read(content)
    assert (sent.sender.id, sent.declarant.id, sent.contents) == ("0123", "356000000", line(books).contents)
    assert line(books).standing == "waits"
    assert codes(say(books)) == ["report_waits", "nothing_to_report"]
    answered(books, "accepted")
    assert line(books).standing == "done"
    assert codes(say(books)) == ["nothing_to_report"]


def test_a_small_business_reports_sales_that_were_loaded_without_a_word_of_vat(tmp_path: Path) -> None:
    """`vat` may be absent from a load: all net. What is received of such services is reported at 0 %."""
    dues = [{"due_date": "2027-10-20", "amount": "500.00"}]
    plain = {"number": "F-CONSO", "third_party": "CONSO", "date": "2027-09-20", "currency": "EUR", "due_items": dues}
    who = DECLARANT | {"vat_regime": "franchise", "size": "small"}
    at = datetime(2027, 11, 26, 12, tzinfo=UTC)
    of = firm(tmp_path, at, declarant=who, invoices=[plain | {"vat_due": "receipts"}])
    paid(of, "F-CONSO", "200.00", date(2027, 10, 5), rest="300.00")
    paid(of, "F-CONSO", "300.00", date(2027, 10, 5))

    months = line(of, "2027-09..2027-10")
    assert (months.standing, months.period.due) == ("to_do", date(2027, 11, 30))
    assert figures(months) == [("", "2027-10-05", "0", 50000)]
    assert of.findings() == []


def test_the_same_key_is_the_same_report(books: Firm) -> None:
    connect(books)
    first, again = say(books, key="k"), say(books, key="k")

    assert (again.replayed, again.result) == (True, first.result)
    assert len(books.ask("SELECT id FROM message")) == 1


def test_what_changes_afterwards_makes_a_replacing_report(books: Firm) -> None:
    connect(books)
    say(books)
    answered(books, "accepted")
    paid(books, "F-DE", "1050.00", date(2026, 10, 20))

    october = line(books)
    assert october.owed is not None
    assert (october.standing, october.owed.kind) == ("to_correct", "RE")
    assert [(one.invoice, one.before, one.after) for one in october.owed.differences] == [
        ("F-DE", 0, 33000), ("F-DE", 0, 72000),
    ]  # fmt: skip
    done = say(books)
    assert done.result is not None
    assert (done.result["type"], done.result["number"]) == ("RE", "2")


def test_a_payment_that_comes_back_belongs_to_its_own_month(books: Firm) -> None:
    number = paid(books, "F-DE", "1050.00", date(2026, 10, 20))
    connect(books)
    say(books)
    answered(books, "accepted")
    unpaid(books, number)

    assert line(books).standing == "done"
    november = line(books, "2026-11")
    assert sum(amount for *_, amount in figures(november)) == -105000
    books.clock.at = datetime(2026, 12, 2, 12, tzinfo=UTC)
    done = say(books, "2026-11")
    assert done.result is not None
    content = books.ask("SELECT content FROM flow ORDER BY id DESC")[0][0]
    assert judge(content).findings == ()


def test_a_refused_report_is_none_and_its_number_is_free(books: Firm) -> None:
    connect(books)
    first = say(books)
    answered(books, "rejected", "SIREN inconnu")

    october = line(books)
    assert (october.standing, october.filed[0].fate, october.filed[0].errors) == (
        "to_do", "rejected", ("CODE: SIREN inconnu",),
    )  # fmt: skip
    books.clock.forward(seconds=1)
    again = say(books)
    assert first.result is not None
    assert again.result is not None
    assert (again.result["type"], again.result["number"]) == ("IN", "1")
    filed = line(books).filed
    assert [one.fate for one in filed] == ["rejected", "waits"]
    assert len({one.id for one in filed}) == 2
    assert {one[0] for one in books.ask("SELECT stands FROM message WHERE id = 1")} == {0}


def test_without_a_platform_the_file_is_taken_there_by_hand(books: Firm) -> None:
    assert codes(say(books)) == ["report_by_hand"]
    done = say(books, by_hand=True)

    assert done.result is not None
    assert books.ask("SELECT kind FROM job") == []
    assert [one.fate for one in line(books).filed] == ["by_hand"]
    assert line(books).standing == "done"
    refuse = RefuseByHand(int(done.result["report"]), "qualification", "Fichier refusé")
    assert perform(refuse, Caller("anna", "page", "998"), books.store, books.clock).result
    assert (line(books).standing, line(books).filed[0].errors) == ("to_do", ("Fichier refusé",))
    books.clock.forward(seconds=1)
    assert say(books, by_hand=True).result


def test_only_what_was_handed_in_may_be_called_refused(books: Firm) -> None:
    connect(books)
    say(books)
    caller = Caller("anna", "page", "998")

    def refused(report: int, reason: str = "x") -> list[str]:
        return codes(perform(RefuseByHand(report, "qualification", reason), caller, books.store, books.clock))

    assert refused(1) == ["report_not_by_hand"]
    assert refused(7, "") == ["no_such_number", "missing_reason"]


def test_what_is_missing_is_named_and_left_out_only_when_somebody_says_so(books: Firm) -> None:
    connect(books)
    paid(books, "F-QUI", "1750.00", DAY)

    (missing,) = line(books).missing
    assert (missing.payment.invoice, [one.code for one in missing.reasons]) == ("F-QUI", ["report_customer"])
    against = say(books)
    assert codes(against) == ["payments_missing"]
    assert "« without_missing » dans l’API" in against.reasons[0]["fix"]
    assert "“without_missing” in the API" in against.reasons[0]["fix_en"]
    done = say(books, without_missing=True)
    assert done.result is not None
    assert done.result["missing"] == "1"
    answered(books, "accepted")
    assert line(books).standing == "missing"
    books.load({"code": "998", "third_parties": [{"code": "QUI", "kind": "customer", "buyer": "consumer"}]})
    assert line(books).standing == "to_correct"


def test_a_running_period_only_when_asked(books: Firm) -> None:
    connect(books)
    paid(books, "F-DE", "1050.00", date(2026, 11, 2))

    against = say(books, "2026-11")
    assert codes(against) == ["period_running"]
    assert "« running » dans l’API" in against.reasons[0]["fix"]
    assert "“running” in the API" in against.reasons[0]["fix_en"]
    assert say(books, "2026-11", running=True).result


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"declarant": {}}, ["declarant_regime"]),
        ({"siret": ""}, ["declarant_siren"]),
        ({"declarant": DECLARANT | {"platform": ""}}, ["declarant_platform"]),
    ],
)
def test_what_must_be_said_first(tmp_path: Path, changed: dict[str, Any], expected: list[str]) -> None:
    of = firm(tmp_path, **changed)
    paid(of, "F-DE", "700.00", DAY, rest="1050.00")

    assert codes(say(of, by_hand=True)) == expected


def test_an_unknown_period(books: Firm) -> None:
    done = say(books, "2031-01")

    assert codes(done) == ["no_such_period"]


def test_a_report_that_the_rules_refuse_is_not_kept(books: Firm) -> None:
    connect(books)
    asked, caller = Asked(OCTOBER, "qualification"), Caller("anna", "page", "998")

    done = declare(asked, "anna", caller, books.store, books.clock, lambda xml: judge(xml.replace(b"EUR", b"USD")))
    assert set(codes(done)) == {"report_unsound"}
    assert "G6.27" in done.reasons[0]["fr"]
    assert books.ask("SELECT id FROM message") == []


def test_books_that_move_on_meanwhile_declare_nothing(books: Firm) -> None:
    connect(books)

    def judged_while_paid(content: bytes) -> Any:
        paid(books, "F-DE", "50.00", DAY, rest="1000.00")
        return judge(content)

    asked = Asked(OCTOBER, "qualification")
    done = declare(asked, "anna", Caller("anna", "page", "998"), books.store, books.clock, judged_while_paid)
    assert codes(done) == ["report_changed"]
    assert NOON.date() == books.clock.today()


def told(of: Firm, report: str, code: str, reason: str = "") -> list[str]:
    """The tax office speaks of a report, through the platform; what somebody should look at."""
    details = (Detail(reason=reason, text="Période inconnue"),) if reason else ()
    reference = Reference(report, code, details=details)
    message = Message(BETWEEN_PLATFORMS, f"m-{report}-{code}", (Acknowledgement("305", (reference,)),))
    seen = Seen(f"{report}-{code}", "Ok", "StatePaymentReportLC", "In", syntax="CDAR")
    arrival = arrive.read(seen, cdar.render(message))
    kept = of.store.write("998", lambda books: books.keep_arrivals(PLATFORM, [arrival], of.clock.now()))
    return [alert.code for alert in kept.alerts]


def test_what_the_tax_office_says_of_a_report(books: Firm) -> None:
    connect(books)
    say(books)
    (filed,) = line(books).filed

    assert told(books, filed.id, "300") == []
    assert line(books).standing == "done"
    assert told(books, filed.id, "301", "REJ_RG") == [REJECTED]
    assert line(books).filed[0].errors == ("301: REJ_RG Période inconnue",)
    assert line(books).standing == "to_do"
    with books.store.books("998", writing=False) as reading:
        waits = {one.kind: one.facts for one in reading.to_do("qualification", books.clock.today())}
    assert (waits["messages"]["code"], waits["messages"]["text"]) == ("301", "REJ_RG Période inconnue")
    assert told(books, "another", "301", "REJ_RG") == [UNASSIGNED]
    assert books.ask("SELECT became FROM arrival ORDER BY number") == [
        ("read",), ("read",), ("nobody's",),
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["301", "501"])
def test_a_refusal_of_a_report_holds(books: Firm, code: str) -> None:
    connect(books)
    say(books)
    (filed,) = line(books).filed

    assert told(books, filed.id, code, "REJ_RG") == [REJECTED]
    assert told(books, filed.id, "300") == []
    assert line(books).standing == "to_do"
