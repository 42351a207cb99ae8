"""What the connection test asks: a harmless call to each API, and what each was answered."""

import time
from collections.abc import Callable, Sequence
from datetime import date

from lettrage.adapters.calling.answers import Answer, Garbled
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ENGAGEMENTS, FIND, NO_RESULT, STRUCTURES, ChorusPortal
from lettrage.invoicing.connecting.diagnose import Call, Evidence, Met, met_by
from lettrage.invoicing.portal import Trouble

OWN_STRUCTURES = "transverses/v1/recuperer/structures/actives/fournisseur"
_FEW = {"nbResultatsParPage": 1, "pageResultatDemandee": 1}


def gather(piste: Piste, sirets: Sequence[str]) -> Evidence:
    """What PISTE and each API answer; `sirets` are those of the establishments. Nothing is written anywhere."""
    calls: dict[Call, Met] = {}
    took: dict[Call, int] = {}

    def ask(call: Call, asked: Callable[[], object]) -> None:
        begun = time.monotonic()
        calls[call] = _met(asked)
        took[call] = round((time.monotonic() - begun) * 1000)

    ask("token", piste.reach)
    if calls["token"].kind:
        return Evidence(calls, took=took)
    own: list[tuple[str, ...]] = []  # none where it was not told
    ask("transverses", lambda: own.append(_own_structures(piste)))
    ask("factures", lambda: piste.call(FIND, {"rechercheFactureParFournisseur": _FEW}))
    siret = next((siret for siret in sirets if siret), "")
    wanted = {"identifiantStructure": siret, "typeIdentifiantStructure": "SIRET"}
    ask("structures", lambda: piste.call(STRUCTURES, {"structure": wanted, "parametres": _FEW}))
    ask("engagements", lambda: piste.call(ENGAGEMENTS, {"numeroEngagementJuridique": "0"}))
    refused = any(met.status in (401, 403) for met in calls.values())
    return Evidence(
        calls,
        anonymous=_met(lambda: piste.nameless(OWN_STRUCTURES)) if refused else None,
        structures=own[0] if own else None,
        expires=_expires(piste, siret) if siret and calls["structures"].answered and own else None,
        took=took,
    )


def _met(call: Callable[[], object]) -> Met:
    try:
        call()
    except Trouble as trouble:
        return met_by(trouble)
    return Met()


def _own_structures(piste: Piste) -> tuple[str, ...]:
    """The identifiers of the structures that the account sees. Raises Trouble."""
    try:
        answer = piste.call(OWN_STRUCTURES, {})
    except Trouble as trouble:
        if trouble.kind != "refused" or trouble.code not in NO_RESULT:
            raise
        return ()
    return _identifiers(answer)


def _identifiers(answer: Answer) -> tuple[str, ...]:
    try:
        rows = answer.rows("listeStructures")
        return tuple(row.text("identifiant") or row.text("identifiantStructure") for row in rows)
    except Garbled as garbled:
        where = str(garbled)
    raise Trouble("garbled", step=OWN_STRUCTURES, status=200, code=where)


def _expires(piste: Piste, siret: str) -> date | None:
    """When the technical password ends, where Chorus Pro says it."""
    try:
        found = ChorusPortal(piste).structure(siret)
    except Trouble:
        return None
    return found.password_expires if found is not None else None
