"""Invoices as a clerk reads them: words for codes, Paris time, lines that fit, nothing of the machine."""

import io
import sys
from typing import Any, get_args

import pytest

from lettrage import terminal
from lettrage.invoicing.explaining import labels
from lettrage.invoicing.sending.outbox import FlowState, JobKind, Met, Outcome
from lettrage.invoicing.sending.shelf import NOT_SENT
from lettrage.invoicing.sending.submit import ERROR, OK
from lettrage.refusal import Language

MOTIVE = "Le code service (AccountingCustomerParty.AccountingContact.ID) n'existe pas dans le referentiel. " * 2
INVOICE: dict[str, Any] = {
    "number": "F-7",
    "type": "381",
    "date": "2026-11-20",
    "third_party": "C1",
    "currency": "EUR",
    "total": "12.00",
    "platform": "production",
    "state": "REJETEE",
    "flow": "CPP0011100000000000000001",
    "documents": ["380", "381"],
    "statuses": [
        {
            "code": "sent",
            "date": "2026-07-01T22:30:00.123456+00:00",
            "comment": "CPP1",
            "origin": "ours",
            "back": False,
        },
        {"code": "rejected", "date": "2026-07-01T22:40:00+00:00", "comment": MOTIVE, "origin": "ours", "back": False},
        {"code": "IN_REJETE", "date": None, "comment": "", "origin": "flow", "back": False},
        {"code": "REJETEE", "date": "2026-07-03T10:00:00+00:00", "comment": "x", "origin": "history", "back": True},
        {"code": "NEVER_HEARD_OF", "date": None, "comment": "", "origin": "history", "back": False},
    ],
    "deposits": [
        {"flow": None, "sha256": "ab" * 32, "sent_at": None, "outcome": "in_doubt"},
        {"flow": "CPP1", "sha256": "cd" * 32, "sent_at": "2026-07-01T22:30:00.123456+00:00", "outcome": "integrated"},
    ],
    "payments": [
        {"transaction": "381", "date": "2026-12-01", "amount": "12.00", "currency": "EUR", "cancelled": False},
        {"transaction": "382", "date": "2026-12-02", "amount": "12.00", "currency": "EUR", "cancelled": True},
    ],
}
SAID = {
    "fr": ("avoir · 2026-11-20", "Rejetée par le client · flux CPP", "2026-07-02 00:30:00  Déposée", "flux CPP1",
           "Rejetée par la plateforme", "retour en arrière · x", "Doute sur le dépôt", "Intégrée", "oui"),
    "en": ("credit note · 2026-11-20", "Rejected by the customer · flow CPP", "2026-07-02 00:30:00  Deposited",
           "Rejected by the platform", "a step back · x", "Deposit in doubt", "Accepted", "yes"),
}  # fmt: skip
WAY: dict[str, Any] = {"platform": "production", "state": "waiting", "until": "2026-01-01T12:00:00.5+00:00"}


def shown(value: Any, kind: str, lang: Language, capsys: pytest.CaptureFixture[str]) -> str:
    terminal.show(value, kind, lang)
    return capsys.readouterr().out


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_an_invoice_is_shown_in_words(lang: Language, capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(INVOICE, "invoice", lang, capsys)

    assert [words for words in SAID[lang] if words not in out] == []
    assert [word for word in ("None", "False", "True", "+00:00", "123456", "abab" * 4) if word in out] == []
    assert max(map(len, out.splitlines())) <= terminal.WIDTH


def test_the_platforms_code_stands_beside_its_word_and_an_unknown_one_as_it_came(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [line.split("  ") for line in shown(INVOICE, "invoice", "fr", capsys).splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]

    assert ["Rejeté", "IN_REJETE"] in cells
    assert ["NEVER_HEARD_OF", "NEVER_HEARD_OF"] in cells


def test_a_number_that_looks_like_a_kind_of_document_stays_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(INVOICE, "invoice", "fr", capsys)

    assert "documents (--id) : 380, 381" in out
    assert "2026-12-01  381 " in out


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_state_trouble_and_job_of_ours_has_a_name(lang: Language) -> None:
    codes = {NOT_SENT, *get_args(FlowState), *get_args(Outcome)} - {""}
    kinds = {kind for part in get_args(Met.__annotations__["kind"]) for kind in get_args(part)}

    assert {code for code in codes if labels.state(code, lang) == code} == set()
    assert {code for code in ("Pending", OK, ERROR) if labels.state(code, lang) == code} == set()
    assert kinds >= {"maintenance", "interrupted"}
    assert {kind for kind in kinds if labels.trouble(kind, lang) == kind} == set()
    assert {kind for kind in get_args(JobKind) if labels.job(kind, lang) == kind} == set()


def test_jobs_are_told_with_their_first_invoices(capsys: pytest.CaptureFixture[str]) -> None:
    job = {"kind": "send", "numbers": list("ABCDE"), "run_at": "2026-01-01T12:00:00.5+00:00", "attempts": 0}
    out = shown([job, job | {"numbers": []}], "jobs", "fr", capsys)

    assert "Dépôt    A, B, C + 2  2026-01-01 13:00:00       0" in out
    assert "[" not in out


@pytest.mark.parametrize(
    ("state", "lang", "words"),
    [
        ("waiting", "fr", ("plateforme en maintenance", "Rien à faire", "13:00:00")),
        ("stopped", "fr", ("Envois arrêtés", "lettrage chorus queue --reopen")),
        ("waiting", "en", ("platform under maintenance", "Nothing to do", "13:00:00")),
        ("stopped", "en", ("Sending is stopped", "lettrage chorus queue --reopen")),
    ],
)
def test_what_stands_in_the_way_is_told_with_what_to_do(state: str, lang: Language, words: tuple[str, ...]) -> None:
    reason = {"kind": "maintenance", "step": "factures/v1/deposer/flux", "status": 500, "code": "", "text": ""}

    told = "\n".join(terminal.hindrance(WAY | {"state": state, "reason": reason}, lang))

    assert [word for word in words if word not in told] == []


def test_what_stops_an_approved_platform_is_mended_by_its_own_commands() -> None:
    reason = {"kind": "settings", "step": "token", "status": 401, "code": "invalid_client", "text": ""}
    way = WAY | {"platform": "approved-qualification", "state": "stopped", "reason": reason}

    told = " ".join(terminal.hindrance(way, "fr"))

    assert "lettrage platform test" in told
    assert "lettrage platform queue --reopen" in told


def test_our_own_words_on_settings_are_not_told_in_another_language() -> None:
    reason = {"kind": "settings", "step": "settings", "status": 0, "code": "not_connected", "text": "Chorus Pro is not"}

    told = "\n".join(terminal.hindrance(WAY | {"state": "stopped", "reason": reason}, "fr"))

    assert "Chorus Pro is not" not in told
    assert "réglages refusés" in told


class Screen(io.StringIO):
    """Standard error that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("screen", "written"), [(Screen(), "\r0/2\r1/2\r2/2\r   \r"), (io.StringIO(), "")])
def test_long_work_shows_how_far_it_has_come(
    screen: io.StringIO, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", screen)

    with terminal.progress(2) as step:
        assert [step() for _ in range(3)] == [True] * 3

    assert screen.getvalue() == written
