"""The connection test: from what several calls answered, and what we know, to the causes that fit. Pure.

The platform answers alike for different causes. For each step the smallest set of causes that fits all answers is
named, the likeliest first, at most three; a cause is left out only where another answer, or what we know, excludes it.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.settings import WARN_DAYS, Platform
from lettrage.refusal import quoted

MOST_CAUSES = 3
_NEW_ACCOUNT = timedelta(hours=1)  # a technical account may be used half an hour after it was made
Call = Literal["token", "transverses", "factures", "structures", "engagements"]
APIS: dict[Call, str] = {
    "transverses": "AIFE - Chorus Pro - Transverses",
    "factures": "AIFE - Chorus Pro - Factures",
    "structures": "AIFE - Chorus Pro - Structures",
    "engagements": "AIFE - Chorus Pro - EngagementJuridique",
}
RECOMMENDED = ("structures", "engagements")
_NO_RESULT = "TRA_MSG_00.015"


class Met(msgspec.Struct, frozen=True):
    """What a call met: a Trouble as data. All blank where it was answered."""

    kind: str = ""
    status: int = 0
    code: str = ""
    text: str = ""
    request_id: str = ""
    step: str = ""

    @property
    def answered(self) -> bool:
        """Whether the service did what it was asked; a refusal of its own is an answer too."""
        return self.kind in ("", "refused")


class Evidence(msgspec.Struct, frozen=True):
    """What the calls answered. A call that was not made is absent.

    `anonymous`: a call to Transverses without the technical account, made only after a refusal. `structures`: the
    identifiers of the structures that the account sees, None where it was not told. `took`: milliseconds of each.
    """

    calls: Mapping[Call, Met]
    anonymous: Met | None = None
    structures: tuple[str, ...] | None = None
    expires: date | None = None  # of the technical password, as Chorus Pro says
    took: Mapping[Call, int] = {}


class Known(msgspec.Struct, frozen=True):
    """What we know without asking. `sirets`: by establishment, "" for the dossier's own; True where well formed."""

    platform: Platform
    now: datetime
    today: date
    missing: tuple[str, ...] = ()
    official: bool = True
    local: bool = False
    application: str = ""
    client_id_of_both: bool = False  # the other platform has the same one
    client_id_plausible: bool = True
    account_since: datetime | None = None
    password_expires: date | None = None
    sirets: Mapping[str, tuple[str, bool]] = {}
    rib: bool = True


class Cause(msgspec.Struct, frozen=True):
    """A cause with its remedy, in both languages (`diagnosis.toml`)."""

    code: str
    facts: dict[str, str] = {}

    @property
    def shape(self) -> dict[str, str]:
        """As commands and the API give it."""
        texts = catalogue()["causes"][self.code]
        facts = {"api": "", "setting": "", "seen": ""} | {name: quoted(v, 300) for name, v in self.facts.items()}
        told: dict[str, str] = {name: text.format_map(facts) for name, text in texts.items()}
        return {"code": self.code, "fix": told["fix_fr"], **told}


class Step(msgspec.Struct, frozen=True):
    """A step of the test. `ok` None: it could not be looked at; True with causes: done, and something to know.

    `advice`: what fails there does not stop the work.
    """

    name: str
    ok: bool | None
    causes: tuple[Cause, ...] = ()
    advice: bool = False

    @property
    def shape(self) -> dict[str, Any]:
        """As commands and the API give it."""
        return {
            "step": self.name,
            **catalogue()["steps"][self.name],
            "ok": self.ok,
            "level": "warning" if self.advice else "error",
            "causes": [cause.shape for cause in self.causes],
        }


@cache
def catalogue() -> dict[str, dict[str, dict[str, str]]]:
    """The texts of steps and causes."""
    return tomllib.loads(files("lettrage.invoicing.connecting").joinpath("diagnosis.toml").read_text("utf-8"))


# ---------------------------------------------------------------- the whole test


def diagnose(evidence: Evidence, known: Known) -> list[Step]:
    """Every step in order: done, not looked at, or the causes that fit."""
    return [
        *_piste(evidence, known),
        *_apis(evidence, known),
        _account(evidence, known),
        _application(evidence),
        _user(evidence),
        _visible(evidence, known),
        _sirets(known),
        Step("rib", ok=True) if known.rib else Step("rib", False, (Cause("rib_missing"),)),
        _password(evidence, known),
    ]


def works(steps: list[Step]) -> bool:
    """Whether nothing stands in the way of sending."""
    return not any(step.ok is False and not step.advice for step in steps)


def causes_of(trouble: Trouble, known: Known) -> list[Cause]:
    """What may be behind one trouble alone, where nothing else was asked: the same diagnosis for every later call."""
    met = met_by(trouble)
    call = _call_of(trouble.step)
    if call == "token":
        return _of_token(met, known)
    if met.status == 401:
        return _of_account(known)
    if met.status == 403:
        return _unlinked_or_not_subscribed(call, known, None)
    return _on_the_way(met, known, "api_url")


