"""Files and databases, backed up and restored by the commands themselves."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from deploy.local.programs import ROOT
from services.common.settings import Port, Settings
from services.common.windows import utc_now
from services.operations.backup.making import in_use
from services.operations.backup.manifest import read_manifest, write_manifest
from services.operations.backup.places import ACCESS
from services.operations.doctor.all_checks import all_checks
from services.operations.doctor.examining import examine
from services.operations.doctor.findings import Finding
from services.operations.doctor.installation import Installation, Limits
from tests.operations.backup.installation import Installed
from tests.support.stack import wait_for


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    made = Installed(tmp_path / "local")
    made.make()
    return made


def lose(installed: Installed) -> None:
    shutil.rmtree(installed.folder)


def test_what_was_lost_is_back_with_its_rights_and_without_what_came_later(
    installed: Installed, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    told = installed.back_up(folder)
    installed.opt_out("later")
    lose(installed)

    restored = installed.done("restore", str(folder))

    assert "the databases of survey, board copied" in told
    assert "readable by its owner alone" in told
    assert installed.opted_out() == {"first"}
    assert (installed.folder / "survey.secret").read_text() == "s" * 40
    assert (installed.folder / "survey.secret").stat().st_mode & 0o777 == 0o600
    assert "erase them again" in restored
    assert not (installed.folder / "restoring.json").exists()


def test_a_backup_is_for_its_owner_alone(installed: Installed, tmp_path: Path) -> None:
    os.umask(0o022)
    folder = tmp_path / "backup"
    folder.mkdir(mode=0o755)
    installed.back_up(folder)

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(files) > 5
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_copy_made_while_a_database_is_written_holds_what_was_committed(installed: Installed, tmp_path: Path) -> None:
    with installed.sqlite("survey") as writing:  # its journal is not emptied while it is open
        writing.execute("INSERT INTO opt_outs (digest, created_at) VALUES ('in the journal', '2026-11-20 10:00:00')")
        writing.commit()
        writing.execute("INSERT INTO opt_outs (digest, created_at) VALUES ('not committed', '2026-11-20 10:00:00')")
        installed.back_up(tmp_path / "backup")
        writing.rollback()
    lose(installed)
    installed.done("restore", str(tmp_path / "backup"))

    assert installed.opted_out() == {"first", "in the journal"}


def test_the_mark_is_on_the_disk_before_anything_is_touched_and_all_else_before_it_goes(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.back_up(tmp_path / "backup")
    lose(installed)
    places = [installed.folder / name for name in ("restoring.json", "survey.secret", "data/survey.sqlite")]
    written: list[list[bool]] = []
    sync = os.sync

    def synced() -> None:
        written.append([place.exists() for place in places])
        sync()

    monkeypatch.setattr(os, "sync", synced)
    installed.done("restore", str(tmp_path / "backup"))

    assert written == [[True, False, False], [True, True, True], [False, True, True]]


def test_what_is_there_is_replaced_on_demand_alone(installed: Installed, tmp_path: Path) -> None:
    folder = str(tmp_path / "backup")
    installed.back_up(Path(folder))
    installed.opt_out("later")
    (installed.folder / "keys.json").write_text("[1]")
    (installed.folder / "survey.secret").unlink()

    refused = installed.refused("restore", folder)
    assert "in the way: CADRAN_KEYS_FILE, the database of survey, the database of board" in refused
    assert "nothing was touched" in refused
    assert not (installed.folder / "survey.secret").exists()

    installed.done("restore", folder, "--missing")
    assert (installed.folder / "survey.secret").exists()
    assert (installed.folder / "keys.json").read_text() == "[1]"
    assert installed.opted_out() == {"first", "later"}

    installed.done("restore", folder, "--replace")
    assert (installed.folder / "keys.json").read_text() == "[]"
    assert installed.opted_out() == {"first"}
    assert "exclude each other" in installed.refused("restore", folder, "--replace", "--missing")


def test_how_servers_are_signed_in_to_stays_as_the_deployment_has_it(installed: Installed, tmp_path: Path) -> None:
    """Also where a backup of an earlier release holds it."""
    folder = tmp_path / "backup"
    files = {name: tmp_path / name for name in ACCESS - {"CADRAN_REDIS_CA_FILE"}}  # that one needs a Redis with TLS
    for path in files.values():
        path.write_text("of then")
    installed.environment |= {name: str(path) for name, path in files.items()}
    installed.environment |= {"CADRAN_KAFKA_USER": "operator", "CADRAN_REDIS_USER": "operator"}
    installed.back_up(folder)
    assert "of then" not in {path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()}

    manifest = read_manifest(folder)
    assert manifest is not None
    earlier = dict.fromkeys(files, manifest.files["CADRAN_KEYS_FILE"])
    write_manifest(folder, replace(manifest, files=manifest.files | earlier))
    (installed.folder / "keys.json").write_text("[1]")
    for path in files.values():
        path.write_text("of now")
    installed.done("restore", str(folder), "--replace")

    assert {path.read_text() for path in files.values()} == {"of now"}
    assert (installed.folder / "keys.json").read_text() == "[]"


@pytest.mark.parametrize("address", ["survey database", "oracle+nodriver://cadran:hidden@host/surveys"])
def test_what_is_no_address_of_a_database_is_told_by_its_setting(
    installed: Installed, tmp_path: Path, address: str
) -> None:
    installed.back_up(tmp_path / "backup")
    installed.environment["CADRAN_SURVEY_DATABASE"] = address
    for command in (["backup", "--without-events"], ["restore", "--replace"]):
        refused = installed.refused(*command, str(tmp_path / "backup"))
        assert "CADRAN_SURVEY_DATABASE: is no address of a database" in refused
        assert "hidden" not in refused


def test_a_journal_that_was_left_behind_is_not_applied_to_the_copy(installed: Installed, tmp_path: Path) -> None:
    installed.back_up(tmp_path / "backup")
    with installed.sqlite("survey") as writing:
        writing.execute("INSERT INTO opt_outs (digest, created_at) VALUES ('in the journal', '2026-11-20 10:00:00')")
        writing.commit()
        journal = (installed.folder / "data" / "survey.sqlite-wal").read_bytes()
    (installed.folder / "data" / "survey.sqlite-wal").write_bytes(journal)  # as after kill -9
    installed.done("restore", str(tmp_path / "backup"), "--replace")

    assert installed.opted_out() == {"first"}


def test_every_damaged_file_is_told_by_name_and_nothing_is_touched(installed: Installed, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    installed.back_up(folder)
    database = next(folder.rglob("survey.sqlite"))
    content = bytearray(database.read_bytes())
    content[len(content) // 2] ^= 1
    database.write_bytes(content)
    next(folder.rglob("*keys.json")).unlink()
    next(folder.rglob("*survey.secret")).write_text("s")
    lose(installed)

    refused = installed.refused("restore", str(folder))

    assert f"{database.relative_to(folder)} is not what was written" in refused
    assert "keys.json is gone" in refused
    assert "survey.secret is shorter than it was" in refused
    assert not (installed.folder / "data").exists()
    assert "is damaged" in installed.refused("restore", str(folder), "--check")


def test_a_backup_that_was_broken_off_is_none_and_leaves_the_one_before(installed: Installed, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    snapshot = folder / "snapshots" / "broken"
    snapshot.mkdir(parents=True)
    (snapshot / "survey.sqlite").write_bytes(b"half")
    assert "holds no finished backup" in installed.refused("restore", str(folder))

    installed.back_up(folder)
    assert not snapshot.exists()
    snapshot.mkdir()
    (snapshot / "survey.sqlite").write_bytes(b"half")
    lose(installed)
    installed.done("restore", str(folder))
    assert installed.opted_out() == {"first"}


def test_a_folder_is_used_by_one_at_a_time_and_a_restore_makes_none(installed: Installed, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    assert "cannot be used: No such file" in installed.refused("restore", str(folder))
    assert not folder.exists()
    folder.mkdir()
    with in_use(folder):
        assert "in use by another backup" in installed.refused("backup", str(folder), "--without-events")


def test_a_manifest_of_a_later_release_is_not_guessed_at(installed: Installed, tmp_path: Path) -> None:
    installed.back_up(tmp_path / "backup")
    path = tmp_path / "backup" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))

    assert "of format 99" in installed.refused("restore", str(tmp_path / "backup"))


def test_nothing_is_restored_under_a_service_that_runs(installed: Installed, tmp_path: Path) -> None:
    installed.back_up(tmp_path / "backup")
    lose(installed)
    settings = Settings(port_offset=int(installed.environment["CADRAN_PORT_OFFSET"]))
    with socket.create_server(("127.0.0.1", settings.port(Port.SURVEY))):
        refused = installed.refused("restore", str(tmp_path / "backup"))

    assert "survey runs - stop every service" in refused


def test_a_restore_that_was_killed_goes_on_and_replaces_only_what_it_was_to_bring_back(
    installed: Installed, tmp_path: Path
) -> None:
    """Killed while it writes the board's database, which is made large, and after the survey's."""
    folder = tmp_path / "backup"
    with installed.sqlite("survey") as database:
        database.execute("CREATE TABLE ballast (content)")
        database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150) "
            "INSERT INTO ballast SELECT randomblob(1000000) FROM n"
        )
        database.commit()
    installed.back_up(folder)
    for path in (installed.folder / "data").glob("survey.sqlite*"):
        path.unlink()
    (installed.folder / "keys.json").write_text("[1]")

    command = [sys.executable, "-m", "services.common.cli", "restore", str(folder), "--missing"]
    with subprocess.Popen(command, env=installed.environment, cwd=ROOT, stdout=subprocess.DEVNULL) as running:
        draft = installed.folder / "data" / ".survey.sqlite.restored"
        wait_for(draft.exists, "the database is being written")
        running.send_signal(signal.SIGKILL)
    assert not (installed.folder / "data" / "survey.sqlite").exists()
    (told,) = doctors_findings(installed)
    assert "was broken off" in told.what
    assert "`cadran restore FOLDER` of that backup again" in told.mend
    installed.done("restore", str(folder))  # without an option: it goes on with what was asked for

    assert doctors_findings(installed) == []
    assert installed.opted_out() == {"first"}
    assert (installed.folder / "keys.json").read_text() == "[1]"
    assert not draft.exists()


def doctors_findings(installed: Installed) -> list[Finding]:
    """What `cadran doctor` says of restores."""
    (check,) = [check for check in all_checks() if check.name == "restore"]
    (outcome,) = examine([check], Installation(Settings(local_dir=installed.folder), utc_now, Limits()))
    return list(outcome.findings)
