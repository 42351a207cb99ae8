"""The approved platform against the two published OpenAPI files: calls that they describe, and calls that they forbid.

Where a file's texts say what its schemas do not, or a schema cannot be kept by anybody, it is put right here, each
place with its reason; nothing else of the files is touched.
"""

import base64
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from lettrage.simulator.approved.flow_service import ADDRESS
from lettrage.simulator.server import Simulator
from tests.invoicing.samples import FOLDER

FILES = FOLDER / "xp-z12-013"
FLOW, DIRECTORY = "flow-service.openapi.json", "directory-service.openapi.json"
# A method that a path does not have is answered 405, a path that there is not 404.
CURSOR = base64.b64encode(b'{"updated_at": "2026-01-01"}').decode()
SETTINGS = """\
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 413, 422, "5xx"]
"""


def _flow(spec: Any) -> None:
    schemas = spec["components"]["schemas"]
    # Every code of the list is a string too, so none could ever be "one of" the two.
    schemas["ReasonCode"]["anyOf"] = schemas["ReasonCode"].pop("oneOf")
    # "Filtering criteria, at least one is required".
    schemas["SearchFlowFilters"]["minProperties"] = 1
    # A page of no results or fewer is none.
    schemas["Limit"]["minimum"] = 1
    # A cursor is what a platform gave: of those there is no schema, so one stands for all.
    schemas["SearchFlowParams"]["properties"]["cursor"] = {"type": "string", "enum": [CURSOR]}
    # Bodies without which a call says nothing are not said to be required.
    _health(spec)
    for body in spec["components"]["requestBodies"].values():
        body["required"] = True
    # "uri" takes any scheme; who is called back is called by HTTP.
    schemas["WebhookParams"]["properties"]["callbackUrl"]["pattern"] = f"^{ADDRESS}$"


def _directory(spec: Any) -> None:
    schemas = spec["components"]["schemas"]
    # "Disabled" and "Upcoming" are on the list, and longer than what is said to be the longest.
    del schemas["directoryLineStatus"]["maxLength"], schemas["uniqueDirectoryLineStatus"]["maxLength"]
    # Results to skip and to give are not below zero.
    schemas["limit"]["minimum"] = schemas["ignore"]["minimum"] = 0
    _health(spec)
    for path in spec["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
            # In a query an empty list and a list of one empty word are written alike.
            for parameter in operation.get("parameters", []):
                if parameter["schema"]["type"] == "array":
                    parameter["schema"]["minItems"] = 1


def _health(spec: Any) -> None:
    """A health check has neither a 400 nor a 401: it takes every call."""
    check = spec["paths"]["/v1/healthcheck"]["get"]
    check.pop("parameters", None)
    check["security"] = []


RIGHTED: dict[str, Callable[[Any], None]] = {FLOW: _flow, DIRECTORY: _directory}


def token(simulator: Simulator) -> str:
    """A token of the application of the fixtures."""
    connection = simulator.approved_connection
    form = {
        "grant_type": "client_credentials",
        "client_id": connection["approved_client_id"],
        "client_secret": connection["approved_client_secret"],
    }
    found: str = httpx.post(connection["approved_token_url"], data=form, trust_env=False).json()["access_token"]
    return found


def breaches(simulator: Simulator, file: str, url: str, examples: int, seed: int) -> subprocess.CompletedProcess[str]:
    """Run so many examples for each operation; what was found is in the output."""
    spec = json.loads((FILES / file).read_text("utf-8"))
    RIGHTED[file](spec)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schemathesis.toml").write_text(SETTINGS)
        (Path(folder) / file).write_text(json.dumps(spec))
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", file, "--url", url),
            *("--header", f"Authorization: Bearer {token(simulator)}"),
            *("--phases", "examples,coverage,fuzzing", "--checks", "all"),
            *("--max-examples", str(examples), "--seed", str(seed), "--workers", "1", "--request-timeout", "30"),
            *("--suppress-health-check", "all", "--continue-on-failure", "--no-color", "--warnings", "off"),
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
