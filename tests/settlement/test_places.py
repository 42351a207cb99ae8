"""Every path of a refusal leads to the characters that the caller wrote, in whichever form the text came."""

import json

import pytest

from lettrage.settlement import dialect
from lettrage.settlement.document import Settlement
from lettrage.settlement.places import Sent
from lettrage.settlement.read import read

QUOTED = """{ 'action': { 'swinfinity': 'integration_reglement' },
  'data': { 'EnteteReglementtb': [
    { 'EnteteReglement': { 'TIERS': 'l'eau', 'AMOUNT' : '12,O', 'CHGETAT': '',
      'DetailReglementtb': [ { 'DetailReglement': { 'PIECE': '8\\'7' } },
        { 'DetailReglement': { 'OPERATION': 'WAP', } } ] } } ] } }"""
HEADER = "data.EnteteReglementtb[0].EnteteReglement"


def _there(text: str, path: str) -> list[tuple[str, int, bool]]:
    sent = Sent(text)
    return [(text[one.start : one.end], sent.line(one.start), one.exact) for one in sent.at(path)]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"{HEADER}.AMOUNT", [("12,O", 3, True)]),
        (f"{HEADER}.TIERS", [("l'eau", 3, True)]),
        (f"{HEADER}.amount", [("12,O", 3, True)]),  # names are compared in any case
        (f"{HEADER}.CHGETAT", [("''", 3, True)]),
        (f"{HEADER}.DetailReglementtb[0].DetailReglement.PIECE", [("8\\'7", 4, True)]),
        (f"{HEADER}.DetailReglementtb[1].DetailReglement.OPERATION", [("WAP", 5, True)]),
        (f"{HEADER}.BQC", [("{", 3, False)]),  # not written: where it should be
        (f"{HEADER}.DetailReglementtb[9].DetailReglement.PIECE", [("[", 4, False)]),
        ("nowhere.at.all", []),
        ("", []),
    ],
)
def test_a_path_leads_to_what_was_written(path: str, found: list[tuple[str, int, bool]]) -> None:
    assert _there(QUOTED, path) == found


def test_a_business_form_inside_a_string_is_found_through_its_escapes() -> None:
    header = {"LABEL": 'é "x"\n', "AMOUNT": "12,O", "DetailReglementtb": {"DetailReglement": {"PIECE": "87"}}}
    inner = json.dumps({"data": {"EnteteReglementtb": {"EnteteReglement": header}}}, indent=1)
    whole = json.dumps({"action": "x", "param": inner})
    assert _there(whole, f"{HEADER}.AMOUNT") == [("12,O", 1, True)]
    assert _there(whole, f"{HEADER}.DetailReglementtb[0].DetailReglement.PIECE") == [("87", 1, True)]
    ((label, _, _),) = _there(whole, f"{HEADER}.LABEL")
    assert json.loads(json.loads(f'"\\"{label}\\""')) == header["LABEL"]


def test_pointers_lead_into_our_own_form() -> None:
    text = json.dumps({"settlements": [{"a/b": "1", "details": [{"piece": "87"}]}]}, indent=2)
    assert _there(text, "/settlements/0/details/0/piece") == [("87", 7, True)]
    assert _there(text, "/settlements/0/a~1b") == [("1", 4, True)]
    assert _there(text, "/settlements/0/state_change") == [("{", 3, False)]


def test_a_name_that_stands_twice_leads_to_both() -> None:
    text = '{"EnteteReglementtb": [{"MT": "1", "MT": "2"}]}'
    assert [found for found, _, _ in _there(text, "EnteteReglementtb[0].MT")] == ["1", "2"]


def test_every_field_that_the_reader_reads_is_found() -> None:
    (settlement,) = read(QUOTED).settlements
    assert isinstance(settlement, Settlement)
    for place in (settlement.place, *(detail.place for detail in settlement.details)):
        for field, name in place.spelled.items():
            assert all(exact for _, _, exact in _there(QUOTED, place.of(field))), name
            assert _there(QUOTED, place.of(field)), name


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "nothing of the kind", '{"param": "{"}', "{'a': {'b': 1}}}}"])
def test_a_text_that_cannot_be_read_leads_nowhere(text: str) -> None:
    assert all(not one.exact for one in Sent(text).at(f"{HEADER}.AMOUNT"))


def test_the_tree_is_the_one_that_the_dialect_reads() -> None:
    """The tracing reader takes no short cut, and reads the same."""
    sent, tree = Sent(QUOTED), dialect.parse(QUOTED).tree

    def same(node: object, path: str) -> None:
        if isinstance(node, str):
            (found,) = sent.at(path)
            assert dialect.parse(f"['{QUOTED[found.start : found.end]}']").tree == [node] or node == ""
        elif isinstance(node, list):
            for index, part in enumerate(node):
                same(part, f"{path}[{index}]")
        elif isinstance(node, dict):
            for name, part in node.items():
                same(part, f"{path}.{name}" if path else name)

    same(tree, "")
