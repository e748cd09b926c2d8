"""Settings of the board: environment variables named `CADRAN_BOARD_…`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.board.letter.weeks import read_sending_time
from services.common.errors import Invalid
from services.common.mail.account import MailSettings
from services.common.mail.addresses import read_address


class BoardSettings(MailSettings):
    """Where the board reads, and how it shows."""

    model_config = SettingsConfigDict(env_prefix="CADRAN_BOARD_", frozen=True, extra="ignore")

    api: str = Field("", description="The read API. Empty: the local stack's.")
    alerts: str = Field("", description="The API of the alerts. Empty: the local stack's.")
    key_file: Path | None = Field(
        None,
        description="A file with its API key (`kpis:read`, `kpis:explain`, `alerts:read`, `alerts:write`). Empty: "
        "`board.key` in the local folder.",
    )
    url: str = Field(
        "",
        description="The board's address for people: links in letters begin with it, OIDC leads back to it, and with "
        "https cookies are sent over it alone. Empty: `http://127.0.0.1:<port>`.",
    )
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
    language: Literal["fr", "en"] = Field(
        "fr", description="The language of the weekly letter, and for browsers that ask for neither."
    )
    timeout: Annotated[float, Field(gt=0)] = Field(5.0, description="Seconds in which the read API must answer.")
    database: SecretStr = Field(
        SecretStr(""),
        description="`postgresql+psycopg://user:password@host/name`. Empty: an SQLite file in the local folder.",
    )
    publish_timeout: Annotated[float, Field(gt=0, le=60)] = Field(
        5.0, description="Seconds in which Kafka must acknowledge a target or a promotion; else it is sent again."
    )
    letter_to: list[str] = Field(
        default=[], description="The addresses that the weekly letter goes to (JSON). Empty: to nobody."
    )
    letter_at: str = Field(
        "mon 07:30",
        description="When it leaves, in the business time zone: a weekday and a time, in the week after the one that "
        "it is about.",
    )

    def users_path(self, local_dir: Path) -> Path:
        """The file of who may sign in."""
        return self.users_file or local_dir / "board-users.json"

    @field_validator("letter_to")
    @classmethod
    def _are_addresses(cls, value: list[str]) -> list[str]:
        try:
            return list(dict.fromkeys(read_address(text) for text in value))
        except Invalid as error:
            raise ValueError(error.message) from None

    @field_validator("letter_at")
    @classmethod
    def _is_a_time_of_the_week(cls, value: str) -> str:
        read_sending_time(value)
        return value
