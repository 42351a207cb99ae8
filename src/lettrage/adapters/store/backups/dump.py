"""Backing up: every table as it stands at one moment, while others write on."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy
from sqlalchemy import Connection, Engine

from lettrage import __version__
from lettrage.adapters.packing import Packer, packing
from lettrage.adapters.store.backups.form import (
    FORMAT,
    HEADS,
    MANIFEST,
    READ_ME,
    VERSION,
    Column,
    Head,
    Manifest,
    Table,
    kind_of,
)
from lettrage.adapters.store.engine import schema_version, transaction
from lettrage.adapters.store.postgresql import read_whole_tables
from lettrage.adapters.store.schema import metadata
from lettrage.adapters.store.sql import on_postgresql, run

ROWS = 2_000  # held at a time
HEAVY_ROWS = 4  # of a table with files in it
_json = msgspec.json.Encoder().encode
_pretty = msgspec.json.format

_TOLD = """\
Sauvegarde de Lettrage {program}, faite le {made_at} (schéma {schema}).

manifest.json dit ce que contient chaque fichier, combien de lignes, et son empreinte SHA-256 ; la dernière empreinte de
la chaîne des écritures de chaque dossier y est. tables/NOM.jsonl : une table, un objet JSON par ligne, en UTF-8 ; les
montants sont en unités mineures (centimes), les octets en base64.
Les secrets (Chorus Pro, PISTE) y sont scellés comme dans la base. Les clés qui les ouvrent n'y sont PAS : le fichier
nommé par LETTRAGE_KEYS se sauvegarde à part. Restaurer : lettrage restore FICHIER --database BASE-VIDE.

Backup of Lettrage {program}, made at {made_at} (schema {schema}).

manifest.json tells what each file holds, how many lines, and its SHA-256; the last hash of the chain of entries of each
dossier is in it. tables/NAME.jsonl: a table, a JSON object a line, in UTF-8; amounts are minor units (cents), bytes
base64. Secrets (Chorus Pro, PISTE) are sealed as in the database. The keys that open them are NOT in it: back up the
file that LETTRAGE_KEYS names elsewhere. To restore: lettrage restore FILE --database EMPTY-DATABASE.
"""


def back_up(engine: Engine, file: Path, now: datetime, told: Callable[[str], object] = str) -> Manifest:
    """Write everything that the database holds into a file, as of one moment. Raises Stop, StoreTrouble.

    The file appears when it is whole and on the disk; what goes wrong leaves none, and the one that was there.
    """
    with packing(file, "FILE") as packer:
        with transaction(engine, writing=False) as connection:
            if on_postgresql(connection):
                read_whole_tables(connection)
            schema = schema_version(connection) or ""
            found: Any = run(connection, HEADS).all()
            heads = tuple(Head(code, entries, head) for code, entries, head in found)
            tables = []
            for table in metadata.sorted_tables:
                told(table.name)
                tables.append(_table(connection, packer, table))
        manifest = Manifest(FORMAT, VERSION, __version__, schema, now.isoformat(), tuple(tables), heads)
        said = _TOLD.format(program=__version__, made_at=manifest.made_at, schema=schema)
        packer.file(READ_ME, said.encode())
        packer.file(MANIFEST, _pretty(_json(manifest)) + b"\n")
    return manifest


def _table(connection: Connection, packer: Packer, table: sqlalchemy.Table) -> Table:
    """One table, a line for each row, by its key."""
    columns = tuple(Column(str(column.name), kind_of(column.type)) for column in table.columns)
    names = [column.name for column in columns]
    heavy = any(column.kind == "bytes" for column in columns)
    rows = _rows(connection, table, heavy=heavy)
    packed = packer.lines(
        f"tables/{table.name}.jsonl",
        ((_json(dict(zip(names, row, strict=True))) + b"\n" for row in part) for part in rows),
    )
    return Table(str(table.name), packed.file, packed.lines, packed.bytes, packed.sha256, columns)


def _rows(connection: Connection, table: sqlalchemy.Table, *, heavy: bool) -> Iterator[list[Any]]:
    """All rows by their key, a few at a time; on PostgreSQL the others wait at the server."""
    held = HEAVY_ROWS if heavy else ROWS
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    key = ", ".join(f'"{column.name}"' for column in table.primary_key)
    sql = f'SELECT {columns} FROM "{table.name}" ORDER BY {key}'
    for part in run(connection, sql, stream=True, held=held).partitions(held):
        yield [tuple(row) for row in part]
