"""Commands that send invoices by their doors and follow them: send, follow, release; the worker and its queues."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
import typer

from lettrage import terminal
from lettrage.acts.sending import ReleaseInvoice, SendInvoices
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.logs import configure, log
from lettrage.adapters.store.books import SqlBooks, SqlStore
from lettrage.commands.chorus import chorus
from lettrage.commands.invoices import Number, OnPlatform, ThirdParty, invoice, named, on_platform
from lettrage.commands.platform import platform_app
from lettrage.commands.rendering import rendered
from lettrage.commands.shared import CallerName, context, only, plain, print_json, user
from lettrage.commands.working import Loop, Ways, at_hand
from lettrage.invoicing.checks.checking import Way
from lettrage.invoicing.document import Platform, Syntax
from lettrage.invoicing.doors import DOORS, Door, name_of, siblings
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.routing.route import OUT_OF_REACH
from lettrage.invoicing.sending.addressed import routes
from lettrage.invoicing.sending.parcels import SYNTAXES, ready
from lettrage.invoicing.sending.shelf import NOT_SENT, Shelved
from lettrage.refusal import Refusal, Stop, legible, quoted
from lettrage.settlement.answer import reason_shape

# States that somebody should look at.
_TROUBLED = frozenset((NOT_SENT, "refused", "rejected", "in_doubt", "numbering_error", "REJETEE", "210", "213"))
Numbers = Annotated[list[str] | None, typer.Argument(metavar="[NUMBER...]", help="Numbers of invoices")]
Reopen = Annotated[bool, typer.Option("--reopen", help="What was wrong is mended: go on")]
_NOBODY_SENDS = (
    "Ce qui est en attente de dépôt part avec le service : lettrage serve, ou lettrage chorus work --once.",
    "What waits to be deposited leaves with the service: lettrage serve, or lettrage chorus work --once.",
)


# ---------------------------------------------------------------- send


@invoice.command()
def send(
    numbers: Numbers = None,
    everything: Annotated[bool, typer.Option("--all", help="Every invoice never sent on this platform")] = False,
    force: Annotated[bool, typer.Option("--force", help="Whatever our checks find; never twice all the same")] = False,
    lot: Annotated[bool, typer.Option("--lot", help="Together, as archives")] = False,
    syntax: Annotated[str, typer.Option(help="ubl, cii or facturx; default: as the settings say")] = "",
    door: Annotated[str, typer.Option(help="chorus or approved; default: the customer's route")] = "",
    platform: OnPlatform = "",
    third_party: ThirdParty = "",
    caller: CallerName = "",
) -> None:
    """Check invoices, then send them by their doors. / Contrôler des factures, puis les envoyer."""
    form, asked = _syntax(syntax), _door(door)
    store = context.store()
    dossier = context.dossier or only(store)
    with store.books(dossier, writing=False) as books:
        where = msgspec.convert(on_platform(platform, books), Platform)
        wanted = books.documents_never_sent(where) if everything else _named(numbers)
        documents = [named(books, number, third_party)[0] for number in wanted]
        if everything:
            documents = _reached(books, documents, where, asked)
    stopped = {} if force else _stopped(store, dossier, documents, Way(where, asked, form))
    with store.books(dossier, writing=False) as books:
        going = [document for document in documents if document.id not in stopped]
        made = ready(books, going, where, rendered, form, asked)
    by, results = plain(caller, "--caller") or user(), []
    for name, parcels in made.parcels.items():
        act = SendInvoices(tuple(parcels), name, by, lots=lot, forced=force)
        results.append(context.result(context.performed(act, None, caller)))
    flows = [("send", str(flow)) for done in results for flow in done["flows"]]
    with terminal.progress(len(flows)) as step:
        at_hand(store).work(dossier, flows, step)
    found = {d.number: stopped[d.id] for d in documents if d.id in stopped}
    reasons = {one["number"]: one["reasons"] for done in results for one in done["refused"]}
    reasons |= {d.number: [reason_shape(made.refused[d.id])] for d in documents if d.id in made.refused}
    shown = _shown([d.number for d in documents], where, third_party)
    _tell([line | _against(reasons.get(line["number"], ()), found.get(line["number"], ())) for line in shown], where)


def _reached(books: SqlBooks, documents: Sequence[Shelved], environment: Platform, door: Door | None) -> list[Shelved]:
    """The documents whose customers a platform can reach at all: the others never leave by one."""
    found = routes(books, documents, environment, door)
    return [document for document in documents if found[document.id].rule not in OUT_OF_REACH]


def _door(given: str) -> Door | None:
    if given and given not in DOORS:
        raise Stop(Refusal("malformed_option", "--door", quoted(given), ", ".join(DOORS)))
    return next((door for door in DOORS if door == given), None)


def _syntax(given: str) -> Syntax | None:
    if given and given not in SYNTAXES:
        raise Stop(Refusal("malformed_option", "--syntax", quoted(given), ", ".join(SYNTAXES)))
    return msgspec.convert(given, Syntax) if given else None


def _named(numbers: Sequence[str] | None) -> list[str]:
    """The numbers as given, each once. Raises Stop where there is none."""
    found = list(dict.fromkeys(plain(number, "NUMBER") for number in numbers or ()))
    if not found:
        raise Stop(Refusal("one_of_these", "NUMBER", "", "NUMBER..., --all"))
    return found


def _stopped(store: SqlStore, dossier: str, documents: Sequence[Shelved], way: Way) -> dict[int, list[Finding]]:
    """The documents that our checks stop, with what speaks against them."""
    from lettrage.commands.checking import checked_kept  # noqa: PLC0415  (the official rules are slow to load)

    checked = checked_kept(store, dossier, documents, way)
    return {d.id: list(c.findings) for d, c in zip(documents, checked, strict=True) if c.blocks}


def _against(reasons: Sequence[dict[str, str]] = (), findings: Sequence[Finding] = ()) -> dict[str, Any]:
    """Why an invoice was not sent now, as a part of its line."""
    return {"reasons": list(reasons), "findings": [finding.shape for finding in findings]}


def _shown(numbers: Sequence[str], platform: str, third_party: str) -> list[dict[str, Any]]:
    """A line of the answer for each invoice: where it stands by now, sent today or long ago, by whatever door."""
    with context.books() as books:
        found = []
        for number in numbers:
            documents = named(books, number, third_party)
            found.append(books.document_shown(documents, books.platform_of(documents, platform)))
    return [
        {
            "number": number,
            "state": shown["state"],
            "platform": shown["platform"],
            "flow": shown["flow"],
            "sha256": _digest(shown["deposits"]),
        }
        | _against()
        for number, shown in zip(numbers, found, strict=True)
    ]


def _digest(deposits: Sequence[dict[str, Any]]) -> str | None:
    return deposits[-1]["sha256"] if deposits else None


def _tell(lines: list[dict[str, Any]], platform: str) -> None:
    """Every line, why for those that were not sent, and what stands in the way; exit 1 when there is anything."""
    if context.json:
        print_json(lines)
    else:
        terminal.show(lines, "sent", context.lang)
        for line in lines:
            for reason in line["reasons"]:
                terminal.tell(terminal.sentence(reason, context.lang))
            if line["findings"]:
                told = [text for shape in line["findings"] for text in terminal.finding(shape, context.lang)]
                terminal.tell(f"{legible(line['number'])}{terminal.colon(context.lang)}".rstrip(), *told)
    used = {platform} | {line["platform"] for line in lines}
    with context.books() as books:
        ways = [books.queue_shown(name) for name in siblings(platform) if name in used]
    for way in ways:
        if way["reason"] is not None:
            terminal.tell(*terminal.hindrance(way, context.lang))
    if any(line["state"] == "intended" for line in lines) and all(way["reason"] is None for way in ways):
        terminal.tell(terminal.said(_NOBODY_SENDS, context.lang))
    if any(way["state"] == "stopped" for way in ways) or any(
        line["reasons"] or line["findings"] or line["state"] in _TROUBLED for line in lines
    ):
        raise typer.Exit(1)


# ---------------------------------------------------------------- follow, release


@invoice.command()
def follow(
    numbers: Numbers = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is still followed")] = False,
    platform: OnPlatform = "",
    third_party: ThirdParty = "",
) -> None:
    """Ask the platforms now how invoices stand. / Demander aux plateformes où en sont des factures."""
    store = context.store()
    dossier = context.dossier or only(store)
    with context.books() as books:
        where = on_platform(platform, books)
        followed = dict.fromkeys(number for name in siblings(where) for number in books.numbers_followed(name))
        wanted = list(followed) if everything else _named(numbers)
        documents = [document.id for number in wanted for document in named(books, number, third_party)[:1]]
    now = SystemClock().now()
    for _ in range(2):  # a flow that has ended brings its invoices' own histories
        jobs = store.write(
            dossier, lambda books: [job for name in siblings(where) for job in books.follow_now(documents, name, now)]
        )
        with terminal.progress(len(jobs)) as step:
            at_hand(store).work(dossier, [(job.kind, job.subject) for job in jobs], step)
    _tell(_shown(wanted, where, third_party), where)


@invoice.command()
def release(
    number: Number,
    resend: Annotated[bool, typer.Option("--resend", help="Chorus Pro has it not: send it again")] = False,
    received: Annotated[bool, typer.Option("--received", help="Chorus Pro has it: never send it again")] = False,
    flow: Annotated[str, typer.Option(help="With --received: its flow number, where that is known")] = "",
    platform: OnPlatform = "",
    third_party: ThirdParty = "",
    caller: CallerName = "",
) -> None:
    """Say of an invoice in doubt whether Chorus Pro has it. / Lever le doute sur une facture."""
    if resend == received:
        raise Stop(Refusal("one_of_these", "--resend", "", "--resend, --received"))
    with context.books() as books:
        where = on_platform(platform, books)
        documents = named(books, number, third_party)
        document, where = documents[0].id, books.platform_of(documents, where)
    by = plain(caller, "--caller") or user()
    act = ReleaseInvoice(document, plain(number, "NUMBER"), where, by, received, plain(flow, "--flow"))
    done = context.result(context.performed(act, None, caller))
    if context.json:
        print_json(done)
    else:
        terminal.show([done], "released", context.lang)


# ---------------------------------------------------------------- the worker, the queue


@chorus.command()
def work(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end")] = False,
) -> None:
    """Send and follow what is due, until Ctrl-C. / Envoyer et suivre ce qui est dû, jusqu'à Ctrl-C."""
    configure(default="info")
    store = context.store()
    loop = Loop(store, context.dossier)
    with _stopped_by_signals(loop):
        if once:
            raise typer.Exit(0 if loop.look() else 2)
        log("worker started", worker=loop.worker.name)
        loop.until_stopped()
        log("worker stopped", worker=loop.worker.name)


