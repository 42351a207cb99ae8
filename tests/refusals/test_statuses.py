"""The refusals of statuses that the supplier says, each from an invoice in which it is true."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lettrage.acts import Performed
from lettrage.acts.telling import TellAgain
from lettrage.catalogue import CATALOGUE
from lettrage.invoicing.checks.official import Verdict
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.finding import Finding
from tests.invoicing import samples
from tests.lifecycle.carried import Carried, dated

CASES = samples.FOLDER / "fr-ctc" / "xp-z12-014"
pytestmark = samples.needed


def file(pattern: str) -> bytes:
    """One of the official files, two years later."""
    return dated(next(CASES.glob(pattern)).read_bytes())


def carried(firm: Carried) -> str:
    return firm.carry(file("UC1/*_CII.xml"))


def refused(firm: Carried) -> str:
    number = firm.carry(file("UC3/*_CII.xml"))
    firm.hears(file("UC3/*210_Refusee.xml"))
    return number


def without_siren(firm: Carried) -> str:
    nobody = file("UC1/*_CII.xml").replace(b'schemeID="0002">100000009<', b'schemeID="0199">100000009<')
    return firm.carry(nobody)


def _said_twice(firm: Carried) -> Performed:
    number = carried(firm)
    assert firm.say(number, "227", bank="CIC").result is not None
    firm.live(minutes=5)
    return firm.say(number, "227", bank="CIC")


class Strict:
    """Rules that take nothing."""

    def judge_lifecycle(self, xml: bytes, *, own: bool = False) -> Verdict:
        """A rule that every message breaks."""
        assert own
        return Verdict((Finding("BR-FR-CDV-14", raw="MDT-215", level="error"),))


REFUSED: dict[str, Callable[[Carried], Performed]] = {
    "status_not_ours": lambda firm: firm.say(carried(firm), "205"),
    "status_by_itself": lambda firm: firm.say(carried(firm), "212"),
    "status_says_nothing": lambda firm: firm.say(carried(firm), "209"),
    "status_not_carried": lambda firm: firm.say(firm.bring(file("UC1/*_CII.xml")), "220"),
    "status_after_the_end": lambda firm: firm.say(refused(firm), "209", comment="BL joint"),
    "status_said_already": _said_twice,
    "status_without_siren": lambda firm: firm.say(without_siren(firm), "220"),
    "status_against_rules": lambda firm: firm.say(carried(firm), "220", Strict()),
    "no_message_to_tell_again": lambda firm: firm.act(TellAgain(7, APPROVED)),
}
WARNED: dict[str, Callable[[Carried], Performed]] = {
    "status_nothing_suspended": lambda firm: firm.say(carried(firm), "209", comment="BL joint"),
    "status_without_corrective": lambda firm: firm.say(carried(firm), "220"),
}
SHOWN_OF_STATUSES = frozenset({*REFUSED, *WARNED})


@pytest.mark.parametrize("code", REFUSED)
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str, tmp_path: Path) -> None:
    firm = Carried(tmp_path)
    done = REFUSED[code](firm)

    assert done.result is None
    assert [reason["code"] for reason in done.reasons] == [code]
    assert all(done.reasons[0][name] for name in ("fr", "en", "fix", "fix_en"))
    assert "{" not in "".join(done.reasons[0].values())
    assert "{" not in CATALOGUE[code].fix_en


@pytest.mark.parametrize("code", WARNED)
def test_the_warning_is_told_and_the_status_said(code: str, tmp_path: Path) -> None:
    firm = Carried(tmp_path)
    done = WARNED[code](firm)

    assert done.result is not None
    assert [one["code"] for one in done.result["warnings"]] == [code]
    firm.live(minutes=5)
    assert len(firm.told("F202500003", done.result["status"])) == 1
