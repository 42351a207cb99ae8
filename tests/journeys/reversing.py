"""What the journeys of reversals share: acts on a firm's books, and what its books come to."""

from collections.abc import Callable
from typing import Any

from lettrage.acts import Act, Performed, perform
from lettrage.acts.cancel import Cancel
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.caller import Caller
from lettrage.dates import day
from lettrage.money import figure
from tests.journeys.helpers import TODAY, Firm


def asked(firm: Firm, act: Act, key: str = "") -> Performed:
    """Ask something of the firm's books."""
    return perform(act, Caller("till", "command line", firm.dossier, key), firm.store, firm.clock)


def cancelling(number: str, reason: str = "erreur de saisie", date: str = "") -> Cancel:
    return Cancel(int(number), reason, day(date) if date else None)


def returning(number: str, fees: str = "", fees_vat: str = "", date: str = "", **more: Any) -> ReportUnpaid:
    return ReportUnpaid(
        int(number),
        day=day(date) if date else None,
        fees=figure(fees) if fees else None,
        fees_vat=figure(fees_vat) if fees_vat else None,
        **more,
    )


def cancel(firm: Firm, number: str, reason: str = "erreur de saisie", date: str = "") -> dict[str, Any]:
    """Cancel a transaction, which must be possible."""
    return _done(asked(firm, cancelling(number, reason, date)))


def unpaid(firm: Firm, number: str, **more: Any) -> dict[str, Any]:
    """Report a payment as returned, which must be possible."""
    return _done(asked(firm, returning(number, **more)))


def refused(firm: Firm, act: Act, key: str = "") -> list[str]:
    """The codes of the reasons against an act; nothing in the books may have moved."""
    before = apart_from_logbook(firm)
    done = asked(firm, act, key)
    assert done.result is None, done.result
    assert apart_from_logbook(firm) == before
    return [reason["code"] for reason in done.reasons]


def again(number: str, change: str = "REPCHQ", **more: str) -> dict[str, Any]:
    """A header that presents a returned payment again; `number` is the unpaid transaction."""
    record = {"PAYMENTTYPE": "ENCASHMENT", "CHGETAT": change, "DATE": f"{TODAY:%Y%m%d}"}
    return record | more | {"DetailReglementtb": [{"DetailReglement": {"TRANSAC": number}}]}


def apart_from_logbook(firm: Firm) -> dict[str, Any]:
    """Every row that a refusal may not touch."""
    rows = {name: own for name, own in firm.rows().items() if name not in ("document", "kept_answer", "outcome")}
    rows["dossier"] = firm.ask(
        "SELECT next_transaction, next_item, next_instrument, postings, head, years FROM dossier ORDER BY code"
    )
    return rows


def worth(firm: Firm) -> dict[str, Any]:
    """What the books come to: each account's balance by third party, each due item, what is in portfolio, tasks."""
    balances = firm.ask(
        "SELECT account, third_party, currency, CAST(sum(debit - credit) AS BIGINT), CAST(sum(amount) AS BIGINT)"
        " FROM entry_line GROUP BY account, third_party, currency ORDER BY 1, 2, 3"
    )
    items = firm.ask(
        "SELECT d.third_party, d.piece, d.due_date, d.amount, d.open, d.settled, d.passed_on, d.carried, d.parked,"
        ' d.account FROM due_item d LEFT JOIN "transaction" t ON t.dossier = d.dossier AND t.number = d."transaction"'
        " WHERE coalesce(t.status, '') <> 'cancelled' ORDER BY d.id"
    )
    with firm.store.books(firm.dossier, writing=False) as books:
        home = books.company.currency
        tasks = [{k: v for k, v in task.items() if k != "transaction"} for task in books.tasks(home)]
    return {
        "balances": [tuple(row) for row in balances if row[3] or row[4]],
        "items": [tuple(row) for row in items],
        "portfolio": sorted(firm.portfolio()),
        "tasks": tasks,
    }


def same_but_for(seen: dict[str, Any], expected: dict[str, Any], *parts: str) -> bool:
    """Whether two readings of `worth` are the same, some parts left out."""
    return all(seen[part] == expected[part] for part in expected if part not in parts)


def _done(performed: Performed) -> dict[str, Any]:
    assert performed.result is not None, [reason["en"] for reason in performed.reasons]
    return performed.result


Scenario = Callable[[Firm], str]
