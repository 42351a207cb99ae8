"""What the connection test asks of an approved platform: a harmless call to each service, and what it answered."""

import time
from collections.abc import Callable
from datetime import datetime

from lettrage.adapters.approved.client import Client
from lettrage.adapters.approved.directory import ApprovedDirectory
from lettrage.adapters.approved.flows import ApprovedFlows
from lettrage.invoicing.connecting.approved import Answers, Call
from lettrage.invoicing.connecting.diagnose import Met, met_by
from lettrage.invoicing.flow_service import Company, Hook
from lettrage.invoicing.portal import Trouble


def gather(client: Client, siren: str, now: datetime) -> Answers:
    """What the token endpoint and each service answer. Nothing is written anywhere."""
    calls: dict[Call, Met] = {}
    took: dict[Call, int] = {}

    def ask(call: Call, asked: Callable[[], object]) -> None:
        begun = time.monotonic()
        calls[call] = _met(asked)
        took[call] = round((time.monotonic() - begun) * 1000)

    ask("platform_token", client.reach)
    if calls["platform_token"].kind:
        return Answers(calls, took=took)
    flows, directory = ApprovedFlows(client), ApprovedDirectory(client)
    companies: list[Company | None] = []
    hooks: list[Hook] = []
    ask("platform_health", lambda: _healthy(flows))
    ask("platform_flows", lambda: flows.arrived(now))
    if client.calls.settings.directory_url and siren:
        ask("platform_directory", lambda: companies.append(directory.company(siren)))
    ask("platform_hooks", lambda: hooks.extend(flows.hooks()))
    return Answers(
        calls,
        listed=companies[0] is not None if companies else None,
        hooked=bool(hooks) if calls["platform_hooks"].answered else None,
        took=took,
    )


def _healthy(flows: ApprovedFlows) -> None:
    if not flows.healthy():
        raise Trouble("maintenance", step="v1/healthcheck", status=503)


def _met(call: Callable[[], object]) -> Met:
    try:
        call()
    except Trouble as trouble:
        return met_by(trouble)
    return Met()
