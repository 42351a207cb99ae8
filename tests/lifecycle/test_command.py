"""`lifecycle read`: what a platform says of an invoice, for people and for programs, without a dossier."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from lettrage.invoicing.formats.cdar import render
from lettrage.invoicing.lifecycle.message import Detail, Message
from lettrage.invoicing.lifecycle.sent import received, to_buyer
from tests.journeys.helpers import Ran, run
from tests.lifecycle.made import concerned, paris, part

AT = paris(2026, 10, 1, 12)
RECEIPT = to_buyer(concerned(), received(AT, [part(20, 1200), part(10, -550)]), "M1", AT)


def refusal() -> Message:
    (told,) = RECEIPT.acknowledgements
    detail = Detail("TX_TVA_ERR", "Taux", action="NIN", sequence=1)
    reference = replace(told.references[0], code="210", label="Refusée", document="50", details=(detail,))
    return replace(RECEIPT, acknowledgements=(replace(told, references=(reference,)),))


def told(folder: Path, message: Message, *more: str) -> Ran:
    (folder / "cdv.xml").write_bytes(render(message))
    return run("lifecycle", "read", "cdv.xml", *more, folder=folder)


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_receipt_is_told(tmp_path: Path, shape: str) -> None:
    done = told(tmp_path, RECEIPT, "--check", *(["--json"] if shape == "json" else ["--lang", "en"]))

    assert (done.status, done.err) == (0, "")
    if shape == "json":
        (status,) = json.loads(done.out)["statuses"]
        assert [(one["amount"], one["percent"]) for one in status["amounts"]] == [
            ("12.00", "20.00"),
            ("-5.50", "10.00"),
        ]
        assert json.loads(done.out)["findings"] == []
    else:
        assert "F202500003 · 212 Received · 2026-10-01 12:00:00 · mandatory to the tax authority" in done.out
        assert "MEN  -5.50 EUR  10.00 %" in done.out


def test_a_refusal_is_explained_in_either_language(tmp_path: Path) -> None:
    french, english = told(tmp_path, refusal()), told(tmp_path, refusal(), "--lang", "en")

    assert (french.status, english.status) == (1, 1)
    assert "ERREUR TX_TVA_ERR BT-152" in french.out
    assert "NIN Faire une nouvelle facture" in french.out
    assert "termine la facture" in french.out
    assert "Wrong VAT rate." in english.out


def test_a_message_against_the_rules_is_told_where_it_is_judged(tmp_path: Path) -> None:
    (acknowledged,) = RECEIPT.acknowledgements
    bare = replace(acknowledged, references=(replace(acknowledged.references[0], details=()),))
    message = replace(RECEIPT, acknowledgements=(bare,))

    assert told(tmp_path, message).status == 0
    judged = told(tmp_path, message, "--check")
    assert judged.status == 1
    assert "BR-FR-CDV-14" in judged.err


@pytest.mark.parametrize(
    ("text", "code"), [("<Invoice/>", "xml_no_lifecycle"), ("", "xml_unreadable"), ("<a", "xml_unreadable")]
)
def test_what_is_no_message_is_no_traceback(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "bad.xml").write_text(text, "utf-8")
    done = run("lifecycle", "read", "bad.xml", folder=tmp_path)

    assert done.status == 2
    assert code in done.err
    assert "Traceback" not in done.err
