"""The port `Portal` over Chorus Pro's services: what each is asked, and what its answer says."""

import base64
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import PurePath
from typing import TypeVar

import msgspec

from lettrage.adapters.calling.answers import Answer, Garbled
from lettrage.adapters.chorus.paging import EMPTY, Page, every, page_of
from lettrage.adapters.chorus.piste import Piste
from lettrage.dates import PARIS
from lettrage.invoicing.portal import (
    Deposited,
    DocumentError,
    FlowReport,
    Found,
    Recycled,
    Service,
    StatusEvent,
    Structure,
    TechnicalError,
    Trouble,
)
from lettrage.limits import CHORUS_PAGE

T = TypeVar("T")
NO_RESULT = ("TRA_MSG_00.015", "GFT_MSG_01.075")  # how a search says that it found nothing
_NO_FLOW = "POQ_MSG_01.003"
_NUMBER_CHARACTERS = 100  # of a flow: it has 25

DEPOSIT = "factures/v1/deposer/flux"
REPORT = "transverses/v1/consulterCRDetaille"
FIND = "factures/v1/rechercher/fournisseur"
HISTORY = "factures/v1/consulter/historique"
ATTACH = "transverses/v1/ajouter/fichier"
COMPLETE = "factures/v1/completer"
RECYCLE = "factures/v1/recycler"
STRUCTURES = "structures/v1/rechercher"
STRUCTURE = "structures/v1/consulter"
SERVICES = "structures/v1/rechercher/services"
SERVICE = "structures/v1/consulter/service"
ENGAGEMENTS = "engagementsJuridiques/v1/rechercher"


