"""Downloads of invoices (`telecharger/groupe`): readable as PDF, or all in one XML (the pivot)."""

import base64
import io
import zipfile
from collections.abc import Iterator
from datetime import date

from lxml import etree

from lettrage.simulator.calls import FACTURES_DONE, Body, Malformed, Refused, TooLarge, done
from lettrage.simulator.clock import instant_in_paris
from lettrage.simulator.directory import Account
from lettrage.simulator.fields import MALFORMED, key_of, text
from lettrage.simulator.lifecycle import Invoice
from lettrage.simulator.paging import NOTHING_FOUND, NOTHING_FOUND_MESSAGE
from lettrage.simulator.paper import Part, pdf
from lettrage.simulator.platform import Platform
from lettrage.simulator.reading import PDF, files
from lettrage.simulator.search import objects
from lettrage.simulator.settings import MEGABYTE
from lettrage.simulator.sheets import structures

MOST_IN_AN_ANSWER = 120 * MEGABYTE
_FORMATS = ("PDF", "PIVOT")


def telecharger_groupe(platform: Platform, account: Account, body: Body) -> Body:
    """One invoice as a PDF, several as a ZIP of folders, or all of them in one XML."""
    form = text(body, "format") or "PDF"
    if form not in _FORMATS:
        raise Malformed(MALFORMED, "GCU_MSG_01_003 - Le champ format n'est pas un format connu.")
    invoices = [_visible(platform, account, key_of(one, "idFacture")) for one in objects(body, "listeFacture")]
    if not invoices:
        raise Refused(NOTHING_FOUND, NOTHING_FOUND_MESSAGE)
    beside = text(body, "avecPiecesJointesComplementaires") == "OUI"
    result = _pivot(platform, invoices) if form == "PIVOT" else _readable(platform, invoices, beside)
    if len(result) > MOST_IN_AN_ANSWER:
        raise TooLarge
    platform.fetch([invoice.id for invoice in invoices if invoice.buyer in account.structures])
    return done(FACTURES_DONE, fichierResultat=base64.b64encode(result).decode())


def _visible(platform: Platform, account: Account, key: int) -> Invoice:
    invoice = platform.invoice(key)
    if invoice is None or not {invoice.supplier, invoice.buyer} & set(account.structures):
        raise Refused(NOTHING_FOUND, NOTHING_FOUND_MESSAGE)
    return invoice


def _readable(platform: Platform, invoices: list[Invoice], beside: bool) -> bytes:
    if len(invoices) == 1 and not beside:
        return _as_pdf(platform, invoices[0])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for invoice in invoices:
            folder = f"{invoice.id}_{invoice.claim.number.replace('/', '-')}"
            archive.writestr(f"{folder}/facture.pdf", _as_pdf(platform, invoice))
            for name, data in _apart(platform, invoice) if beside else ():
                archive.writestr(f"{folder}/{name.replace('/', '-')}", data)
    return packed.getvalue()


def _apart(platform: Platform, invoice: Invoice) -> Iterator[tuple[str, bytes]]:
    """The files sent apart from an invoice."""
    for key in invoice.attached:
        file = platform.attachments.get(key)
        if file is not None:
            yield f"{file.id}_{file.name}", file.data


def deposited_bytes(platform: Platform, invoice: Invoice) -> bytes | None:
    """The file of an invoice as it was deposited, out of its lot; None for one that came in no flow."""
    flow = platform.flow(invoice.flow)
    if flow is None:
        return None
    return next((data for name, data in files(flow.file_name, flow.data) if name == invoice.file), None)


def _as_pdf(platform: Platform, invoice: Invoice) -> bytes:
    """The PDF as deposited; a sheet of the platform's own for an invoice that is data alone."""
    deposited = deposited_bytes(platform, invoice)
    if deposited is not None and deposited.startswith(PDF):
        return deposited
    claim = invoice.claim
    supplier, buyer = structures(platform, invoice)
    facts = [
        ("Numéro", claim.number),
        ("Date", _day(claim.date)),
        ("Fournisseur", f"{supplier.name} ({supplier.identifier})"),
        ("Destinataire", f"{buyer.name} ({buyer.identifier})"),
        ("Service exécutant", claim.service),
        ("Engagement", claim.engagement),
        ("Marché", claim.market),
        ("Statut", invoice.status),
        ("Montant HT", f"{claim.net} {claim.currency}"),
        ("Montant TTC", f"{claim.gross} {claim.currency}"),
        ("Montant à payer", f"{claim.payable} {claim.currency}"),
    ]
    lines = [(line.number, line.name, f"{line.quantity} {line.unit}", f"{line.net}") for line in claim.lines]
    title = "Avoir" if claim.is_credit_note else "Facture"
    return pdf(title, facts, [Part("Lignes", ("Ligne", "Désignation", "Quantité", "Montant HT"), lines)])


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _pivot(platform: Platform, invoices: list[Invoice]) -> bytes:
    """All of the invoices in one XML, each with its file and the files sent apart embedded.

    The real pivot's schema is not published; its names here are ours.
    """
    root = etree.Element("CPPFactures")
    for invoice in invoices:
        claim, node = invoice.claim, etree.SubElement(root, "CPPFacture")
        told = {
            "IdentifiantFactureCPP": str(invoice.id),
            "NumeroFacture": claim.number,
            "DateFacture": _day(claim.date),
            "Statut": invoice.status,
            "DateHeureStatut": instant_in_paris(invoice.current.at),
            "Fournisseur": claim.supplier.value,
            "Destinataire": claim.buyer.value,
            "CodeService": claim.service,
            "NumeroEngagement": claim.engagement,
            "MontantTTC": str(claim.gross),
        }
        for name, value in told.items():
            etree.SubElement(node, name).text = value
        deposited = deposited_bytes(platform, invoice)
        embedded = [*([(invoice.file, deposited)] if deposited else ()), *_apart(platform, invoice)]
        for name, data in embedded:
            piece = etree.SubElement(node, "PieceJointe", nom=name)
            piece.text = base64.b64encode(data).decode()
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written
