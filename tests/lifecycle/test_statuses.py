"""The statuses as a table, and Chorus Pro's own beside them: each mapping in both directions where it has two."""

import pytest

from lettrage.invoicing.explaining.messages import states
from lettrage.invoicing.lifecycle.chorus import HEARD, NOT_PASSED_ON, TOLD, Counterpart, from_chorus, to_chorus
from lettrage.invoicing.lifecycle.statuses import name, statuses


def test_what_the_tax_authority_hears_of() -> None:
    assert [code for code, known in statuses().items() if known.mandatory] == ["200", "210", "212", "213"]


def test_what_ends_an_invoice_and_what_the_supplier_sends() -> None:
    assert [code for code, known in statuses().items() if known.ends] == ["210", "213", "220"]
    assert [code for code, known in statuses().items() if known.ours] == ["209", "212", "220", "227"]


def test_after_a_refusal_the_internal_credit_note_produces_no_flux_1() -> None:
    for code in ("210", "213"):
        assert "avoir interne, qui ne doit produire aucun flux 1" in statuses()[code].next_fr
        assert "internal credit note, which must produce no flux 1" in statuses()[code].next_en


def test_every_status_has_its_names_its_next_step_and_its_source() -> None:
    for known in statuses().values():
        assert all((known.fr, known.en, known.next_fr, known.next_en, known.source, known.senders)), known.code
        assert "'" not in known.fr + known.next_fr, known.code


def test_a_status_that_nobody_knows_is_called_by_its_code() -> None:
    assert (name("212", "fr"), name("212", "en"), name("299", "fr")) == ("Encaissée", "Received", "299")


# ---------------------------------------------------------------- Chorus Pro

_OFFICIAL = {
    "16": "208", "17": "210", "37": "204", "18": "204", "21": "204", "20": "204", "19": "211",
}  # fmt: skip


@pytest.mark.parametrize(("number", "code"), _OFFICIAL.items())
def test_chorus_pros_numbers_become_the_annexs_codes(number: str, code: str) -> None:
    assert from_chorus(number) == code


@pytest.mark.parametrize("found", HEARD, ids=str)
def test_each_counterpart_stands_for_the_other(found: Counterpart) -> None:
    step = states("invoice")[found.status].fr

    assert from_chorus(found.status, found.frame) == found.code
    assert found.code in statuses()
    if not found.frame:
        assert to_chorus(found.code, step) == found.status


def test_a_validators_word_depends_on_who_deposited() -> None:
    assert [from_chorus("VALIDEE_1", frame) for frame in ("A9", "A12", "A1", "")] == ["205", "214", None, None]
    assert [from_chorus("REFUSEE_2", frame) for frame in ("A9", "A12", "A1", "")] == ["206", "210", None, None]


def test_taken_in_charge_is_one_of_four_steps_and_the_comment_says_which() -> None:
    assert to_chorus("204") is None
    assert to_chorus("204", "Facture MANDATÉE le 3 mars") == "MANDATEE"
    assert to_chorus("204", "Demande de paiement validée") == "MANDATEE"


def test_what_the_supplier_tells_reaches_chorus_pro_or_is_not_passed_on() -> None:
    assert {code: to_chorus(code) for code in TOLD} == {"209": "COMPLETEE", "227": "COMPLETEE"}
    assert from_chorus("COMPLETEE") == from_chorus("32") == "209"
    assert [to_chorus(code) for code in sorted(NOT_PASSED_ON)] == [None] * 5


@pytest.mark.parametrize("status", ["", "A_RECYCLER", "BROUILLON", "99", "NOUVEAU"])
def test_what_has_no_counterpart_has_none(status: str) -> None:
    assert from_chorus(status) is None


def test_no_counterpart_is_made_of_an_unknown_code() -> None:
    assert [to_chorus(code) for code in ("299", "", "250")] == [None, None, None]
