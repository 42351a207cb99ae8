"""The refusals of invoices that come in: each with a file that meets it; sentences in both languages are looked at."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from lettrage.acts import Moment
from lettrage.acts.invoice import considered
from lettrage.commands.attachments import beside
from lettrage.commands.rendering import rendered
from lettrage.invoicing.billing.intake import opened
from lettrage.invoicing.document import Identifier
from lettrage.invoicing.sending.format import xml_of
from lettrage.limits import ATTACHMENT_BYTES, INVOICE_FILE, INVOICE_LINES
from lettrage.refusal import Refusal, Stop
from tests.invoicing.brought import LINE, SELLER, TOWN, bring, document, firm_of, form, performed, result, send_away
from tests.journeys.helpers import Firm


def told(firm: Firm, content: bytes, files: dict[str, Any] | None = None) -> dict[str, Refusal]:
    """What speaks against the invoices of a file, by its codes; nothing is written."""
    now = Moment(firm.clock.now(), firm.clock.today())
    with firm.store.books(firm.dossier, writing=False) as books:
        done, _ = considered(opened(content), files or {}, books, now)
    return {reason.code: reason for one in done for reason in one.reasons}


def stopped(firm: Firm, content: bytes) -> dict[str, Refusal]:
    """Why a file is none."""
    with pytest.raises(Stop) as caught:
        told(firm, content)
    return {caught.value.refusal.code: caught.value.refusal}


def _form(firm: Firm, **more: Any) -> dict[str, Refusal]:
    return told(firm, json.dumps(form(**more)).encode())


def _line(firm: Firm, **more: Any) -> dict[str, Refusal]:
    return _form(firm, lines=[LINE | more])


def _file(firm: Firm, **more: Any) -> dict[str, Refusal]:
    bring(firm, form("F0"))
    return told(firm, rendered(replace(document(firm, "F0"), number="X1", **more), "cii", "chorus"))


def _seller(firm: Firm, *establishments: dict[str, Any]) -> dict[str, Refusal]:
    bring(firm, form("F0"))
    seller = replace(document(firm, "F0").seller, ids=(), vat_number="")
    firm.load({"code": "998", "name": "Durand", "currency": "EUR", "establishments": list(establishments)})
    return told(firm, rendered(replace(document(firm, "F0"), number="X1", seller=seller), "ubl", "platform"))


def _buyers(firm: Firm) -> dict[str, Refusal]:
    twin = TOWN | {"code": "C8"}
    firm.load({"code": "998", "name": "Durand", "currency": "EUR", "third_parties": [twin]})
    return _file(firm)


def _unknown_buyer(firm: Firm) -> dict[str, Refusal]:
    bring(firm, form("F0"))
    buyer = replace(document(firm, "F0").buyer, ids=(Identifier("11122233300011", "0009"),), legal_id=None)
    return told(firm, rendered(replace(document(firm, "F0"), number="X1", buyer=buyer), "ubl", "platform"))


def _bought(firm: Firm) -> dict[str, Refusal]:
    bring(firm, form("F0"))
    made = document(firm, "F0")
    mill = replace(made.seller, name="Scierie", ids=(), legal_id=None, vat_number="FR99999999999")
    return told(firm, rendered(replace(made, number="X1", seller=mill, buyer=made.seller), "ubl", "platform"))


def _attached(firm: Firm, path: str) -> dict[str, Refusal]:
    (firm.folder / "large").write_bytes(b"x" * (ATTACHMENT_BYTES + 1))
    whole = form(attachments=[{"path": path}])
    return told(firm, json.dumps(whole).encode(), dict(beside(str(firm.folder / "f.json"), [path])))


def _gross(firm: Firm) -> dict[str, Refusal]:
    bring(firm, form("F0"))
    totals = document(firm, "F0").totals
    return _file(firm, totals=replace(totals, payable=totals.payable + 1))


def _unread(firm: Firm) -> dict[str, Refusal]:
    bring(firm, form("F0"))
    file = rendered(document(firm, "F0"), "ubl", "chorus")
    return told(firm, file.replace(b"<cbc:IssueDate>2024-10-14", b"<cbc:IssueDate>2024-14-10"))


def _posted(firm: Firm) -> dict[str, Refusal]:
    bring(firm, form())
    return _line(firm, price="101")


def _due_later(firm: Firm) -> dict[str, Refusal]:
    bring(firm, form())
    (line,) = bring(firm, form(due_date="2024-12-31"))
    return _warned(line)


def _final(firm: Firm) -> dict[str, Refusal]:
    bring(firm, form("AC", frame="S1", lines=[LINE | {"quantity": "1"}]))
    (line,) = bring(firm, form("X1", frame="S4", prepaid="90.00", preceding="AC"))
    return _warned(line)


def _silent(firm: Firm, frame: str) -> dict[str, Refusal]:
    """A file that does not say when its VAT falls due."""
    bring(firm, form("F0", frame="S1", vat_due="receipts"))
    silent = replace(document(firm, "F0"), number="X1", frame=frame, vat_due="")
    (line,) = result(performed(firm, rendered(silent, "ubl", "platform")))
    return _warned(line)


def _warned(line: dict[str, Any]) -> dict[str, Refusal]:
    return {w["code"]: Refusal(w["code"], w["path"], w["seen"], w["expected"]) for w in line["warnings"]}


def _sent(firm: Firm) -> dict[str, Refusal]:
    bring(firm, form())
    send_away(firm)
    return _form(firm, service="VOIRIE")


def _no_such(firm: Firm) -> dict[str, Refusal]:
    with firm.store.books(firm.dossier, writing=False) as books, pytest.raises(Stop) as caught:
        books.documents_of("F9")
    return {caught.value.refusal.code: caught.value.refusal}


def _not_sent(firm: Firm) -> dict[str, Refusal]:
    bring(firm, form())
    with firm.store.books(firm.dossier, writing=False) as books, pytest.raises(Stop) as caught:
        xml_of(books, books.documents_of("F1")[0], "qualification", "", rendered, sent=True)
    return {caught.value.refusal.code: caught.value.refusal}


SHOWN_OF_INVOICES: dict[str, Callable[[Firm], dict[str, Refusal]]] = {
    "not_an_invoice": lambda firm: stopped(firm, b"a,b\n1,2\n"),
    "too_many_invoices": lambda firm: stopped(firm, json.dumps([{}] * (INVOICE_FILE.headers + 1)).encode()),
    "too_many_lines": lambda firm: _form(firm, lines=[LINE] * (INVOICE_LINES + 1)),
    "unread_in_document": _unread,
    "unknown_field": lambda firm: _form(firm, enagement="E1"),
    "malformed_figure": lambda firm: _line(firm, quantity="1e3"),
    "vat_rate_of_category": lambda firm: _line(firm, vat_category="E"),
    "total_not_positive": lambda firm: _line(firm, quantity="-1"),
    "prepaid_beyond_total": lambda firm: _form(firm, prepaid="240.01"),
    "due_dates_differ": lambda firm: _form(firm, due_date=None, due_dates=[{"date": "2024-11-13", "amount": "1.00"}]),
    "payable_differs": _gross,
    "year_beyond": lambda firm: _form(firm, date="0001-01-01"),
    "attachment_not_found": lambda firm: _attached(firm, "nowhere.pdf"),
    "attachment_outside": lambda firm: _attached(firm, "sub/../../nowhere.pdf"),
    "attachment_too_large": lambda firm: _attached(firm, "large"),
    "malformed_base64": lambda firm: _form(firm, attachments=[{"name": "a.pdf", "content": "%"}]),
    "unknown_seller": lambda firm: _form(firm, seller="9"),
    "several_sellers": lambda firm: _seller(firm, SELLER | {"code": "2"}),
    "unknown_buyer": _unknown_buyer,
    "several_buyers": _buyers,
    "not_a_customer": lambda firm: _form(firm, buyer="F1"),
    "bought_by_us": _bought,
    "negative_price": lambda firm: _line(firm, price="-1"),
    "rate_of_own_currency": lambda firm: _form(firm, rate="1.1"),
    "number_posted": _posted,
    "due_dates_kept": _due_later,
    "advance_not_deducted": _final,
    "vat_due_assumed": lambda firm: _silent(firm, "S1"),
    "vat_due_mixed": lambda firm: _silent(firm, "M1"),
    "document_sent": _sent,
    "no_such_invoice": _no_such,
    "not_sent": _not_sent,
}


@pytest.mark.parametrize("code", list(SHOWN_OF_INVOICES))
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str, tmp_path: Path) -> None:
    from tests.refusals.test_refusals import faulty_texts

    refusal = SHOWN_OF_INVOICES[code](firm_of(tmp_path))[code]

    assert faulty_texts(refusal) == []
    assert refusal.fr != refusal.en
