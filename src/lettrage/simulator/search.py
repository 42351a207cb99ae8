"""Searches of one's invoices: the filters of `rechercher/fournisseur`, their order and their pages."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from lettrage.simulator.calls import FACTURES_DONE, Body, Malformed, done
from lettrage.simulator.clock import PARIS
from lettrage.simulator.directory import Account
from lettrage.simulator.fields import MALFORMED, flag, table, text, whole
from lettrage.simulator.lifecycle import Invoice
from lettrage.simulator.paging import page_of
from lettrage.simulator.platform import Platform
from lettrage.simulator.sheets import FRAMES, kind_of, listed

SUPPLIER_PAGE = "rechercheFactureParFournisseur"
TO_TREAT_PAGE = "rechercheFactureATraiterParFournisseur"
RECIPIENT_PAGE = "paramRecherche"
# What a supplier may still have to look after.
TO_TREAT = frozenset(
    (
        "BROUILLON", "A_VALIDER_1", "A_VALIDER_2", "ERREUR_FOURNISSEUR_SUR_VALIDEUR", "ERREUR_COTRAITANT_SUR_VALIDEUR",
        "VALIDEE_1", "VALIDEE_2", "REFUSEE_1", "REFUSEE_2", "ABSENCE_VALIDATION_1_HORS_DELAI",
        "ABSENCE_VALIDATION_2_HORS_DELAI", "DEPOSEE", "EN_COURS_ACHEMINEMENT", "MISE_A_DISPOSITION", "A_RECYCLER",
        "SUSPENDUE",
    )
)  # fmt: skip

Filter = Callable[[Invoice], bool]
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)

# The texts of an invoice that a search compares as they stand.
_TEXTS: dict[str, Callable[[Invoice], str]] = {
    "numeroFluxDepot": lambda invoice: invoice.flow,
    "numeroFacture": lambda invoice: invoice.claim.number,
    "numeroBonCommande": lambda invoice: invoice.claim.engagement,
    "numeroMarche": lambda invoice: invoice.claim.market,
    "typeFacture": lambda invoice: kind_of(invoice.claim),
    "modeDepot": lambda invoice: invoice.mode,
}
_MOMENTS: dict[str, Callable[[Invoice], datetime | None]] = {
    "periodeDateDepot": lambda invoice: invoice.deposited,
    "periodeDateFacture": lambda invoice: (
        datetime.combine(invoice.claim.date, time(), PARIS) if invoice.claim.date else None
    ),
    "periodeDateHeureEtatCourant": lambda invoice: invoice.current.at,
}
_AMOUNTS: dict[str, Callable[[Invoice], Decimal | None]] = {
    "montantHT": lambda invoice: invoice.claim.net,
    "montantTTC": lambda invoice: invoice.claim.gross,
    "montantApayer": lambda invoice: invoice.claim.payable,
}


def rechercher_fournisseur(platform: Platform, account: Account, body: Body) -> Body:
    """The integrated invoices of one's structures that meet all criteria."""
    filters = _filters(platform, body)
    found = [
        invoice
        for invoice in platform.invoices()
        if invoice.supplier in account.structures and all(meets(invoice) for meets in filters)
    ]
    return _answer(platform, found, body, SUPPLIER_PAGE)


def rechercher_a_traiter(platform: Platform, account: Account, body: Body) -> Body:
    """The invoices of one's structures that are neither paid nor refused."""
    structure = whole(body, "idStructure")
    found = [
        invoice
        for invoice in platform.invoices()
        if invoice.supplier in account.structures
        and invoice.status in TO_TREAT
        and structure in (None, invoice.supplier)
    ]
    return _answer(platform, found, body, TO_TREAT_PAGE)


def rechercher_recipiendaire(platform: Platform, account: Account, body: Body) -> Body:
    """The invoices sent to one's structures; the paging stands beside the list, as recipients report it."""
    filters = [*_filters(platform, body), *_of_recipient(body)]
    found = [
        invoice
        for invoice in platform.invoices()
        if invoice.buyer in account.structures and all(meets(invoice) for meets in filters)
    ]
    answer = _answer(platform, found, body, RECIPIENT_PAGE, _received)
    paging: Body = answer.pop("parametresRetour")
    return answer | paging


