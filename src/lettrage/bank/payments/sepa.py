"""SEPA credit transfers (pain.001) and direct debits (pain.008), rendered by sepaxml, checked against their schema.

The library draws its identifications by chance and asks the clock: ours take their place, so that a file is the same
whenever it is rendered. What it leaves out (urgency, a bank known by its account alone) is put in its place too.
"""

from functools import cache
from importlib import resources
from typing import Any

from lxml import etree
from sepaxml import SepaDD, SepaTransfer

from lettrage.bank.payments.characters import sepa as in_sepa
from lettrage.bank.payments.file import EURO, Draft, Order
from lettrage.company.payee import is_bic
from lettrage.guard import xml_safe

_NAME = 70
_NOT_PROVIDED = "NOTPROVIDED"


def transfers(draft: Draft) -> bytes:
    """A credit transfer initiation."""
    built = SepaTransfer(_company(draft), schema=draft.version, clean=False)
    for order in draft.orders:
        built.add_payment(_common(order) | {"execution_date": draft.date})
    return _finished(built, draft)


def debits(draft: Draft) -> bytes:
    """A direct debit initiation: all of one scheme."""
    creditor = {"creditor_id": draft.bank.ics, "instrument": draft.orders[0].scheme}
    built = SepaDD(_company(draft) | creditor, schema=draft.version, clean=False)
    for order in draft.orders:
        mandate = order.payee.mandate
        assert mandate is not None, order.end_to_end
        said = {"type": order.sequence, "collection_date": draft.date}
        built.add_payment(_common(order) | said | {"mandate_id": mandate.id, "mandate_date": mandate.signed})
    return _finished(built, draft)


def _company(draft: Draft) -> dict[str, Any]:
    bank = draft.bank
    said = {
        "name": in_sepa(draft.company, _NAME) or _NOT_PROVIDED,
        "IBAN": "".join(bank.iban.split()).upper(),
        "batch": bank.batch_booking,
        "currency": EURO.code,
    }
    return said | _bic(bank.bic)


def _common(order: Order) -> dict[str, Any]:
    payee = order.payee
    said = {
        "name": in_sepa(payee.name, _NAME) or in_sepa(payee.code, _NAME) or _NOT_PROVIDED,
        "IBAN": payee.iban,
        "amount": order.amount,
        "description": order.about,
        "endtoend_id": order.end_to_end,
    }
    return said | _bic(payee.bic)


def _bic(text: str) -> dict[str, str]:
    """A BIC that is one: elsewhere the account alone says which bank it is."""
    found = "".join(text.split()).upper()
    return {"BIC": found} if is_bic(found) else {}


def _finished(built: SepaTransfer | SepaDD, draft: Draft) -> bytes:
    """The library's file with our identifications and moment, valid by its schema."""
    root = xml_safe.parse(built.export(validate=False))
    space = {"p": f"urn:iso:std:iso:20022:tech:xsd:{draft.version}"}
    _set(root, "p:*/p:GrpHdr/p:MsgId", space, draft.message)
    _set(root, "p:*/p:GrpHdr/p:CreDtTm", space, f"{draft.made_at:%Y-%m-%dT%H:%M:%S}")
    for number, block in enumerate(root.iterfind("p:*/p:PmtInf", space), 1):
        _set(block, "p:PmtInfId", space, f"{draft.message}-{number}")
        if draft.urgent:
            block.find("p:PmtTpInf", space).insert(0, _named(space["p"], "InstrPrty", "HIGH"))
    for agent in root.iterfind(".//p:FinInstnId", space):
        if len(agent) == 0:
            other = _named(space["p"], "Othr")
            other.append(_named(space["p"], "Id", _NOT_PROVIDED))
            agent.append(other)
    _schema(draft.version).assertValid(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _set(within: Any, path: str, space: dict[str, str], text: str) -> None:
    found = within.find(path, space)
    assert found is not None, path
    found.text = text


def _named(space: str, name: str, text: str = "") -> Any:
    element = etree.Element(f"{{{space}}}{name}")
    element.text = text or None
    return element


@cache
def _schema(version: str) -> etree.XMLSchema:
    """The official schema, as the library brings it."""
    text = resources.files("sepaxml").joinpath("schemas", f"{version}.xsd").read_bytes()
    return etree.XMLSchema(xml_safe.parse(text))
