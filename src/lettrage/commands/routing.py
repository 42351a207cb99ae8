"""Which door customers' invoices take: look, choose, read the directory anew."""

from typing import Annotated, Any

import typer

from lettrage import terminal
from lettrage.acts.routing import WORDS, ChooseRoute, choice_of, shape
from lettrage.adapters.clock import SystemClock
from lettrage.columns import COLUMNS, PROSE
from lettrage.commands.invoices import OnPlatform, on_platform
from lettrage.commands.shared import CallerName, app, context, only, plain, print_json, user
from lettrage.guard.audited import Hand
from lettrage.invoicing.document import Platform
from lettrage.invoicing.doors import environment_of
from lettrage.invoicing.routing.deciding import Known, known, looked_up
from lettrage.invoicing.routing.route import TELL_WHY
from lettrage.refusal import Refusal, Stop, quoted

COLUMNS.update(
    {
        "routes": (
            ("third_party", "Tiers", "Third party"),
            ("name", "Nom", "Name"),
            ("door", "Porte", "Door"),
            ("address", "Adresse", "Address"),
            ("seen_at", "Annuaire lu", "Directory read"),
            ("told", "Raison", "Reason"),
        ),
    }
)
PROSE.add("routes")
_NONE = ("aucune plateforme", "no platform")
_DOORS = {"chorus": ("Chorus Pro", "Chorus Pro"), "approved": ("plateforme agréée", "approved platform")}


@app.command()
def route(
    customer: Annotated[str, typer.Argument(metavar="[CUSTOMER]", help="Customer; default: all of them")] = "",
    choose: Annotated[str, typer.Option("--set", help="chorus, approved, none; directory: nobody chooses")] = "",
    refresh: Annotated[bool, typer.Option("--refresh", help="Read the approved platform's directory anew")] = False,
    platform: OnPlatform = "",
    caller: CallerName = "",
) -> None:
    """Which door invoices take, and why. / La porte que prennent les factures d'un client, et pourquoi."""
    if choose not in ("", *WORDS):
        raise Stop(Refusal("malformed_option", "--set", quoted(choose), ", ".join(WORDS)))
    if choose and not customer:
        raise Stop(Refusal("one_of_these", "CUSTOMER", "", "CUSTOMER"))
    code = plain(customer, "CUSTOMER")
    with context.books() as books:
        on = environment_of(on_platform(platform, books))
    if choose:
        by = Hand(plain(caller, "--caller") or user())
        context.result(context.performed(ChooseRoute(code, choice_of(choose), on, by), None, caller))
    _show(_found(code, on, refresh=refresh), on)


def _found(code: str, on: Platform, *, refresh: bool) -> dict[str, Known]:
    """What is known of one customer, or of all. Raises Stop."""
    from lettrage.commands.checking import directory_for  # noqa: PLC0415  (the official rules are slow to load)

    store = context.store()
    dossier = context.dossier or only(store)
    with store.books(dossier, writing=False) as books:
        codes = [code] if code else list(books.third_party_records(None))
        found = known(books, codes, on)
    if code and code not in found:
        raise Stop(Refusal("unknown_third_party", "CUSTOMER", quoted(code)))
    if not refresh:
        return found
    return looked_up(store, dossier, codes, on, directory_for(store, dossier, on), SystemClock().now(), anew=True)


def _show(found: dict[str, Known], on: Platform) -> None:
    shown = {code: shape(code, one.route(), on) for code, one in found.items()}
    if context.json:
        print_json(list(shown.values()))
        return
    lines = [_line(one, found[code].customer.name) for code, one in shown.items()]
    terminal.show(lines, "routes", context.lang)
    for one in shown.values():
        told = [warning[context.lang] for warning in one["warnings"] if not _in_reason(warning, one)]
        if told:
            terminal.tell(f"{one['third_party']}{terminal.colon(context.lang)}".rstrip(), *told)


def _in_reason(warning: dict[str, str], one: dict[str, Any]) -> bool:
    """Whether the table says it already: a directory that never answered is the reason itself."""
    return warning["code"] == "never" and one["rule"] in TELL_WHY


def _line(one: dict[str, Any], name: str) -> dict[str, Any]:
    door = _DOORS[one["door"]] if one["door"] else _NONE
    return {
        "third_party": one["third_party"],
        "name": name,
        "door": terminal.said(door, context.lang),
        "address": one["address"] or (one["siret"] if one["door"] == "chorus" else "") or "",
        "seen_at": (one["seen_at"] or "")[:10],
        "told": one["reason"][context.lang],
    }
