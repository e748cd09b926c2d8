"""The files that Grafana is provisioned with: what Grafana would not know, or would let out, is found."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.grafana.lint.provisioning import findings

FILES = Path("deploy/grafana/provisioning")
SCRAPE = "10s"


def found(folder: Path) -> list[str]:
    return [str(finding) for finding in findings(folder, SCRAPE)]


def test_nothing_is_wrong_with_them_and_each_kind_is_there() -> None:
    assert found(FILES) == []
    assert sorted(path.parent.name for path in FILES.rglob("*.yml")) == ["alerting", "dashboards", "datasources"]


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("file", "change", "text"),
    [
        ("datasources/prometheus.yml", replaced("timeInterval: 10s", "timeInterval: 15s"), "timeInterval is not"),
        ("datasources/prometheus.yml", replaced("editable:", "editible:"), "editible: Extra inputs are not permitted"),
        ("datasources/prometheus.yml", replaced("    uid: prometheus\n", ""), "uid: Field required"),
        ("dashboards/cadran.yml", replaced("/var/lib/dashboards/cadran", "/boards"), "reads boards from /boards"),
        ("dashboards/cadran.yml", replaced("allowUiUpdates: false", "allowUiUpdates: true"), "allowUiUpdates"),
        (
            "alerting/contact-points.yml",
            replaced("httpMethod: POST", "authorization_credentials: hunter2"),
            "authorization_credentials stands in clear",
        ),
        ("alerting/contact-points.yml", replaced("receivers:", "reciever:"), "contactPoints.0.reciever"),
    ],
)
def test_a_slip_is_found(tmp_path: Path, file: str, change: Callable[[str], str], text: str) -> None:
    shutil.copytree(FILES, tmp_path / "files")
    path = tmp_path / "files" / file
    path.write_text(change(path.read_text()))
    said = found(tmp_path / "files")
    assert said
    assert all(line.startswith(file) for line in said)
    assert any(text in line for line in said), said


@pytest.mark.parametrize("value", ["$__file{/run/secrets/webhook_token}", "${WEBHOOK_TOKEN}"])
def test_a_secret_from_elsewhere_is_none_in_clear(tmp_path: Path, value: str) -> None:
    shutil.copytree(FILES, tmp_path / "files")
    path = tmp_path / "files" / "alerting" / "contact-points.yml"
    path.write_text(path.read_text().replace("httpMethod: POST", f"authorization_credentials: {value}"))
    assert found(tmp_path / "files") == []
