"""What keeps the thresholds in force: real files, and real servers that are told to read them."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from services.common.errors import ConfigurationError, Conflict, Unavailable
from services.kpi_stream.alerting import keeper as module
from services.kpi_stream.alerting.history import BY_HAND, MOST_KEPT, MOST_TOLD
from services.kpi_stream.alerting.keeper import Keeper, version_of
from services.kpi_stream.kpis import all_kpis
from tests.kpi_stream.alerting.keeping import followed, keeper_of
from tests.support.reloads import Reloads, running_reloads
from tests.support.stack import wait_for

TEAMS = "teams: {direction: {}, operations: {}}\n"
GOOD = f"{TEAMS}alerts:\n  SalesBehindPace:\n    below: 90 %\n".encode()
BAD = f"{TEAMS}alerts:\n  SalesBehindPace:\n    below: many\n".encode()
DEFAULTS = {alert.name: alert for kpi in all_kpis().values() for alert in kpi.alerts}
NAME = "SalesBehindPace"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0)


@pytest.fixture
def prometheus() -> Iterator[Reloads]:
    with running_reloads() as server:
        yield server


@pytest.fixture
def alertmanager() -> Iterator[Reloads]:
    with running_reloads() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "thresholds.yml"
    path.write_bytes(GOOD)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "alerts"


@pytest.fixture
def addresses(prometheus: Reloads, alertmanager: Reloads) -> Mapping[str, str]:
    return {"Alertmanager": alertmanager.url, "Prometheus": prometheus.url}


@pytest.fixture
def anew(path: Path, folder: Path, addresses: Mapping[str, str], http: httpx.AsyncClient) -> Keeper:
    return keeper_of(path, folder, addresses, http)


@pytest.fixture
async def keeper(anew: Keeper) -> Keeper:
    """One whose file holds."""
    return await followed(anew)


def level(keeper: Keeper) -> float:
    return next(w.threshold.level for w in keeper.in_force.thresholds.alerts if w.threshold.name == NAME)


def written(folder: Path) -> dict[str, bytes]:
    """All that the servers read."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "history.jsonl"
    }


async def test_what_the_file_says_holds_and_no_server_is_told_twice(
    keeper: Keeper, folder: Path, prometheus: Reloads, alertmanager: Reloads
) -> None:
    await followed(keeper)
    assert (level(keeper), keeper.in_force.version, keeper.in_force.refused) == (0.9, version_of(GOOD), "")
    asked = (prometheus.asked, alertmanager.asked)
    await followed(keeper)
    assert (prometheus.asked, alertmanager.asked) == asked
    assert written(folder).keys() == {"in-force.yml", "rules/cadran.yml"}
    assert written(folder)["in-force.yml"] == GOOD


async def test_a_bad_file_changes_nothing_and_mended_it_holds(
    keeper: Keeper, path: Path, folder: Path, prometheus: Reloads
) -> None:
    held, files, asked = keeper.in_force, written(folder), prometheus.asked
    path.write_bytes(BAD)
    await followed(keeper)
    assert "thresholds.yml line 4: alerts.SalesBehindPace.below: 'many' is no number" in keeper.in_force.refused
    assert keeper.in_force[:2] == held[:2]
    assert (written(folder), prometheus.asked) == (files, asked)
    path.write_bytes(GOOD.replace(b"90", b"80"))
    await followed(keeper)
    assert (level(keeper), keeper.in_force.refused, prometheus.asked) == (0.8, "", asked + 1)


@pytest.mark.parametrize("name", ["Prometheus", "Alertmanager"])
async def test_a_server_that_refuses_its_files_gets_the_former_ones_back(
    name: str, keeper: Keeper, path: Path, folder: Path, prometheus: Reloads, alertmanager: Reloads
) -> None:
    server = {"Prometheus": prometheus, "Alertmanager": alertmanager}[name]
    files = written(folder)
    server.status, server.said = 500, "group 3: no such function"
    path.write_bytes(GOOD.replace(b"90", b"80"))
    await followed(keeper)
    assert keeper.in_force.refused == f"{name} refuses what was made of the thresholds: group 3: no such function"
    assert (level(keeper), written(folder)) == (0.9, files)
    server.status = 200
    path.write_bytes(GOOD.replace(b"90", b"70"))
    await followed(keeper)
    assert (level(keeper), keeper.in_force.refused) == (0.7, "")


async def test_what_is_refused_at_first_leaves_no_files(anew: Keeper, folder: Path, prometheus: Reloads) -> None:
    prometheus.status = 500
    await followed(anew)
    assert (written(folder), level(anew)) == ({}, DEFAULTS[NAME].level)


async def test_a_server_that_is_away_is_told_later(path: Path, folder: Path, http: httpx.AsyncClient) -> None:
    with running_reloads() as gone:
        pass
    keeper = await followed(keeper_of(path, folder, {"Prometheus": gone.url}, http))
    assert (level(keeper), keeper.in_force.refused) == (0.9, "")
    with running_reloads(int(gone.url.rpartition(":")[2])) as back:
        await keeper.look()
        await keeper.look()
        assert back.asked == 1


