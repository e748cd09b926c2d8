"""Settings of the board: environment variables named `CADRAN_BOARD_…`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.common.settings import CadranSettings


class BoardSettings(CadranSettings):
    """Where the board reads, and how it shows."""

    model_config = SettingsConfigDict(env_prefix="CADRAN_BOARD_", frozen=True, extra="ignore")

    api: str = Field("", description="The read API. Empty: the local stack's.")
    key_file: Path | None = Field(
        None,
        description="A file with its API key (`kpis:read`, `kpis:explain`). Empty: `board.key` in the local folder.",
    )
    url: str = Field("", description="The board's address for people. Empty: `http://127.0.0.1:<port>`.")
    users_file: Path | None = Field(
        None,
        description="The file of who may sign in (`cadran users`). Empty: `board-users.json` in the local folder.",
    )
    secret_file: Path | None = Field(
        None,
        description="The file of the secrets that sign sessions, one a line, the newest last: it signs, the others are "
        "still good. Empty: `board.secret` in the local folder, made when missing.",
    )
    oidc_issuer: str = Field(
        "", description="The address of an OpenID Connect service by which people may sign in too. Empty: none."
    )
    oidc_client_id: str = Field("", description="What that service knows the board by.")
    oidc_client_secret_file: Path | None = Field(None, description="The file of the secret that goes with it.")
    oidc_claim: str = Field(
        "email", description="Which of its claims is the name in `cadran users`; `email` only where it is verified."
    )
    language: Literal["fr", "en"] = Field("fr", description="The language for browsers that ask for neither.")
    database: SecretStr = Field(
        SecretStr(""),
        description="`postgresql+psycopg://user:password@host/name`. Empty: an SQLite file in the local folder.",
    )
    publish_timeout: Annotated[float, Field(gt=0, le=60)] = Field(
        5.0, description="Seconds in which Kafka must acknowledge a target or a promotion; else it is sent again."
    )
    timeout: Annotated[float, Field(gt=0)] = Field(5.0, description="Seconds in which the read API must answer.")
