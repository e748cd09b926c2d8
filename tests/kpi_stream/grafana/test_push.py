"""`cadran grafana push`, against a server that keeps boards and folders as Grafana's HTTP API does.

Grafana itself cannot run here: this is the one stand-in of Cadran's tests. What it answers is what Grafana's reference
of its HTTP API says for `/api/dashboards` and `/api/folders`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from services.common.errors import CadranError, Conflict, Forbidden, Unauthenticated, Unavailable
from services.kpi_stream.grafana.commands import register
from services.kpi_stream.grafana.push import Grafana, read_boards
from tests.support import http_server

TOKEN = "glsa_right"
FOLDER = Path("deploy/grafana/dashboards")
ALL = 14


class Kept:
    """What the server keeps, and all that it was asked."""

    def __init__(self) -> None:
        self.boards: dict[str, dict[str, Any]] = {}
        self.folders: dict[str, dict[str, Any]] = {}
        self.folder_of: dict[str, str] = {}
        self.asked: list[str] = []
        self.may_write = True

    def answer(self, method: str, path: str, body: Any, token: str) -> tuple[int, dict[str, Any]]:
        self.asked.append(f"{method} {path}")
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Invalid API key"}
        if method == "GET":
            return self._get(path)
        if not self.may_write:
            return 403, {"message": "You'll need additional permissions: dashboards:write"}
        if path == "/api/folders":
            self.folders[body["uid"]] = body
            return 200, body
        return self._save(body)

    def _get(self, path: str) -> tuple[int, dict[str, Any]]:
        if path == "/api/frontend/settings":
            return 200, {"buildInfo": {"version": "12.4.0"}}
        kind, _, uid = path.removeprefix("/api/").rpartition("/")
        if kind == "folders" and uid in self.folders:
            return 200, self.folders[uid]
        if kind == "dashboards/uid" and uid in self.boards:
            return 200, {"dashboard": self.boards[uid], "meta": {"folderUid": self.folder_of[uid]}}
        return 404, {"message": "not found"}

    def _save(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        board, uid = body["dashboard"], body["dashboard"]["uid"]
        if body["folderUid"] not in self.folders:
            return 400, {"message": "folder not found"}
        before = self.boards.get(uid)
        if before and not body["overwrite"] and board.get("version") != before["version"]:
            return 412, {"status": "version-mismatch", "message": "The dashboard has been changed by someone else"}
        version = before["version"] + 1 if before else 1
        self.boards[uid] = {**board, "id": len(self.boards) + 1, "version": version, "weekStart": "monday"}
        self.folder_of[uid] = body["folderUid"]
        return 200, {"status": "success", "uid": uid, "version": version}


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def url(kept: Kept) -> Iterator[str]:
    class Handler(http_server.Handler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = kept.answer(self.command, self.path, body, self.headers.get("Authorization", ""))
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer  # noqa: N815

    with http_server.serving(Handler) as address:
        yield address


def run(url: str, *arguments: str, token: str = TOKEN) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, ["grafana", "push", "--url", url, *arguments], env={"GRAFANA_TOKEN": token})


def test_the_second_push_changes_nothing_and_says_so(url: str, kept: Kept) -> None:
    first = run(url)
    assert first.exit_code == 0, first.output
    assert f"{ALL} of {ALL} boards changed" in first.output
    assert set(kept.boards) == {path.stem for path in FOLDER.glob("*.json")}
    assert set(kept.folder_of.values()) == {"cadran"}
    kept.asked.clear()
    second = run(url)
    assert second.output == f"0 of {ALL} boards changed\n"
    assert not [each for each in kept.asked if each.startswith("POST")]


def test_a_dry_run_tells_the_difference_panel_by_panel_and_writes_nothing(url: str, kept: Kept) -> None:
    run(url)
    board = kept.boards["cadran-sales-en"]
    figures = [panel for panel in board["panels"] if panel["type"] != "row"]
    figures[0]["description"] = "by hand"
    board["panels"].remove(figures[1])
    board["panels"].append({**figures[1], "id": 5, "title": "Another"})
    board["refresh"] = "1m"
    kept.asked.clear()
    told = run(url, "--dry-run").output.splitlines()
    assert told[0] == "cadran-sales-en would change"
    assert "  panel 'New leads': description: \"by hand\" -> " in "\n".join(told)
    assert f"  panel {figures[1]['title']!r} is new" in told
    assert "  panel 'Another' is gone" in told
    assert '  refresh: "1m" -> "10s"' in told
    assert told[-1] == f"1 of {ALL} boards would change"
    assert not [each for each in kept.asked if each.startswith("POST")]
    assert run(url).output.splitlines()[-1] == f"1 of {ALL} boards changed"
    assert run(url).output == f"0 of {ALL} boards changed\n"


def test_a_board_that_was_moved_is_moved_back(url: str, kept: Kept) -> None:
    run(url)
    kept.folder_of["cadran-team-fr"] = "elsewhere"
    assert "moves into the folder cadran" in run(url).output
    assert kept.folder_of["cadran-team-fr"] == "cadran"


def test_what_somebody_saved_between_looking_and_writing_is_not_overwritten(url: str, kept: Kept) -> None:
    run(url)
    kept.boards["cadran-team-fr"]["title"] = "by hand"
    grafana = Grafana(url, TOKEN, "cadran")
    (change,) = (each for each in grafana.changes(read_boards(FOLDER)) if each.lines)
    kept.boards["cadran-team-fr"]["version"] += 1
    with pytest.raises(Conflict, match="somebody has saved cadran-team-fr meanwhile"):
        grafana.apply(change)
    assert kept.boards["cadran-team-fr"]["title"] == "by hand"


def test_links_lead_to_the_page_that_is_given(url: str, kept: Kept) -> None:
    run(url, "--page", "https://kpi.example")
    (variable,) = (v for v in kept.boards["cadran-reps-fr"]["templating"]["list"] if v["name"] == "board")
    assert (variable["query"], variable["current"]["value"]) == ("https://kpi.example", "https://kpi.example")
    assert run(url, "--page", "https://kpi.example").output == f"0 of {ALL} boards changed\n"


def fault(url: str, token: str = TOKEN) -> CadranError:
    error = run(url, token=token).exception
    assert isinstance(error, CadranError)
    return error


def test_errors_say_what_to_do_and_never_tell_the_token(url: str, kept: Kept) -> None:
    wrong = fault(url, "glsa_wrong")
    assert isinstance(wrong, Unauthenticated)
    assert "does not know the token" in str(wrong)
    kept.may_write = False
    forbidden = fault(url)
    assert isinstance(forbidden, Forbidden)
    assert "dashboards:write" in str(forbidden)
    silent = fault("http://127.0.0.1:9")
    assert isinstance(silent, Unavailable)
    assert "127.0.0.1:9 does not answer" in str(silent)
    missing = fault(url, "")
    assert "give --token-file, or set GRAFANA_TOKEN" in str(missing)
    assert not any("glsa_" in str(error) for error in (wrong, forbidden, silent, missing))


def test_the_token_is_read_from_a_file_before_the_environment(url: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert run(url, "--token-file", str(tmp_path / "token"), token="glsa_wrong").exit_code == 0
    error = run(url, "--token-file", str(tmp_path / "none")).exception
    assert "cannot be read: No such file or directory - mend the path" in str(error)


def test_a_folder_without_boards_is_no_success(url: str, tmp_path: Path) -> None:
    error = run(url, "--boards", str(tmp_path)).exception
    assert isinstance(error, CadranError)
    assert "no boards are in" in str(error)


def test_what_is_no_grafana_is_told_apart(url: str) -> None:
    assert "--url: no Grafana answers at" in str(fault(f"{url}/elsewhere"))
    assert "begin it with http:// or https://" in str(fault("grafana.example"))