async def test_a_server_that_refuses_when_it_is_back_leaves_what_held_before(
    path: Path, folder: Path, http: httpx.AsyncClient
) -> None:
    with running_reloads() as server:
        keeper = await followed(keeper_of(path, folder, {"Prometheus": server.url}, http))
    files = written(folder)
    path.write_bytes(GOOD.replace(b"90", b"80"))
    await followed(keeper)
    with running_reloads(int(server.url.rpartition(":")[2])) as back:
        back.status = 500
        await keeper.look()
    assert (level(keeper), written(folder)) == (0.9, files)
    assert keeper.in_force.refused.startswith("Prometheus refuses")


async def test_after_a_restart_with_a_bad_file_what_held_before_still_holds(
    keeper: Keeper, path: Path, folder: Path, addresses: Mapping[str, str], http: httpx.AsyncClient
) -> None:
    files = written(folder)
    path.write_bytes(BAD)
    again = keeper_of(path, folder, addresses, http)
    assert level(again) == 0.9
    await followed(again)
    assert (level(again), written(folder)) == (0.9, files)
    assert "line 4" in again.in_force.refused


@pytest.mark.parametrize("content", [None, BAD, b"\xff", b"teams: ["])
async def test_before_any_good_file_the_alerts_of_the_kpis_hold_and_nobody_is_told(
    content: bytes | None, anew: Keeper, path: Path, prometheus: Reloads
) -> None:
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    await followed(anew)
    held = anew.in_force.thresholds
    assert {watched.threshold.name: watched.threshold for watched in held.alerts} == DEFAULTS
    assert not any(team.can_be_told for team in held.teams.values())
    assert "thresholds.yml" in anew.in_force.refused
    path.write_bytes(GOOD)
    await followed(anew)
    assert (level(anew), anew.in_force.refused) == (0.9, "")


async def test_a_file_that_is_half_written_is_not_followed(keeper: Keeper, path: Path) -> None:
    """Half of it is good by itself, and says something else."""
    path.write_bytes(TEAMS.encode())
    await keeper.look()
    path.write_bytes(GOOD.replace(b"90", b"80"))
    await keeper.look()
    assert level(keeper) == 0.9
    await keeper.look()
    assert level(keeper) == 0.8
    assert keeper.history.of(NAME)[0].after == {"below": "80 %", "clear": "80 %"}


async def test_a_change_is_written_and_holds_at_once(keeper: Keeper, path: Path, prometheus: Reloads) -> None:
    path.chmod(0o664)
    asked = prometheus.asked
    await keeper.change(NAME, {"below": "85 %"}, keeper.in_force.version, "dora")
    assert path.read_bytes() == GOOD.replace(b"90", b"85")
    assert (level(keeper), keeper.in_force.version) == (0.85, version_of(path.read_bytes()))
    assert path.stat().st_mode & 0o777 == 0o664
    await followed(keeper)
    assert prometheus.asked == asked + 1


async def test_of_two_changes_at_once_one_is_refused(keeper: Keeper, path: Path) -> None:
    version = keeper.in_force.version
    both = [keeper.change(NAME, {"below": text}, version, "") for text in ("80 %", "70 %")]
    done = await asyncio.gather(*both, return_exceptions=True)
    assert [type(each) for each in done] == [type(None), Conflict]
    assert path.read_bytes() == GOOD.replace(b"90", b"80")


async def test_who_is_refused_for_an_edit_by_hand_is_told_what_it_says(keeper: Keeper, path: Path) -> None:
    """Not what was: they would put theirs in the place of what they never saw."""
    edited = GOOD.replace(b"90", b"80")
    path.write_bytes(edited)
    with pytest.raises(Conflict):
        await keeper.change(NAME, {"below": "85 %"}, keeper.in_force.version, "dora")
    assert (keeper.in_force.version, level(keeper), path.read_bytes()) == (version_of(edited), 0.8, edited)
    path.write_bytes(BAD)
    with pytest.raises(Conflict):
        await keeper.change(NAME, {"below": "85 %"}, keeper.in_force.version, "dora")
    assert (keeper.in_force.version, level(keeper)) == (version_of(BAD), 0.8)
    assert "line 4" in keeper.in_force.refused


async def test_a_change_that_a_server_refuses_is_taken_out_of_the_file(
    keeper: Keeper, path: Path, folder: Path, prometheus: Reloads
) -> None:
    held, files = keeper.in_force, written(folder)
    prometheus.status = 500
    with pytest.raises(ConfigurationError, match="Prometheus refuses"):
        await keeper.change(NAME, {"below": "85 %"}, keeper.in_force.version, "dora")
    prometheus.status = 200
    await followed(keeper)
    assert (path.read_bytes(), written(folder), keeper.in_force) == (GOOD, files, held)
    assert [entry.by for entry in keeper.history.of(NAME)] == [BY_HAND]


