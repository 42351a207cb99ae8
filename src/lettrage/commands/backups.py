"""Backing up everything that a database holds, and restoring it into an empty one."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from lettrage import terminal
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.engine import prepare
from lettrage.adapters.store.schema import metadata
from lettrage.commands.shared import app, context, plain, print_json
from lettrage.limits import PATH_CHARACTERS
from lettrage.refusal import Refusal, Stop, quoted

_CHUNK = 1024 * 1024


@app.command()
def backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to; one that is there is replaced")],
) -> None:
    """Everything as of one moment, while others write. / Sauvegarder toute la base."""
    from lettrage.adapters.store.backups import back_up  # noqa: PLC0415  (only this command needs it)

    path = _path(file)
    with _steps() as step:
        manifest = back_up(context.store().engine, path, SystemClock().now(), step)
    shape: dict[str, Any] = {
        "file": str(path),
        "sha256": _sha256(path),
        "schema": manifest.schema,
        "rows": sum(table.rows for table in manifest.tables),
        "dossiers": [{"code": d.code, "entries": d.entries, "head": d.head} for d in manifest.dossiers],
        "keys_included": False,
    }
    if context.json:
        print_json(shape)
        return
    terminal.say(f"{shape['file']} · {shape['rows']} · SHA-256 {shape['sha256']}")
    terminal.say(*(f"{d.code} · {d.entries} · {d.head}" for d in manifest.dossiers))
    terminal.tell(terminal.said(_KEYS, context.lang))


_KEYS = (
    "Les clés des secrets n'y sont pas : sauvegarder à part le fichier que LETTRAGE_KEYS nomme.",
    "The keys of the secrets are not in it: back up the file that LETTRAGE_KEYS names elsewhere.",
)


@app.command()
def restore(file: Annotated[str, typer.Argument(metavar="FILE", help="A backup")]) -> None:
    """A backup into an empty database, whole or not at all, then verified. / Restaurer dans une base vide."""
    from lettrage.adapters.store.backups import restore as restored_from  # noqa: PLC0415

    with _steps() as step:
        done = restored_from(_path(file), context.database, SystemClock().now(), step)
    prepare(context.database)  # on a cluster the tables are spread now
    store = context.store()
    findings = [
        {"code": f.code, "message": f.message, "where": f"{head.code} · {f.where}"}
        for head in done.manifest.dossiers
        for f in store.audit(head.code, head.head if head.entries else None)
    ]
    if context.json:
        heads = [{"code": d.code, "entries": d.entries, "head": d.head} for d in done.manifest.dossiers]
        print_json({"rows": done.rows, "dossiers": heads, "held_back": done.held_back, "findings": findings})
    else:
        terminal.say(f"{done.rows} · {', '.join(d.code for d in done.manifest.dossiers)}")
        context.show({"ok": not findings, "findings": findings}, "verify")
        if done.held_back:
            terminal.tell(terminal.said(_HELD_BACK, context.lang).format(count=done.held_back))
    if findings:
        raise typer.Exit(1)


_HELD_BACK = (
    "{count} envoi(s) attendaient : ils ont pu partir depuis la sauvegarde. Les envois sont arrêtés ; vérifier, puis"
    " lettrage chorus queue --reopen ou lettrage platform queue --reopen.",
    "{count} sending(s) waited: they may have left since the backup. Sending is stopped; look, then lettrage chorus"
    " queue --reopen or lettrage platform queue --reopen.",
)


def _path(file: str) -> Path:
    path = Path(plain(file, "FILE"))
    if not path.name or path.is_dir() or file == "-":
        raise Stop(Refusal("malformed_option", "FILE", quoted(file, PATH_CHARACTERS), "FILE"))
    return path


@contextmanager
def _steps() -> Iterator[Callable[[str], object]]:
    """What is called with each table at hand; a terminal shows how far it is."""
    with terminal.progress(len(metadata.tables)) as step:
        yield lambda _table: step()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while piece := opened.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()
