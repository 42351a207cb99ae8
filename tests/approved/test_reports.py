"""Reports of payments, all the way: declared, sent over real HTTP, judged by the platform, its word shown.

The platform is the simulator, which shares no code with the client and judges by the official sheets.
"""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from msgspec.structs import replace

from lettrage.acts import Moment
from lettrage.acts.declaring import Asked, declare, look, ready
from lettrage.adapters.approved.flows import ApprovedFlows
from lettrage.adapters.rules.payment_reports import judge
from lettrage.caller import Caller
from lettrage.invoicing.checks.official import Verdict
from lettrage.invoicing.doors import QUALIFICATION
from lettrage.invoicing.flow_service import Signalled
from lettrage.invoicing.formats import flux10
from lettrage.invoicing.sending.refused import REJECTED
from lettrage.invoicing.settings import Row
from lettrage.reporting.declarations import Line
from lettrage.simulator.approved.flows import Detail
from lettrage.simulator.server import Simulator
from tests.approved.reaching import FLOWS, Meeting, client_of
from tests.journeys.helpers import Firm
from tests.reporting.firms import firm, paid

OCTOBER = "2026-10"
DAY = date(2026, 10, 12)
OWED = ("to_do", "today", "late")  # the platform's clock never runs behind that of this machine


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=5, speed=0) as made:
        yield made


@pytest.fixture
def books(tmp_path: Path) -> Firm:
    """A company abroad and a consumer paid in October 2026, and the platform's services are known."""
    of = firm(tmp_path)
    for party in ("DE", "CONSO"):
        paid(of, f"F-{party}", "700.00", DAY, rest="1050.00")
    rows = [Row(QUALIFICATION, "", "flow_url", "https://pa.example/flow"), Row(QUALIFICATION, "", "number", "0199")]
    of.store.write("998", lambda books: books.set_chorus(rows, of.clock.now(), "anna"))
    return of


@pytest.fixture
def met(books: Firm, simulator: Simulator) -> Iterator[Meeting]:
    with client_of(simulator) as client:
        yield Meeting(books, simulator, ApprovedFlows(client))


def say(of: Firm, judged: Any = judge) -> None:
    done = declare(
        Asked(OCTOBER, "qualification"), "anna", Caller("anna", "page", "998"), of.store, of.clock, judged
    )  # fmt: skip
    assert done.result is not None, done.reasons


def sent(of: Firm) -> flux10.Transmission:
    """The report as it would be sent now."""
    with of.store.books("998", writing=False) as books:
        made = ready(books, Asked(OCTOBER, "qualification"), Moment(of.clock.now(), of.clock.today()))
    return flux10.read(made.saying.file)


def broken(report: bytes) -> bytes:
    """A report in another currency, which the rules do not know (G6.27)."""
    return report.replace(b"EUR", b"USD")


def october(of: Firm) -> Line:
    with of.store.books("998", writing=False) as books:
        line = look(books, "qualification", of.clock.today()).named(OCTOBER)
    assert line is not None
    return line


def reports(simulator: Simulator) -> list[bytes]:
    """Every report that the platform was given."""
    return [flow.data for flow in simulator.approved.platform.flows() if flow.syntax == "FRR"]


def test_a_report_is_taken_by_the_platform_and_by_the_tax_office(met: Meeting) -> None:
    say(met.firm)
    met.work()
    assert october(met.firm).standing == "waits"
    met.live(hours=4)

    line = october(met.firm)
    assert (line.standing, [one.fate for one in line.filed]) == ("done", ["accepted"])
    (given,) = reports(met.simulator)
    assert flux10.read(given).contents == line.contents
    assert met.firm.ask("SELECT type, became FROM arrival") == [("StatePaymentReportLC", "read")]
    assert met.alerts == []


