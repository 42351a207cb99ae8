"""Chorus Pro's settings: shown without secrets, set, switched, taken from a simulator, sealed with another key."""

from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import msgspec
import typer

from lettrage import terminal
from lettrage.acts import perform
from lettrage.acts.chorus import SealAgain, keys_needed
from lettrage.adapters import outgoing
from lettrage.adapters.clock import SystemClock
from lettrage.caller import Caller
from lettrage.commands.chorus import chorus
from lettrage.commands.giving import cell, dossier_meant, give, rows_of, values_of, who
from lettrage.commands.platforms import platforms
from lettrage.commands.shared import CallerName, context, plain, print_json, read_file
from lettrage.invoicing.addresses import is_loopback
from lettrage.invoicing.settings import PLATFORMS, SECRETS, Platform, changes
from lettrage.limits import Limits
from lettrage.refusal import Refusal, Stop, legible, quoted

_LINE = Limits(document_bytes=64 * 1024)
_SPEED_SECONDS = 2.0  # for a simulator to say how fast its clock runs
_CONNECTION = ("url", "client_id", "client_secret", "login", "password")
OnPlatform = Annotated[str, typer.Option("--platform", help="qualification or production; default: the one that is on")]
OfEstablishment = Annotated[str, typer.Option("--establishment", help="For rib: of this establishment only")]


@chorus.command("settings")
def show_settings() -> None:
    """The settings of both platforms, of secrets only that they are set. / Les réglages, sans les secrets."""
    shown = shape_of(dossier_meant())
    if context.json:
        print_json(shown)
    else:
        _show(shown)


@chorus.command("set")
def set_(
    given: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="VALUE - asks, or reads standard input")],
    platform: OnPlatform = "",
    establishment: OfEstablishment = "",
    caller: CallerName = "",
) -> None:
    """Give settings; an empty value takes one back. / Renseigner des réglages ; une valeur vide en retire un.

    A secret is best not written on the command line, where others may see it: client_secret=- asks for it, or reads a
    line of standard input; client_secret=@NAME takes the environment variable NAME.
    """
    dossier = dossier_meant()
    values = values_of(given, SECRETS)
    _set(dossier, values, chosen_platform(platform, dossier), plain(establishment, "--establishment"), caller)


@chorus.command()
def use(
    platform: Annotated[str, typer.Argument(help="qualification or production")],
    caller: CallerName = "",
) -> None:
    """Switch a platform on; nothing of the other is copied. / Mettre une plateforme en service, sans rien copier."""
    _set(dossier_meant(), {"platform": plain(platform, "PLATFORM")}, "qualification", "", caller)


@chorus.command()
def connect(
    file: Annotated[str, typer.Argument(help="The simulator's first line with --json; - for standard input")],
    caller: CallerName = "",
) -> None:
    """Take a simulator as the qualification platform. / Prendre un simulateur comme plateforme de qualification."""
    connection = _connection(file)
    connection["time_scale"] = speed_of(connection["api_url"])
    _set(dossier_meant(), connection, "qualification", "", caller)


@chorus.command("rotate-key")
def rotate_key(
    forget: Annotated[bool, typer.Option("--forget", help="Drop earlier keys that nothing here needs")] = False,
    caller: CallerName = "",
) -> None:
    """A new key, all secrets sealed with it. / Une nouvelle clé, tous les secrets scellés avec elle.

    The key before it is kept: copies of these books, and other books of the same user, may need it.
    """
    store = context.store()
    keys = platforms.keys
    key = keys.rotate()
    sealed = {}
    for dossier in store.dossiers():
        act = SealAgain(dossier, keys.ring(), keys.seal)
        done = perform(act, Caller(who(caller), "command line", dossier), store, SystemClock())
        assert done.result is not None
        sealed[dossier] = done.result["sealed"]
    dropped: list[str] = []
    if forget:
        needed = frozenset().union(*(keys_needed(rows_of(dossier)) for dossier in store.dossiers()))
        dropped = keys.forget(needed)
    if context.json:
        print_json({"key": key, "sealed": sealed, "dropped": dropped, "file": str(keys.path)})
        return
    words = ("{n} secrets scellés avec la clé {key} ({file}).", "{n} secrets sealed with the key {key} ({file}).")
    terminal.say(terminal.said(words, context.lang).format(n=sum(sealed.values()), key=key, file=keys.path))
    if dropped:
        words = ("Clés retirées du fichier : {keys}.", "Keys taken out of the file: {keys}.")
        terminal.say(terminal.said(words, context.lang).format(keys=", ".join(dropped)))


# ---------------------------------------------------------------- what they share


def chosen_platform(named: str, dossier: str) -> Platform:
    """The platform named, else the one that is on."""
    wanted = plain(named, "--platform") or next(
        (r.value for r in rows_of(dossier) if r.name == "platform"), PLATFORMS[0]
    )
    for platform in PLATFORMS:
        if platform == wanted:
            return platform
    raise Stop(Refusal("malformed_option", "--platform", quoted(wanted), ", ".join(PLATFORMS)))


def _connection(file: str) -> dict[str, str]:
    """Settings from what a simulator says of itself. Raises Stop."""
    data = read_file(file, _LINE)
    first = data.strip().splitlines()[:1]
    try:
        told: Any = msgspec.json.decode(first[0]) if first else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        told = None
    if not isinstance(told, dict) or not all(isinstance(told.get(name), str) for name in _CONNECTION):
        raise Stop(Refusal("malformed_connection", quoted(file), "", ", ".join(_CONNECTION)))
    base = told["url"].strip().rstrip("/")
    named = {name: told[name] for name in _CONNECTION if name != "url"}
    return {"token_url": f"{base}/api/oauth/token", "api_url": base, **named}


def speed_of(url: str) -> str:
    """How many times faster than ours a simulator's clock runs, as it says itself; 1 where nobody says."""
    host = urlsplit(url).hostname or ""
    if not is_loopback(host):
        return "1"
    try:
        with outgoing.calls(_SPEED_SECONDS, host) as calls:
            told = calls.get(f"{url}/simulator/state").json()
        return str(max(1, int(told["speed"])))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return "1"


def _set(dossier: str, values: dict[str, str], platform: Platform, establishment: str, caller: str) -> None:
    """Do it and show the settings, or every reason against it (exit 1)."""
    warnings = give(dossier, *changes(values, platform, establishment), caller)
    shown = shape_of(dossier) | {"warnings": warnings}
    if context.json:
        print_json(shown)
    else:
        _show(shown)
        terminal.tell(*(warning[context.lang] for warning in warnings))


def shape_of(dossier: str) -> dict[str, Any]:
    """The settings as they are shown."""
    return platforms.shape(dossier, rows_of(dossier))


def _show(shown: dict[str, Any]) -> None:
    """The settings for reading: the dossier's own, then each platform's, the one that is on first."""
    lang = context.lang
    on = shown["platform"]
    own = [(name, value) for name, value in shown.items() if isinstance(value, str) and name != "dossier"]
    terminal.say(*(f"{name:22}{legible(value)}".rstrip() for name, value in own))
    for establishment, value in shown["establishments"].items():
        terminal.say(f"{'rib':22}{legible(value['rib'])} ({legible(establishment)})")
    for platform in sorted(PLATFORMS, key=lambda name: name != on):
        words = ("en service", "on") if platform == on else ("hors service", "off")
        terminal.say("", f"{platform} ({terminal.said(words, lang)})")
        for name, value in shown["platforms"][platform].items():
            terminal.say(f"  {name:20}{cell(value)}".rstrip())
