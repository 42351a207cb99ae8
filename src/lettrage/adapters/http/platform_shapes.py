"""An approved platform's settings and its connection test, as our own API gives and takes them."""

from typing import Annotated, Literal

from pydantic import Field

from lettrage.adapters.http.chorus_shapes import PlatformName, SecretShown, Text, Warned
from lettrage.adapters.http.fields import Shape


class ApprovedShown(Shape):
    """The settings of one environment's approved platform."""

    token_url: str
    flow_url: str
    directory_url: str
    client_id: SecretShown
    client_secret: SecretShown
    client_sign: Literal["basic", "form"]
    token: SecretShown
    organization: str
    number: str
    signing_key: SecretShown
    hook_minutes: str
    pause_ms: str
    time_scale: str
    proxy: str


class ApprovedSettings(Shape):
    """Both environments' approved platforms, without the secrets; `on`: the environment that is on, for both doors."""

    on: PlatformName
    qualification: ApprovedShown
    production: ApprovedShown
    warnings: list[Warned]


class ApprovedSettingsForm(Shape):
    """Settings to give, by name; "" takes one back. Secrets are written only: no answer ever holds them."""

    settings: Annotated[dict[Annotated[str, Field(max_length=80)], Text], Field(min_length=1, max_length=40)]
    platform: PlatformName | None = Field(None, description="Of which environment; absent: the one that is on")
