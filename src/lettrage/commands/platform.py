"""Approved platforms: settings without secrets, the connection test, and the subscription to a platform's calls."""

from typing import Annotated, Any, NoReturn

import msgspec
import typer

from lettrage import terminal
from lettrage.commands.chorus_settings import OnPlatform, chosen_platform, speed_of
from lettrage.commands.chorus_test import lines_of
from lettrage.commands.giving import cell, dossier_meant, give, rows_of, values_of
from lettrage.commands.platforms import platforms
from lettrage.commands.shared import CallerName, app, context, plain, print_json, read_file
from lettrage.guard.secrets import Secret
from lettrage.invoicing.addresses import host_expected, split, without_secrets
from lettrage.invoicing.approved_settings import SECRETS, changes, connection_said
from lettrage.invoicing.connecting.diagnose import works
from lettrage.invoicing.doors import PRODUCTION, environment_of, name_of
from lettrage.invoicing.flow_service import Hook
from lettrage.invoicing.hooks import address
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.settings import Change
from lettrage.limits import Limits
from lettrage.refusal import Refusal, Stop, legible, quoted

_LINE = Limits(document_bytes=64 * 1024)

platform_app = typer.Typer(no_args_is_help=True, help="Approved platforms. / Plateformes agréées.")
app.add_typer(platform_app, name="platform")


@platform_app.command("settings")
def show_settings() -> None:
    """The settings of both environments, without secrets. / Les réglages des deux environnements, sans les secrets."""
    _show(dossier_meant(), [])


@platform_app.command("set")
def set_(
    given: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="VALUE - asks, or reads standard input")],
    platform: OnPlatform = "",
    caller: CallerName = "",
) -> None:
    """Give settings; an empty value takes one back. / Renseigner des réglages ; une valeur vide en retire un.

    A secret is best not written on the command line: client_secret=- asks for it, client_secret=@NAME takes the
    environment variable NAME.
    """
    dossier = dossier_meant()
    values = values_of(given, SECRETS)
    _show(dossier, give(dossier, *changes(values, _chosen(platform, dossier)), caller))


@platform_app.command()
def connect(
    file: Annotated[str, typer.Argument(help="The simulator's first line with --json; - for standard input")],
    caller: CallerName = "",
) -> None:
    """Take a simulator as the platform of qualification. / Prendre un simulateur comme plateforme de qualification."""
    dossier = dossier_meant()
    said = connection_said(read_file(file, _LINE).decode("utf-8", "replace"))
    if said is None:
        raise Stop(Refusal("malformed_connection", quoted(file), "", "approved_flow_url, approved_token_url, ..."))
    url = split(said["flow_url"])
    values = dict(said) | {"time_scale": speed_of(f"{url.scheme}://{url.netloc}") if url else "1"}
    _show(dossier, give(dossier, *changes(values, name_of("approved", "qualification")), caller))


@platform_app.command("test")
def try_connection(platform: OnPlatform = "") -> None:
    """Test the connection step by step, and say what is wrong. / Tester la connexion et dire ce qui ne va pas."""
    dossier = dossier_meant()
    with context.store().books(dossier, writing=False) as books:
        rows, company = books.chorus_rows(), books.company
    steps, _ = platforms.test_approved(dossier, rows, company, _chosen(platform, dossier))
    if context.json:
        print_json([step.shape for step in steps])
    else:
        for step in steps:
            terminal.say(*lines_of(step.shape))
    if not works(steps):
        raise typer.Exit(1)


# ---------------------------------------------------------------- the platform's calls


@platform_app.command()
def hook(
    base: Annotated[str, typer.Argument(metavar="https://...", help="Where this service is reached from outside")],
    platform: OnPlatform = "",
    caller: CallerName = "",
) -> None:
    """Have the platform call this service, in the place of earlier subscriptions. / S'abonner aux appels.

    The key that it signs its calls with is sealed as it comes; nobody sees it.
    """
    dossier = dossier_meant()
    name = _chosen(platform, dossier)
    url = address(_public(plain(base, "https://..."), name), dossier, name)
    service = platforms.service(context.store(), dossier, name)
    try:
        before = [one for one in service.hooks() if one.url == url]
        made, key = service.hook(url)
        give(dossier, *changes({"signing_key": key.reveal()}, name), caller)
        for one in before:
            service.unhook(one.id)
    except Trouble as trouble:
        _troubled(trouble)
    _show_hooks([made])


@platform_app.command()
def hooks(platform: OnPlatform = "") -> None:
    """Our subscriptions to the platform's calls. / Nos abonnements aux appels de la plateforme."""
    dossier = dossier_meant()
    service = platforms.service(context.store(), dossier, _chosen(platform, dossier))
    try:
        found = list(service.hooks())
    except Trouble as trouble:
        _troubled(trouble)
    _show_hooks(found)


@platform_app.command()
def unhook(
    subscription: Annotated[str, typer.Argument(metavar="ID")], platform: OnPlatform = "", caller: CallerName = ""
) -> None:
    """End a subscription; with the last one the key is forgotten. / Mettre fin à un abonnement."""
    dossier = dossier_meant()
    name = _chosen(platform, dossier)
    service = platforms.service(context.store(), dossier, name)
    try:
        service.unhook(plain(subscription, "ID"))
        left = list(service.hooks())
    except Trouble as trouble:
        _troubled(trouble)
    if not left:
        give(dossier, [Change(name, "", "signing_key", Secret(""))], [], caller)
    _show_hooks(left)


def _public(base: str, platform: str) -> str:
    """Where this service is reached. Raises Stop for an address that the platform could not, or must not, call."""
    url = split(base)
    expected = "https://name" if url is None else host_expected(url, production=platform == PRODUCTION)
    if expected:
        seen = quoted(without_secrets(base))
        raise Stop(Refusal("address_not_allowed", "hook", seen, expected, {"platform": platform}))
    return base


def _troubled(trouble: Trouble) -> NoReturn:
    said = " · ".join(filter(None, (str(trouble.status or ""), trouble.code, trouble.text)))
    raise Stop(Refusal("platform_trouble", trouble.step, trouble.kind, said or "-")) from None


def _show_hooks(found: list[Hook]) -> None:
    if context.json:
        print_json(msgspec.to_builtins(found))
        return
    terminal.say(*(f"{legible(one.id):38}{legible(one.url)}".rstrip() for one in found))


# ---------------------------------------------------------------- what they share


def _chosen(named: str, dossier: str) -> str:
    """The approved platform's name in the environment named, else in the one that is on."""
    return name_of("approved", chosen_platform(named, dossier))


def _show(dossier: str, warnings: list[dict[str, str]]) -> None:
    shown: dict[str, Any] = platforms.approved_shape(dossier, rows_of(dossier))
    if context.json:
        print_json({"dossier": dossier, "platforms": shown, "warnings": warnings})
        return
    for platform, values in shown.items():
        terminal.say(
            environment_of(platform), *(f"  {name:20}{cell(value)}".rstrip() for name, value in values.items())
        )
    terminal.tell(*(warning[context.lang] for warning in warnings))
