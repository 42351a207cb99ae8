"""The form of a backup: its manifest, its rows, and reading such a file without trusting it."""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
from sqlalchemy import BigInteger, Integer, LargeBinary
from sqlalchemy.types import TypeEngine

from lettrage.limits import BACKUP_LINE_BYTES, BACKUP_MANIFEST_BYTES, BACKUP_RATIO, BACKUP_TABLES, PATH_CHARACTERS
from lettrage.refusal import Refusal, Stop, quoted

FORMAT = "lettrage-backup"
VERSION = 1
MANIFEST = "manifest.json"
READ_ME = "README.txt"
CHUNK = 1024 * 1024
HEADS = "SELECT code, postings, head FROM dossier ORDER BY code"
_TABLE = re.compile(r"[a-z_]{1,60}", re.ASCII)

Kind = Literal["text", "integer", "bytes"]


class Column(msgspec.Struct, frozen=True):
    """A column of a table. Bytes are written in base64; null stands for nothing."""

    name: str
    kind: Kind


class Table(msgspec.Struct, frozen=True):
    """A table in the backup: a file with a JSON object a line."""

    name: str
    file: str
    rows: int
    bytes: int
    sha256: str
    columns: tuple[Column, ...]


class Head(msgspec.Struct, frozen=True):
    """How far a dossier's chain of entries went: the hash of its last one."""

    code: str
    entries: int
    head: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. Secrets are in it as the database has them, sealed; the keys that open them are not."""

    format: str
    version: int
    program: str
    schema: str
    made_at: str
    tables: tuple[Table, ...]
    dossiers: tuple[Head, ...]
    keys_included: bool = False


def kind_of(type_: TypeEngine[Any]) -> Kind:
    """How the values of a column are written."""
    if isinstance(type_, LargeBinary):
        return "bytes"
    return "integer" if isinstance(type_, BigInteger | Integer) else "text"


def row_type(table: str, columns: Sequence[Column]) -> type[msgspec.Struct]:
    """A row of a table: exactly these columns, each of its kind or null."""
    kinds: dict[Kind, Any] = {"text": str | None, "integer": int | None, "bytes": bytes | None}
    fields = [(column.name, kinds[column.kind]) for column in columns]
    return msgspec.defstruct(f"Row_{table}", fields, forbid_unknown_fields=True, gc=False)


# ---------------------------------------------------------------- reading what may be anything


class Damaged(Stop):
    """The file is no sound backup; nothing was written."""

    def __init__(self, file: Path, what: str) -> None:
        super().__init__(Refusal("backup_damaged", "FILE", quoted(str(file), PATH_CHARACTERS), quoted(what, 200)))


class BackupFile:
    """A backup to be read. Nothing of it is taken for true before `check` has gone through all of it."""

    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        self.file = file
        self._archive = archive
        self.manifest = self._manifest()

    def _manifest(self) -> Manifest:
        self._entry(MANIFEST, BACKUP_MANIFEST_BYTES)
        with self._archive.open(MANIFEST) as opened:
            content = opened.read(BACKUP_MANIFEST_BYTES + 1)
        try:
            found = msgspec.json.decode(content, type=Manifest)
        except msgspec.MsgspecError as error:
            raise Damaged(self.file, f"{MANIFEST}: {error}") from None
        if (found.format, found.version) != (FORMAT, VERSION):
            shown = quoted(f"{found.format} {found.version}")
            raise Stop(Refusal("backup_newer", "FILE", shown, f"{FORMAT} {VERSION}"))
        return found

    def check(self) -> None:
        """Every name, size, count and hash, before anything is written. Raises Damaged."""
        manifest = self.manifest
        files = [table.file for table in manifest.tables]
        named = sorted(info.filename for info in self._archive.infolist())
        if named != sorted([MANIFEST, READ_ME, *files]) or len(manifest.tables) > BACKUP_TABLES:
            raise Damaged(self.file, "files")
        for table in manifest.tables:
            if not _TABLE.fullmatch(table.name) or table.file != f"tables/{table.name}.jsonl":
                raise Damaged(self.file, table.file)
            if len({column.name for column in table.columns}) < len(table.columns):
                raise Damaged(self.file, f"{table.name}: columns")
            self._entry(table.file, table.bytes)
            self._hashed(table)

    def _entry(self, name: str, most: int) -> None:
        """A file of the archive that is plain, not larger than said, and not blown up beyond reason."""
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            raise Damaged(self.file, name) from None
        blown_up = info.file_size > CHUNK and info.file_size > info.compress_size * BACKUP_RATIO
        plain = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not info.flag_bits & 1
        if info.file_size > most or blown_up or not plain:
            raise Damaged(self.file, name)

    def _hashed(self, table: Table) -> None:
        digest, size, lines, line = hashlib.sha256(), 0, 0, 0
        with self._archive.open(table.file) as opened:
            while piece := opened.read(CHUNK):
                digest.update(piece)
                size += len(piece)
                lines += piece.count(b"\n")
                last = piece.rfind(b"\n")
                line = line + len(piece) if last < 0 else len(piece) - last - 1
                if size > table.bytes or line > BACKUP_LINE_BYTES:
                    raise Damaged(self.file, table.file)
        if (size, lines, line, digest.hexdigest()) != (table.bytes, table.rows, 0, table.sha256):
            raise Damaged(self.file, table.file)

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """The rows of a table, one by one. Raises Damaged."""
        decoder = msgspec.json.Decoder(row_type(table.name, table.columns))
        with self._archive.open(table.file) as opened:
            while line := opened.readline(BACKUP_LINE_BYTES):
                try:
                    yield msgspec.structs.astuple(decoder.decode(line))
                except msgspec.MsgspecError as error:
                    raise Damaged(self.file, f"{table.file}: {error}") from None


@contextmanager
def opened(file: Path) -> Iterator[BackupFile]:
    """A backup, open for reading. Raises Stop for what is none, or cannot be read."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield BackupFile(file, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, zipfile.LargeZipFile, ValueError) as error:
        raise Damaged(file, str(error)) from None
    except OSError as error:
        reason = str(error.strerror or type(error).__name__)
        raise Stop(Refusal("unreadable_file", "FILE", quoted(str(file), PATH_CHARACTERS), reason)) from None
