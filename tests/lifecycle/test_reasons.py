"""Reasons explained: what they mean, the field they point to, and what to do, which the status decides."""

import pytest

from lettrage.invoicing.document import Note
from lettrage.invoicing.explaining.fields import FIELDS
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.lifecycle.message import (
    CHORUS_PRO,
    Acknowledgement,
    Characteristic,
    Detail,
    Message,
    Party,
    Reference,
)
from lettrage.invoicing.lifecycle.reasons import Reason, cause, explain, explain_status, reasons
from lettrage.invoicing.lifecycle.statuses import statuses
from lettrage.invoicing.lifecycle.told import shape


def explained(code: str, *details: Detail) -> list[Finding]:
    return explain_status(Reference("F1", code, label="Libellé", details=details))


@pytest.mark.parametrize("known", reasons().values(), ids=reasons())
def test_every_reason_has_its_texts_in_both_languages(known: Reason) -> None:
    status = known.statuses[0] if known.statuses else "210"
    (finding,) = explained(status, Detail(known.code))
    told = finding.shape

    assert finding.code == known.code
    assert all(told[name].strip() for name in ("fr", "en", "fix_fr", "fix_en"))
    assert "{" not in "".join(told.values())
    assert all(cause(known.code))
    assert statuses()[status].next_fr in told["fix_fr"]
    assert statuses()[status].next_en in told["fix_en"]
    assert "'" not in known.fr + known.cause_fr + known.fix_fr
    assert not known.field or known.field in FIELDS
    assert known.source


@pytest.mark.parametrize(
    ("status", "level"), [("210", "error"), ("213", "error"), ("501", "error"), ("207", "warning")]
)
def test_what_has_ended_is_an_error_what_can_be_settled_a_warning(status: str, level: str) -> None:
    (finding,) = explained(status, Detail("CALCUL_ERR"))

    assert finding.shape["level"] == level


def test_the_same_reason_asks_for_another_step_beside_another_status() -> None:
    (refused,), (suspended,) = explained("210", Detail("CMD_ERR")), explained("208", Detail("CMD_ERR"))

    assert "avoir interne" in refused.shape["fix_fr"]
    assert "209" in suspended.shape["fix_fr"]
    assert refused.facts["field"] == "engagement"
    assert refused.shape["term"] == "BT-13"


def test_a_reason_that_nobody_knows_is_shown_raw() -> None:
    (finding,) = explained("210", Detail("AUT_MOTIF", "Écrit à la main", notes=(Note("et un mot"),)))

    assert finding.code == "reason_unknown"
    assert "AUT_MOTIF" in finding.shape["fr"]
    assert finding.raw == "Écrit à la main et un mot"
    assert finding.raw in finding.shape["en"]


def test_a_status_that_nobody_knows_is_shown_raw() -> None:
    (finding,) = explained("299")

    assert (finding.code, finding.facts["status"], finding.raw) == ("status_unknown", "299", "Libellé")
    assert "299" in finding.shape["fr"]
    assert finding.shape["level"] == "warning"


@pytest.mark.parametrize("status", ["206", "207", "208", "210", "213", "501", "601"])
def test_a_reason_that_is_missing_is_told(status: str) -> None:
    (finding,) = explained(status)

    assert finding.code == "reason_missing"
    assert status in finding.shape["fr"]


@pytest.mark.parametrize("status", ["200", "202", "205", "211", "212"])
def test_nothing_speaks_against_what_goes_well(status: str) -> None:
    assert explained(status) == []


def test_what_stands_in_the_invoice_and_what_should_are_shown_at_their_place() -> None:
    data = (Characteristic("DIV", location="/Invoice/ID", value="F1"), Characteristic("DVA", value="F2"))
    (finding,) = explained("210", Detail("REF_CT_ABSENT", data=data))

    assert (finding.place, finding.seen, finding.expected) == ("/Invoice/ID", "F1", "F2")


def test_a_detail_may_speak_of_another_status_than_its_invoice() -> None:
    (finding,) = explained("204", Detail("CMD_ERR", status="208"))

    assert finding.facts["status"] == "208"
    assert "209" in finding.shape["fix_fr"]


def test_a_whole_message_is_explained_and_shaped() -> None:
    references = (
        Reference(
            "F1", "213", details=(Detail("DOUBLON", action="NIN"), Detail("REJ_UNI", action="ZZZ", action_text="?"))
        ),
        Reference("F2", "212"),
    )
    message = Message("g", "M1", (Acknowledgement("305", references),), sender=Party("WK", (CHORUS_PRO,)))
    told = shape(message)

    assert message.from_chorus
    assert [finding.code for finding in explain(message)] == ["DOUBLON", "REJ_UNI"]
    assert [status["code"] for status in told["statuses"]] == ["213", "212"]
    assert [reason["code"] for reason in told["statuses"][0]["reasons"]] == ["DOUBLON", "REJ_UNI"]
    actions = told["statuses"][0]["actions"]
    assert [action["fr"] for action in actions] == ["Faire une nouvelle facture", "?"]
