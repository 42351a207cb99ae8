"""The settings of Chorus Pro: given, shown without secrets, switched; on the command line, in real books."""

import json
from pathlib import Path
from typing import Any

import pytest

from lettrage.dates import PARIS
from lettrage.invoicing.settings import OFFICIAL, PLATFORMS, SECRETS, address_expected, changes, fingerprint
from lettrage.simulator.server import Simulator
from tests.chorus.setting_up import SIRET
from tests.databases import edit
from tests.journeys.helpers import Firm, Ran, company, run_here

IBAN = "FR7630006000011234567890189"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    banks = [
        {"code": "BNP", "account": "512100", "iban": IBAN},
        {"code": "OUT", "account": "512200", "iban": IBAN, "reconcilable": False},
        {"code": "BARE", "account": "512300"},
    ]
    made = company()
    return Firm(tmp_path, made | {"banks": banks, "establishments": [{"code": "LILLE"}, {"code": "ORSAY"}]})


def chorus(firm: Firm, *arguments: str, stdin: str = "", **env: str) -> Ran:
    given = {"LETTRAGE_DATABASE": firm.address} | env
    return run_here("chorus", *arguments, folder=firm.folder, stdin=stdin.encode(), env=given)


def shown(firm: Firm) -> Any:
    return json.loads(chorus(firm, "settings", "--json").out)


def refused(ran: Ran) -> list[str]:
    assert ran.status == 1, ran.err
    return [reason["code"] for reason in json.loads(ran.out)["reasons"]]


# ---------------------------------------------------------------- given and shown


def test_without_settings_the_official_addresses_hold(firm: Firm) -> None:
    found = shown(firm)

    assert found["platform"] == "qualification"
    for name in PLATFORMS:
        of = found["platforms"][name]
        assert (of["token_url"], of["api_url"]) == OFFICIAL[name]
        assert not any(of[secret]["set"] for secret in SECRETS)


def test_another_host_is_never_told_the_secrets_of_the_former(firm: Firm) -> None:
    chorus(
        firm, "set", "client_id=an-id-that-is-long-enough", "client_secret=s1", "login=TECH_1@cpro.fr", "password=p1"
    )

    told = chorus(firm, "set", "token_url=https://elsewhere.example/token", "client_secret=s2", "--json")

    found = shown(firm)["platforms"]
    assert {name for name in SECRETS if found["qualification"][name]["set"]} == {"client_secret"}
    assert "client_id, login, password" in json.loads(told.out)["warnings"][0]["en"]
    kept = chorus(firm, "set", "token_url=https://elsewhere.example/other", "--json")
    assert shown(firm)["platforms"]["qualification"]["client_secret"]["set"]
    assert json.loads(kept.out)["warnings"] == []


def test_a_secret_is_taken_from_wherever_but_never_shown_again(firm: Firm) -> None:
    chorus(firm, "set", "client_secret=-", stdin="  from standard input \n")
    chorus(firm, "set", "password=@HERE", HERE=" from the environment\t")
    chorus(firm, "set", "client_id=an-id-that-is-long-enough", "login=TECH_1_26300989@cpro.fr")

    ran = chorus(firm, "settings", "--json")
    of = json.loads(ran.out)["platforms"]["qualification"]
    assert {name: (of[name]["set"], of[name]["hint"]) for name in SECRETS} == {
        "client_secret": (True, ""),
        "password": (True, ""),
        "client_id": (True, "an-i…"),
        "login": (True, "TECH…"),
    }
    both = ran.out + chorus(firm, "settings").out
    assert not [text for text in ("from standard input", "from the environment", "26300989") if text in both]


def test_a_blank_value_takes_a_setting_back(firm: Firm) -> None:
    chorus(firm, "set", "password=x", "application=APP")
    chorus(firm, "set", "password=", "application=")

    of = shown(firm)["platforms"]["qualification"]
    assert (of["password"]["set"], of["application"]) == (False, "")


