"""The pre-check as a command: what would be refused, before anything leaves."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from lettrage import terminal
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.rules import SheetRules
from lettrage.adapters.store.books import SqlStore
from lettrage.commands.invoices import invoice, named
from lettrage.commands.platforms import platforms, portal_for
from lettrage.commands.shared import context, only, plain, print_json, read_file
from lettrage.company.customer import PLATFORM_FRAMES
from lettrage.invoicing.checks.checking import Way, check_kept
from lettrage.invoicing.checks.circumstances import Circumstances, NotAsked
from lettrage.invoicing.checks.directory import Inquiry
from lettrage.invoicing.checks.precheck import Checked, for_public_buyer, precheck_file
from lettrage.invoicing.document import Invoice, Platform, Route, Syntax
from lettrage.invoicing.doors import Door, name_of
from lettrage.invoicing.formats.read import Read, read
from lettrage.invoicing.routing.copies import Connect
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.limits import INVOICE_FILE
from lettrage.refusal import Refusal, Stop, legible, quoted

ROUTES: dict[str, Route | None] = {"": None, "chorus": "chorus", "platform": "platform"}
_DOORS: dict[str, Door | None] = {"": None, "chorus": "chorus", "platform": "approved"}
_PLATFORMS: dict[str, Platform | None] = {"": None, "qualification": "qualification", "production": "production"}
_SYNTAXES: dict[str, Syntax | None] = {"": None, "ubl": "ubl", "cii": "cii", "facturx": "facturx"}
_OFFLINE = NotAsked("offline")
_SOUND = ("rien à redire", "nothing to mend")


class _Asked:
    """The options, read. Raises Stop for a word that is none."""

    def __init__(self, route: str, platform: str, syntax: str) -> None:
        known(ROUTES, route, "--route")
        known(_PLATFORMS, platform, "--platform")
        known(_SYNTAXES, syntax, "--syntax")
        self.route = ROUTES[route]
        self.door = _DOORS[route]
        self.platform = _PLATFORMS[platform]
        self.syntax = _SYNTAXES[syntax]


def known(words: Iterable[str], given: str, option: str) -> None:
    """Raises Stop for a word that is none of these."""
    if given not in words:
        raise Stop(Refusal("malformed_option", option, quoted(given), ", ".join(filter(None, words))))


@invoice.command()
def check(
    names: Annotated[list[str], typer.Argument(metavar="NUMBER|FILE...", help="Numbers, or UBL, CII, Factur-X files")],
    route: Annotated[str, typer.Option(help="chorus or platform (an approved one); default: the customer's")] = "",
    platform: Annotated[str, typer.Option(help="qualification or production; default: the one that is on")] = "",
    syntax: Annotated[str, typer.Option(help="ubl, cii or facturx; default: what the settings say")] = "",
    third_party: Annotated[str, typer.Option("--third-party", help="This customer's, of a number")] = "",
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask Chorus Pro's directory")] = False,
) -> None:
    """What would be refused, before anything is sent. / Ce qui serait rejeté, avant tout envoi."""
    asked = _Asked(route, platform, syntax)
    files = [name for name in names if name == "-" or Path(name).is_file()]
    numbers = [name for name in names if name not in files]
    found = {file: _of_file(read(read_file(file, INVOICE_FILE)), asked) for file in files}
    if numbers:
        found |= _of_numbers(numbers, asked, plain(third_party, "--third-party"), offline=offline)
    _show({name: found[name] for name in names})
    if any(checked.findings for checked in found.values()):
        raise typer.Exit(1)


def _of_numbers(numbers: Sequence[str], asked: _Asked, third_party: str, *, offline: bool) -> dict[str, Checked]:
    """The documents of these numbers, the newest of each. Raises Stop."""
    store = context.store()
    dossier = context.dossier or only(store)
    with store.books(dossier, writing=False) as books:
        documents = [named(books, number, third_party)[0] for number in numbers]
        on = _PLATFORMS[books.platform_on()] or "qualification"
    way = Way(asked.platform or on, asked.door, asked.syntax)
    return dict(zip(numbers, checked_kept(store, dossier, documents, way, offline=offline), strict=True))


def checked_kept(
    store: SqlStore,
    dossier: str,
    documents: Sequence[Shelved],
    way: Way,
    *,
    offline: bool = False,
    instead: Mapping[int, Invoice] | None = None,
) -> list[Checked]:
    """The pre-check of documents that are kept. Raises Stop where the settings cannot be read.

    `instead`: contents that some of them would have, by their numbers.
    """
    now = SystemClock().now()
    inquiry = Inquiry(None, now) if offline else inquiry_for(store, dossier, way.platform)
    connect = None if offline else directory_for(store, dossier, way.platform)
    return check_kept(store, dossier, documents, way, inquiry, connect, SheetRules(), now, instead or {})


def directory_for(store: SqlStore, dossier: str, environment: Platform) -> Connect:
    """The way to the directory of the approved platform of an environment."""
    return partial(platforms.directory, store, dossier, name_of("approved", environment))


def inquiry_for(store: SqlStore, dossier: str, platform: Platform) -> Inquiry:
    """The directory of a platform, to be asked. Raises Stop where the settings cannot be read."""
    now = SystemClock().now()
    try:
        return Inquiry(portal_for(store, dossier, platform), now)
    except Stop as stop:
        if stop.refusal.code != "not_connected":
            raise
        return Inquiry(None, now, "not_connected")


def _of_file(document: Read, asked: _Asked) -> Checked:
    """A file that is in no dossier: nothing is known of it but what it says."""
    frame = document.invoice.frame if document.invoice is not None else ""
    circumstances = Circumstances(
        SystemClock().today(),
        platform=asked.platform or "production",
        public_buyer=document.invoice is None or for_public_buyer(document.invoice),
        route=asked.route or ("platform" if frame in PLATFORM_FRAMES else "chorus"),
        buyer=_OFFLINE,
        supplier=_OFFLINE,
    )
    return precheck_file(document, circumstances, SheetRules())


# ---------------------------------------------------------------- showing


def _show(found: Mapping[str, Checked]) -> None:
    if context.json:
        print_json([{"invoice": name} | one.shape for name, checked in found.items() for one in checked.findings])
        return
    for name, checked in found.items():
        told = [line for one in checked.findings for line in terminal.finding(one.shape, context.lang)]
        terminal.say(f"{legible(name)}{terminal.colon(context.lang)}{_count(checked)}", *told)


def _count(checked: Checked) -> str:
    errors = sum(one.blocks for one in checked.findings)
    warnings = len(checked.findings) - errors
    if not checked.findings:
        return terminal.said(_SOUND, context.lang)
    told = (f"{errors} erreur(s), {warnings} avertissement(s)", f"{errors} error(s), {warnings} warning(s)")
    return terminal.said(told, context.lang)
