"""The settings of Chorus Pro: what may be set, for which place, and what a text given for it means.

Everything about the platform itself exists twice, for qualification and for production, and nothing of one is ever
taken for the other's. A setting's place is (platform, establishment), "" where it does not depend on it.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, Protocol, get_args
from urllib.parse import urlsplit

import msgspec

from lettrage.dates import day
from lettrage.guard.secrets import Place, Secret
from lettrage.invoicing.addresses import host_expected, is_loopback, proxy_expected, split, without_secrets
from lettrage.limits import CODE_CHARACTERS, TEXT_CHARACTERS
from lettrage.refusal import Refusal, quoted

Platform = Literal["qualification", "production"]
Scope = Literal["dossier", "platform", "establishment"]
Format = Literal["ubl", "cii", "facturx"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)
FORMATS: tuple[Format, ...] = get_args(Format)
OFFICIAL: dict[Platform, tuple[str, str]] = {  # where tokens are had, where the API is
    "qualification": ("https://sandbox-oauth.piste.gouv.fr/api/oauth/token", "https://sandbox-api.piste.gouv.fr"),
    "production": ("https://oauth.piste.gouv.fr/api/oauth/token", "https://api.piste.gouv.fr"),
}
LOCAL_PLATFORM = "loopback"  # whatever port a simulator of this machine has today
DOUBT_HOURS = 24
PAUSE_MILLISECONDS = 1_000  # from one call to the next
WARN_DAYS = 30  # before the technical password ends
HINT_CHARACTERS = 4  # of an identifier that is sealed: enough to know it again


class Setting(msgspec.Struct, frozen=True):
    """What may be set: its scope, whether it is sealed, how its text is read (None: refused), what is expected."""

    name: str
    scope: Scope
    read: Callable[[str], str | None]
    expected: str
    secret: bool = False
    hint: bool = False  # its first characters may be shown
    default: str = ""
    choices: tuple[str, ...] = ()  # of the few words that it may be


class Row(msgspec.Struct, frozen=True):
    """A setting as the store keeps it: plain, or sealed (`guard/secrets`)."""

    platform: str
    establishment: str
    name: str
    value: str
    sealed: bool = False
    changed_at: str = ""
    changed_by: str = ""


class Change(msgspec.Struct, frozen=True):
    """A setting that somebody gives: its text trimmed and read, "" to take it back. A secret is not sealed yet."""

    platform: str
    establishment: str
    name: str
    value: str | Secret

    def place(self, dossier: str) -> Place:
        """Where it stands."""
        return Place(dossier, self.platform, self.establishment, self.name)


class SettingsBook(Protocol):
    """What setting Chorus Pro up asks of a dossier's books."""

    def chorus_rows(self) -> list[Row]:
        """Every setting that was given, secrets sealed."""

    def set_chorus(self, rows: Sequence[Row], at: datetime, by: str) -> None:
        """Put settings in the place of what was there; a blank value takes one back."""

    def sealed_again(self, rows: Sequence[Row]) -> None:
        """Write secrets sealed with another key; who set them, and when, stays."""

    def deposited_on(self, platform: str) -> bool:
        """Whether anything was ever deposited on a platform, or is about to be."""

    def forget_directory(self, platform: str) -> None:
        """Drop the copy of a platform's directory."""

    def reopen(self, platform: str, now: datetime) -> None:
        """Let everything go on that waits for this platform: a setting was changed."""


# ---------------------------------------------------------------- reading a text


def any_text(text: str) -> str | None:
    """A line of text."""
    return text if text.isprintable() and len(text) <= TEXT_CHARACTERS else None


def _day(text: str) -> str | None:
    found = day(text)
    return found.isoformat() if found else None


_YES_OR_NO = dict.fromkeys(("yes", "oui", "true", "1"), "yes") | dict.fromkeys(("no", "non", "false", "0"), "no")


def _flag(text: str) -> str | None:
    return _YES_OR_NO.get(text.lower())


def one_of(*choices: str) -> Callable[[str], str | None]:
    """One of these words."""
    return lambda text: text.lower() if text.lower() in choices else None


