"""Texts that a database may not like: each store answers the same, and keeps the same."""

import json
from pathlib import Path

import pytest

from lettrage.settlement import Caller, settle
from tests.journeys.helpers import TODAY, Firm, company, invoice

FIELDS = ("CHGETAT", "THIRDPARTY", "CURRENCY", "AMOUNT", "LABEL", "BQC", "ETB", "REGLEMENTNUM", "UNKNOWN", "DATE")
DETAIL_FIELDS = ("PIECE", "PREFPIECE", "THIRDPARTY", "OPERATION", "TRANSAC", "ETATORI", "UNKNOWN")
WORDS = ("\x00", "a\x00b", "é\u2028", "𝕏" * 3, "'; DROP TABLE entry; --", "%(p1)s ?1 %s", '["x"]', "\\u0000")


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path, company(invoices=[invoice("1", "100.00")]))


def sent(firm: Firm, word: str, field: str = "", in_detail: str = "", in_parameter: str = "") -> int:
    detail = {"PIECE": "1", "AMOUNT": "100", "THIRDPARTY": "C1"} | ({in_detail: word} if in_detail else {})
    header = {
        "PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "PORCHQ", "THIRDPARTY": "C1", "CURRENCY": "EUR", "AMOUNT": "100",
        "DATE": f"{TODAY:%Y%m%d}", "DetailReglementtb": [{"DetailReglement": detail}],
    } | ({field: word} if field else {})  # fmt: skip
    parameters = {"dos": "998"} | ({in_parameter: word} if in_parameter else {})
    form = {
        "action": {"swinfinity": "integration_reglement", "parameters": parameters},
        "data": {"EnteteReglementtb": [{"EnteteReglement": header}]},
    }
    reply = settle(json.dumps(form).encode(), Caller("till", "test"), firm.store, firm.clock)
    return json.loads(reply.text)["error"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("word", WORDS)
def test_any_text_anywhere_in_a_document_is_answered(firm: Firm, word: str) -> None:
    answers = {
        **{field: sent(firm, word, field) for field in FIELDS},
        **{f"detail {field}": sent(firm, word, in_detail=field) for field in DETAIL_FIELDS},
        **{f"parameter {name}": sent(firm, word, in_parameter=name) for name in ("key", "dos", "doscpt", "source")},
    }

    assert set(answers.values()) <= {0, 1, 403}, answers
    assert firm.findings() == []


@pytest.mark.parametrize("word", WORDS)
def test_any_text_anywhere_in_a_load_is_answered(firm: Firm, word: str) -> None:
    third_party = {"code": "C2", "kind": "customer", "name": "Client 2"}
    due = {"due_date": "2024-10-20", "amount": "100.00"}
    record = {"third_party": "C1", "number": "2", "date": "2024-09-20", "currency": "EUR", "due_items": [due]}
    for content in (
        *({"code": "998", "third_parties": [third_party | {name: word}]} for name in ("code", "name", "means", "more")),
        *({"code": "998", "invoices": [record | {name: word}]} for name in ("third_party", "prefix", "number", "more")),
        {"code": word},
        {"code": "998", "name": word},
        {"code": "998", word: word},
    ):
        firm.try_load({"dossiers": [content]})

    assert firm.findings() == []


@pytest.mark.parametrize("word", WORDS)
def test_any_text_may_be_asked_for(firm: Firm, word: str) -> None:
    with firm.store.books("998", writing=False) as books:
        assert not books.has_third_party(word)
        assert books.items(TODAY, word, everything=True) == []
        assert books.portfolio(books.company.currency, word) == []
