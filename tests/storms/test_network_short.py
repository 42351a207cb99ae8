"""The short form; the long form is `python -m tests.storms.network --count 10000`."""

import pytest

from tests.databases import sqlite_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.network import PLANTED, sendings, settlements

pytestmark = sqlite_only
SEED = 20_261_122


def test_every_settlement_is_there_once_whatever_the_network_does() -> None:
    assert "settlements each once" in settlements(100, SEED)


def test_every_invoice_is_deposited_once_whatever_the_network_does() -> None:
    assert "invoices each once" in sendings(40, SEED, battery_of=6)


@pytest.mark.parametrize("planted", PLANTED)
def test_a_careless_retry_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError, match="seed"):
        PLANTED[planted](100, SEED)