def test_the_establishment_has_a_bank_account_of_its_own(firm: Firm) -> None:
    assert chorus(firm, "set", "rib=BNP", "--establishment", "LILLE").status == 0

    assert (shown(firm)["rib"], shown(firm)["establishments"]) == ("", {"LILLE": {"rib": "BNP"}})
    assert refused(chorus(firm, "set", "rib=BNP", "--establishment", "PARIS", "--json")) == ["no_such_establishment"]
    assert refused(chorus(firm, "set", "application=A", "--establishment", "LILLE", "--json")) == ["unknown_setting"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("rib=OUT", "rib_not_reconcilable"),
        ("rib=NONE", "rib_not_reconcilable"),
        ("rib=BARE", "rib_without_iban"),
        ("rob=BNP", "unknown_setting"),
        ("password_expires=31/12/2026", "malformed_setting"),
        ("rib_on_credit_notes=perhaps", "malformed_setting"),
        ("doubt_hours=0", "malformed_setting"),
        ("credit_note_format=pdf", "malformed_setting"),
        ("platform=test", "malformed_setting"),
        ("api_url=https://api.piste.gouv.fr", "address_not_allowed"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(given: str, code: str, firm: Firm) -> None:
    before = shown(firm)

    assert refused(chorus(firm, "set", "application=A", given, "--json")) == [code]
    assert shown(firm) == before


@pytest.mark.parametrize(
    "given",
    ["proxy=http://user:canary@127.0.0.1:3128", "api_url=https://y.fr/?key=canary", "token_url=https://y.fr#canary"],
)
def test_a_refused_address_keeps_its_password_to_itself(given: str, firm: Firm) -> None:
    ran = chorus(firm, "set", given, "--json")
    assert refused(ran) == ["address_not_allowed"]
    assert "canary" not in ran.out + ran.err


def test_a_refused_secret_is_not_repeated(firm: Firm) -> None:
    for arguments in (
        ("set", "password=bell\x07rung"),
        ("set", "bell-rung"),
        ("set", "--json", "password=bell\x07rung"),
    ):
        ran = chorus(firm, *arguments)
        assert ran.status in (1, 2)
        assert "rung" not in ran.out + ran.err


def test_switching_copies_nothing_and_warns(firm: Firm) -> None:
    chorus(firm, "set", "client_id=one", "client_secret=two")

    ran = chorus(firm, "use", "production", "--json")
    told = json.loads(ran.out)

    assert told["platform"] == "production"
    assert not any(told["platforms"]["production"][name]["set"] for name in SECRETS)
    assert len(told["warnings"]) == 2
    assert "client_id, client_secret, login, password" in told["warnings"][1]["en"]
    assert "client_id" in chorus(firm, "use", "production").err


def test_a_simulator_is_connected_by_its_first_line(firm: Firm) -> None:
    line = {"url": "http://127.0.0.1:8123", "client_id": "a", "client_secret": "b", "login": "c", "password": "d"}

    assert chorus(firm, "connect", "-", stdin=json.dumps(line) + "\nmore").status == 0

    of = shown(firm)["platforms"]["qualification"]
    assert (of["token_url"], of["api_url"]) == ("http://127.0.0.1:8123/api/oauth/token", "http://127.0.0.1:8123")
    assert all(of[name]["set"] for name in SECRETS)
    for content in ("", "[]", "{", json.dumps(line | {"url": 1}), json.dumps({"url": "x"})):
        ran = chorus(firm, "connect", "-", stdin=content)
        assert (ran.status, "malformed" in ran.err or "simulateur" in ran.err) == (2, True)


def test_a_simulator_says_itself_how_fast_its_clock_runs(firm: Firm) -> None:
    with Simulator(speed=600) as fast:
        chorus(firm, "connect", "-", stdin=json.dumps(fast.connection))

    assert shown(firm)["platforms"]["qualification"]["time_scale"] == "600"


def test_another_platform_under_the_same_name_is_refused_once_something_was_deposited(firm: Firm) -> None:
    chorus(firm, "set", "api_url=http://127.0.0.1:8123", "token_url=http://127.0.0.1:8123/api/oauth/token")
    columns = (
        "platform, syntax, name, sha256, content, state, number, asked_by, again, intended_at, sent_at, doubt_since"
    )
    edit(
        firm.address,
        f"INSERT INTO flow (dossier, id, {columns}, trouble, reported)"
        f" VALUES ('{firm.dossier}', 1, 'qualification', '', '', '', '', 'sent', '', '', 0, '', '', '', '', '')",
    )

    assert refused(chorus(firm, "set", "api_url=https://sandbox-api.piste.gouv.fr", "--json")) == ["other_platform"]
    assert refused(chorus(firm, "set", "api_url=", "--json")) == ["other_platform"]
    assert chorus(firm, "set", "api_url=http://127.0.0.1:9000").status == 0  # the same simulator, started anew


def test_the_key_is_changed_and_everything_still_opens(firm: Firm) -> None:
    chorus(firm, "set", "client_id=an-id-that-is-long-enough")
    first = json.loads(chorus(firm, "rotate-key", "--json").out)
    second = json.loads(chorus(firm, "rotate-key", "--forget", "--json").out)

    assert (sum(first["sealed"].values()), sum(second["sealed"].values())) == (1, 1)
    assert second["key"] != first["key"] not in second["dropped"]
    assert shown(firm)["platforms"]["qualification"]["client_id"]["hint"] == "an-i…"


def test_without_its_key_nothing_is_lost_and_the_refusal_is_clear(firm: Firm) -> None:
    chorus(firm, "set", "client_id=a", "client_secret=b", "login=c", "password=d")
    file = next(firm.folder.rglob("keys.json"))
    kept = file.read_bytes()
    file.unlink()

    ran = chorus(firm, "test", "--lang", "en")
    assert (ran.status, "is sealed with the key" in ran.err) == (2, True)
    assert shown(firm)["platforms"]["qualification"]["client_id"]["set"] is True
    file.write_bytes(kept)
    file.chmod(0o600)
    assert chorus(firm, "test").status == 1  # nobody answers there: the settings open again


def test_a_test_keeps_the_day_on_which_the_technical_password_ends(firm: Firm, simulator: Simulator) -> None:
    firm.load({"code": firm.dossier, "siret": SIRET})
    chorus(firm, "connect", "-", stdin=json.dumps(simulator.connection))
    expires = simulator.simulation.account.expires_at
    assert expires is not None

    chorus(firm, "test")
    assert shown(firm)["platforms"]["qualification"]["password_expires"] == expires.astimezone(PARIS).date().isoformat()
    chorus(firm, "set", "password_expires=2027-01-01")
    chorus(firm, "test")
    assert shown(firm)["platforms"]["qualification"].get("password_expires") in {"2027-01-01"}


# ---------------------------------------------------------------- addresses

NEVER = (
    "http://example.org", "ftp://example.org", "https://", "https://user@example.org", "https://u:p@example.org",
    "https://example.org/?a=b", "https://example.org/#x", "https://127.1", "https://2130706433", "https://0x7f000001",
    "https://0177.0.0.1", "https://[::ffff:127.0.0.1]", "https://169.254.169.254", "https://10.0.0.1",
    "https://[fe80::1]", "https://[fd00::1]", "http://[::ffff:7f00:1]", "http://0.0.0.0", "https://0.0.0.0",
    "https://intranet", "https://x.local", "https://x.localhost", "https://x.internal", "https://exa mple.org",
    "https://example.org\\@evil.org", "https://example.org:99999", "https://éxample.org", "//example.org",
    "javascript:alert(1)", "file:///etc/passwd", "https://127.0.0.1.", "http://localhost.",
)  # fmt: skip


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_address_that_must_not_be_called_is_refused(address: str, platform: str) -> None:
    assert address_expected("api_url", platform, address)
    assert address_expected("token_url", platform, address)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:8000", "https://127.0.0.1"]
)
def test_this_machine_is_for_qualification_only(address: str) -> None:
    assert not address_expected("api_url", "qualification", address)
    assert address_expected("api_url", "production", address)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_platform_has_its_own_addresses(platform: str) -> None:
    other = next(name for name in PLATFORMS if name != platform)
    for mine, theirs in zip(OFFICIAL[platform], OFFICIAL[other], strict=True):  # type: ignore[index]
        assert not address_expected("token_url", platform, mine)
        assert address_expected("token_url", platform, theirs)


def test_a_platform_is_known_again_by_its_fingerprint() -> None:
    assert fingerprint("http://127.0.0.1:1") == fingerprint("http://[::1]:2") == fingerprint("http://localhost")
    assert len({fingerprint(api) for _, api in OFFICIAL.values()} | {fingerprint("http://127.0.0.1")}) == 3


def test_the_time_scale_is_refused_in_production() -> None:
    assert changes({"time_scale": "600"}, "qualification")[1] == []
    assert [fault.code for fault in changes({"time_scale": "600"}, "production")[1]] == ["malformed_setting"]
