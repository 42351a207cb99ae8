"""The refusals of Chorus Pro's settings: they need keys, a company file and platforms, so each has a test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lettrage.adapters.keys import KeyFile
from lettrage.catalogue import CATALOGUE
from tests.databases import edit
from tests.journeys.helpers import Firm, Ran, company, run_here

Shown = Callable[[Firm], Ran]
PLATFORM = "http://127.0.0.1:9"


def chorus(firm: Firm, *arguments: str) -> Ran:
    keys = str(firm.folder / "keys" / "keys.json")
    given = {"LETTRAGE_DATABASE": firm.address, "LETTRAGE_KEYS": keys}
    return run_here("chorus", *arguments, folder=firm.folder, stdin=b"{}", env=given)


def connected(firm: Firm) -> None:
    values = ("client_id=a", "client_secret=b", "login=c", "password=d")
    assert chorus(firm, "set", *values).status == 0


def _deposited(firm: Firm) -> Ran:
    names = (
        "syntax, name, sha256, content, state, number, asked_by, intended_at, sent_at, doubt_since, trouble, reported"
    )
    blank = ", ".join(["''"] * 12)
    edit(
        firm.address,
        f"INSERT INTO flow (dossier, id, platform, again, {names})"
        f" VALUES ('{firm.dossier}', 1, 'qualification', 0, {blank})",
    )
    return chorus(firm, "set", f"api_url={PLATFORM}")


def _without_key(firm: Firm) -> Ran:
    connected(firm)
    (firm.folder / "keys" / "keys.json").unlink()
    return chorus(firm, "test")


def _elsewhere(firm: Firm) -> Ran:
    connected(firm)
    edit(
        firm.address,
        "UPDATE chorus_setting SET value = (SELECT value FROM chorus_setting WHERE name = 'login')"
        " WHERE name = 'password'",
    )
    return chorus(firm, "test")


def _open_to_others(firm: Firm) -> Ran:
    file = KeyFile(firm.folder / "keys" / "keys.json")
    file.rotate()
    file.path.chmod(0o644)
    return chorus(firm, "set", "password=x")


NOT_CONNECTED = "not_connected"  # shown by a test of its own
PLATFORM_NOT_CONNECTED = "platform_not_connected"  # likewise
PLATFORM_TROUBLE = "platform_trouble"  # by tests/approved/test_commands.py
SHOWN_OF_CHORUS: dict[str, Shown] = {
    "unknown_setting": lambda firm: chorus(firm, "set", "colour=blue"),
    "malformed_setting": lambda firm: chorus(firm, "set", "doubt_hours=many"),
    "address_not_allowed": lambda firm: chorus(firm, "set", "--platform", "production", f"api_url={PLATFORM}"),
    "other_platform": _deposited,
    "no_such_establishment": lambda firm: chorus(firm, "set", "rib=BNP", "--establishment", "NOWHERE"),
    "rib_not_reconcilable": lambda firm: chorus(firm, "set", "rib=NONE"),
    "rib_without_iban": lambda firm: chorus(firm, "set", "rib=BARE"),
    "malformed_connection": lambda firm: chorus(firm, "connect", "-"),
    "key_missing": _without_key,
    "secret_damaged": _elsewhere,
    "keys_unusable": _open_to_others,
}


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    bare = {"banks": [{"code": "BARE", "account": "512300"}]}
    return Firm(tmp_path, company() | bare)


@pytest.mark.parametrize("code", SHOWN_OF_CHORUS)
def test_it_is_said_in_plain_words(code: str, firm: Firm) -> None:
    ran = SHOWN_OF_CHORUS[code](firm)

    text = CATALOGUE[code].fr
    longest = max((part for part in text.replace("}", "{").split("{")[::2]), key=len)
    assert ran.status in (1, 2)
    assert longest in " ".join(ran.err.split()).replace("  ", " "), ran.err


def test_a_platform_that_is_not_set_up_is_told() -> None:
    from lettrage.commands.platforms import Platforms
    from lettrage.invoicing.settings import settings_of
    from lettrage.refusal import Stop

    with pytest.raises(Stop) as caught:
        Platforms().piste("998", settings_of("998", [], lambda _row: pytest.fail("there is no secret")))
    refusal = caught.value.refusal
    assert (refusal.code, refusal.seen) == (NOT_CONNECTED, "qualification")
    assert "client_id, client_secret, login, password" in refusal.fr


def test_an_approved_platform_that_is_not_set_up_is_told() -> None:
    from lettrage.commands.platforms import Platforms
    from lettrage.invoicing.approved_settings import ApprovedSettings
    from lettrage.refusal import Stop

    with pytest.raises(Stop) as caught:
        Platforms().client("998", ApprovedSettings("approved-production"))
    refusal = caught.value.refusal
    assert (refusal.code, refusal.seen) == (PLATFORM_NOT_CONNECTED, "approved-production")
    assert "flow_url, token_url, client_id, client_secret" in refusal.fr