def whole(least: int, most: int) -> Callable[[str], str | None]:
    """A whole number between two others."""

    def read(text: str) -> str | None:
        return str(int(text)) if re.fullmatch(r"[0-9]{1,9}", text) and least <= int(text) <= most else None

    return read


def _code(text: str) -> str | None:
    return text if text.isprintable() and len(text) <= CODE_CHARACTERS else None


_SETTINGS = (
    Setting("platform", "dossier", one_of(*PLATFORMS), " | ".join(PLATFORMS), default="qualification"),
    Setting("rib", "dossier", _code, "code of a reconcilable bank account"),
    Setting("rib_on_credit_notes", "dossier", _flag, "yes | no", default="no"),
    Setting("invoice_format", "dossier", one_of(*FORMATS), " | ".join(FORMATS), default="ubl"),
    Setting("credit_note_format", "dossier", one_of(*FORMATS), " | ".join(FORMATS), default="cii"),
    Setting("public_door", "dossier", one_of("chorus", "approved"), "chorus | approved", default="chorus"),
    Setting("directory_hours", "dossier", whole(1, 720), "1-720", default="24"),
    Setting("doubt_hours", "dossier", whole(1, 720), "1-720", default=str(DOUBT_HOURS)),
    Setting("token_url", "platform", any_text, "https://..."),
    Setting("api_url", "platform", any_text, "https://..."),
    Setting("client_id", "platform", any_text, "PISTE client id", secret=True, hint=True),
    Setting("client_secret", "platform", any_text, "PISTE client secret", secret=True),
    Setting("application", "platform", any_text, "name of the PISTE application"),
    Setting("login", "platform", any_text, "TECH_...@...", secret=True, hint=True),
    Setting("password", "platform", any_text, "technical password", secret=True),
    Setting("password_expires", "platform", _day, "YYYY-MM-DD"),
    Setting("user_login", "platform", any_text, "login of the user account"),
    Setting("pause_ms", "platform", whole(0, 60_000), "0-60000"),
    Setting("time_scale", "platform", whole(1, 1_000_000), "1-1000000", default="1"),
    Setting("proxy", "platform", any_text, "http://name:port"),
    Setting("establishment_rib", "establishment", _code, "code of a reconcilable bank account"),
)
SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _SETTINGS}
SECRETS = frozenset(setting.name for setting in _SETTINGS if setting.secret)


def changes(
    given: Mapping[str, str], platform: str = "qualification", establishment: str = ""
) -> tuple[list[Change], list[Refusal]]:
    """What somebody sets, read; or every fault. A blank text takes the setting back.

    With an establishment, `rib` is its own. Secrets are trimmed: a stray newline would be a silent 401.
    """
    found: list[Change] = []
    faults: list[Refusal] = []
    for name, text in given.items():
        setting = SETTINGS.get("establishment_rib" if establishment and name == "rib" else name)
        if setting is None or (setting.scope == "establishment") != bool(establishment):
            known = ", ".join(_names(bool(establishment)))
            faults.append(Refusal("unknown_setting", quoted(name), "", known, {"door": "chorus"}))
            continue
        place = platform if setting.scope == "platform" else ""
        value = read_setting(setting, text, platform, address_expected)
        if isinstance(value, Refusal):
            faults.append(value)
        else:
            value = api_base(value) if name == "api_url" else value
            found.append(Change(place, establishment, setting.name, Secret(value) if setting.secret else value))
    return found, faults


def read_setting(
    setting: Setting, text: str, platform: str, address_expected: Callable[[str, str, str], str]
) -> str | Refusal:
    """What a text given for a setting means, or why it may not be given. `address_expected`: the rule of addresses."""
    name = "rib" if setting.scope == "establishment" else setting.name
    value = setting.read(text.strip())
    if value is None:
        return Refusal("malformed_setting", name, "***" if setting.secret else quoted(text), setting.expected)
    if value and (expected := address_expected(setting.name, platform, value)):
        shown = quoted(without_secrets(value))
        return Refusal("address_not_allowed", name, shown, expected, {"platform": platform})
    if value and name == "time_scale" and platform.endswith("production"):
        return Refusal("malformed_setting", name, value, "qualification")
    return value