def met_by(trouble: Trouble) -> Met:
    """A trouble as data."""
    return Met(trouble.kind, trouble.status, trouble.code, trouble.text, trouble.request_id, trouble.step)


def _call_of(step: str) -> Call:
    """Which API a path belongs to."""
    names: dict[str, Call] = {
        "token": "token",
        "token_url": "token",
        "transverses": "transverses",
        "structures": "structures",
        "engagementsJuridiques": "engagements",
    }
    return names.get(step.partition("/")[0], "factures")


# ---------------------------------------------------------------- PISTE


def _piste(evidence: Evidence, known: Known) -> Iterator[Step]:
    """Whether PISTE is reached, and gives a token."""
    if known.missing:
        yield Step("piste", ok=None)
        yield Step("token", False, (Cause("not_set", {"setting": ", ".join(known.missing)}),))
        return
    met = evidence.calls["token"]
    reached = met.kind == "" or (met.kind in ("settings", "refused") and met.status > 0 and bool(met.code))
    if reached:
        yield Step("piste", ok=True)
        yield Step("token", ok=True) if not met.kind else Step("token", False, _first(_of_token(met, known)))
    else:
        yield Step("piste", False, _first(_of_token(met, known)))
        yield Step("token", ok=None)


def _first(causes: list[Cause]) -> tuple[Cause, ...]:
    return tuple(causes[:MOST_CAUSES])


def _of_token(met: Met, known: Known) -> list[Cause]:
    """Why PISTE gives no token. An unknown id and a wrong secret are one answer."""
    if met.status in (400, 401) and met.code:
        secret, unknown, other = (
            Cause("client_secret_wrong", {"setting": "client_secret"}),
            Cause("client_id_unknown"),
            Cause("credentials_of_other_platform"),
        )
        if known.client_id_of_both:
            return [other, secret, unknown]
        return [secret, unknown, other] if known.client_id_plausible else [unknown, other, secret]
    if met.status in (400, 401, 403, 404, 405) or met.kind == "garbled":
        elsewhere = [Cause("intercepted")]
        return elsewhere if known.official else [Cause("address_wrong", {"setting": "token_url"}), *elsewhere]
    return _on_the_way(met, known, "token_url")


def _on_the_way(met: Met, known: Known, setting: str) -> list[Cause]:
    """What has nothing to do with who calls: the network, the gateway, the portal."""
    address = [] if known.official else [Cause("address_wrong", {"setting": setting})]
    seen = {"seen": str(met.status)}
    unheard = [Cause("network_down"), *(address or [Cause("piste_down")]), Cause("proxy_needed")]
    elsewhere = [*address, Cause("intercepted")]
    fits: dict[str, list[Cause]] = {
        "unreachable": [Cause("simulator_not_started"), *address] if known.local else unheard,
        "settings": elsewhere if met.status in (0, 404, 405) else [Cause("proxy_needed"), *address],
        "garbled": [Cause("intercepted"), *address],
        "maintenance": [Cause("maintenance", seen)],
        "quota": [Cause("quota")],
    }
    lost = [Cause("gateway", seen)] if met.status else [Cause("no_answer"), *address]
    return fits.get(met.kind, lost)


# ---------------------------------------------------------------- the APIs


def _apis(evidence: Evidence, known: Known) -> Iterator[Step]:
    """Each API: subscribed, its terms accepted, the portal open. One that refuses the account says nothing yet."""
    barred = [call for call in APIS if _status(evidence, call) == 403]
    passed = any(met.answered or met.status == 401 for call, met in evidence.calls.items() if call != "token")
    for call in APIS:
        met, advice = evidence.calls.get(call), call in RECOMMENDED
        if met is None or met.status == 401:
            yield Step(call, ok=None, advice=advice)
        elif met.answered:
            yield Step(call, ok=True, advice=advice)
        elif met.status != 403:
            yield Step(call, False, _first(_on_the_way(met, known, "api_url")), advice)
        elif passed:  # the sheet links the application: another API has got past that
            yield Step(call, False, _first(_not_subscribed(call)), advice)
        elif call == barred[0]:
            yield Step(call, False, _first(_unlinked_or_not_subscribed(call, known, evidence.anonymous)), advice)
        else:
            yield Step(call, ok=None, advice=advice)  # the same answer as the first, for the same causes


def _status(evidence: Evidence, call: Call) -> int:
    met = evidence.calls.get(call)
    return met.status if met is not None else 0


def _not_subscribed(call: Call) -> list[Cause]:
    api = {"api": APIS[call]}
    return [Cause("api_not_subscribed", api), Cause("terms_not_accepted", api)]