class ChorusPortal:
    """One platform of Chorus Pro under one dossier's credentials. Satisfies the port `Portal`."""

    def __init__(self, piste: Piste) -> None:
        self._piste = piste
        self._ids: dict[str, str] = {}  # of our own structures, by SIRET

    # ------------------------------------------------------------ sending

    def deposit(self, content: bytes, name: str, syntax: str) -> Deposited:
        """Deposit a flow. Not idempotent: of Trouble `unknown` nobody knows whether it was taken."""
        asked = {
            "fichierFlux": base64.b64encode(content).decode(),
            "nomFichier": name,
            "syntaxeFlux": syntax,
            "avecSignature": False,
        }
        return self._written(DEPOSIT, asked, _deposited)

    def complete(self, invoice: str, comment: str, attachments: Sequence[tuple[str, bytes]] = ()) -> None:
        """Complete a suspended invoice with a comment and files (name, content)."""
        # A file that was added and then not used does no harm: adding one is no write to be in doubt about.
        added = [
            {"pieceJointeComplementaireId": self._attached(name, content), "pieceJointeComplementaireDesignation": name}
            for name, content in attachments
        ]
        asked = {"identifiantFactureCPP": _number(invoice), "commentaire": comment}
        self._piste.call(COMPLETE, asked | ({"pieceJointeComplementaire": added} if added else {}), write=True)

    def _attached(self, name: str, content: bytes) -> int | str:
        kind, _ = mimetypes.guess_type(name)
        asked = {
            "pieceJointeFichier": base64.b64encode(content).decode(),
            "pieceJointeNom": name,
            "pieceJointeTypeMime": kind or "application/octet-stream",
            "pieceJointeExtension": PurePath(name).suffix.removeprefix(".").upper(),
        }
        return _number(self._read(ATTACH, asked, lambda answer: answer.needed("pieceJointeId")))

    def recycle(self, invoice: str, to: Recycled) -> None:
        """Send an invoice that is to be recycled to another structure, service or commitment."""
        recipient = {"codeDestinataire": to.recipient, "codeServiceExecutant": to.service}
        reference = {"numeroBonCommande": to.engagement, "numeroMarche": to.contract}
        asked = {
            "identifiantFactureCPP": _number(invoice),
            "destinataire": _without_blanks(recipient),
            "reference": _without_blanks(reference),
            "commentaire": to.comment,
        }
        self._piste.call(RECYCLE, _without_blanks(asked), write=True)

    # ------------------------------------------------------------ following

    def flow(self, number: str) -> FlowReport:
        """What has become of a flow."""
        try:
            return self._read(REPORT, {"numeroFluxDepot": number}, _report)
        except Trouble as trouble:
            if trouble.code != _NO_FLOW:
                raise
        return FlowReport("", known=False)

    def find(self, *, number: str = "", flow: str = "", changed_since: datetime | None = None) -> Sequence[Found]:
        """The supplier's invoices that meet all criteria, every page of them. Only integrated ones are found."""
        asked: dict[str, object] = _without_blanks({"numeroFacture": number, "numeroFluxDepot": flow})
        if changed_since is not None:
            asked["periodeDateHeureEtatCourantDu"] = changed_since.astimezone(PARIS).date().isoformat()

        def page(at: int) -> Page:
            paging = {"nbResultatsParPage": CHORUS_PAGE, "pageResultatDemandee": at}
            return self._page(FIND, asked | {"rechercheFactureParFournisseur": paging}, "listeFactures")

        found = self._all(FIND, page, "identifiantFactureCPP", _found)
        # A criterion that the service left aside must not make another invoice pass for this one.
        return [one for one in found if _alike(one.number, number) and _alike(one.flow, flow)]

    def history(self, invoice: str) -> Sequence[StatusEvent]:
        """Every change of an invoice's status, every page of them; `invoice` is its identifiantFactureCPP."""

        def page(at: int) -> Page:
            paging = {"nbResultatsParPageListeHistoStatut": CHORUS_PAGE, "pageResultatDemandeeListeHistoStatut": at}
            asked = {"idFacture": _number(invoice), "paramRechercheHistoStatuts": paging}
            return self._read(HISTORY, asked, _history_page)

        return self._all(HISTORY, page, "histoStatutId", _event)

    # ------------------------------------------------------------ the directory

    def structure(self, identifier: str, kind: str = "SIRET") -> Structure | None:
        """A structure with its obligations and all its services; None where the directory has none of this number."""
        named = self._named(identifier, kind)
        if named is None:
            return None
        found = self._read(STRUCTURE, {"idStructureCPP": _number(named.id), "codeLangue": "fr"}, _demands(named))
        return msgspec.structs.replace(found, services=tuple(self._services(found.id)))

    def _named(self, identifier: str, kind: str) -> Structure | None:
        """What the search says of a structure of this very identifier, an active one before others."""
        wanted = {"identifiantStructure": identifier, "typeIdentifiantStructure": kind}

        def page(at: int) -> Page:
            paging = {"nbResultatsParPage": CHORUS_PAGE, "pageResultatDemandee": at}
            return self._page(STRUCTURES, {"structure": wanted, "parametres": paging}, "listeStructures")

        found = self._all(STRUCTURES, page, "idStructureCPP", _structure)
        those = [one for one in found if one.identifier == identifier]
        return min(those, key=lambda one: not one.active, default=None)

    def _services(self, structure: str) -> list[Service]:
        def page(at: int) -> Page:
            paging = {"nbResultatsParPage": CHORUS_PAGE, "pageResultatDemandee": at}
            asked = {"idStructure": _number(structure), "parametresRechercherServicesStructure": paging}
            return self._page(SERVICES, asked, "listeServices")

        return self._all(SERVICES, page, "idService", _service)

    def service(self, structure: Structure, code: str) -> Service | None:
        """One service of a structure with what it demands of its own; None where the structure has none of it."""
        known = next((one for one in structure.services if one.code == code), None)
        if known is None or not known.id:
            return known
        asked = {"idStructure": _number(structure.id), "idService": _number(known.id)}
        demanded = self._read(SERVICE, asked, lambda answer: answer.inner("parametres").flag("numeroEngagement"))
        return msgspec.structs.replace(known, engagement_required=demanded)

    def engagement_exists(self, supplier: str, engagement: str) -> bool | None:
        """Whether the State knows this commitment number of the supplier (its SIRET), open for orders."""
        try:
            own = self._own_id(supplier)
            if not own:
                return None
            return self._engagement(own, engagement)
        except Trouble as trouble:
            if trouble.kind == "settings" and trouble.status == 403:
                return None
            raise

    def _own_id(self, siret: str) -> str:
        if siret not in self._ids:
            named = self._named(siret, "SIRET")
            if named is None:
                return ""
            self._ids[siret] = named.id
        return self._ids[siret]

    def _engagement(self, own: str, engagement: str) -> bool:
        asked = {
            "structureReceptriceEngagementJuridique": own,
            "numeroEngagementJuridique": engagement,
            "etatCourantEngagementJuridique": "COMMANDE",
        }
        page = self._page(ENGAGEMENTS, asked, "listeEngagementJuridique")
        numbers = _reading(ENGAGEMENTS, lambda: [row.text("numeroEngagementJuridique") for row in page.rows])
        return any(number in ("", engagement) for number in numbers)

    # ------------------------------------------------------------ reading strictly

    def _read(self, path: str, asked: Mapping[str, object], reading: Callable[[Answer], T]) -> T:
        """What an answer says. Raises Trouble `garbled` where it is not the service's."""
        answer = self._piste.call(path, asked)
        return _reading(path, lambda: reading(answer))

    def _written(self, path: str, asked: Mapping[str, object], reading: Callable[[Answer], T]) -> T:
        """What an answer to a write says. An answer that cannot be read leaves a doubt."""
        answer = self._piste.call(path, asked, write=True)
        return _reading(path, lambda: reading(answer), write=True)

    def _page(self, path: str, asked: Mapping[str, object], rows: str) -> Page:
        try:
            return self._read(path, asked, lambda answer: page_of(answer, answer.rows(rows)))
        except Trouble as trouble:
            if trouble.kind != "refused" or trouble.code not in NO_RESULT:
                raise
        return EMPTY

    def _all(self, path: str, page: Callable[[int], Page], key: str, reading: Callable[[Answer], T]) -> list[T]:
        """Every line of a list, read. Lines are told apart by `key`, or where they have none by all that they say."""
        return _reading(
            path, lambda: [reading(row) for row in every(page, lambda row: row.text(key) or repr(reading(row)))]
        )


