"""Where the read API is, and where the board is."""

import httpx

from services.board.settings import BoardSettings
from services.common.secret_files import read_secret
from services.common.settings import Port, Settings


def read_api_client(settings: Settings, board: BoardSettings) -> httpx.AsyncClient:
    """A client of the read API; to be closed.

    :raises ConfigurationError: when its key cannot be read.
    """
    mend = "`cadran keys create board --scope kpis:read --scope kpis:explain` makes a key; write it there"
    key = read_secret(board.key_file or settings.local_dir / "board.key", "CADRAN_BOARD_KEY_FILE", mend)
    return httpx.AsyncClient(
        base_url=board.api or f"http://127.0.0.1:{settings.port(Port.EXPORTER)}",
        headers={"Authorization": f"Bearer {key}"},
        timeout=board.timeout,
    )


def board_url(settings: Settings, board: BoardSettings) -> str:
    """The board's address for people, without a slash at its end."""
    return (board.url or f"http://127.0.0.1:{settings.port(Port.BOARD)}").rstrip("/")
