import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.audit import AuditLog
from services.common.errors import ConfigurationError, Invalid, Unavailable
from tests.support.clock import START, Clock


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "audit.log", Clock())


def told(log: AuditLog) -> list[tuple[str, str, str, str, str]]:
    return [(each.who, each.what, each.subject, each.outcome, each.why) for each in log.entries()]


def test_an_act_is_recorded_before_it_is_done_and_when_it_has_ended(log: AuditLog) -> None:
    with log.acting("os:ana", "keys revoke", "key_id=a"):
        assert told(log) == [("os:ana", "keys revoke", "key_id=a", "begun", "")]
    begun, done = log.entries()
    assert (begun.act, begun.time, done.outcome) == (done.act, START, "done")


@pytest.mark.parametrize(
    ("error", "outcome", "why"),
    [
        (Invalid("Unforgettable words"), "refused", "invalid"),
        (ValueError("Unforgettable words"), "failed", "ValueError"),
        (KeyboardInterrupt(), "interrupted", ""),
    ],
)
def test_of_what_is_not_done_the_kind_of_error_is_told_and_not_its_words(
    log: AuditLog, tmp_path: Path, error: BaseException, outcome: str, why: str
) -> None:
    with pytest.raises(type(error)), log.acting("os:ana", "rebuild"):
        raise error
    assert told(log)[1] == ("os:ana", "rebuild", "", outcome, why)
    assert "Unforgettable" not in (tmp_path / "audit.log").read_text()


async def test_where_others_go_on_meanwhile_it_is_recorded_alike(log: AuditLog) -> None:
    async with log.acting_meanwhile("key:a", "PUT /v1/watch"):
        assert [entry.outcome for entry in log.entries()] == ["begun"]
    with pytest.raises(Invalid):
        async with log.acting_meanwhile("key:a", "PUT /v1/watch"):
            raise Invalid("no")
    assert [entry.outcome for entry in log.entries()] == ["begun", "done", "begun", "refused"]


def test_only_its_owner_reads_it(log: AuditLog, tmp_path: Path) -> None:
    with log.acting("os:ana", "rebuild"):
        pass
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_what_cannot_be_recorded_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    log = AuditLog(tmp_path / "file" / "audit.log")
    done: list[str] = []
    refused = pytest.raises(Unavailable, match=r"audit\.log cannot be used.*without it nothing is done")
    with refused, log.acting("os:ana", "rebuild"):
        done.append("it")
    assert done == []


def test_what_was_done_and_cannot_be_recorded_says_so(log: AuditLog, tmp_path: Path) -> None:
    def put_away() -> None:
        (tmp_path / "audit.log").unlink()
        (tmp_path / "audit.log").mkdir()

    with pytest.raises(Unavailable, match="rebuild was done, but the audit log"), log.acting("os:ana", "rebuild"):
        put_away()


def lines_of(folder: Path, acts: int) -> list[bytes]:
    log = AuditLog(folder / "audit.log")
    for number in range(acts):
        with log.acting("os:ana", "keys revoke", f"key_id={number:012x}"):
            pass
    return (folder / "audit.log").read_bytes().splitlines(keepends=True)


Damage = Callable[[list[bytes]], list[bytes]]


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda lines: [*lines[:2], lines[2].replace(b"key_id=0", b"key_id=1"), *lines[3:]], "line 3"),
        (lambda lines: [*lines[:2], *lines[3:]], "line 3"),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "line 3"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "line 3"),
        (lambda lines: lines[1:], "line 1"),
        (lambda lines: lines[:-2], "after line 4"),
        (lambda lines: lines[:0], "after line 0"),
        (lambda lines: [*lines[:-1], lines[-1][:-20]], "line 6 is not whole"),
        (lambda lines: [*lines, b"{}\n"], "line 7 is not whole"),
    ],
)
def test_a_line_that_was_changed_removed_or_put_in_is_told(tmp_path: Path, damage: Damage, place: str) -> None:
    lines = lines_of(tmp_path, acts=3)
    (tmp_path / "audit.log").write_bytes(b"".join(damage(lines)))
    with pytest.raises(ConfigurationError, match=place):
        AuditLog(tmp_path / "audit.log").entries()