def _reading(path: str, read: Callable[[], T], *, write: bool = False) -> T:
    try:
        return read()
    except Garbled as garbled:
        where = str(garbled)
    raise Trouble("unknown" if write else "garbled", step=path, status=200, code=where)


def _number(text: str) -> int | str:
    """An id as the service wants it: a number where it is one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else text


def _without_blanks(asked: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in asked.items() if value not in ("", {})}


def _alike(found: str, wanted: str) -> bool:
    return not wanted or found.strip().casefold() == wanted.strip().casefold()


# ---------------------------------------------------------------- what answers say


def _deposited(answer: Answer) -> Deposited:
    number = answer.needed("numeroFluxDepot")
    if len(number) > _NUMBER_CHARACTERS:
        raise Garbled("numeroFluxDepot")
    return Deposited(number, answer.day("dateDepot"))


def _report(answer: Answer) -> FlowReport:
    return FlowReport(
        answer.needed("etatCourantDepotFlux"),
        answer.moment("dateHeureEtatCourantFlux"),
        tuple(
            DocumentError(
                row.text("numeroDP"),
                row.text("libelleErreurDP"),
                row.text("identifiantFournisseur"),
                row.text("identifiantDestinataire"),
            )
            for row in answer.rows("listeErreurDP")
        ),
        tuple(
            TechnicalError(row.text("codeErreur"), row.text("libelleErreur"), row.text("natureErreur"))
            for row in answer.rows("listeErreurTechnique")
        ),
    )


def _found(row: Answer) -> Found:
    return Found(
        id=row.needed("identifiantFactureCPP"),
        number=row.needed("numeroFacture"),
        status=row.needed("statut"),
        at=row.moment("dateHeureEtatCourant"),
        comment=row.text("commentaireEtatCourant"),
        date=row.day("dateFacture"),
        flow=row.text("numeroFluxDepot"),
        recipient=row.text("codeDestinataire"),
        service=row.text("codeServiceExecutant"),
        amount=row.amount("montantTTC"),
        currency=row.text("devise"),
        type=row.text("typeFacture"),
        supplier=row.text("codeFournisseur"),
    )


def _history_page(answer: Answer) -> Page:
    statuses = answer.inner("historiquesDesStatuts")
    return page_of(answer, statuses.rows("histoStatut"), statuses.inner("parametresRetour"), statuses)


def _event(row: Answer) -> StatusEvent:
    return StatusEvent(
        row.needed("histoStatutCode"),
        row.moment("histoStatutDatePassage"),
        row.text("histoStatutId"),
        row.text("histoStatutCommentaire"),
    )


def _structure(row: Answer) -> Structure:
    return Structure(
        id=row.needed("idStructureCPP"),
        identifier=row.needed("identifiantStructure"),
        name=row.text("designationStructure"),
        active=row.text("statut") in ("", "ACTIVE", "ACTIF"),
    )


def _demands(named: Structure) -> Callable[[Answer], Structure]:
    def read(answer: Answer) -> Structure:
        about, demanded = answer.inner("informationGenerales"), answer.inner("parametres")
        return msgspec.structs.replace(
            named,
            name=named.name or about.text("raisonSocialeStructure"),
            service_required=demanded.flag("codeServiceDoitEtreRenseigne"),
            engagement_required=demanded.flag("numeroEJDoitEtreRenseigne"),
            service_or_engagement=demanded.flag("gestionNumeroEJOuCodeService"),
            payment_not_reported=demanded.flag("statutMiseEnPaiementNestPasRemonte"),
            password_expires=_paris_day(about),
        )

    return read


def _paris_day(about: Answer) -> date | None:
    """The day on which the technical password ends, whatever form the service writes it in."""
    moment = about.moment("dateExpirationMotPasseCompteTech")
    return moment.astimezone(PARIS).date() if moment else None


def _service(row: Answer) -> Service:
    return Service(
        code=row.needed("codeService"),
        name=row.text("libelleService"),
        active=row.flag("estActif", default=True),
        id=row.text("idService"),
    )