@contextmanager
def _stopped_by_signals(loop: Loop) -> Iterator[None]:
    """SIGTERM and Ctrl-C end the work after the call in hand."""
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: loop.stop.set()) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


@chorus.command()
def queue(reopen: Reopen = False, platform: OnPlatform = "") -> None:
    """What is waiting to be sent or followed, and what stands in its way. / Ce qui attend, et ce qui l'arrête."""
    stopped = _queue("chorus", platform, reopen=reopen)
    _tell_of_password(context.store())
    if stopped:
        raise typer.Exit(1)


@platform_app.command("queue")
def approved_queue(reopen: Reopen = False, platform: OnPlatform = "") -> None:
    """The same of the approved platform. / Ce qui attend pour la plateforme agréée, et ce qui l'arrête."""
    if _queue("approved", platform, reopen=reopen):
        raise typer.Exit(1)


def _queue(door: Door, platform: str, *, reopen: bool) -> bool:
    """Show what waits behind a door, opened first where that is asked for; whether it is stopped."""
    store = context.store()
    with context.books() as books:
        where = name_of(door, msgspec.convert(on_platform(platform, books), Platform))
    if reopen:
        now = SystemClock().now()
        store.write(context.dossier or only(store), lambda books: books.reopen(where, now))
    with context.books() as books:
        shown = books.queue_shown(where)
    if context.json:
        print_json(shown)
    else:
        context.show(shown["jobs"], "jobs")
        if shown["reason"] is not None:
            terminal.tell(*terminal.hindrance(shown, context.lang))
    return bool(shown["state"] == "stopped")


_PASSWORD = (
    "Le mot de passe technique expire dans {days} jour(s) : le renouveler sur le portail, puis lettrage chorus set.",
    "The technical password expires in {days} day(s): renew it on the portal, then lettrage chorus set.",
)


def _tell_of_password(store: SqlStore) -> None:
    days = Ways(store).password_days(context.dossier or only(store), SystemClock().today())
    if days is not None:
        terminal.tell(terminal.said(_PASSWORD, context.lang).format(days=days))
