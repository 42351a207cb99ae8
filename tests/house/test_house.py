"""The rules of the house: arrows between modules, sizes, whole numbers for money, the schema, the store's promises."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, UniqueConstraint

from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store import schema
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.engine import transaction
from lettrage.adapters.store.sql import run
from tests.databases import PARTITIONED, POSTGRESQL, empty_books, sqlite_only

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "lettrage"
MODULES = sorted(SOURCE.rglob("*.py"))
MOST_MODULE_LINES = 450
MOST_FUNCTION_LINES = 60
# Longer than that today, each for its reason; a length that falls below its figure here lowers the figure.
LONGER_MODULES: dict[str, int] = {}
LONGER_FUNCTIONS: dict[str, int] = {}
GENERATED = "adapters/store/migrations/versions"

# What decides about money and books; adapters, the terminal and the command line stand around it.
CORE = ("money.py", "refusal.py", "limits.py", "catalogue.py", "ports.py",
        "company", "settlement", "books", "opening", "bank", "acts", "guard", "invoicing")  # fmt: skip
WORLD = {
    "time", "random", "uuid", "secrets", "os", "socket", "subprocess", "threading", "sqlite3", "sqlalchemy", "alembic",
    "logging", "structlog", "typer", "rich", "platformdirs", "zoneinfo",
}  # fmt: skip


def name_of(module: Path) -> str:
    return module.relative_to(SOURCE).as_posix()


def is_core(module: Path) -> bool:
    return name_of(module).split("/")[0] in CORE


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"), str(module))


CORE_MODULES = [module for module in MODULES if is_core(module)]
WRITTEN_MODULES = [module for module in MODULES if GENERATED not in name_of(module)]


# ---------------------------------------------------------------- arrows


# In a process of its own: the linter switches off every logger that is there before it.
LINT_IMPORTS = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"


def test_imports_follow_the_arrows() -> None:
    ended = subprocess.run([sys.executable, "-c", LINT_IMPORTS], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("module", CORE_MODULES, ids=name_of)
def test_the_core_imports_neither_a_clock_nor_a_database_nor_anything_of_the_world(module: Path) -> None:
    roots = {name.split(".")[0] for name in imported(module)}
    own = {name for name in imported(module) if name.startswith("lettrage.")}

    assert roots & WORLD == set()
    assert not [
        name
        for name in own
        if name.startswith(("lettrage.adapters", "lettrage.cli", "lettrage.commands", "lettrage.terminal"))
    ]


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("module", CORE_MODULES, ids=name_of)
def test_the_core_never_asks_what_time_it_is(module: Path) -> None:
    asked = [
        f"line {node.lineno}: {node.attr}"
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "today", "utcnow", "fromtimestamp")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("date", "datetime", "Day", "time")
    ]

    assert asked == []


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize("module", WRITTEN_MODULES, ids=name_of)
def test_a_module_can_be_read_in_one_sitting(module: Path) -> None:
    lines = len(module.read_text("utf-8").splitlines())

    assert lines <= LONGER_MODULES.get(name_of(module), MOST_MODULE_LINES)


@pytest.mark.parametrize("module", WRITTEN_MODULES, ids=name_of)
def test_a_function_fits_on_a_page(module: Path) -> None:
    long = {
        f"{name_of(module)}:{node.name}": node.end_lineno - node.lineno + 1
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
    }

    too_long = {name: n for name, n in long.items() if n > LONGER_FUNCTIONS.get(name, MOST_FUNCTION_LINES)}
    assert too_long == {}


def test_the_list_of_exceptions_names_only_modules_that_need_it() -> None:
    for name in LONGER_MODULES:
        assert len((SOURCE / name).read_text("utf-8").splitlines()) > MOST_MODULE_LINES, f"{name} needs no exception"


# ---------------------------------------------------------------- money


@pytest.mark.parametrize("module", CORE_MODULES, ids=name_of)
def test_no_binary_float_comes_near_money(module: Path) -> None:
    no_money = NO_MONEY.get(name_of(module), set())

    assert [f"line {line}: {what}" for line, what in float_uses(tree_of(module)) if what not in no_money] == []


def float_uses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, str(node.value)
        elif isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno, "float"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round":
            yield node.lineno, "round() rounds half to even"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div) and not exact(node):
            yield node.lineno, "/ of whole numbers is a float"


NO_MONEY = {
    "limits.py": {"5.0", "1.0", "2.0", "0.05", "0.0005"},  # seconds to wait
    "invoicing/sending/batch.py": {"float"},  # seconds
    "invoicing/simulated.py": {"float"},  # how fast the simulator's clock goes
    "company/dossier.py": {"0.6"},  # how alike two names must be
}
# Divisions of exact fractions: a percentage, the VAT inside an amount including VAT.
EXACT_DIVISIONS = {"limit / 100", "percent / 100", "Fraction(part) * line.rate / (100 + line.rate)"}


def exact(node: ast.BinOp | ast.AugAssign) -> bool:
    return ast.unparse(node) in EXACT_DIVISIONS


def test_the_rule_about_floats_knows_one() -> None:
    found = [what for _, what in float_uses(ast.parse("x = float(a) + 1.5 + round(b) + a / 3"))]

    assert len(found) == 4


# ---------------------------------------------------------------- the store


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return SqlStore(empty_books(tmp_path), SystemClock())


@pytest.fixture
def connection(store: SqlStore) -> Iterator[Connection]:
    with transaction(store.engine, writing=False) as opened:
        yield opened


@pytest.mark.skipif(PARTITIONED, reason="the stand-in for a cluster cuts tables, and the keys between them, into parts")
def test_a_migrated_database_is_the_schema_as_written(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})

    assert compare_metadata(context, schema.metadata) == []


def test_a_migrated_database_has_the_checks_and_partial_indexes_of_the_schema(connection: Connection) -> None:
    made = definitions(connection)

    for table in schema.metadata.tables.values():
        for constraint in table.constraints:
            if str(constraint.name).startswith("ck_"):
                assert str(constraint.name) in made[table.name]
        for index in table.indexes:
            wheres = {dialect: index.dialect_options[dialect]["where"] for dialect in ("sqlite", "postgresql")}
            assert len(set(map(str, wheres.values()))) == 1, index.name
            where = wheres["sqlite"]
            assert (where is None) or squeezed(str(where)) in squeezed(made[str(index.name)]), index.name


def definitions(connection: Connection) -> dict[str, str]:
    """What the database says of each table's constraints and of each index."""
    if not POSTGRESQL:
        sql = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        return {str(name): str(text) for name, text in connection.exec_driver_sql(sql)}
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    checks = (
        "SELECT relname, string_agg(conname, ' ') FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid GROUP BY 1"
    )
    return {str(name): str(text) for sql in (indexes, checks) for name, text in connection.exec_driver_sql(sql)}


