"""Two versions of the program on one database: the older one goes on where the newer schema says that it may."""

from pathlib import Path

import pytest

from lettrage.adapters.store.engine import KNOWN, open_engine, schema_version, works_with
from lettrage.refusal import StoreTrouble
from tests.databases import direct
from tests.journeys.helpers import Firm, company, header, invoice, pays


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path, company(invoices=[invoice("1", "100.00")]))


def newer(firm: Firm, version: str) -> None:
    """A newer program has added a column, as expanding migrations do, and named its schema."""
    firm.store.close()
    with direct(firm.address) as connection:
        connection.execute("ALTER TABLE due_item ADD COLUMN shade VARCHAR NOT NULL DEFAULT ''")
        connection.execute(f"UPDATE alembic_version SET version_num = '{version}'")


def test_a_schema_that_only_adds_is_worked_with_and_left_as_it_is(firm: Firm) -> None:
    newer(firm, "0999_for_0005")
    firm.done(header("PORCHQ", "100", pays("1", "100")))
    engine = open_engine(firm.address)
    with engine.connect() as connection:
        assert schema_version(connection) == "0999_for_0005"
    engine.dispose()


@pytest.mark.parametrize("version", ["0999", "0999_for_0998", "0001_for_0001", "0999_for_0005x", "0999_for_5"])
def test_any_other_newer_schema_is_refused(firm: Firm, version: str) -> None:
    newer(firm, version)
    with pytest.raises(StoreTrouble) as caught:
        open_engine(firm.address)
    assert caught.value.refusal.code == "database_newer"


def test_a_schema_names_the_oldest_program_that_goes_on() -> None:
    last = int(KNOWN[-1][:4])
    assert works_with(f"{last + 1:04}_for_{last:04}")
    assert works_with(f"{last + 9:04}_for_0001")
    assert not works_with(f"{last + 2:04}_for_{last + 1:04}")
