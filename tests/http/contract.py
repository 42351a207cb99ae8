"""The service against its own OpenAPI: calls that it describes, and calls that it forbids, by schemathesis.

`python -m tests.http.contract --cases 20000 [--seed N]`: no server error, no status and no shape that is not described.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from unittest import mock

from pydantic import BaseModel

from lettrage.adapters.http import door, reads
from tests.http.service import Service, running
from tests.http.story import settled_firm
from tests.reliability.outcomes import tell

# Sound data may be refused by the state of the books: that is no breach of the contract.
NOT_CHECKED = "positive_data_acceptance"
# Data that is not sound may also be more than any call may carry (431); the others are schemathesis's own.
SETTINGS = """\
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 415, 422, 428, 429, 431, "5xx"]
"""


def breaches(service: Service, examples: int, seed: int, *more: str) -> subprocess.CompletedProcess[str]:
    """Run so many examples for each operation; what was found is in the output."""
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{service.url}/api/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {service.token('administrator', name='contract')}"),
        *("--phases", "examples,coverage,fuzzing", "--checks", "all", "--exclude-checks", NOT_CHECKED),
        # One worker: CPython 3.11 counts the depth of its parser for all threads together, and fails at random.
        *("--max-examples", str(examples), "--seed", str(seed), "--workers", "1", "--request-timeout", "30"),
        *("--suppress-health-check", "all", "--continue-on-failure", "--no-color", "--warnings", "off"),
        *more,
    ]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schemathesis.toml").write_text(SETTINGS)
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def main() -> int:
    """Run the long form."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    wanted = parser.parse_args()
    say(f"seed: {wanted.seed}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, unslowed(), running(settled_firm(Path(folder))) as service:
        operations = len(operation_ids(service))
        done = breaches(service, -(-wanted.cases // operations), wanted.seed)
        errors = [line for line in service.logged if line["event"] == "internal_error"]
    say(done.stdout, done.stderr)
    for error in errors[:20]:
        say(json.dumps(error))
    say(f"cases: {len(service.logged)}; server errors: {len(errors)}; seed: {wanted.seed}")
    figure = f"{len(service.logged):,} cases on {operations} operations, {len(errors)} server errors, schemathesis"
    figure += " found nothing undescribed" if not done.returncode else f" ended with status {done.returncode}"
    held = not done.returncode and not errors
    seconds = time.monotonic() - began
    planted = {"boolean_taken_for_a_number": lax_noticed(wanted.seed)}
    return tell("F9", figure, seconds=seconds, seed=wanted.seed, held=held, planted=planted)


class _Lax(BaseModel):
    """A form that takes true for 1."""

    count: int


def lax_noticed(seed: int) -> str:
    """What schemathesis says of a service with a form that is not strict; "" where it says nothing."""
    reads.router.add_api_route("/lax", _lax, methods=["POST"], operation_id="lax")
    try:
        with tempfile.TemporaryDirectory() as folder, unslowed(), running(settled_firm(Path(folder))) as service:
            done = breaches(service, 4, seed, "--include-path", "/api/v1/lax")
    finally:
        reads.router.routes.pop()
    found = [line.strip() for line in done.stdout.splitlines() if "Schema-violating request accepted" in line]
    return found[0] if done.returncode and found else ""


def _lax(form: _Lax) -> dict[str, int]:
    return {"count": form.count}


def say(*lines: str) -> None:
    """Lines on standard output, at once."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def unslowed() -> AbstractContextManager[object]:
    """Wrong tokens are tried on purpose here: they get 401 each time."""
    return mock.patch.object(door, "WRONG_TOKENS", 1_000_000)


def operation_ids(service: Service) -> list[str]:
    """The operations that the service describes."""
    with service.client() as client:
        paths = client.get("/api/v1/openapi.json").json()["paths"]
    return [operation["operationId"] for methods in paths.values() for operation in methods.values()]


if __name__ == "__main__":
    sys.exit(main())
