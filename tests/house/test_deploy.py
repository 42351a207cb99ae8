"""What deploy/ holds can be read by those who run it, and keeps the promises of docs/deployment.md."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from lettrage.cli import MODULES

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
SHUT = ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "ProtectKernelModules", "RestrictSUIDSGID")


def _locked(name: str) -> set[str]:
    return set(re.findall(r"^[a-z0-9_.-]+==\S+", (ROOT / name).read_text(), re.MULTILINE))


def _unit(file: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(file)
    return parser


def test_the_compose_file_is_whole() -> None:
    compose: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert services.keys() == {"database", "migrate", "service", "worker"}
    assert services["database"]["healthcheck"]["test"]
    for name in ("migrate", "service", "worker"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["depends_on"], name
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert named == compose["volumes"].keys()
    assert all(port.startswith("127.0.0.1:") for port in services["service"]["ports"])


def test_a_database_is_healthy_when_it_answers_by_tcp() -> None:
    """At its socket the image's server answers while it is set up, and then stops: `migrate` would find nobody."""
    files = (DEPLOY / "compose.yaml", DEPLOY / "citus" / "compose.yaml")
    services: list[Any] = [each for file in files for each in yaml.safe_load(file.read_text())["services"].values()]
    asked = [" ".join(each["healthcheck"]["test"]) for each in services if "test" in each.get("healthcheck", {})]
    assert len(asked) == 4
    assert all("pg_isready --host 127.0.0.1" in each for each in asked)


def test_the_compose_file_of_a_cluster_joins_every_node_before_anything_is_spread() -> None:
    alone: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    cluster: Any = yaml.safe_load((DEPLOY / "citus" / "compose.yaml").read_text())
    services = cluster["services"]
    nodes = services.keys() - alone["services"].keys() - {"join"}
    assert len(nodes) == 2
    said = " ".join(services["join"]["command"])
    assert sorted(re.findall(r"citus_add_node\('(\w+)', 5432\)", said)) == sorted(nodes)
    assert services["join"]["depends_on"].keys() == {*nodes, "database"}
    assert services["migrate"] == {"depends_on": {"join": {"condition": "service_completed_successfully"}}}
    assert len({services[name]["image"] for name in (*nodes, "database", "join")}) == 1
    held = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert held == cluster["volumes"].keys()
    assert not held & alone["volumes"].keys(), "a server of another version cannot read them"
    assert all(services[name]["environment"]["PGPASSWORD"] for name in (*nodes, "database", "join"))


def test_the_container_installs_by_hash_and_runs_without_rights() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    assert any("--require-hashes -r requirements-server.lock" in line for line in lines)
    user = next(at for at, line in enumerate(lines) if line.startswith("USER "))
    assert lines[user].split()[1] not in ("0", "root")
    assert user > max(at for at, line in enumerate(lines) if line.startswith(("RUN", "COPY")))
    assert any("/readyz" in line for line in lines if line.startswith("HEALTHCHECK"))


def test_the_containers_packages_are_those_that_are_tested() -> None:
    assert _locked("requirements.lock") < _locked("requirements-server.lock") < _locked("requirements-dev.lock")
    assert any(package.startswith("psycopg==") for package in _locked("requirements-server.lock"))


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_runs_without_rights(unit: Path) -> None:
    service = _unit(unit)["Service"]
    assert service["User"] not in ("", "root")
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert {service[name] for name in SHUT} == {"yes"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not there")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_a_unit(unit: Path) -> None:
    said = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    not_installed = re.compile(r"is not executable: No such file|^$")
    assert [line for line in said.stderr.splitlines() if not not_installed.search(line)] == []


def test_what_the_units_run_are_commands() -> None:
    run = [word for unit in SERVICES for word in re.findall(r"bin/lettrage (\w+)", unit.read_text())]
    assert run
    assert set(run) <= MODULES.keys()