def _names(establishment: bool) -> list[str]:
    return ["rib"] if establishment else [s.name for s in _SETTINGS if s.scope != "establishment"]


# ---------------------------------------------------------------- addresses


def address_expected(name: str, platform: str, text: str) -> str:
    """What an address should be instead; "" where it may be called on this platform, and for any other setting."""
    if name not in ("token_url", "api_url", "proxy"):
        return ""
    if name == "proxy":
        return proxy_expected(text)
    url = split(text)
    if url is None:
        return "https://name/path"
    if name == "api_url" and url.path.rstrip("/") not in ("", "/cpro"):
        return "https://name"
    other = OFFICIAL["qualification" if platform == "production" else "production"]
    if url.hostname in {urlsplit(address).hostname for address in other}:
        return OFFICIAL[_of(platform)][1]
    return host_expected(url, production=platform == "production")


def _of(platform: str) -> Platform:
    return "production" if platform == "production" else "qualification"


def api_base(text: str) -> str:
    """An API address without what every call adds to it."""
    return text.rstrip("/").removesuffix("/cpro").rstrip("/")


def api_address(platform: str, given: str) -> str:
    """Where a platform's API is: as it was set, else officially."""
    return given or OFFICIAL[_of(platform)][1]


# ---------------------------------------------------------------- what is in force


