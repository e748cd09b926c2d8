"""Settings of the survey service: environment variables named `CADRAN_SURVEY_…`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.common.settings import CadranSettings
from services.survey.branding import wrong_colour

Days = Annotated[int, Field(ge=1, le=3650)]


class SurveySettings(CadranSettings):
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
    publish_timeout: Annotated[float, Field(gt=0, le=60)] = Field(
        5.0, description="Seconds in which Kafka must acknowledge an answer; else it is sent again."
    )

    @field_validator("brand_colour")
    @classmethod
    def _white_text_can_be_read_on_it(cls, value: str) -> str:
        fault = wrong_colour(value)
        if fault:
            raise ValueError(fault)
        return value
