"""The settings of an approved platform: where its services are, who we are there, and the key of its webhooks.

They stand beside Chorus Pro's under names of their own (`doors.APPROVED`), one set for each environment; which of the
two is on is one setting for both doors. No address is official: each platform has its own.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args

import msgspec

from lettrage.guard.secrets import Secret
from lettrage.invoicing.addresses import host_expected, local, proxy_expected, split
from lettrage.invoicing.doors import APPROVED, PRODUCTION
from lettrage.invoicing.settings import (
    PAUSE_MILLISECONDS,
    Change,
    Row,
    Setting,
    any_text,
    fingerprint,
    one_of,
    read_setting,
    secret_shape,
    whole,
)
from lettrage.refusal import Refusal, quoted

Sign = Literal["basic", "form"]  # how the token endpoint is told who asks (RFC 6749 2.3.1)
SIGNS: tuple[Sign, ...] = get_args(Sign)
HOOK_MINUTES = 5
ADDRESSES = ("token_url", "flow_url", "directory_url")
_PLATFORM_NUMBER = 4  # digits, scheme 0238


def _number(text: str) -> str | None:
    return text if text.isascii() and text.isdigit() and len(text) == _PLATFORM_NUMBER else None


def _header(text: str) -> str | None:
    return text if text.isascii() and text.isprintable() and len(text) <= 100 else None


def _token(text: str) -> str | None:
    return any_text(text) if text.isascii() and " " not in text else None


def _key(text: str) -> str | None:
    """A signing key in base64, as the standard gives it; of 16 bytes at least, so that it cannot be guessed."""
    try:
        return text if not text or len(base64.b64decode(text, validate=True)) >= 16 else None
    except (binascii.Error, ValueError):
        return None


_SETTINGS = (
    Setting("token_url", "platform", any_text, "https://..."),
    Setting("flow_url", "platform", any_text, "https://.../flow-service"),
    Setting("directory_url", "platform", any_text, "https://.../directory-service"),
    Setting("client_id", "platform", any_text, "OAuth2 client id", secret=True, hint=True),
    Setting("client_secret", "platform", any_text, "OAuth2 client secret", secret=True),
    Setting("client_sign", "platform", one_of(*SIGNS), " | ".join(SIGNS), default="basic", choices=SIGNS),
    Setting("token", "platform", _token, "bearer token", secret=True),
    Setting("organization", "platform", _header, "Organization-Id"),
    Setting("number", "platform", _number, "0000-9999"),
    Setting("signing_key", "platform", _key, "base64", secret=True),
    Setting("hook_minutes", "platform", whole(1, 60), "1-60", default=str(HOOK_MINUTES)),
    Setting("pause_ms", "platform", whole(0, 60_000), "0-60000"),
    Setting("time_scale", "platform", whole(1, 1_000_000), "1-1000000", default="1"),
    Setting("proxy", "platform", any_text, "http://name:port"),
)
SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _SETTINGS}
_FIGURES = ("hook_minutes", "pause_ms", "time_scale")
SECRETS = frozenset(setting.name for setting in _SETTINGS if setting.secret)


def address_expected(name: str, platform: str, text: str) -> str:
    """What an address should be instead; "" where it may be called on this platform, and for any other setting."""
    if name == "proxy":
        return proxy_expected(text)
    if name not in ADDRESSES:
        return ""
    url = split(text)
    return "https://name/path" if url is None else host_expected(url, production=platform == PRODUCTION)


def changes(given: Mapping[str, str], platform: str) -> tuple[list[Change], list[Refusal]]:
    """What somebody sets for an approved platform, read; or every fault. A blank text takes a setting back."""
    found: list[Change] = []
    faults: list[Refusal] = []
    for name, text in given.items():
        setting = SETTINGS.get(name)
        if setting is None:
            faults.append(Refusal("unknown_setting", quoted(name), "", ", ".join(SETTINGS), {"door": "platform"}))
            continue
        value = read_setting(setting, text, platform, address_expected)
        if isinstance(value, Refusal):
            faults.append(value)
        else:
            value = base(value) if name in ("flow_url", "directory_url") else value
            found.append(Change(platform, "", name, Secret(value) if setting.secret else value))
    return found, faults


def connection_said(line: str) -> dict[str, str] | None:
    """The settings that a simulator says of itself in its first line (JSON, members `approved_...`); None for none."""
    try:
        told = msgspec.json.decode(line.strip().partition("\n")[0])
    except msgspec.MsgspecError:
        return None
    names = (*ADDRESSES, "client_id", "client_secret")
    said = {name: told.get(f"approved_{name}") or "" for name in names} if isinstance(told, dict) else {}
    return said if said and all(isinstance(text, str) and text for text in said.values()) else None


def base(text: str) -> str:
    """A service's address without what every call adds to it."""
    return text.rstrip("/").removesuffix("/v1").rstrip("/")


class ApprovedSettings(msgspec.Struct, frozen=True):
    """What is set for one approved platform. `token`: a fixed one, in the place of client credentials.

    `organization`: ours in the platform's own terms; `number`: our platform's in the directory (scheme 0238).
    """

    platform: str
    token_url: str = ""
    flow_url: str = ""
    directory_url: str = ""
    client_id: Secret = Secret("")
    client_secret: Secret = Secret("")
    client_sign: Sign = "basic"
    token: Secret = Secret("")
    organization: str = ""
    number: str = ""
    signing_key: Secret = Secret("")
    hook_minutes: int = HOOK_MINUTES
    pause_ms: int = PAUSE_MILLISECONDS
    time_scale: int = 1
    proxy: str = ""

    @property
    def fingerprint(self) -> str:
        """Which platform this is, whatever its name: flows of one say nothing of another."""
        return fingerprint(self.flow_url)

    @property
    def local(self) -> bool:
        """Whether it is a simulator on this machine."""
        return local(self.flow_url)

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings without which no flow can be sent."""
        who = () if self.token else ("token_url", "client_id", "client_secret")
        return tuple(name for name in ("flow_url", *who) if not getattr(self, name))

    @property
    def given(self) -> bool:
        """Whether anybody has set it up at all."""
        return bool(self.flow_url)


def settings_of(platform: str, rows: Iterable[Row], opened: Callable[[Row], Secret]) -> ApprovedSettings:
    """What rows of the store say of an approved platform. `opened` unseals a secret; what it raises is raised."""
    own = {row.name: row for row in rows if row.platform == platform and row.name in SETTINGS}
    given: dict[str, Any] = {name: opened(row) if name in SECRETS else row.value for name, row in own.items()}
    if local(given.get("flow_url", "")):
        given.setdefault("pause_ms", "0")
    given |= {name: int(given[name]) for name in _FIGURES if name in given}
    return ApprovedSettings(platform, **given)


def shape(rows: Iterable[Row], opened: Callable[[Row], Secret | None]) -> dict[str, Any]:
    """The settings of both approved platforms as they are shown: of a secret only that it is set, since when, a hint.

    `opened` may answer None for a secret that cannot be opened: then there is no hint.
    """
    kept = {(row.platform, row.name): row for row in rows}

    def value(setting: Setting, platform: str) -> Any:
        row = kept.get((platform, setting.name))
        if setting.secret:
            return secret_shape(setting, row, opened)
        return row.value if row is not None else setting.default

    return {platform: {s.name: value(s, platform) for s in _SETTINGS} for platform in APPROVED}