class PlatformSettings(msgspec.Struct, frozen=True):
    """What is set for one platform.

    `account_since`: when its technical account was given, login and password together; None where there is none, and
    where another password was given since.
    """

    platform: Platform
    token_url: str
    api_url: str
    client_id: Secret = Secret("")
    client_secret: Secret = Secret("")
    application: str = ""
    login: Secret = Secret("")
    password: Secret = Secret("")
    password_expires: date | None = None
    user_login: str = ""
    pause_ms: int = PAUSE_MILLISECONDS
    time_scale: int = 1
    proxy: str = ""
    account_since: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """Which platform this is, whatever its name: ids and copies of one say nothing of another."""
        return fingerprint(self.api_url)

    @property
    def local(self) -> bool:
        """Whether it is a simulator on this machine."""
        return is_loopback(urlsplit(self.api_url).hostname or "")

    @property
    def official(self) -> bool:
        """Whether both addresses are those of the State."""
        return (self.token_url, self.api_url) == OFFICIAL[self.platform]

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings without which nothing can be asked."""
        return tuple(name for name in ("client_id", "client_secret", "login", "password") if not getattr(self, name))


class ChorusSettings(msgspec.Struct, frozen=True):
    """A dossier's settings: which platform is on, both platforms, and what goes into its invoices.

    `ribs`: the bank account of each establishment that has one of its own, the dossier's own under ""; codes of the
    company's banks.
    """

    dossier: str
    platform: Platform
    platforms: Mapping[Platform, PlatformSettings]
    ribs: Mapping[str, str] = {}
    rib_on_credit_notes: bool = False
    invoice_format: Format = "ubl"
    credit_note_format: Format = "cii"
    doubt_hours: int = DOUBT_HOURS

    @property
    def current(self) -> PlatformSettings:
        """The platform that is on."""
        return self.platforms[self.platform]

    def rib_of(self, establishment: str) -> str:
        """The bank account that an establishment's invoices name: its own, else the dossier's; "" for none."""
        return self.ribs.get(establishment) or self.ribs.get("", "")


def fingerprint(api_url: str) -> str:
    """The beginning of a digest of where a platform is; the same for every simulator of this machine."""
    url = urlsplit(api_url)
    host = url.hostname or ""
    where = LOCAL_PLATFORM if is_loopback(host) else f"{host}:{url.port or 443}"
    return hashlib.sha256(where.encode()).hexdigest()[:16]


def settings_of(dossier: str, rows: Iterable[Row], opened: Callable[[Row], Secret]) -> ChorusSettings:
    """The settings that rows of the store say. `opened` unseals one; what it raises is raised."""
    kept = {(row.platform, row.establishment, row.name): row for row in rows}

    def plain(name: str, platform: str = "") -> str:
        row = kept.get((platform, "", name))
        return row.value if row is not None else SETTINGS[name].default

    return ChorusSettings(
        dossier=dossier,
        platform=_of(plain("platform")),
        platforms={name: _platform(name, kept, opened) for name in PLATFORMS},
        ribs={row.establishment: row.value for row in kept.values() if row.name in ("rib", "establishment_rib")},
        rib_on_credit_notes=plain("rib_on_credit_notes") == "yes",
        invoice_format=msgspec.convert(plain("invoice_format"), Format),
        credit_note_format=msgspec.convert(plain("credit_note_format"), Format),
        doubt_hours=int(plain("doubt_hours")),
    )


def _platform(
    platform: Platform, kept: Mapping[tuple[str, str, str], Row], opened: Callable[[Row], Secret]
) -> PlatformSettings:
    rows = {name: row for (place, _, name), row in kept.items() if place == platform}
    token_url, api_url = (
        rows[name].value if name in rows else official
        for name, official in zip(("token_url", "api_url"), OFFICIAL[platform], strict=True)
    )
    given: dict[str, Any] = {name: rows[name].value for name in ("application", "user_login", "proxy") if name in rows}
    given |= {name: opened(rows[name]) for name in sorted(SECRETS) if name in rows}
    given_at = {rows[name].changed_at for name in ("login", "password") if name in rows}
    since = given_at.pop() if len(given_at) == 1 else ""
    pause = 0 if is_loopback(urlsplit(api_url).hostname or "") else PAUSE_MILLISECONDS
    return PlatformSettings(
        platform,
        token_url,
        api_url,
        **given,
        password_expires=day(rows["password_expires"].value) if "password_expires" in rows else None,
        pause_ms=int(rows["pause_ms"].value) if "pause_ms" in rows else pause,
        time_scale=int(rows["time_scale"].value) if "time_scale" in rows else 1,
        account_since=datetime.fromisoformat(since) if since else None,
    )


# ---------------------------------------------------------------- what is shown


def shape(dossier: str, rows: Iterable[Row], opened: Callable[[Row], Secret | None]) -> dict[str, Any]:
    """The settings as commands and the API show them: of a secret only that it is set, since when, and a hint.

    `opened` may answer None for a secret that cannot be opened: then there is no hint.
    """
    rows = list(rows)
    kept = {(row.platform, row.establishment, row.name): row for row in rows}

    def value(setting: Setting, platform: str) -> Any:
        row = kept.get((platform, "", setting.name))
        if setting.secret:
            return secret_shape(setting, row, opened)
        if row is not None:
            return row.value
        official = OFFICIAL[_of(platform)]
        return {"token_url": official[0], "api_url": official[1]}.get(setting.name, setting.default)

    return {
        "dossier": dossier,
        **{s.name: value(s, "") for s in _SETTINGS if s.scope == "dossier"},
        "platforms": {p: {s.name: value(s, p) for s in _SETTINGS if s.scope == "platform"} for p in PLATFORMS},
        "establishments": {row.establishment: {"rib": row.value} for row in rows if row.name == "establishment_rib"},
    }


def secret_shape(setting: Setting, row: Row | None, opened: Callable[[Row], Secret | None]) -> dict[str, Any]:
    """What is shown of a secret."""
    if row is None:
        return {"set": False, "changed_at": "", "changed_by": "", "hint": ""}
    secret = opened(row) if setting.hint else None
    return {
        "set": True,
        "changed_at": row.changed_at,
        "changed_by": row.changed_by,
        "hint": hint(secret) if secret else "",
    }


def hint(secret: Secret) -> str:
    """The first characters of an identifier, where so few of them give nothing away."""
    text = secret.reveal()
    return f"{text[:HINT_CHARACTERS]}…" if len(text) >= 4 * HINT_CHARACTERS else "…"
