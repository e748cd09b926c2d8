"""What the `cadran` program writes into the audit log."""

import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from services.common.audit import AuditLog, Entry
from services.common.audited_commands import LOOKING, audited
from services.common.auth import KeyRing
from services.common.cli import build


def cadran(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CADRAN_LOCAL_DIR": str(folder), "LOGNAME": "somebody-else"}
    command = [sys.executable, "-m", "services.common.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def ends(folder: Path) -> list[Entry]:
    return [entry for entry in AuditLog(folder / "audit.log").entries() if entry.outcome != "begun"]


def test_commands_that_do_something_are_recorded_with_who_and_of_what(tmp_path: Path) -> None:
    token = cadran(tmp_path, "keys", "create", "Zoe, for north", "--scope", "kpis:read").stdout.strip()
    (key,) = KeyRing(tmp_path / "keys.json").all()
    rotated = cadran(tmp_path, "keys", "rotate", key.id, "--grace", "1h").stdout.strip()
    assert cadran(tmp_path, "keys", "list").returncode == 0
    for wrong in ("0" * 12, rotated):
        assert cadran(tmp_path, "keys", "revoke", wrong).returncode == 1
    assert cadran(tmp_path, "keys", "revoke", key.id).returncode == 0
    told = [(each.what, each.subject, each.outcome, each.why) for each in ends(tmp_path)]
    assert told == [
        ("keys create", "scope=kpis:read", "done", ""),
        ("keys rotate", f"key_id={key.id} grace=1h", "done", ""),
        ("keys revoke", f"key_id={'0' * 12}", "refused", "not_found"),
        ("keys revoke", "key_id=?", "refused", "not_found"),
        ("keys revoke", f"key_id={key.id}", "done", ""),
    ]
    whole = (tmp_path / "audit.log").read_text()
    for secret in (token, rotated, "Zoe"):
        assert secret not in whole
    shown = cadran(tmp_path, "audit", "--last", "2")
    assert shown.returncode == 0
    assert f"key_id={key.id}" in shown.stdout
    assert "keys rotate" not in shown.stdout
    assert "5 acts; the log is as it was written" in shown.stdout


def test_who_is_told_by_the_system_and_not_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGNAME", raising=False)
    monkeypatch.delenv("SUDO_USER", raising=False)
    cadran(tmp_path, "keys", "revoke", "0" * 12)
    assert ends(tmp_path)[0].who == f"os:{getpass.getuser()}"


def test_a_log_that_was_changed_is_told_and_nothing_is_added_to_half_a_line(tmp_path: Path) -> None:
    cadran(tmp_path, "keys", "create", "a", "--scope", "kpis:read")
    log = tmp_path / "audit.log"
    whole = log.read_text()
    log.write_text(whole.replace("kpis:read", "kpis:writ"))
    shown = cadran(tmp_path, "audit")
    assert (shown.returncode, "line 1 was changed" in shown.stderr) == (1, True)
    log.write_text(whole[:-10])
    refused = cadran(tmp_path, "keys", "create", "b", "--scope", "kpis:read")
    assert (refused.returncode, "is not whole" in refused.stderr) == (1, True)
    assert [key.name for key in KeyRing(tmp_path / "keys.json").all()] == ["a"]


def callbacks(group: TyperGroup, path: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, command in group.commands.items():
        inner = isinstance(command, TyperGroup)
        found |= callbacks(command, f"{path}{name} ") if inner else {f"{path}{name}": command.callback}
    return found


RECORDED = {
    "access grant", "access redis", "alerts test", "backfill", "backup", "campaigns assign", "campaigns forget",
    "campaigns set", "connectors secret", "connectors sync", "dead replay", "erase-customer", "grafana push", "import",
    "keys create", "keys revoke", "keys rotate", "letter send", "letter write", "prices give", "prices read",
    "prices watch drop", "prices watch export", "prices watch import", "rebuild", "restore", "simulate",
    "survey contacts", "survey erase", "survey export", "survey invite", "survey pulse close", "survey pulse open",
    "survey pulse roster", "topics create", "users add", "users password", "users remove",
}  # fmt: skip


def test_every_command_of_every_service_is_recorded_unless_it_only_looks(tmp_path: Path) -> None:
    """All of them are named, so that whoever brings one says which kind it is."""
    group = typer.main.get_group(build())
    before = callbacks(group)
    after = callbacks(audited(group, lambda: AuditLog(tmp_path / "audit.log")))
    assert {name for name in before if after[name] is not before[name]} == RECORDED
    assert before.keys() - RECORDED == LOOKING
