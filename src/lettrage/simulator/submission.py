"""Invoices entered without a flow: a PDF that the platform reads (`deposer/pdf`), and what is then submitted."""

from contextlib import suppress
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from decimal import Decimal

import msgspec

from lettrage.simulator.calls import FACTURES_DONE, Body, Malformed, Refused, done
from lettrage.simulator.claims import Claim, Enclosed, Identity, Line, VatTotal, claim
from lettrage.simulator.clock import PARIS, day_in_paris
from lettrage.simulator.directory import Account, Structure
from lettrage.simulator.fields import MALFORMED, key_of, table, text, whole
from lettrage.simulator.platform import Platform
from lettrage.simulator.reading import PDF, Unreadable, document
from lettrage.simulator.rules import Facts, refusals
from lettrage.simulator.search import amount, objects
from lettrage.simulator.sheets import kind_of
from lettrage.simulator.transverses import REFERENCES, decoded
from lettrage.simulator.wording import joined, refusal

PDF_FORMATS = frozenset(("PDF_NON_SIGNE", "PDF_SIGNE_PADES", "PDF_SIGNE_XADES"))
MODES = frozenset(("SAISIE_API", "DEPOT_PDF_API", "DEPOT_PDF_SIGNE_API"))
KINDS = {"FACTURE": "380", "AVOIR": "381", "ACOMPTE": "386"}
MEANS = {"VIREMENT": "30", "CHEQUE": "20", "PRELEVEMENT": "49", "ESPECE": "10", "AUTRE": "01", "REPORT": "97"}
# The numbers of these refusals are the simulator's own; their texts follow what the portal says.
NOT_A_PDF = (20001, "GCU_MSG_01_010 - La facture n'a pas pu etre analysee.")
NO_SUCH_FILE = (20002, "GDP_MSG_11.010 - La piece jointe n'existe pas.")
NO_LINE = (20003, "GDP_MSG_11.011 - Au moins une ligne de poste est obligatoire.")
NOT_CONSISTENT = 20004
TAKEN_MEANWHILE = (20005, "GDP_MSG_11.020 - Le numero de facture existe deja.")


def deposer_pdf(platform: Platform, _account: Account, body: Body) -> Body:
    """Keep a PDF, and say what can be read of it: all where it carries an invoice as data, nothing where not."""
    name = text(body, "nomFichier", required=True)
    if text(body, "formatDepot", required=True) not in PDF_FORMATS:
        raise Malformed(MALFORMED, "GCU_MSG_01_003 - Le champ formatDepot n'est pas un format connu.")
    data = decoded(text(body, "fichierFacture", required=True), "fichierFacture")
    if len(data) > platform.settings.most_in_a_deposit or not data.startswith(PDF):
        raise Refused(*NOT_A_PDF)
    kept = platform.attachments.add(name, "PDF", "application/pdf", data)
    read = Claim(family="cii")
    with suppress(Unreadable):
        read = claim(document(name, data, facturx=True).root, "cii")
    return done(
        FACTURES_DONE,
        pieceJointeId=kept.id,
        numeroFacture=read.number or None,
        dateFacture=read.date.isoformat() if read.date else None,
        codeDestinataire=read.buyer.value or None,
        codeServiceExecutant=read.service or None,
        codeFournisseur=read.supplier.value or None,
        codeDeviseFacture=read.currency or None,
        typeFacture=kind_of(read) if read.kind else None,
        typeTva=read.vat_regime or None,
        numeroBonCommande=read.engagement or None,
        montantTtcAvantRemiseGlobalTTC=read.gross,
        montantAPayer=read.payable,
        montantHtTotal=read.net,
        montantTVA=read.vat,
    )


def soumettre(platform: Platform, account: Account, body: Body) -> Body:
    """Submit an invoice field by field. It is judged at once."""
    mode = text(body, "modeDepot", required=True)
    if mode not in MODES:
        raise Malformed(MALFORMED, "GCU_MSG_01_003 - Le champ modeDepot n'est pas un mode connu.")
    if mode == "SAISIE_API" and not objects(body, "lignePoste"):
        raise Refused(*NO_LINE)
    files = _files(platform, body)
    supplier = platform.directory.by_id(key_of(table(body, "fournisseur"), "idFournisseur"))
    own = supplier if supplier is not None and supplier.id in account.structures else None
    submitted = _claim(platform, own, body)
    _refuse(platform, submitted, files)
    invoice = platform.submit(submitted, mode, text(body, "commentaire"), files)
    if invoice is None:
        raise Refused(*TAKEN_MEANWHILE)
    return done(
        FACTURES_DONE,
        identifiantFactureCPP=invoice.id,
        numeroFacture=submitted.number,
        statutFacture=invoice.status,
        dateDepot=day_in_paris(invoice.deposited),
        identifiantStructure=submitted.supplier.value,
        empreinteCertificatDepot=None,
    )