def squeezed(sql: str) -> str:
    """A condition without what the two databases spell each in their own way."""
    bare = re.sub(r'::[a-z ]+(?:\[\])?|[()"\s]', "", sql)
    return re.sub(r"=ANYARRAY\[([^\]]*)\]", r"IN\1", bare)


@pytest.mark.parametrize("table", schema.metadata.tables.values(), ids=str)
def test_the_dossier_leads_every_key(table: Table) -> None:
    first = "code" if table.name == "dossier" else "dossier"

    assert next(iter(table.primary_key)).name == first
    for index in table.indexes:
        assert next(iter(index.columns)).name == "dossier", index.name
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert next(iter(constraint.columns)).name == "dossier", constraint.name
    for key in table.foreign_key_constraints:
        assert next(iter(key.columns)).name == "dossier", key.name
        assert key.elements[0].column.name == ("code" if key.referred_table.name == "dossier" else "dossier"), key.name


@pytest.mark.parametrize("table", schema.APPEND_ONLY, ids=str)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_posted_tables_refuse_to_be_changed(table: Table, verb: str, connection: Connection) -> None:
    if POSTGRESQL:
        sql = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = ?1::regclass AND tgenabled = 'O'"
        triggers = run(connection, sql, (f'"{table.name}"',)).scalars().all()
        refuses = "EXECUTE FUNCTION posted_rows_do_not_change"
    else:
        sql = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1"
        triggers = run(connection, sql, (table.name,)).scalars().all()
        refuses = "RAISE(ABORT"

    (trigger,) = [text for text in triggers if f"BEFORE {verb} ON" in text]
    assert refuses in trigger
    assert " OF " not in trigger
    assert "WHEN" not in trigger


@sqlite_only
def test_an_acknowledged_settlement_survives_a_power_cut(connection: Connection) -> None:
    names = ("journal_mode", "synchronous", "foreign_keys")
    pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names}

    full = 2
    assert pragmas == {"journal_mode": "wal", "synchronous": full, "foreign_keys": 1}


# ---------------------------------------------------------------- dependencies


def declared() -> dict[str, list[str]]:
    """The packages that pyproject.toml asks for, by what they are for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lists = {"run": project["dependencies"]} | project["optional-dependencies"]
    return {use: [re.split(r"[<>=~!\[; ]", wanted)[0] for wanted in wants] for use, wants in lists.items()}


@pytest.mark.parametrize("package", [package for packages in declared().values() for package in packages])
def test_every_dependency_has_its_line_and_its_reason(package: str) -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")

    lines = [line for line in text.splitlines() if re.search(rf"(?<![\w-]){re.escape(package)}(?![\w-])", line, re.I)]
    reasons = [re.sub(re.escape(package), "", line, flags=re.I).strip(" |") for line in lines]
    assert any(len(reason.split()) > 1 for reason in reasons), f"docs/dependencies.md gives no reason for {package}"


# Packages whose module has another name than theirs.
MODULE_NAMES = {"argon2-cffi": "argon2", "python-stdnum": "stdnum", "factur-x": "facturx"}
# zoneinfo finds tzdata where the system has no time zones; uvicorn parses with httptools, Starlette forms with
# python-multipart; of factur-x and pyfrctc the schemas and sheets are read, none of their code.
USED_BY_OTHERS = ("tzdata", "httptools", "python-multipart", "factur-x", "pyfrctc")


@pytest.mark.parametrize("package", declared()["run"])
def test_every_dependency_to_run_is_used(package: str) -> None:
    module_name = MODULE_NAMES.get(package, package.replace("-", "_"))
    assert find_spec(module_name) is not None
    if package in USED_BY_OTHERS:
        return

    assert any(module_name in {i.split(".")[0] for i in imported(module)} for module in MODULES)


def test_nothing_is_imported_that_is_not_declared() -> None:
    known = {
        *sys.stdlib_module_names,
        *(MODULE_NAMES.get(n, n.replace("-", "_")) for use in ("run", "postgres", "oidc") for n in declared()[use]),
        "lettrage",
    }

    strangers = {(name_of(m), i) for m in MODULES for i in imported(m) if i.split(".")[0] not in known}

    assert strangers == set()


def test_every_dependency_is_pinned_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8").lower()

    for package in declared()["run"]:
        assert re.search(rf"^{re.escape(package)}==\S+ \\\n\s+--hash=sha256:", lock, re.M), package
