"""The service against its own OpenAPI: calls that it describes, and calls that it forbids, by schemathesis.

`python -m tests.http.contract --cases 20000 [--seed N]`: no server error, no status and no shape that is not described.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from unittest import mock

from lettrage.adapters.http import door
from tests.http.service import Service, running
from tests.http.story import settled_firm

# Sound data may be refused by the state of the books: that is no breach of the contract.
NOT_CHECKED = "positive_data_acceptance"


def breaches(service: Service, examples: int, seed: int) -> subprocess.CompletedProcess[str]:
    """Run so many examples for each operation; what was found is in the output."""
    return subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{service.url}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {service.token('administrator', name='contract')}"),
            *("--phases", "examples,coverage,fuzzing", "--checks", "all", "--exclude-checks", NOT_CHECKED),
            # One worker: CPython 3.11 counts the depth of its parser for all threads together, and fails at random.
            *("--max-examples", str(examples), "--seed", str(seed), "--workers", "1", "--request-timeout", "30"),
            *("--suppress-health-check", "all", "--continue-on-failure", "--no-color", "--warnings", "off"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tempfile.mkdtemp(prefix="lettrage-contract-"),
    )


def main() -> int:
    """Run the long form."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    wanted = parser.parse_args()
    say(f"seed: {wanted.seed}")
    with tempfile.TemporaryDirectory() as folder, unslowed(), running(settled_firm(Path(folder))) as service:
        operations = len(operation_ids(service))
        done = breaches(service, -(-wanted.cases // operations), wanted.seed)
        errors = [line for line in service.logged if line["event"] == "internal_error"]
    say(done.stdout, done.stderr)
    for error in errors[:20]:
        say(json.dumps(error))
    say(f"cases: {len(service.logged)}; server errors: {len(errors)}; seed: {wanted.seed}")
    return done.returncode or bool(errors)


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