def _unlinked_or_not_subscribed(call: Call, known: Known, anonymous: Met | None) -> list[Cause]:
    """Every API answers the same empty 403. One that asks a nameless caller who he is has let the application past."""
    unlinked = Cause("application_not_linked", {"seen": known.application})
    if anonymous is not None and anonymous.status == 403:
        return [*_not_subscribed(call), unlinked]
    return [unlinked, *_not_subscribed(call)]


# ---------------------------------------------------------------- the account


def _account(evidence: Evidence, known: Known) -> Step:
    """The technical account: wrong, expired and not active are one opaque 401."""
    asked = {call: met for call, met in evidence.calls.items() if call != "token"}
    refused = [call for call, met in asked.items() if met.status == 401]
    if any(met.answered for met in asked.values()):
        if not refused:
            return Step("account", ok=True)
        return Step("account", False, (Cause("refused_in_part", {"api": APIS[refused[0]]}),))
    if not refused:
        return Step("account", ok=None)
    if evidence.anonymous is not None and evidence.anonymous.answered:
        return Step("account", False, (Cause("wrong_sheet_kind"),))
    return Step("account", False, _first(_of_account(known)))


def _of_account(known: Known) -> list[Cause]:
    """What fits an account that is refused, by what we know of its age and of the day on which its password ends."""
    wrong, inactive = Cause("account_wrong"), Cause("account_not_active")
    ends = known.password_expires
    expired = Cause("password_expired", {"seen": ends.isoformat() if ends else "?"})
    if not (known.official or known.local):
        return [wrong, Cause("addresses_mixed"), expired]
    if ends is not None and ends <= known.today:
        return [expired, wrong, inactive]
    is_new = known.account_since is not None and known.now - known.account_since < _NEW_ACCOUNT
    order = [inactive, wrong] if is_new else [wrong, inactive]
    return order if ends is not None else [order[0], order[1], expired]


def _application(evidence: Evidence) -> Step:
    """Whether the connection sheet names the application: any answer of a service shows it."""
    answered = any(met.answered for call, met in evidence.calls.items() if call != "token")
    return Step("application", ok=True if answered else None)


def _user(evidence: Evidence) -> Step:
    """Whether the account may deal with invoices: what Factures says itself."""
    met = evidence.calls.get("factures")
    if met is None or not met.answered:
        return Step("user", ok=None)
    if met.kind == "" or met.code == _NO_RESULT:
        return Step("user", ok=True)
    return Step("user", False, (Cause("user_not_allowed", {"seen": met.text or met.code}), Cause("space_missing")))


# ---------------------------------------------------------------- structures, SIRET, password


def _visible(evidence: Evidence, known: Known) -> Step:
    """Whether the account sees the structures in whose name invoices are made."""
    seen = evidence.structures
    if seen is None:
        return Step("visible", ok=None)
    if not seen:
        causes = (Cause("space_missing"), Cause("structure_not_attached"), Cause("structure_inactive"))
        return Step("visible", False, causes)
    strangers = [siret for siret, _ in known.sirets.values() if siret and siret not in seen]
    if not strangers:
        return Step("visible", ok=True)
    fitting = (
        Cause("siret_of_another", {"seen": strangers[0]}),
        Cause("structure_not_attached"),
        Cause("space_missing"),
    )
    return Step("visible", False, fitting)


def _sirets(known: Known) -> Step:
    """Whether each SIRET is one; fictitious structures may break the key."""
    missing = [name for name, (siret, _) in known.sirets.items() if not siret]
    if missing or not known.sirets:
        return Step("siret", False, (Cause("siret_missing", {"seen": ", ".join(missing) or "-"}),))
    wrong = [siret for siret, well_formed in known.sirets.values() if not well_formed]
    if not wrong:
        return Step("siret", ok=True)
    fictitious = known.platform == "qualification" and all(len(s) == 14 and s.isdecimal() for s in wrong)
    return Step("siret", fictitious, (Cause("siret_malformed", {"seen": wrong[0]}),), advice=fictitious)


def _password(evidence: Evidence, known: Known) -> Step:
    """When the technical password ends, as Chorus Pro says it, else as it was entered."""
    ends = evidence.expires or known.password_expires
    works_now = any(met.answered for call, met in evidence.calls.items() if call != "token")
    if ends is None:
        return Step("password", True, (Cause("expiry_unknown"),), advice=True)
    seen = {"seen": ends.isoformat()}
    if ends <= known.today:
        if works_now:
            return Step("password", True, (Cause("expiry_date_wrong", seen),), advice=True)
        return Step("password", ok=None)  # the account's own step says it
    if (ends - known.today).days <= WARN_DAYS:
        return Step("password", True, (Cause("password_expires_soon", seen),), advice=True)
    return Step("password", ok=True)
