"""The short form of `scripts/contract`."""

from pathlib import Path

from tests.http.contract import breaches, unslowed
from tests.http.service import running
from tests.http.story import settled_firm

SEED = 20241021


def test_the_service_keeps_its_own_description(tmp_path: Path) -> None:
    with unslowed(), running(settled_firm(tmp_path)) as service:
        done = breaches(service, examples=4, seed=SEED)

    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr}"
    assert len(service.logged) > 300
    assert [line for line in service.logged if line["event"] == "internal_error"] == []
    assert service.firm.findings() == []
