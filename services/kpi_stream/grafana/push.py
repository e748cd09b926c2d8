"""Boards into a Grafana that there is, by its HTTP API: what is as it must be is left alone."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException, GrafanaTimeoutError, GrafanaUnauthorizedError
from niquests.exceptions import RequestException

from services.common.errors import (
    CadranError,
    ConfigurationError,
    Conflict,
    Forbidden,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from services.kpi_stream.grafana.difference import differences

TIMEOUT = 10.0
TITLE = "Cadran"
PATTERN = "cadran-*.json"


class Change(NamedTuple):
    """What a push does to a board, or would do. `version` is the one that it is put in the place of."""

    board: Mapping[str, Any]
    lines: Sequence[str]
    version: int | None

    @property
    def name(self) -> str:
        return str(self.board["uid"])


def read_boards(folder: Path) -> list[dict[str, Any]]:
    """:raises NotFound: where there are none."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(PATTERN))]
    if not found:
        raise NotFound(f"no boards are in {folder}", field="--boards", mend="give the folder of `make generate`")
    return found


def with_page(board: Mapping[str, Any], address: str) -> dict[str, Any]:
    """The board, its links leading to a page at another address."""
    chosen = {"query": address, "current": {"selected": True, "text": address, "value": address}}
    variables = [{**each, **chosen} if each["name"] == "board" else each for each in board["templating"]["list"]]
    return {**board, "templating": {**board["templating"], "list": variables}}


class Grafana:
    """One Grafana, and the folder that Cadran's boards are in."""

    def __init__(self, url: str, token: str, folder: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise ConfigurationError(f"{url!r} is no address", field="--url", mend="begin it with http:// or https://")
        self._url = url
        self._folder = folder
        self._api = GrafanaApi.from_url(url.rstrip("/") + "/", credential=token, timeout=TIMEOUT)

    def require(self) -> None:
        """See that it is there.

        :raises ConfigurationError: when something else answers at its address.
        :raises CadranError: where it cannot be asked.
        """
        mend = "give Grafana's own, with its sub-path if it has one"
        try:
            with self._told("its version"):
                build = self._api.health.check()
        except (NotFound, AttributeError):  # a page of somebody else's is read as text
            build = None
        if not isinstance(build, dict) or "version" not in build:
            raise ConfigurationError(f"no Grafana answers at {self._url}", field="--url", mend=mend)

    def changes(self, boards: Sequence[Mapping[str, Any]]) -> Iterator[Change]:
        """Of each board what a push would do; no lines: nothing.

        :raises CadranError: where Grafana cannot be asked.
        """
        for board in boards:
            found = self._find(board["uid"])
            if found is None:
                yield Change(board, [f"is not there: {len(board['panels'])} panels are new"], None)
                continue
            lines = differences(board, found["dashboard"])
            if found["meta"].get("folderUid") != self._folder:
                lines.append(f"moves into the folder {self._folder}")
            yield Change(board, lines, found["dashboard"].get("version"))

    def apply(self, change: Change) -> None:
        """Put a board there, if it is still the one that the change was told of.

        :raises Conflict: if somebody has saved it meanwhile.
        :raises CadranError: where Grafana does not take it.
        """
        self._need_folder()
        board = {**change.board, "id": None}
        if change.version is not None:
            board["version"] = change.version
        body = {"dashboard": board, "folderUid": self._folder, "overwrite": False, "message": "cadran grafana push"}
        with self._told(change.name):
            self._api.dashboard.update_dashboard(body)

    def _find(self, uid: str) -> dict[str, Any] | None:
        try:
            with self._told(uid):
                return dict(self._api.dashboard.get_dashboard(uid))
        except NotFound:
            return None

    def _need_folder(self) -> None:
        try:
            with self._told(f"folder {self._folder}"):
                self._api.folder.get_folder(self._folder)
        except NotFound:
            with self._told(f"folder {self._folder}"):
                self._api.folder.create_folder(TITLE, self._folder)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Tell the client's errors as ours, with the mend."""
        try:
            yield
        except GrafanaUnauthorizedError:
            raise Unauthenticated(
                f"{self._url} does not know the token", mend="make one: Administration, Service accounts, role Editor"
            ) from None
        except GrafanaClientError as error:
            raise _of_status(error, what) from None
        except (GrafanaTimeoutError, RequestException) as error:
            raise Unavailable(
                f"{self._url} does not answer: {type(error).__name__}", mend="look at --url, and that it runs"
            ) from None
        except GrafanaException as error:
            raise Unavailable(f"{self._url} cannot: {error.message}", mend="look into Grafana's log") from None


def _of_status(error: GrafanaClientError, what: str) -> CadranError:
    said = error.response.get("message", "") if isinstance(error.response, dict) else str(error.response)
    if error.status_code == 403:
        return Forbidden(f"the token may not write {what}: {said}", mend="give its service account the role Editor")
    if error.status_code == 404:
        return NotFound(f"{what} is not there", mend="push it")
    if error.status_code in (409, 412):
        return Conflict(f"somebody has saved {what} meanwhile: {said}", mend="look at --dry-run, then push again")
    mend = "leave it to the files that it is provisioned from" if "provisioned" in said else "look into Grafana's log"
    return ConfigurationError(f"Grafana refuses {what} ({error.status_code}): {said}", mend=mend)
