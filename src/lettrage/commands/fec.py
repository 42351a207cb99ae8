"""The fichier des écritures comptables: exported, and judged whoever wrote it; the head of the chain of entries."""

import errno
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, cast

import msgspec
import typer

from lettrage import terminal
from lettrage.adapters.clock import SystemClock
from lettrage.books.fec.export import STEP, Export, Wanted, export
from lettrage.books.fec.judge import Verdict, judge
from lettrage.books.fec.writing import Encoding, Separator, Style
from lettrage.commands.shared import app, context, only, plain, print_json, user, write_file
from lettrage.guard.audited import Hand
from lettrage.limits import PATH_CHARACTERS
from lettrage.piles import Pile
from lettrage.refusal import Refusal, Stop, Unreadable, legible, quoted

_CHUNK = 1024 * 1024
SEPARATORS: dict[str, Separator] = {"tab": "tab", "pipe": "pipe"}
ENCODINGS: dict[str, Encoding] = {"utf-8": "utf-8", "iso-8859-15": "iso-8859-15", "ascii": "ascii"}


@app.command()
def fec(
    year: Annotated[str, typer.Option(help="The financial year, by its name: 2025")] = "",
    out: Annotated[str, typer.Option(help="The folder for the file and its description")] = "",
    check: Annotated[str, typer.Option(metavar="FILE", help="Judge this file, whoever wrote it; - for stdin")] = "",
    separator: Annotated[str, typer.Option(help="tab or pipe")] = "tab",
    encoding: Annotated[str, typer.Option(help="utf-8, iso-8859-15 or ascii")] = "utf-8",
    siren: Annotated[str, typer.Option(help="Where the company file has no SIRET")] = "",
) -> None:
    """The FEC of a year, checked before it is written; or judge one. / Le FEC d'un exercice ; contrôler un FEC."""
    if check:
        _judged(plain(check, "--check"))
        return
    if not year or not out:
        raise Stop(
            Refusal("malformed_option", "--year, --out", quoted(year or out), "--year Y --out DIR | --check FILE")
        )
    style = Style(_one_of(SEPARATORS, separator, "--separator"), _one_of(ENCODINGS, encoding.lower(), "--encoding"))
    _exported(Wanted(plain(year, "--year"), style, plain(siren, "--siren")), Path(plain(out, "--out")))


def _one_of(words: dict[str, Any], given: str, option: str) -> Any:
    if given not in words:
        raise Stop(Refusal("malformed_option", option, quoted(given), ", ".join(words)))
    return words[given]


# ---------------------------------------------------------------- exporting


def _exported(wanted: Wanted, folder: Path) -> None:
    clock, store = SystemClock(), context.store()
    dossier = context.dossier or only(store)
    with _written_beside(folder) as (file, place):
        with store.books(dossier, writing=False) as books:
            steps = -(-books.fec_years().get(wanted.year, 0) // STEP)
            with terminal.progress(steps) as begun:
                done = export(books, wanted, clock.today(), file, Pile, begun)
        if done.verdict.conform:
            digest = _digest(file)
            write_file(done.description.encode(), str(folder / done.description_name))
            place.replace(folder / done.name)
            what = f"{done.name}, sha256 {digest}"
            hand = Hand(user())
            store.write(dossier, lambda books: books.note_export(clock.now(), hand, f"FEC {wanted.year}", what))
    _show_export(done, folder)
    if not done.verdict.conform:
        raise typer.Exit(1)


def _digest(file: BinaryIO) -> str:
    """The SHA-256 of a file, which is left at its end."""
    found = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        found.update(chunk)
    return found.hexdigest()


@contextmanager
def _written_beside(folder: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file in that folder under another name, gone at the end unless it was given its own. Raises Stop."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".fec-", dir=folder)
    except (OSError, ValueError) as error:
        raise Stop(_not_written(folder, error)) from None
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file, Path(name)
    except OSError as error:
        raise Stop(_not_written(folder, error)) from None
    finally:
        Path(name).unlink(missing_ok=True)


def _not_written(folder: Path, error: Exception) -> Refusal:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return Refusal("file_not_written", "--out", quoted(str(folder), PATH_CHARACTERS), str(reason))


def _show_export(done: Export, folder: Path) -> None:
    lang, verdict = context.lang, done.verdict
    if context.json:
        files = {"fec": str(folder / done.name), "description": str(folder / done.description_name)}
        print_json(done.shape | ({"files": files} if verdict.conform else {}))
        return
    _show_findings(verdict)
    if not verdict.conform:
        told = (
            "Rien n'a été écrit : le fichier ne serait pas conforme.",
            "Nothing written: the file would not conform.",
        )
        terminal.tell(terminal.said(told, lang))
        return
    terminal.say(str(folder / done.name), _summary(verdict))
    if done.provisional:
        told = ("Provisoire : l'exercice n'est pas clos.", "Provisional: the year is not closed.")
        terminal.tell(terminal.said(told, lang))


# ---------------------------------------------------------------- judging


def _judged(name: str) -> None:
    with _opened(name) as file:
        verdict = judge(file, "" if name == "-" else Path(name).name, Pile)
    if context.json:
        print_json(verdict.shape)
    else:
        _show_findings(verdict)
        terminal.say(_summary(verdict))
    if not verdict.ok:
        raise typer.Exit(1)


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """A file that can be read twice; what comes through standard input is kept meanwhile. Raises Unreadable."""
    try:
        if name != "-":
            with Path(name).open("rb") as file:
                yield file
            return
        with tempfile.TemporaryFile(prefix="lettrage-") as kept:
            shutil.copyfileobj(_standard_input(), kept)
            kept.seek(0)
            yield cast("BinaryIO", kept)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise Unreadable(Refusal("unreadable_file", "--check", quoted(name, PATH_CHARACTERS), str(reason))) from None


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return sys.stdin.buffer


def _show_findings(verdict: Verdict) -> None:
    """Each finding in a line or two, the gravest first."""
    levels = {"error": ("erreur", "error"), "missing": ("donnée absente", "data missing"), "alert": ("alerte", "alert")}
    for one in verdict.findings:
        level, place = terminal.said(levels[one.text.level], context.lang), one.place(context.lang)
        fix = one.text.fix_fr if context.lang == "fr" else one.text.fix_en
        line = ", ".join(filter(None, (level, place))) + terminal.colon(context.lang) + one.say(context.lang)
        terminal.say(legible(line if one.more else f"{line} {fix}"))


def _summary(verdict: Verdict) -> str:
    levels = verdict.levels
    counts = f"{verdict.lines}", f"{verdict.entries}", verdict.debit, verdict.credit
    found = levels["error"], levels["missing"], levels["alert"]
    if context.lang == "fr":
        told = "{} lignes, {} écritures, débit {}, crédit {}".format(*counts)
        return f"{told} ; " + "erreurs : {}, données absentes : {}, alertes : {}".format(*found)
    told = "{} lines, {} entries, debit {}, credit {}".format(*counts)
    return f"{told}; " + "errors: {}, data missing: {}, alerts: {}".format(*found)


# ---------------------------------------------------------------- the head of the chain


@app.command()
def head(out: Annotated[str, typer.Option(help="Into this file, to be kept elsewhere; - for stdout")] = "") -> None:
    """Where the chain of entries stands, to be kept elsewhere. / L'empreinte de tête, à garder ailleurs."""
    with context.books() as books:
        found = books.head()
    if out:
        write_file(msgspec.json.format(msgspec.json.encode(found)) + b"\n", plain(out, "--out"))
    elif context.json:
        print_json(msgspec.to_builtins(found))
    else:
        terminal.say(legible(found.line), found.head)
