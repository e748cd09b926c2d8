"""Nothing that a setting names is forgotten, and no service that writes it."""

import re
from pathlib import Path

import pytest

from deploy.local.programs import ROOT
from services.common.errors import ConfigurationError
from services.operations.backup.making import make_folder
from services.operations.backup.places import NOT_KEPT, Installation
from services.operations.backup.restoring import WRITERS
from services.operations.doctor.installation import NAMED


def test_every_file_that_a_setting_names_is_kept_or_left_out_on_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {
        f"{type(settings).model_config['env_prefix']}{name}".upper()
        for settings in Installation.load()
        for name, field in type(settings).model_fields.items()
        if "Path" in str(field.annotation)
    }
    for variable in variables:
        monkeypatch.setenv(variable, str(tmp_path / variable))

    named = Installation.load().files()

    assert {name for name in variables if named.get(name) == tmp_path / name} == variables - NOT_KEPT


def test_files_that_accounts_and_teams_name_are_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts, teams = tmp_path / "accounts.yml", tmp_path / "thresholds.yml"
    accounts.write_text(
        "accounts:\n  shopify:\n    paris: {secret_file: /run/secrets/shop, token_file: /run/secrets/token}\n"
        "  generic:\n    erp: {secret_file: /run/secrets/erp, mapping: /etc/cadran/erp.yml}\n"
    )
    teams.write_text("teams:\n  sales: {slack_file: /run/secrets/slack, email: [a@example.org]}\n")
    monkeypatch.setenv("CADRAN_INGEST_CONNECTORS", str(accounts))
    monkeypatch.setenv("CADRAN_ALERTS_THRESHOLDS", str(teams))

    found = set(map(str, Installation.load().files().values()))

    secrets = {f"/run/secrets/{name}" for name in ("shop", "token", "erp", "slack")}
    assert secrets | {"/etc/cadran/erp.yml"} <= found


def test_with_compose_every_service_is_stopped_before_a_restore_that_cannot_see_them() -> None:
    (stopped,) = re.findall(r"^docker compose stop (.+)$", (ROOT / "docs/compose.md").read_text(), re.MULTILINE)

    assert set(stopped.split()) == {name for name, port in NAMED.items() if port in WRITERS}


def test_a_folder_of_something_else_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "somebodys").touch()
    with pytest.raises(ConfigurationError, match="holds what is no backup"):
        make_folder(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
