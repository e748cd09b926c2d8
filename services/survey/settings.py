"""Settings of the survey service: environment variables named `CADRAN_SURVEY_…`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.common.mail.account import MailSettings
from services.common.settings import check_weekly_hours
from services.survey.branding import wrong_colour

Days = Annotated[int, Field(ge=1, le=3650)]


class SurveySettings(MailSettings):
    """The survey service."""

    model_config = SettingsConfigDict(env_prefix="CADRAN_SURVEY_", frozen=True, extra="ignore")

    database: SecretStr = Field(
        SecretStr(""),
        description="`postgresql+psycopg://user:password@host/name`. Empty: an SQLite file in the local folder.",
    )
    secret_file: Path | None = Field(
        None,
        description="The file of the secrets that sign links, one a line, the newest last: it signs, the others are "
        "still good. Empty: `survey.secret` in the local folder, made when missing.",
    )
    url: str = Field("", description="The address that links begin with. Empty: `http://127.0.0.1:<port>`.")
    valid_days: Days = Field(30, description="Days in which an invitation can be answered.")
    language: Literal["fr", "en"] = Field("fr", description="The language of who asks for none that is offered.")
    brand_name: str = Field("Cadran", description="The name that forms and letters bear.")
    brand_colour: str = Field("#0b6e75", description="The colour of buttons: `#rrggbb`, dark enough for white text.")
    brand_logo: Path | None = Field(None, description="An SVG or PNG file shown above the forms.")
    ask_again_days: Days = Field(90, description="Days in which one person is asked once at most.")
    mail_per_minute: Annotated[int, Field(ge=1, le=6000)] = Field(
        60, description="Letters that one process sends in a minute at most."
    )
    mail_hours: dict[str, list[str]] = Field(
        default={day: ["09:00-19:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")},
        description="When letters may leave, by weekday, in the business time zone (JSON).",
    )
    mail_on_holidays: bool = Field(False, description="May letters leave on public holidays?")
    rules: Path | None = Field(
        None, description="The file of rules by which orders are asked about: see invitations.md. Empty: none is."
    )
    pulse_day: Annotated[int, Field(ge=0, le=28)] = Field(
        1,
        description="A round of the pulse opens on the first working day from this day of the month on. 0: by hand.",
    )
    pulse_open_days: Annotated[int, Field(ge=1, le=27)] = Field(7, description="Days that a round stays open.")
    pulse_reminder_days: Annotated[int, Field(ge=1, le=27)] = Field(
        4, description="Days after which who has not answered is reminded, once."
    )
    pulse_readers: dict[str, list[str]] = Field(
        default={}, description="Of each team, the ids of the keys that may read what it writes (JSON)."
    )
    publish_timeout: Annotated[float, Field(gt=0, le=60)] = Field(
        5.0, description="Seconds in which Kafka must acknowledge an answer; else it is sent again."
    )

    @field_validator("mail_hours")
    @classmethod
    def _hours_can_be_read(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        return check_weekly_hours(value)

    @field_validator("brand_colour")
    @classmethod
    def _white_text_can_be_read_on_it(cls, value: str) -> str:
        fault = wrong_colour(value)
        if fault:
            raise ValueError(fault)
        return value
