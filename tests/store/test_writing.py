"""Several works in one commit, and many rows in few statements."""

from pathlib import Path
from typing import Any

import pytest

from lettrage.adapters.store.batch import Batch
from lettrage.adapters.store.books import SqlBooks
from lettrage.settlement import Caller, settle
from tests.journeys.helpers import Answer, Firm, company, header, invoice, pays


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path, company(invoices=[invoice(str(n), "100.00") for n in range(1, 100)]))


class Together:
    """A store that carries out what is settled through it in one commit at the end."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.works: list[Any] = []

    def write(self, _dossier: str, work: Any) -> Any:
        self.works.append(work)
        raise LookupError  # later

    def settled(self, *numbers: str) -> list[Answer]:
        for number in numbers:
            with pytest.raises(LookupError):
                self.send(number)
        replies = self.firm.store.write_all("998", self.works)
        return [Answer(reply.text) for reply in replies]

    def send(self, number: str) -> None:
        form = (
            f"{{'action': {{'parameters': {{'dos': '998', 'key': 'k{number}'}}}}, 'data': {{'EnteteReglementtb': "
            f"[{header('PORCHQ', '100', pays(number, '100'))}]}}}}"
        )
        settle(form.encode(), Caller("till", "test"), self, self.firm.clock)  # type: ignore[arg-type]


def test_works_of_one_commit_each_see_what_came_before(firm: Firm) -> None:
    first, second, again = Together(firm).settled("1", "2", "2")

    assert (first.codes, second.codes) == (["0"], ["0"])
    assert again.text == second.text
    assert [first.transactions, second.transactions] == [["1"], ["2"]]
    assert firm.findings() == []


def test_when_one_work_fails_nothing_of_any_is_written(firm: Firm) -> None:
    together = Together(firm)
    before = firm.rows()

    def fails(_books: SqlBooks) -> None:
        raise ZeroDivisionError

    with pytest.raises(LookupError):
        together.send("1")
    with pytest.raises(ZeroDivisionError):
        firm.store.write_all("998", [*together.works, fails])

    assert firm.rows() == before


@pytest.mark.parametrize("size", [1, 4, 90])
def test_few_rows_and_many_are_written_alike(firm: Firm, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    write = Batch.write

    def noted(batch: Batch, connection: Any) -> None:
        seen.append(sum(len(rows) for _, rows in batch.by_table()))
        write(batch, connection)

    monkeypatch.setattr(Batch, "write", noted)
    headers = [header("PORCHQ", "60", pays(str(n), "60"), pays(str(n), "40", "WPA")) for n in range(1, size + 1)]

    assert set(firm.send(*headers, key="k").codes) == {"0"}

    assert seen[0] > 10 * size
    assert firm.findings() == []
    assert len(firm.entries()) == size