def _answer(
    platform: Platform, found: list[Invoice], body: Body, page: str, line: Callable[[Platform, Invoice], Body] = listed
) -> Body:
    shown, said = page_of(_in_order(platform, found, table(body, page)), body, page)
    return done(FACTURES_DONE, listeFactures=[line(platform, invoice) for invoice in shown], parametresRetour=said)


def _received(platform: Platform, invoice: Invoice) -> Body:
    """An invoice as its recipient sees it: under a name of its own, and with whether it has been fetched."""
    return {
        **listed(platform, invoice),
        "idFacture": invoice.id,
        "factureTelechargeeParDestinataire": invoice.fetched,
    }


def _in_order(platform: Platform, found: list[Invoice], asked: Body) -> list[Invoice]:
    """By the column asked for, the date of deposit by default, the latest first by default."""
    column = (text(asked, "triColonne") or "dateDepot").casefold()
    order = text(asked, "triSens") or "Descendant"
    if order not in ("Ascendant", "Descendant"):
        raise Malformed(MALFORMED, "TRA_MSG_00.003 - Le champ triSens doit etre Ascendant ou Descendant.")
    if column == "datedepot":
        return sorted(found, key=lambda invoice: (invoice.deposited, invoice.id), reverse=order == "Descendant")

    def key(invoice: Invoice) -> tuple[bool, Any, int]:
        cells = {name.casefold(): value for name, value in listed(platform, invoice).items()}
        value = cells.get(column)
        return value is not None, "" if value is None else value, invoice.id

    return sorted(found, key=key, reverse=order == "Descendant")


# ---------------------------------------------------------------- filters


def _filters(platform: Platform, body: Body) -> list[Filter]:
    """What the body asks of an invoice; a criterion left empty asks nothing. Raise Malformed."""
    return [
        *(_equal(of, wanted) for field, of in _TEXTS.items() if (wanted := text(body, field))),
        *_periods(body),
        *_ranges(body),
        *_lists(platform, body),
        *_single(body),
    ]


def _of_recipient(body: Body) -> list[Filter]:
    """What only a recipient asks: its structure and service, suppliers, whether it has fetched the invoice."""
    filters: list[Filter] = []
    if buyer := whole(body, "idDestinataire"):
        filters.append(lambda invoice: invoice.buyer == buyer)
    if service := whole(body, "idServiceExecutant"):
        filters.append(lambda invoice: invoice.service == service)
    if suppliers := {whole(one, "idFournisseur") for one in objects(body, "listeFournisseurs")} - {None, 0}:
        filters.append(lambda invoice: invoice.supplier in suppliers)
    if kinds := _listed_texts(body, "listeTypeFacture"):
        filters.append(lambda invoice: kind_of(invoice.claim) in kinds)
    if body.get("factureTelechargeeParDestinataire") is not None:
        fetched = flag(body, "factureTelechargeeParDestinataire", False)
        filters.append(lambda invoice: invoice.fetched == fetched)
    if text(body, "typeDemandePaiement") not in ("", "FACTURE"):  # there are no works invoices and no claims of courts
        filters.append(lambda _: False)
    return filters


def _equal(of: Callable[[Invoice], str], wanted: str) -> Filter:
    return lambda invoice: of(invoice) == wanted


def _single(body: Body) -> list[Filter]:
    filters: list[Filter] = []
    if frame := _frame(body):
        filters.append(lambda invoice: FRAMES.get(invoice.claim.frame or "A1", invoice.claim.frame) == frame)
    if origin := text(body, "numeroFactureOrigine"):
        filters.append(lambda invoice: origin in invoice.claim.origins)
    if (account := text(body, "coordonneeBancaire")) not in ("", "0"):
        filters.append(lambda invoice: account in invoice.claim.accounts)
    if supplier := whole(body, "idFournisseur"):
        filters.append(lambda invoice: invoice.supplier == supplier)
    if body.get("rejetTraite") is not None:
        handled = flag(body, "rejetTraite", False)
        filters.append(lambda invoice: invoice.handled == handled)
    # Suppliers have no services here, invoices no validators and no author: who asks for one finds nothing.
    if any(body.get(field) for field in ("idServiceFournisseur", "idStructureValideur", "idUtilisateurCreateur")):
        filters.append(lambda _: False)
    return filters


def _frame(body: Body) -> str:
    """The frame sought, as its code or, as the Go client has it, as an object that holds the code."""
    if isinstance(body.get("cadreFacturation"), dict):
        return text(table(body, "cadreFacturation"), "codeCadreFacturation")
    return text(body, "cadreFacturation")