@settings(max_examples=40)
@given(data=st.data())
def test_any_byte_that_is_changed_is_told(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("audit")
    whole = b"".join(lines_of(folder, acts=1))
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    (folder / "audit.log").write_bytes(whole[:at] + bytes([other]) + whole[at + 1 :])
    with pytest.raises(ConfigurationError, match="not as it was written"):
        AuditLog(folder / "audit.log").entries()


def test_a_log_that_is_gone_is_told(tmp_path: Path) -> None:
    lines_of(tmp_path, acts=1)
    (tmp_path / "audit.log").unlink()
    with pytest.raises(ConfigurationError, match="after line 0 lines are missing"):
        AuditLog(tmp_path / "audit.log").entries()


def test_a_kill_between_a_line_and_the_hash_of_the_last_leaves_it_good(tmp_path: Path) -> None:
    lines_of(tmp_path, acts=1)
    head = (tmp_path / "audit.head").read_text()
    lines_of(tmp_path, acts=1)
    whole = (tmp_path / "audit.log").read_bytes().splitlines(keepends=True)
    (tmp_path / "audit.log").write_bytes(b"".join(whole[:3]))
    (tmp_path / "audit.head").write_text(head)
    assert len(AuditLog(tmp_path / "audit.log").entries()) == 3


def test_a_line_that_the_disk_takes_only_a_part_of_is_taken_back(log: AuditLog, tmp_path: Path) -> None:
    lines_of(tmp_path, acts=1)
    whole = (tmp_path / "audit.log").read_bytes()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 20, before[1]))
    try:
        for _ in range(2):
            with pytest.raises(Unavailable, match="cannot be used"), log.acting("os:ana", "rebuild"):
                pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "audit.log").read_bytes() == whole
    with log.acting("os:ana", "rebuild"):
        pass
    assert len(log.entries()) == 4


def test_a_line_whose_hash_finds_no_room_is_taken_back(log: AuditLog, tmp_path: Path) -> None:
    """However often: the hash would stay ever further behind."""
    whole = b"".join(lines_of(tmp_path, acts=1))
    head = tmp_path / "audit.head"
    kept = head.rename(tmp_path / "kept")
    head.mkdir()
    for _ in range(3):
        with pytest.raises(Unavailable, match="cannot be used"), log.acting("os:ana", "rebuild"):
            pass
    head.rmdir()
    kept.rename(head)
    assert (tmp_path / "audit.log").read_bytes() == whole
    assert len(log.entries()) == 2


APPENDING = """
import sys
from pathlib import Path
from services.common.audit import AuditLog

log = AuditLog(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    with log.acting("os:ana", "keys revoke", sys.argv[3]):
        print(number, flush=True)
"""


def appending(path: Path, acts: int, subject: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", APPENDING, str(path), str(acts), subject]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_several_processes_append_at_once(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    programs = [appending(path, 20, f"of {number}") for number in range(4)]
    for program in programs:
        program.communicate()
        assert program.returncode == 0
    subjects = [entry.subject for entry in AuditLog(path).entries()]
    assert {subject: subjects.count(subject) for subject in subjects} == {f"of {n}": 40 for n in range(4)}


def test_an_act_that_was_killed_stays_begun_and_the_next_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    with appending(path, 1_000_000, "killed") as program:
        assert program.stdout is not None
        for _ in range(5):
            program.stdout.readline()
        os.kill(program.pid, signal.SIGKILL)
    before = len(AuditLog(path).entries())
    with AuditLog(path).acting("os:ana", "rebuild"):
        pass
    assert len(AuditLog(path).entries()) == before + 2


@settings(max_examples=40)
@given(text=st.text(st.characters(), max_size=2000))
def test_whatever_an_act_names_can_be_read_back(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    log = AuditLog(tmp_path_factory.mktemp("audit") / "audit.log")
    for _ in range(2):
        with log.acting(text, "rebuild", text):
            pass
    assert len(log.entries()) == 4
