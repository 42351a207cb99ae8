"""The official use cases through the whole system: our invoice at a platform, its statuses, the money, our 212."""

from collections import Counter
from pathlib import Path

import pytest

from lettrage.invoicing.formats.cdar_read import read
from lettrage.invoicing.lifecycle.message import BETWEEN_PLATFORMS, Message, Reference
from tests.invoicing import samples
from tests.lifecycle.carried import Carried, dated
from tests.vat.test_laws import text

CASES = sorted((samples.FOLDER / "fr-ctc" / "xp-z12-014").glob("UC*")) if samples.FOLDER.exists() else []
SUPPLIERS = ("209", "212", "220", "227")


class UseCase:
    """The files of one official case, two years later."""

    def __init__(self, folder: Path) -> None:
        self.invoice = dated(next(folder.glob("*_CII.xml")).read_bytes())
        messages = [dated(one.read_bytes()) for one in sorted(folder.glob("*-CDV-*.xml"))]
        between = [(file, made) for file in messages if (made := message_of(file)).guideline == BETWEEN_PLATFORMS]
        self.heard = [file for file, made in between if code_of(made) not in SUPPLIERS]
        self.ours = [made for _, made in between if code_of(made) in SUPPLIERS]
        self.codes = [code_of(message_of(file)) for file in self.heard]


def message_of(file: bytes) -> Message:
    found = read(file)
    assert found.message is not None, found.findings
    return found.message


def reference_of(message: Message) -> Reference:
    ((reference,),) = (told.references for told in message.acknowledgements)
    return reference


def code_of(message: Message) -> str:
    return reference_of(message).code


def amounts(reference: Reference) -> Counter[tuple[str, str]]:
    """What was received, by rate and currency."""
    found: Counter[tuple[str, str]] = Counter()
    for one in reference.received:
        assert one.amount is not None
        assert one.percent is not None
        found[one.percent.canonical, one.amount.currency.code] += one.amount.minor
    return found


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "last first"])
@pytest.mark.parametrize("folder", CASES, ids=[case.name for case in CASES])
def test_an_official_case_comes_out_as_it_is_written(folder: Path, backwards: bool, tmp_path: Path) -> None:
    case = UseCase(folder)
    firm = Carried(tmp_path)
    number = firm.carry(case.invoice)
    firm.hears(*(reversed(case.heard) if backwards else case.heard))
    ended = any(code in ("210", "213") for code in case.codes)

    for message in case.ours:
        at = message.acknowledgements[0].at
        assert at is not None
        firm.clock.at = at
        firm.pay(number, text(sum(amounts(reference_of(message)).values())), "ENCVIR", BQC="BNP")
        firm.live(minutes=10)
    if ended:  # what a refused invoice brings all the same is told to nobody
        firm.pay(number, firm.open_amounts()[0][2], "ENCVIR", BQC="BNP")
        firm.live(minutes=10)

    assert sorted(one.code for one in firm.story(number) if one.kind == "status") == sorted(case.codes)
    if ended:
        assert firm.status(number) in ("210", "213")
        assert firm.told(number) == []
    expected = [reference_of(message) for message in case.ours]
    told = firm.told(number)
    assert [(one.code, one.label, one.document, one.type, one.date) for one in told] == [
        (one.code, one.label, one.document, one.type, one.date) for one in expected
    ]
    assert list(map(amounts, told)) == list(map(amounts, expected))
    assert [one.issuer.ids for one in told] == [one.issuer.ids for one in expected]
    for ours, theirs in zip(firm.service.statuses(), case.ours, strict=True):
        assert ours.acknowledgements[0].phase == theirs.acknowledgements[0].phase
        assert ours.acknowledgements[0].at.date() == theirs.acknowledgements[0].at.date()  # type: ignore[union-attr]
        assert [(one.role, one.ids) for one in ours.recipients[:1]] == [
            (one.role, one.ids) for one in theirs.recipients[:1]
        ]
    if told:
        assert firm.status(number) == "212"
        assert firm.said(number)[0].outcome == "accepted"
