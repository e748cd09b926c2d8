"""Where the services are that the board asks, and where the board is."""

import httpx

from services.board.settings import BoardSettings
from services.common.secret_files import read_secret
from services.common.settings import Port, Settings


def read_api_client(settings: Settings, board: BoardSettings) -> httpx.AsyncClient:
    """A client of the read API; to be closed.

    :raises ConfigurationError: when its key cannot be read.
    """
    return _client(settings, board, board.api or _local(settings, Port.EXPORTER))


def alerts_client(settings: Settings, board: BoardSettings) -> httpx.AsyncClient:
    """A client of the alerts; to be closed.

    :raises ConfigurationError: when its key cannot be read.
    """
    return _client(settings, board, board.alerts or _local(settings, Port.ALERTS))


def board_url(settings: Settings, board: BoardSettings) -> str:
    """The board's address for people, without a slash at its end."""
    return (board.url or _local(settings, Port.BOARD)).rstrip("/")


def _local(settings: Settings, port: Port) -> str:
    return f"http://127.0.0.1:{settings.port(port)}"


def _client(settings: Settings, board: BoardSettings, url: str) -> httpx.AsyncClient:
    scopes = " ".join(f"--scope {scope}" for scope in ("kpis:read", "kpis:explain", "alerts:read", "alerts:write"))
    mend = f"`cadran keys create board {scopes}` makes a key; write it there"
    key = read_secret(board.key_file or settings.local_dir / "board.key", "CADRAN_BOARD_KEY_FILE", mend)
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=board.timeout)
