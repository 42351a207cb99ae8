"""Broken set-ups: the test names the true cause, first where the answers allow it, among three at most.

Each set-up breaks one thing in the simulator, in the settings or in the company file.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import pytest

from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.probe import gather
from lettrage.company.dossier import Bank, Company
from lettrage.dates import PARIS
from lettrage.guard.secrets import Secret
from lettrage.invoicing.connecting.connection import known_of
from lettrage.invoicing.connecting.diagnose import MOST_CAUSES, Evidence, Step, catalogue, causes_of, diagnose, works
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.settings import OFFICIAL, ChorusSettings, Platform, PlatformSettings
from lettrage.money import Currency
from lettrage.simulator.piste import APIS
from lettrage.simulator.server import Simulator
from tests.chorus.setting_up import SIRET, settings_for

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=90)
EUR = Currency("EUR", 2)
COMPANY = Company(
    "998", "Renommée", EUR, siret=SIRET, banks={"BNP": Bank("BNP", "512", EUR, "FR7630006000011234567890189")}
)


@dataclass
class Setup:
    """What may be broken: the simulator, the platform's settings, the company, the other platform's settings."""

    simulator: Simulator
    platform: PlatformSettings
    company: Company = COMPANY
    other: dict[str, Any] = field(default_factory=dict)

    def set(self, **changes: Any) -> None:
        self.platform = msgspec.structs.replace(self.platform, **changes)

    def tested(self) -> list[Step]:
        token_url, api_url = OFFICIAL["production"]
        platforms: dict[Platform, PlatformSettings] = {
            "qualification": self.platform,
            "production": PlatformSettings("production", token_url, api_url, **self.other),
        }
        settings = ChorusSettings("998", "qualification", platforms)
        known = known_of(settings, "qualification", self.company, NOW)
        calls = Calls(self.platform, sleep=lambda _seconds: None)
        try:
            sirets = [siret for siret, _ in known.sirets.values()]
            evidence = Evidence({}) if known.missing else gather(Piste(calls), sirets)
        finally:
            calls.close()
        return diagnose(evidence, known)


@pytest.fixture
def setup(simulator: Simulator) -> Setup:
    """One that works."""
    ends = (NOW + timedelta(days=300)).date()
    return Setup(simulator, settings_for(simulator, account_since=OLD, password_expires=ends, application="APP"))


def without(*apis: str) -> tuple[str, ...]:
    return tuple(api for api in APIS if api not in apis)


def unused_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def application(**changes: Any) -> Callable[[Setup], object]:
    return lambda setup: setup.simulator.simulation.change_application(**changes)


def account(**changes: Any) -> Callable[[Setup], object]:
    return lambda setup: setup.simulator.simulation.change_account(**changes)


def platform(**changes: Any) -> Callable[[Setup], object]:
    return lambda setup: setup.set(**changes)


def company(**changes: Any) -> Callable[[Setup], object]:
    def broken(setup: Setup) -> None:
        setup.company = msgspec.structs.replace(COMPANY, **changes)

    return broken


def fault(kind: str, path: str = "*") -> Callable[[Setup], object]:
    return lambda setup: setup.simulator.faults.on(kind, path=path)


def both(*parts: Callable[[Setup], object]) -> Callable[[Setup], object]:
    def broken(setup: Setup) -> None:
        for part in parts:
            part(setup)

    return broken


def same_client_in_production(setup: Setup) -> None:
    setup.set(client_id=Secret("11111111-2222-3333-4444-555555555555"))
    setup.other = {"client_id": setup.platform.client_id}


def stopped(setup: Setup) -> None:
    address = f"http://127.0.0.1:{unused_port()}"
    setup.set(token_url=f"{address}/api/oauth/token", api_url=address)


def own_space(issues: bool) -> Callable[[Setup], object]:
    def broken(setup: Setup) -> None:
        directory = setup.simulator.platform.directory
        own = directory.structure(SIRET)
        assert own is not None
        directory.put(msgspec.structs.replace(own, issues_invoices=issues))
        setup.simulator.simulation.change_account(structures=(own.id,))

    return broken


# What is broken: how, the true cause, the step that says it, whether the answers allow to name it first.
BROKEN: dict[str, tuple[Callable[[Setup], object], str, str, bool]] = {
    "nothing set": (platform(client_id=Secret(""), password=Secret("")), "not_set", "token", True),
    "simulator not started": (stopped, "simulator_not_started", "piste", True),
    "token address wrong": (
        lambda s: s.set(token_url=f"{s.simulator.url}/elsewhere/token"), "address_wrong", "piste", True),
    "client secret wrong": (platform(client_secret=Secret("x")), "client_secret_wrong", "token", True),
    "client id no id": (platform(client_id=Secret("my application")), "client_id_unknown", "token", True),
    "client id unknown": (
        platform(client_id=Secret("11111111-2222-3333-4444-555555555555")), "client_id_unknown", "token", False),
    "credentials of production": (same_client_in_production, "credentials_of_other_platform", "token", True),
    "Transverses not subscribed": (
        application(subscriptions=without("transverses")), "api_not_subscribed", "transverses", True),
    "Factures not subscribed": (application(subscriptions=without("factures")), "api_not_subscribed", "factures", True),
    "terms of Transverses": (application(terms=without("transverses")), "terms_not_accepted", "transverses", False),
    "terms of Factures": (application(terms=without("factures")), "terms_not_accepted", "factures", False),
    "Structures not subscribed": (
        application(subscriptions=without("structures")), "api_not_subscribed", "structures", True),
    "engagements not subscribed": (
        application(subscriptions=without("engagementsJuridiques")), "api_not_subscribed", "engagements", True),
    "only the two of the source, no terms": (
        application(subscriptions=("factures", "transverses"), terms=()), "terms_not_accepted", "transverses", False),
    "nothing subscribed": (application(subscriptions=()), "api_not_subscribed", "transverses", True),
    "application not linked": (account(applications=("ANOTHER",)), "application_not_linked", "transverses", True),
    "password wrong": (platform(password=Secret("x")), "account_wrong", "account", True),
    "login wrong": (platform(login=Secret("TECH_9@cpro.fr")), "account_wrong", "account", True),
    "password changed elsewhere": (account(password="regenerated"), "account_wrong", "account", True),  # noqa: S106
    "password expired, known": (
        both(account(expires_at=OLD), platform(password_expires=OLD.date())), "password_expired", "account", True),
    "password expired, not known": (
        both(account(expires_at=OLD), platform(password_expires=None)), "password_expired", "account", False),
    "account of today": (
        both(account(active_from=NOW + timedelta(hours=1)), platform(account_since=NOW)),
        "account_not_active", "account", True),
    "account not active": (account(active_from=NOW + timedelta(hours=1)), "account_not_active", "account", False),
    "sheet of another kind": (account(kind="UTILISATEUR_APPLICATION_INTERNE"), "wrong_sheet_kind", "account", True),
    "account without a structure": (account(structures=()), "structure_not_attached", "visible", False),
    "space not used": (own_space(issues=False), "space_missing", "visible", True),
    "SIRET of another": (company(siret="73282932000074"), "siret_of_another", "visible", True),
    "SIRET malformed": (company(siret="7328293200007"), "siret_malformed", "siret", True),
    "SIRET missing": (company(siret=""), "siret_missing", "siret", True),
    "no bank account": (company(banks={}), "rib_missing", "rib", True),
    "bank account without IBAN": (company(banks={"X": Bank("X", "512", EUR)}), "rib_missing", "rib", True),
    "maintenance": (fault("maintenance"), "maintenance", "piste", True),
    "maintenance of Chorus": (fault("maintenance", "/cpro/*"), "maintenance", "transverses", True),
    "503": (fault("unavailable", "/cpro/*"), "maintenance", "factures", True),
    "502": (fault("bad_gateway", "/cpro/*"), "gateway", "factures", True),
    "505": (fault("version_not_supported", "/cpro/*"), "gateway", "factures", True),
    "429": (fault("too_many_calls", "/cpro/*"), "quota", "factures", True),
    "a page instead of the answer": (fault("html_answer", "/cpro/*"), "intercepted", "factures", True),
    "connection cut": (fault("dropped_before", "/cpro/*"), "no_answer", "factures", True),
}  # fmt: skip


@pytest.mark.parametrize("described", [False, True], ids=["opaque", "described"])
@pytest.mark.parametrize("what", BROKEN)
def test_the_true_cause_is_named(what: str, described: bool, setup: Setup) -> None:
    breaks, cause, step, first = BROKEN[what]
    breaks(setup)
    setup.simulator.piste.settings.account_refusal = "described" if described else "opaque"

    steps = {one.name: one for one in setup.tested()}
    named = [one.code for one in steps[step].causes]

    assert steps[step].ok is False
    assert cause in named
    assert not first or named[0] == cause
    assert all(len(one.causes) <= MOST_CAUSES for one in steps.values())


def test_a_set_up_that_works_says_so(setup: Setup) -> None:
    steps = setup.tested()

    assert works(steps)
    assert [one.name for one in steps if one.ok is not True] == []
    assert {cause.code for one in steps for cause in one.causes} == {"siret_malformed"}  # a fictitious one


def test_causes_that_answer_alike_are_named_together(simulator: Simulator) -> None:
    """Set-ups whose answers and knowledge are the same get the same causes, each other's among them."""
    named: dict[str, dict[str, frozenset[str]]] = {}
    for what, (breaks, cause, step, _) in BROKEN.items():
        simulator.simulation.reset()
        setup = Setup(simulator, settings_for(simulator, account_since=OLD, password_expires=date(2030, 1, 1)))
        breaks(setup)
        told = {one.name: frozenset(c.code for c in one.causes) for one in setup.tested() if one.ok is False}
        named[what] = told
        assert cause in told[step]
    alike = (
        ("client secret wrong", "client id unknown"),
        ("Transverses not subscribed", "terms of Transverses"),
        ("Factures not subscribed", "terms of Factures"),
        ("nothing subscribed", "application not linked"),
        ("password wrong", "account not active"),
        ("password wrong", "login wrong"),
    )
    for one, other in alike:
        assert named[one] == named[other]


