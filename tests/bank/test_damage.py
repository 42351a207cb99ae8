"""Damage to statements and to what they were matched with is found."""

from pathlib import Path

import pytest

from tests.bank.company import accept, books, brought, part, settles
from tests.bank.files import Move
from tests.databases import edit

DAMAGES = {
    "a movement's amount": ("statement_sum", ["UPDATE bank_line SET amount = amount + 1 WHERE id = 2"]),
    "a movement gone": ("statement_sum", ["DELETE FROM bank_line WHERE id = 2"]),
    "a movement's currency": ("statement_sum", ["UPDATE bank_line SET currency = 'USD' WHERE id = 2"]),
    "a balance": ("statement_sum", ["UPDATE bank_statement SET closing = closing + 1"]),
    "what a match accounts for": ("match_sum", ["UPDATE bank_match_line SET amount = amount - 1"]),
    "a match without the ledger": ("match_sum", ["DELETE FROM bank_match_line"]),
    "a match with another account": (
        "match_account",
        ["UPDATE bank_match_line SET line = line + 1", "UPDATE entry_line SET amount = 12000 WHERE account = '411000'"],
    ),
    "a match with more than there is": (
        "match_beyond",
        ["UPDATE bank_match_line SET amount = amount + 1"],
    ),
    "a match with what was cancelled": (
        "match_stands",
        [
            "UPDATE \"transaction\" SET status = 'cancelled' WHERE number ="
            ' (SELECT max("transaction") FROM entry WHERE posting = (SELECT max(posting) FROM bank_match_line))'
        ],
    ),
    "a movement told and matched twice": (
        "matched_twice",
        ["INSERT INTO bank_line_twin SELECT dossier, 1, 2 FROM bank_line WHERE id = 1"],
    ),
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_damage_to_statements_is_found(damage: str, tmp_path: Path) -> None:
    code, statements = DAMAGES[damage]
    world = books(tmp_path)
    brought(world, [Move(12_000), Move(500)])
    accept(world, 1, settles(part("C2", "90", 12_000)))
    assert world.store.audit("998") == []

    edit(world.address, *statements)

    assert code in {finding.code for finding in world.store.audit("998")}
