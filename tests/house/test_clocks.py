"""The rule about clocks: no length of time is measured by one that can be set."""

import ast
from collections.abc import Iterator

from tests.house.test_house import MODULES, name_of, tree_of

# Whoever subtracts what is called `now`, and why that is no length of time of this process.
CALENDAR = {
    "adapters/calling/exchange.py": "ticks of a monotonic clock",
    "adapters/folder.py": "ticks of a monotonic clock",
    "adapters/http/turns.py": "ticks of a monotonic clock",
    "adapters/http/pages/importing.py": "a file that was brought on another day",
    "adapters/http/pages/invoice_case.py": "statuses that were read on another day",
    "adapters/http/pages/payment_file.py": "a file that was brought on another day",
    "adapters/store/declaring.py": "what was heard before a restart",
    "adapters/store/sign_ins.py": "a sign-in of another day, perhaps before a restart",
    "invoicing/checks/directory.py": "an entry of the directory that was read on another day",
    "invoicing/connecting/diagnose.py": "the day when an account was opened",
    "invoicing/routing/copies.py": "a copy of the directory that was read on another day",
    "invoicing/hooks.py": "calls that were heeded before a restart, perhaps",
    "invoicing/sending/follow.py": "how old a status may be",
    "invoicing/sending/schedule.py": "flows and documents sent on another day",
    "settlement/once.py": "a document received on another day",
}
# Who may ask the machine what time it is.
CLOCKS = {"adapters/clock.py", "simulator/clock.py"}
_MONOTONIC = {"monotonic", "perf_counter", "sleep", "process_time"}


def subtractions_of_now(tree: ast.Module) -> Iterator[int]:
    """The lines where something that is called `now`, or was just asked for, is subtracted from or with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and any(map(is_now, (node.left, node.right))):
            yield node.lineno


def is_now(node: ast.expr) -> bool:
    """`now`, `clock.now()`, `datetime.now(UTC)`, `time.time()`."""
    asked = node.func if isinstance(node, ast.Call) else node
    name = asked.attr if isinstance(asked, ast.Attribute) else asked.id if isinstance(asked, ast.Name) else ""
    return name.strip("_") in ("now", "utcnow", "time", "time_ns")


def wall_clocks(tree: ast.Module) -> Iterator[str]:
    """Where the machine is asked what time it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"line {node.lineno}: {name.name}" for name in node.names if name.name not in _MONOTONIC)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            of_the_module = node.value.id == "time" and node.attr not in _MONOTONIC
            of_the_type = node.value.id in ("datetime", "date", "Day") and node.attr in ("now", "utcnow", "today")
            if of_the_module or of_the_type:
                yield f"line {node.lineno}: {ast.unparse(node)}"


def test_only_the_clocks_ask_what_time_it_is() -> None:
    asking = {name_of(module): [*wall_clocks(tree_of(module))] for module in MODULES}

    assert {name: found for name, found in asking.items() if found and name not in CLOCKS} == {}


def test_no_length_of_time_is_a_difference_of_the_wall_clock() -> None:
    found = {name_of(module) for module in MODULES if any(subtractions_of_now(tree_of(module)))}

    assert found == set(CALENDAR)


def test_the_rules_about_clocks_know_what_they_forbid() -> None:
    wrong = ast.parse("import time; from time import time_ns; began = time.time(); took = time.time() - began; "
                      "at = datetime.now(); left = until - now")  # fmt: skip
    assert len([*subtractions_of_now(wrong)]) == 2
    assert len([*wall_clocks(wrong)]) == 4
