"""A lifecycle message as commands give it: every status with its names, reasons, amounts and what follows. Pure."""

from datetime import datetime
from typing import Any

from lettrage.invoicing.finding import Finding
from lettrage.invoicing.lifecycle.message import Acknowledgement, Characteristic, Message, Party, Reference
from lettrage.invoicing.lifecycle.reasons import cause, explain_status
from lettrage.invoicing.lifecycle.statuses import actions, name, statuses


def shape(message: Message) -> dict[str, Any]:
    """The whole message; names in both languages, amounts and rates as text."""
    return {
        "id": message.id,
        "guideline": message.guideline,
        "process": message.process,
        "name": message.name,
        "issued_at": _moment(message.issued_at),
        "sender": _party(message.sender),
        "issuer": _party(message.issuer),
        "recipients": [_party(party) for party in message.recipients],
        "statuses": [_status(told, one) for told in message.acknowledgements for one in told.references],
    }


def _status(told: Acknowledgement, reference: Reference) -> dict[str, Any]:
    known = statuses().get(reference.code)
    return {
        "code": reference.code,
        "fr": name(reference.code, "fr"),
        "en": name(reference.code, "en"),
        "label": reference.label,
        "at": _moment(told.at),
        "phase": told.phase,
        "number": reference.number,
        "type": reference.type,
        "date": reference.date.isoformat() if reference.date else "",
        "received_at": _moment(reference.received_at),
        "mandatory": known is not None and known.mandatory,
        "ends": known is not None and known.ends,
        "next_fr": known.next_fr if known is not None else "",
        "next_en": known.next_en if known is not None else "",
        "reasons": [explained_shape(finding) for finding in explain_status(reference)],
        "actions": [_action(detail.action, detail.action_text) for detail in reference.details if detail.action],
        "amounts": [_datum(one) for detail in reference.details for one in detail.data],
        "notes": [note.text for detail in reference.details for note in detail.notes],
        "attachments": [one.filename for one in reference.attachments],
    }


def explained_shape(finding: Finding) -> dict[str, Any]:
    """A finding's shape, with what only explanations have."""
    cause_fr, cause_en = cause(finding.code)
    facts = {field: finding.facts.get(field, "") for field in ("reason", "field", "action")}
    return finding.shape | facts | {"cause_fr": cause_fr, "cause_en": cause_en}


def _action(code: str, text: str) -> dict[str, str]:
    known = actions().get(code)
    return {"code": code, "fr": known.fr if known else text or code, "en": known.en if known else text or code}


def _datum(one: Characteristic) -> dict[str, str]:
    return {
        "type": one.type,
        "amount": one.amount.text if one.amount is not None else "",
        "currency": one.amount.currency.code if one.amount is not None else "",
        "percent": one.percent.text if one.percent is not None else "",
        "id": one.id,
        "name": one.name,
        "location": one.location,
        "value": one.value,
        "date": one.date.isoformat() if one.date else "",
    }


def _party(party: Party) -> dict[str, Any]:
    return {
        "role": party.role,
        "name": party.name,
        "ids": [{"id": known.id, "scheme": known.scheme} for known in party.ids],
        "endpoint": party.endpoint.id if party.endpoint else "",
    }


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""
