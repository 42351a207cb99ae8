"""Each way that PISTE says no is told apart, and one token is asked for however many need it.

    python -m tests.storms.tokens --count 20 --seed 7
    python -m tests.storms.tokens --count 2 --planted everyone_renews     # must fail

In each round fifty callers of one process meet the simulator at the same time with a token that has just ended by its
time, been revoked, or never been there. Exactly one new token may be asked for, and every call must be carried out.
Then each trouble of the table is met in turn by a deposit, and its explanation must be its own.
"""

import random
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from typing import Any, NamedTuple
from unittest import mock

from lettrage.adapters.calling.failures import Verdict
from lettrage.adapters.calling.tokens import Tokens
from lettrage.adapters.chorus import calls as calls_module
from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.adapters.chorus.trouble import verdict
from lettrage.company.dossier import Company
from lettrage.invoicing.connecting.connection import known_of
from lettrage.invoicing.connecting.diagnose import Known, causes_of
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.settings import OFFICIAL, ChorusSettings, PlatformSettings
from lettrage.money import Currency
from lettrage.simulator.server import Simulator
from tests.chorus.setting_up import SIRET, settings_for
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.serving import in_threads
from tests.world import NOON

CALLERS = 50
DEPOSIT = "*/deposer/flux"
COMPANY = Company("998", "Renommée", Currency("EUR", 2), siret=SIRET)


# ---------------------------------------------------------------- one renewal


class Office:
    """A client of one process, whose clock can be moved."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.ahead = 0.0
        self.calls = Calls(settings_for(simulator), sleep=lambda _seconds: None)
        self.piste = Piste(self.calls, ticks=lambda: time.monotonic() + self.ahead)
        self.portal = ChorusPortal(self.piste)
        self.asked = 0
        self._token = self.calls.token
        mock.patch.object(self.calls, "token", self._counted).start()
        self.portal.find()

    def _counted(self) -> Any:
        self.asked += 1
        return self._token()

    def crowd(self, callers: int) -> list[str]:
        """So many callers at once; what went wrong for any."""
        barrier, wrong = threading.Barrier(callers), list[str]()

        def call(_number: int) -> None:
            barrier.wait(30)
            try:
                self.portal.find()
            except Trouble as trouble:
                wrong.append(repr(trouble))

        in_threads(callers, call)
        return wrong


def expired(office: Office) -> None:
    """The token has come to its end."""
    office.ahead += 4_000


def revoked(office: Office) -> None:
    """PISTE does not know it any more, and nobody was told."""
    office.simulator.piste.revoke()


def never(office: Office) -> None:
    """There was none yet."""
    office.piste.tokens.held = None


ENDS = (expired, revoked, never)


def renewals(rounds: int, seed: int) -> None:
    """So many rounds of fifty callers for each end of a token. Raises BrokenPromiseError."""
    chance = random.Random(seed)
    with Simulator(seed=seed) as simulator:
        office = Office(simulator)
        try:
            for number in range(rounds):
                for end in chance.sample(ENDS, len(ENDS)):
                    end(office)
                    office.asked = 0
                    wrong = office.crowd(CALLERS)
                    if office.asked != 1 or wrong:
                        told = f"{CALLERS} callers, {office.asked} tokens asked for, {len(wrong)} failed {wrong[:1]}"
                        raise BrokenPromiseError(f"seed {seed}, round {number}, {end.__name__}: {told}")
        finally:
            office.calls.close()


# ---------------------------------------------------------------- each its own explanation


class Trial(NamedTuple):
    """A fault of the simulator, and what a deposit that meets it is told: the kind of trouble, the first cause."""

    fault: str
    kind: str
    cause: str
    path: str = DEPOSIT
    password_expires: date | None = None


TRIALS = {
    "401, of a new token too": Trial("token_refused", "settings", "account_wrong", "/cpro/*"),
    "401, of an account whose password has ended": Trial(
        "password_expired", "settings", "password_expired", "/cpro/*", date(2026, 1, 1)
    ),
    "403, not granted": Trial("not_subscribed", "settings", "application_not_linked"),
    "429, too many calls": Trial("too_many_calls", "quota", "quota"),
    "500, maintenance": Trial("maintenance", "maintenance", "maintenance"),
    "502, the gateway had passed it on": Trial("bad_gateway", "unknown", "gateway"),
    "505, the gateway did not": Trial("version_not_supported", "gateway", "gateway"),
}
assert len({(trial.kind, trial.cause) for trial in TRIALS.values()}) == len(TRIALS)


def explained(seed: int) -> None:
    """Meet each trouble; each is told as the table says. Raises BrokenPromiseError."""
    for what, trial in TRIALS.items():
        with Simulator(seed=seed) as simulator:
            seen = _told(simulator, trial)
        if seen != (trial.kind, trial.cause):
            raise BrokenPromiseError(f"seed {seed}, {what}: told {seen}, expected {(trial.kind, trial.cause)}")


def _told(simulator: Simulator, trial: Trial) -> tuple[str, str]:
    """What a deposit that meets this trouble is told."""
    calls = Calls(settings_for(simulator), sleep=lambda _seconds: None)
    portal = ChorusPortal(Piste(calls))
    try:
        portal.find()
        simulator.faults.on(trial.fault, path=trial.path)
        portal.deposit(b"<x/>", "f.xml", "IN_DP_E1_UBL_INVOICE")
    except Trouble as trouble:
        causes = causes_of(trouble, _known(simulator, trial))
        return trouble.kind, causes[0].code if causes else ""
    finally:
        calls.close()
    return "carried out", ""


def _known(simulator: Simulator, trial: Trial) -> Known:
    platforms: Any = {
        "qualification": settings_for(simulator, password_expires=trial.password_expires),
        "production": PlatformSettings("production", *OFFICIAL["production"]),
    }
    return known_of(ChorusSettings("998", "qualification", platforms), "qualification", COMPANY, NOON)


# ---------------------------------------------------------------- planted bugs


@contextmanager
def everyone_renews() -> Iterator[None]:
    """Whoever meets a 401, or finds no token, asks for one of his own."""

    def careless(self: Tokens) -> Any:
        held = self.held
        if held is not None and held.until > self._ticks():
            return held.token, False
        self.held = self._fetch()
        return self.held.token, True

    def dropped(self: Tokens, _token: Any) -> None:
        self.held = None

    with mock.patch.object(Tokens, "token", careless), mock.patch.object(Tokens, "drop", dropped):
        yield


def one_kind_of_5xx() -> AbstractContextManager[object]:
    """A gateway that had passed the call on is told like the portal's own maintenance."""

    def coarse(status: int, *, in_its_own_words: bool) -> Verdict:
        if status >= 500:
            return Verdict("maintenance", "maintenance", "")
        return verdict(status, in_its_own_words=in_its_own_words)

    return mock.patch.object(calls_module, "verdict", coarse)


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "everyone_renews": everyone_renews,
    "one_kind_of_5xx": one_kind_of_5xx,
}


# ---------------------------------------------------------------- the command


def run(rounds: int, seed: int, planted: str = "") -> str:
    """Both batteries; the figure. Raises BrokenPromiseError."""
    with PLANTED[planted]():
        renewals(rounds, seed)
        explained(seed)
    ends = rounds * len(ENDS)
    return f"{CALLERS} callers, {ends} times without a token, 1 renewal each; {len(TRIALS)} troubles told apart"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "D3",
        lambda given, bug: run(given.count, given.seed, bug),
        PLANTED,
        options={"count": 20},
        trial={"count": 2},
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
