"""Payment files on the command line and over HTTP: names, shapes, exit statuses, sentences in both languages."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.helpers import Firm, Ran, header, pays, run_here
from tests.payments.answer_of import pain_002
from tests.payments.helpers import content, file, firm_of
from tests.people.service import Client

UNTIL = ("--until", "2024-12-01")


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return firm_of(tmp_path)


def command(firm: Firm, *arguments: str, lang: str = "fr", as_json: bool = True, stdin: bytes = b"") -> Ran:
    more = ("--json",) if as_json else ()
    return run_here("--database", firm.address, "--lang", lang, *more, *arguments, folder=firm.folder, stdin=stdin)


def test_from_what_is_due_to_the_executed_file(firm: Firm) -> None:
    proposed = command(firm, "payment", "propose", "--bank", "BNP", *UNTIL)
    assert proposed.status == 0
    assert proposed.json["total"] == "1430.50"
    assert command(firm, "payment", "list").json == []

    made = command(firm, "payment", "propose", "--bank", "BNP", *UNTIL, "--make", "--key", "k").json
    assert made == command(firm, "payment", "propose", "--bank", "BNP", *UNTIL, "--make", "--key", "k").json
    assert (made["number"], made["status"], made["count"]) == ("1", "made", 3)
    assert command(firm, "payment", "show", "1").json["lines"] == made["lines"]

    out = firm.folder / "paid.xml"
    assert command(firm, "payment", "file", "1", "--out", str(out)).status == 0
    assert out.read_bytes() == content(firm, "1")
    assert command(firm, "payment", "file", "1").status == 0
    assert (firm.folder / f"{made['message']}.xml").read_bytes() == content(firm, "1")

    executed = command(firm, "payment", "executed", "1", "--key", "x")
    assert executed.json["status"] == "executed"
    assert executed.json["transaction"] == "4"
    again = command(firm, "payment", "executed", "1")
    assert (again.status, again.json["reasons"][0]["code"]) == (1, "payment_nothing_left")
    assert command(firm, "verify").json["ok"]


def test_make_show_cancel_answer(firm: Firm) -> None:
    firm.done(header("DECSEP", "350.50", pays("B-7", "350.50"), THIRDPARTY="F2"))
    firm.done(header("DECSEP", "80", pays("D-1", "80"), THIRDPARTY="F3"))
    waiting = command(firm, "payment", "list").json
    assert [(line["kind"], line["total"], line["status"]) for line in waiting] == [("transfers", "430.50", "waiting")]
    dry = command(firm, "payment", "make", "--bank", "BNP", "--kind", "transfers", "--dry-run").json
    assert [(line["total"], line["status"]) for line in dry] == [("430.50", "waiting")]
    assert command(firm, "payment", "make", "--bank", "XXX", "--kind", "transfers", "--dry-run").status == 1
    assert command(firm, "payment", "make", "--bank", "BNP", "--kind", "transfers", "1").json["total"] == "350.50"
    assert command(firm, "payment", "cancel", "1").json["reasons"][0]["code"] == "missing_reason"
    assert command(firm, "payment", "cancel", "1", "--reason", "faux").json["status"] == "cancelled"
    got = command(firm, "payment", "make", "--bank", "BNP", "--kind", "transfers", "--out", "-", as_json=False)
    assert got.out.startswith("<?xml")
    line = file(firm, "2").sent[0]
    said = pain_002(file(firm, "2").message, (line.end_to_end, "RJCT", "AC04"), ("NOBODY", "RJCT", "AC01"))
    answered = command(firm, "payment", "answer", "-", stdin=said)
    assert answered.status == 1
    assert answered.json["unknown"] == ["NOBODY"]
    assert [one["became"] for one in answered.json["rejected"]] == ["cancelled"]
    assert command(firm, "payment", "answer", "-", stdin=said).json["already"]
    assert command(firm, "verify").json["ok"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("payment", "show", "9"), 2, "n'existe pas"),
        (("payment", "file", "x"), 2, "n'existe pas"),
        (("payment", "make", "--bank", "XYZ", "--kind", "transfers"), 1, "XYZ"),
        (("payment", "make", "--bank", "BNP", "--kind", "gold"), 1, "transfers, debits, bills"),
        (("payment", "make", "--bank", "BNP", "--kind", "transfers", "77"), 1, "77"),
        (("payment", "make", "--bank", "BNP", "--kind", "transfers", "--date", "soon"), 2, "soon"),
        (("payment", "propose", "--bank", "BNP", "--until", "soon"), 2, "soon"),
        (("payment", "propose", "--bank", "BNP", "--kind", "bills", *UNTIL), 1, "transfers, debits"),
        (("payment", "executed", "9"), 1, "n'existe pas"),
        (("payment", "answer", "nowhere.xml"), 2, "nowhere.xml"),
    ],
)
def test_what_cannot_be_done_is_said(firm: Firm, arguments: tuple[str, ...], status: int, said: str) -> None:
    ran = command(firm, *arguments, as_json=False)
    assert (ran.status, said in ran.out + ran.err) == (status, True), ran.err


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_for_reading(firm: Firm, lang: str) -> None:
    for arguments in (
        ("propose", "--bank", "BNP", *UNTIL),
        ("propose", "--bank", "BNP", *UNTIL, "--make"),
        ("list",),
        ("show", "1"),
        ("executed", "1"),
    ):
        ran = command(firm, "payment", *arguments, lang=lang, as_json=False)
        assert ran.status == 0, ran.err
        assert ("exécuté" if lang == "fr" else "executed") in ran.out or arguments[0] not in ("executed",)
    line = file(firm, "1").sent[0]
    said = pain_002(file(firm, "1").message, (line.end_to_end, "RJCT", "AC04 "))
    ran = command(firm, "payment", "answer", "-", lang=lang, as_json=False, stdin=said)
    assert ("compte clos" if lang == "fr" else "account closed") in ran.out


def test_the_same_over_http(firm: Firm) -> None:
    client = Client(firm)
    token = firm.store.accounts.issue("payer", "accountant", "")
    headers = {"Authorization": f"Bearer {token}"}

    def call(method: str, path: str, form: Any = None, **more: str) -> Any:
        sent = {} if form is None else {"content": json.dumps(form).encode()}
        kind = {} if form is None else {"Content-Type": "application/json"}
        return client.request(method, f"/api/v1{path}", headers=headers | kind | more, **sent)

    due = call("GET", "/payments/due?bank=BNP&until=2024-12-01").json()
    assert due["total"] == "1430.50"
    form = {"bank": "BNP", "until": "2024-12-01"}
    made = call("POST", "/payments/due", form, **{"Idempotency-Key": "k"})
    assert made.status_code == 200, made.text
    again = call("POST", "/payments/due", form, **{"Idempotency-Key": "k"})
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made.json(), "true")
    assert [one["number"] for one in call("GET", "/payments").json()["data"]] == ["1"]
    assert call("GET", "/payments/waiting").json() == {"data": [], "next": None}
    assert call("GET", "/payments/1").json() == made.json()
    assert call("GET", "/payments/1/file").content == content(firm, "1")
    line = made.json()["lines"][1]
    said = pain_002(made.json()["message"], (line["end_to_end"], "RJCT", "AC04"))
    xml = headers | {"Content-Type": "application/xml"}
    answered = client.request("POST", "/api/v1/payments/answers", headers=xml, content=said)
    assert [one["became"] for one in answered.json()["rejected"]] == ["cancelled"]
    executed = call("POST", "/payments/1/executed", {"date": "2024-10-21"})
    assert executed.json()["status"] == "executed"
    assert call("POST", "/payments/1/executed", {}).status_code == 409
    assert call("POST", "/payments/1/cancel", {"reason": "x"}).status_code == 409
    assert call("POST", "/payments/7/cancel", {"reason": "x"}).status_code == 404
    assert call("GET", "/payments/7").status_code == 404
    assert call("POST", "/payments", {"bank": "BNP", "kind": "gold"}).status_code == 422
    assert call("POST", "/payments", {"bank": "BNP", "kind": "transfers"}).status_code == 409
    bad = client.request("POST", "/api/v1/payments/answers", headers=xml, content=b"<x/>")
    assert (bad.status_code, bad.json()["code"]) == (422, "not_an_answer")