@pytest.mark.parametrize("days", [0, 1, 30, 31])
def test_the_technical_password_is_warned_of_from_thirty_days(days: int, setup: Setup) -> None:
    last = NOW.astimezone(PARIS).date() + timedelta(days=days)
    setup.simulator.simulation.change_account(expires_at=datetime.combine(last, time(23, 59), PARIS))
    steps = {one.name: one for one in setup.tested()}

    assert steps["password"].ok is True
    assert bool(steps["password"].causes) == (days <= 30)


def test_one_trouble_alone_is_explained_too(setup: Setup) -> None:
    platforms: dict[Platform, PlatformSettings] = {
        "qualification": setup.platform,
        "production": PlatformSettings("production", *OFFICIAL["production"]),
    }
    known = known_of(ChorusSettings("998", "qualification", platforms), "qualification", COMPANY, NOW)
    told = {
        trouble.status: [cause.code for cause in causes_of(trouble, known)]
        for trouble in (
            Trouble("settings", step="token", status=400, code="invalid_client"),
            Trouble("settings", step="factures/v1/deposer/flux", status=401),
            Trouble("settings", step="factures/v1/deposer/flux", status=403),
            Trouble("maintenance", step="factures/v1/deposer/flux", status=500),
            Trouble("unknown", step="factures/v1/deposer/flux", status=502),
            Trouble("quota", step="factures/v1/deposer/flux", status=429),
        )
    }

    assert told == {
        400: ["client_secret_wrong", "client_id_unknown", "credentials_of_other_platform"],
        401: ["account_wrong", "account_not_active"],
        403: ["application_not_linked", "api_not_subscribed", "terms_not_accepted"],
        500: ["maintenance"],
        502: ["gateway"],
        429: ["quota"],
    }


def test_every_text_is_there_in_both_languages_with_the_same_blanks() -> None:
    for code, texts in catalogue()["causes"].items():
        assert set(texts) == {"fr", "en", "fix_fr", "fix_en"}, code
        for text in texts.values():
            text.format(api="", setting="", seen="")
        assert [name in texts["fr"] for name in ("{seen}", "{api}", "{setting}")] == [
            name in texts["en"] for name in ("{seen}", "{api}", "{setting}")
        ], code
    assert all(set(texts) == {"fr", "en"} for texts in catalogue()["steps"].values())