def test_what_changes_afterwards_replaces_it_there_too(met: Meeting) -> None:
    say(met.firm)
    met.live(minutes=20)
    paid(met.firm, "F-DE", "1050.00", date(2026, 10, 20))
    say(met.firm)
    met.live(minutes=20)

    assert (october(met.firm).standing, [flux10.read(one).kind for one in reports(met.simulator)]) == (
        "done", ["IN", "RE"],
    )  # fmt: skip


def test_a_period_that_was_declared_elsewhere_is_refused_by_the_tax_office_and_waits(met: Meeting) -> None:
    """Another initial report of it came first (REJ_UNI)."""
    first = flux10.write(replace(sent(met.firm), id="OF-ANOTHER-PROGRAM"))
    met.service.submit(first, Signalled("another's", "other.xml", "FRR", sha256(first).hexdigest()))
    met.live(minutes=10)
    say(met.firm)
    met.live(hours=4)

    line = october(met.firm)
    assert (line.standing in OWED, [one.fate for one in line.filed]) == (True, ["rejected"])
    assert line.filed[0].errors[0].startswith("301: REJ_UNI")
    assert [alert.code for alert in met.alerts] == [REJECTED]
    met.live(hours=24)
    assert len(reports(met.simulator)) == 2, "what was refused is not sent again by itself"


def test_the_platform_judges_by_the_official_rules(met: Meeting) -> None:
    """A report that our own rules would have stopped: an amount in another currency."""
    against = {one.code for one in judge(broken(flux10.write(sent(met.firm)))).findings}
    assert against
    with mock.patch("lettrage.invoicing.declaring.write", lambda made: broken(flux10.write(made))):
        say(met.firm, lambda _file: Verdict())
    met.live(hours=4)

    (line,) = october(met.firm).filed
    assert line.fate == "rejected"
    assert any(code in error for error in line.errors for code in against), (line.errors, against)


def test_what_the_platform_cannot_read_is_no_report(met: Meeting) -> None:
    met.simulator.approved.platform.acknowledge_next(Detail("InvalidSchema", "Fichier illisible"))
    say(met.firm)
    met.live(minutes=20)

    (line,) = october(met.firm).filed
    assert (line.fate, line.errors) == ("rejected", ("InvalidSchema: flow: Fichier illisible",))
    assert [alert.code for alert in met.alerts] == [REJECTED]
    met.firm.clock.forward(seconds=1)
    say(met.firm)
    met.live(hours=4)
    assert (october(met.firm).standing, [one.fate for one in october(met.firm).filed]) == (
        "done", ["rejected", "accepted"],
    )  # fmt: skip


# ---------------------------------------------------------------- the way is bad

NOT_TAKEN = ("dropped_before", "server_error", "resource_error", "timed_out", "bad_gateway", "too_many_calls")
TAKEN = ("dropped_after", "truncated", "html_after", "wrong_types")


@pytest.mark.parametrize("kind", [*NOT_TAKEN, *TAKEN])
def test_an_answer_that_is_lost_makes_no_second_report(met: Meeting, kind: str) -> None:
    met.simulator.faults.on(kind, path=FLOWS, times=1, seconds=0)
    say(met.firm)
    met.live(hours=30)

    assert (october(met.firm).standing, [one.fate for one in october(met.firm).filed]) == ("done", ["accepted"])
    assert len(reports(met.simulator)) == 1
    assert met.alerts == []


@pytest.mark.parametrize(
    ("kind", "code"), [("inconsistent", "UNPROCESSABLE_ENTITY"), ("not_offered", "NOT_IMPLEMENTED")]
)
def test_what_the_platform_does_not_take_is_told_at_once(met: Meeting, kind: str, code: str) -> None:
    met.simulator.faults.on(kind, path=FLOWS, times=1)
    say(met.firm)
    met.live(hours=30)

    (line,) = october(met.firm).filed
    assert (october(met.firm).standing in OWED, line.fate) == (True, "rejected")
    assert [error.partition(":")[0] for error in line.errors] == [code]
    assert [alert.code for alert in met.alerts] == [REJECTED]
    assert reports(met.simulator) == []
