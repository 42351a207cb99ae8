"""Chorus Pro's settings and the connection test, as our own API gives and takes them."""

from typing import Annotated, Literal

from pydantic import Field

from lettrage.adapters.http.fields import Code, Shape

PlatformName = Literal["qualification", "production"]
Text = Annotated[str, Field(max_length=1_000)]


class SecretShown(Shape):
    """A secret: whether it is set, since when, by whom; of an identifier its first characters."""

    set: bool
    changed_at: str
    changed_by: str
    hint: str


class PlatformShown(Shape):
    """The settings of one platform."""

    token_url: str
    api_url: str
    client_id: SecretShown
    client_secret: SecretShown
    application: str
    login: SecretShown
    password: SecretShown
    password_expires: str
    user_login: str
    pause_ms: str
    time_scale: str
    proxy: str


class PlatformsShown(Shape):
    """Both platforms."""

    qualification: PlatformShown
    production: PlatformShown


class EstablishmentShown(Shape):
    """What an establishment has of its own."""

    rib: str


class Warned(Shape):
    """Something worth knowing about a change."""

    fr: str
    en: str


class ChorusSettings(Shape):
    """A dossier's settings of Chorus Pro, without the secrets; `platform` is the one that is on."""

    dossier: str
    platform: PlatformName
    rib: str
    rib_on_credit_notes: Literal["yes", "no"]
    invoice_format: Literal["ubl", "cii", "facturx"]
    credit_note_format: Literal["ubl", "cii", "facturx"]
    public_door: Literal["chorus", "approved"]
    directory_hours: str
    doubt_hours: str
    platforms: PlatformsShown
    establishments: dict[str, EstablishmentShown]
    warnings: list[Warned]


class ChorusSettingsForm(Shape):
    """Settings to give, by name; "" takes one back. Secrets are written only: no answer ever holds them."""

    settings: Annotated[dict[Annotated[str, Field(max_length=80)], Text], Field(min_length=1, max_length=40)]
    platform: PlatformName | None = Field(None, description="Absent: the one that is on")
    establishment: Code | None = Field(None, description="Whose `rib` it is; absent: the dossier's")


class ChorusTestForm(Shape):
    """Which platform to try."""

    platform: PlatformName | None = Field(None, description="Absent: the one that is on")


class CauseShown(Shape):
    """A cause that fits, and what to do; `fix` is `fix_fr`."""

    code: str
    fix: str
    fr: str
    en: str
    fix_fr: str
    fix_en: str


class StepShown(Shape):
    """A step of the test. `ok` null: it could not be looked at; true with causes: worth knowing."""

    step: str
    fr: str
    en: str
    ok: bool | None
    level: Literal["error", "warning"]
    causes: list[CauseShown]


class ChorusTested(Shape):
    """The connection test; `works` where nothing stands in the way of sending."""

    works: bool
    steps: list[StepShown]