def _lists(platform: Platform, body: Body) -> list[Filter]:
    filters: list[Filter] = []
    statuses = _listed_texts(body, "statutCourant")
    if statuses:
        filters.append(lambda invoice: invoice.status in statuses)
    buyers = [_buyer(platform, wanted, body) for wanted in objects(body, "listeDestinataire")]
    if buyers:
        filters.append(lambda invoice: any(meets(invoice) for meets in buyers))
    return filters


def _buyer(platform: Platform, wanted: Body, body: Body) -> Filter:
    key = whole(wanted, "idDestinataire")
    services = _numbers(wanted, "listeIdServiceExecutant")
    name = text(wanted, "raisonSocialeStuctDmd").casefold()
    structure = platform.directory.by_id(key) if key is not None else None
    siren = structure.identifier[:9] if structure and flag(body, "rechercheSirenDestinataire", False) else None

    def meets(invoice: Invoice) -> bool:
        buyer = platform.directory.by_id(invoice.buyer)
        if buyer is None or name not in buyer.name.casefold():
            return False
        if siren is not None:
            return buyer.identifier.startswith(siren)
        return key in (None, invoice.buyer) and (not services or invoice.service in services)

    return meets


def objects(body: Body, key: str) -> list[Body]:
    """A list of objects, or one that stands alone; empty when absent. Raise Malformed."""
    value = body.get(key) or []
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Malformed(MALFORMED, f"TRA_MSG_00.003 - Le champ {key} doit etre une liste d'objets.")
    return value


def _numbers(body: Body, key: str) -> list[int]:
    value = body.get(key) or []
    if not isinstance(value, list):
        raise Malformed(MALFORMED, f"TRA_MSG_00.003 - Le champ {key} doit etre une liste.")
    return [number for item in value if (number := whole({key: item}, key)) is not None]


def _listed_texts(body: Body, key: str) -> list[str]:
    value = body.get(key) or []
    items = value if isinstance(value, list) else [value]
    return [text({key: item}, key) for item in items]


def _periods(body: Body) -> list[Filter]:
    filters: list[Filter] = []
    for name, of in _MOMENTS.items():
        since, until = _moment(body, f"{name}Du"), _moment(body, f"{name}Au")
        if since:
            filters.append(_not_before(of, since[0]))
        if until:
            filters.append(_before(of, until[1]))
    return filters


def _not_before(of: Callable[[Invoice], datetime | None], since: datetime) -> Filter:
    return lambda invoice: (moment := of(invoice)) is not None and moment >= since


def _before(of: Callable[[Invoice], datetime | None], until: datetime) -> Filter:
    return lambda invoice: (moment := of(invoice)) is not None and moment < until


def _moment(body: Body, key: str) -> tuple[datetime, datetime] | None:
    """When a day, or a minute, begins and ends in Paris. Raise Malformed."""
    written = text(body, key)
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
        moment = moment.replace(tzinfo=PARIS) if moment.tzinfo is None else moment
        return moment, moment + (_DAY if len(written) == len("AAAA-MM-JJ") else _MINUTE)
    except (ValueError, OverflowError):
        raise Malformed(MALFORMED, f"TRA_MSG_00.003 - Le champ {key} doit etre une date AAAA-MM-JJ.") from None


def _ranges(body: Body) -> list[Filter]:
    filters: list[Filter] = []
    for name, of in _AMOUNTS.items():
        least, most = amount(body, f"{name}Min"), amount(body, f"{name}Max")
        if least or most:  # the Go client sends 0 for what it does not ask
            filters.append(_between(of, least, most or None))
    return filters


def _between(of: Callable[[Invoice], Decimal | None], least: Decimal | None, most: Decimal | None) -> Filter:
    def meets(invoice: Invoice) -> bool:
        value = of(invoice)
        return value is not None and (least is None or least <= value) and (most is None or value <= most)

    return meets


def amount(body: Body, key: str) -> Decimal | None:
    """An amount, as a number or in digits; None when absent. Raise Malformed."""
    value = body.get(key)
    if value in (None, ""):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite() or abs(found.adjusted()) > 19:
        raise Malformed(MALFORMED, f"TRA_MSG_00.003 - Le champ {key} doit etre un nombre.")
    return found
