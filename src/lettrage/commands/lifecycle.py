"""Lifecycle messages as commands: what a platform says of an invoice, explained, without a dossier."""

from typing import Annotated, Any

import typer

from lettrage import terminal
from lettrage.adapters.rules import SheetRules
from lettrage.commands.shared import app, context, print_json, read_file
from lettrage.dates import PARIS
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.formats.cdar_read import read as read_message
from lettrage.invoicing.lifecycle.message import Message
from lettrage.invoicing.lifecycle.told import shape
from lettrage.limits import INVOICE_FILE
from lettrage.refusal import legible

lifecycle = typer.Typer(no_args_is_help=True, help="Statuses of approved platforms. / Statuts des plateformes agréées.")
app.add_typer(lifecycle, name="lifecycle")

_MANDATORY = ("obligatoire pour l'administration", "mandatory to the tax authority")
_ENDS = ("termine la facture", "ends the invoice")


@lifecycle.command()
def read(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A CDAR message; - for stdin")],
    check: Annotated[bool, typer.Option("--check", help="Judge it by the official rules as well")] = False,
) -> None:
    """What a platform says of an invoice: status, reasons, amounts, what to do. / Lire un message du cycle de vie.

    Exit 1 where something speaks against the invoice or the message; 2 where the file cannot be read.
    """
    data = read_file(file, INVOICE_FILE)
    found = read_message(data)
    if found.message is None:
        _tell(found.findings)
        raise typer.Exit(2)
    judged = (*found.findings, *(SheetRules().judge_lifecycle(data).findings if check else ()))
    told = shape(found.message)
    if context.json:
        print_json(told | {"findings": [finding.shape for finding in judged]})
    else:
        terminal.say(*map(legible, _lines(found.message, told)))
        _tell(judged)
    if judged or any(status["reasons"] for status in told["statuses"]):
        raise typer.Exit(1)


def _tell(findings: tuple[Finding, ...]) -> None:
    if findings:
        terminal.tell(*(line for finding in findings for line in terminal.finding(finding.shape, context.lang)))


def _lines(message: Message, told: dict[str, Any]) -> list[str]:
    """The message for reading: a line of its own, then each status."""
    made = f" · {message.issued_at.astimezone(PARIS):%Y-%m-%d %H:%M:%S}" if message.issued_at else ""
    parties = " → ".join([_party(told["issuer"]), ", ".join(map(_party, told["recipients"]))])
    return [f"{message.id}{made}", parties, *(line for status in told["statuses"] for line in _status(status))]


def _party(party: dict[str, Any]) -> str:
    named = " ".join(known["id"] for known in party["ids"])
    return " ".join(filter(None, (party["name"], named, f"({party['role']})" if party["role"] else "")))


def _status(status: dict[str, Any]) -> list[str]:
    """A status, with everything beside it."""
    lang = context.lang
    at = terminal.moment(status["at"]) if status["at"] else ""
    marks = [terminal.said(words, lang) for words, mark in ((_MANDATORY, "mandatory"), (_ENDS, "ends")) if status[mark]]
    head = " · ".join(filter(None, (status["number"], f"{status['code']} {status[lang]}", at, *marks)))
    lines = ["", head, *(f"  {_amount(one)}" for one in status["amounts"])]
    lines += [f"  {action['code']} {action[lang]}" for action in status["actions"]]
    for reason in status["reasons"]:
        lines += _reason(reason)
    if not status["reasons"]:
        lines += [f"  {note}" for note in status["notes"]]
        lines += terminal.prose(f"→ {status[f'next_{lang}']}") if status[f"next_{lang}"] else []
    return lines


def _amount(datum: dict[str, str]) -> str:
    rate = f"{datum['percent']} %" if datum["percent"] else ""
    paid = f"{datum['amount']} {datum['currency']}".strip()
    return "  ".join(
        filter(None, (datum["type"], datum["id"], datum["name"], paid, rate, datum["value"], datum["date"]))
    )


def _reason(reason: dict[str, str]) -> list[str]:
    """What is wrong, what was said of it, why, and what to do."""
    lang = context.lang
    head = " ".join(filter(None, (terminal.level(reason, lang), reason["code"], reason["term"])))
    said = f"« {reason['raw']} »" if reason["raw"] and reason["raw"] not in reason[lang] else ""
    texts = (reason[lang], said, reason[f"cause_{lang}"], f"→ {reason[f'fix_{lang}']}")
    return [head, *(line for text in texts if text for line in terminal.prose(text))]