def _refuse(platform: Platform, submitted: Claim, files: tuple[int, ...]) -> None:
    """Raise Refused where the rules have something against it; addresses and accounts are the portal's own."""
    taken = {(invoice.claim.supplier, invoice.claim.number) for invoice in platform.invoices()}
    settings = msgspec.structs.replace(
        platform.settings, country_required=False, cii_country_required=False, account_required=False
    )
    named = [platform.attachments.get(key) for key in files]
    judged = msgspec.structs.replace(
        submitted, enclosed=tuple(Enclosed(file.name, len(file.data), file.mime) for file in named if file is not None)
    )
    codes = refusals(judged, Facts(platform.directory, settings, lambda *key: key in taken))
    if codes:
        raise Refused(NOT_CONSISTENT, "GDP_MSG_11.021 - " + joined([refusal(code, "json") for code in codes]))


def _files(platform: Platform, body: Body) -> tuple[int, ...]:
    """The files that a submission names, the readable invoice first. Raise Refused."""
    keys = [
        *(key_of(file, "pieceJointePrincipaleId") for file in objects(body, "pieceJointePrincipale")),
        *(key_of(file, "pieceJointeComplementaireId") for file in objects(body, "pieceJointeComplementaire")),
    ]
    if any(platform.attachments.get(key) is None for key in keys):
        raise Refused(*NO_SUCH_FILE)
    return tuple(keys)


def _claim(platform: Platform, supplier: Structure | None, body: Body) -> Claim:
    recipient, reference, total = (table(body, key) for key in ("destinataire", "references", "montantTotal"))
    today = platform.clock.now().astimezone(PARIS).date()
    net, gross = amount(total, "montantHtTotal"), amount(total, "montantTtcTotal")
    buyer = platform.directory.structure(text(recipient, "codeDestinataire"))
    means = text(reference, "modePaiement")
    return Claim(
        family="json",
        number=text(body, "numeroFactureSaisi") or _assigned(platform, today),
        kind=KINDS.get(text(reference, "typeFacture") or "FACTURE", ""),
        date=_day(text(body, "dateFacture")) or today,
        frame=text(table(body, "cadreDeFacturation"), "codeCadreFacturation").partition("_")[0],
        currency=text(reference, "deviseFacture") or "EUR",
        supplier=Identity(supplier.identifier, supplier.identifier_type) if supplier else Identity(),
        supplier_name=supplier.name if supplier else "",
        buyer=Identity(text(recipient, "codeDestinataire")),
        buyer_name=buyer.name if buyer else "",
        service=text(recipient, "codeServiceExecutant"),
        engagement=text(reference, "numeroBonCommande"),
        market=text(reference, "numeroMarche"),
        means=(MEANS.get(means, means),) if means else (),
        accounts=_account(supplier, table(body, "fournisseur")),
        vat_regime=text(reference, "typeTva"),
        exemption=text(reference, "motifExonerationTva"),
        origins=tuple(filter(None, [text(reference, "numeroFactureOrigine")])),
        line_total=net,
        net=net,
        vat=amount(total, "montantTVA"),
        gross=gross,
        payable=amount(total, "montantAPayer"),
        prepaid=amount(total, "montantRemiseGlobaleTTC"),  # both lower what is due
        vat_totals=tuple(_vat_total(line) for line in objects(body, "ligneTva")),
        lines=tuple(_line(line) for line in objects(body, "lignePoste")),
    )


def _assigned(platform: Platform, today: Day) -> str:
    """The number that the platform gives where none was typed: the year and 16 digits."""
    return f"{today.year}{len(platform.invoices()) + 1:016}"


def _day(written: str) -> Day | None:
    try:
        return Day.fromisoformat(written[:10]) if written else None
    except ValueError:
        raise Malformed(MALFORMED, "TRA_MSG_00.003 - Le champ dateFacture doit etre une date AAAA-MM-JJ.") from None


def _account(supplier: Structure | None, wanted: Body) -> tuple[str, ...]:
    key = whole(wanted, "codeCoordonneesBancairesFournisseur")
    accounts = supplier.bank_accounts if supplier else ()
    return tuple(account.iban for account in accounts if account.id == key)


def _line(line: Body) -> Line:
    quantity, price = amount(line, "lignePosteQuantite"), amount(line, "lignePosteMontantUnitaireHT")
    discount = amount(line, "lignePosteMontantRemiseHT") or Decimal(0)
    rate = _rate(line, "lignePosteTauxTva")
    return Line(
        number=text(line, "lignePosteNumero"),
        name=text(line, "lignePosteDenomination"),
        quantity=quantity,
        unit=text(line, "lignePosteUnite"),
        price=price,
        net=None if quantity is None or price is None else quantity * price - discount,
        vat_type="" if rate is None else "TVA",
        vat_category="" if rate is None else "S",
        vat_rate=rate,
    )


def _vat_total(line: Body) -> VatTotal:
    return VatTotal(
        _rate(line, "ligneTvaTaux"),
        amount(line, "ligneTvaMontantBaseHtParTaux"),
        amount(line, "ligneTvaMontantTvaParTaux"),
    )


def _rate(line: Body, key: str) -> Decimal | None:
    """A rate of the reference list by its code, or the rate typed beside it."""
    known: dict[str, list[str]] = REFERENCES["vat_rates"]
    code = text(line, key) if isinstance(line.get(key), str) else ""
    return Decimal(known[code][0]) if code in known else amount(line, f"{key}Manuel")