async def test_a_link_or_a_read_only_file_is_not_written(keeper: Keeper, path: Path) -> None:
    path.chmod(0o444)
    with pytest.raises(Unavailable, match="is read-only"):
        await keeper.change(NAME, {"below": "85 %"}, keeper.in_force.version, "dora")
    path.chmod(0o644)
    real = path.rename(path.with_name("real.yml"))
    path.symlink_to(real)
    with pytest.raises(Unavailable, match="is a link"):
        await keeper.change(NAME, {"below": "85 %"}, keeper.in_force.version, "dora")
    assert (real.read_bytes(), path.is_symlink(), level(keeper)) == (GOOD, True, 0.9)


async def test_a_file_that_is_a_link_is_followed(keeper: Keeper, path: Path) -> None:
    real = path.with_name("real.yml")
    real.write_bytes(GOOD.replace(b"90", b"80"))
    path.unlink()
    path.symlink_to(real)
    await followed(keeper)
    assert level(keeper) == 0.8


async def test_killed_between_writing_and_telling_it_tells_when_it_is_back(
    path: Path, folder: Path, prometheus: Reloads, http: httpx.AsyncClient
) -> None:
    at_its_start = 1
    prometheus.answers = threading.Semaphore(at_its_start)
    command = [sys.executable, "-m", "tests.kpi_stream.alerting.keeping", path, folder, prometheus.url]
    process = subprocess.Popen([str(each) for each in command])  # noqa: ASYNC220 - nothing else runs beside it
    try:
        await asyncio.to_thread(wait_for, lambda: prometheus.asked > at_its_start, "it tells of what it wrote")
    finally:
        process.kill()
    assert await asyncio.to_thread(process.wait) == -signal.SIGKILL
    assert written(folder)["in-force.yml"] == GOOD
    prometheus.answers.release(1000)
    asked = prometheus.asked
    again = keeper_of(path, folder, {"Prometheus": prometheus.url}, http)
    await again.look()
    assert (level(again), prometheus.asked, again.in_force.refused) == (0.9, asked + 1, "")


async def test_who_changed_an_alert_is_kept_over_restarts(
    keeper: Keeper, path: Path, folder: Path, addresses: Mapping[str, str], http: httpx.AsyncClient
) -> None:
    await keeper.change(NAME, {"below": "85 %", "clear": "88 %"}, keeper.in_force.version, "dora")
    await keeper.change("CompetitorsRaisedPrices", {"off": "yes"}, keeper.in_force.version, "")
    path.write_bytes(path.read_bytes().replace(b"85", b"80") + OWN)
    again = await followed(keeper_of(path, folder, addresses, http))
    first, second, third = again.history.of(NAME)
    assert (first.by, first.before, first.after) == (BY_HAND, {"below": "85 %"}, {"below": "80 %"})
    assert (second.by, second.before, second.after) == (
        "dora",
        {"below": "90 %", "clear": "90 %"},
        {"below": "85 %", "clear": "88 %"},
    )
    assert third.by == BY_HAND
    switched = again.history.of("CompetitorsRaisedPrices")
    assert [(entry.by, entry.before, entry.after) for entry in switched] == [("", {}, {"off": "yes"})]
    added = again.history.of("OnlineSalesFall")
    assert [(entry.by, entry.before, entry.after["below"]) for entry in added] == [(BY_HAND, {}, "-10 %")]


OWN = b"""  OnlineSalesFall:
    kpi: sales
    by: channel
    window: 30d
    of: change
    below: -10 %
    lasts: 1h
"""


async def test_the_newest_changes_are_kept_and_told(keeper: Keeper, folder: Path) -> None:
    entry = keeper.history.of(NAME)[0]
    keeper.history.add([entry] * MOST_KEPT)
    lines = (folder / "history.jsonl").read_text().splitlines()
    assert len(lines) == MOST_KEPT
    assert {json.loads(line)["alert"] for line in lines} == {NAME}
    assert len(keeper.history.of(NAME)) == MOST_TOLD


async def test_no_log_tells_who_changed_an_alert(keeper: Keeper, capsys: pytest.CaptureFixture[str]) -> None:
    await keeper.change(NAME, {"below": "85 %"}, keeper.in_force.version, "dora.of.the.board")
    told = capsys.readouterr()
    assert "thresholds hold" in told.out + told.err
    assert "dora" not in told.out + told.err


async def test_a_history_that_cannot_be_read_begins_anew(
    path: Path, folder: Path, addresses: Mapping[str, str], http: httpx.AsyncClient
) -> None:
    folder.mkdir()
    (folder / "history.jsonl").write_text("{\n")
    keeper = await followed(keeper_of(path, folder, addresses, http))
    assert [entry.by for entry in keeper.history.of(NAME)] == [BY_HAND]
