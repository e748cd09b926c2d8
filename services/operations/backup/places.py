"""What an installation keeps that Kafka does not hold: databases and files, by the settings of every service."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from services.board.settings import BoardSettings
from services.board.tables import SCHEMA as BOARD
from services.common.database import database_url
from services.common.errors import ConfigurationError
from services.common.settings import ROOT, CadranSettings, Settings
from services.common.tables import Schema
from services.common.yaml_files import LOADER
from services.ingest.settings import IngestSettings
from services.ingest.tables import SCHEMA as INGEST
from services.kpi_stream.alerting.settings import AlertSettings
from services.operations.backup.databases import OwnDatabase
from services.pricing_watch.settings import PricingSettings
from services.pricing_watch.tables import SCHEMA as PRICING
from services.survey.settings import SurveySettings
from services.survey.tables import SCHEMA as SURVEY

LOCAL = ("dev.key", "director.password")
"""What the local stack makes beside what services make."""
ACCESS = {"CADRAN_KAFKA_PASSWORD_FILE", "CADRAN_KAFKA_CA_FILE", "CADRAN_REDIS_PASSWORD_FILE", "CADRAN_REDIS_CA_FILE"}
"""How servers are signed in to. It belongs to the deployment: servers know nothing of the passwords of a backup."""
NOT_KEPT = {
    *ACCESS,
    "CADRAN_LOCAL_DIR",  # the folder that most of it lies in
    "CADRAN_PRICING_CHROMIUM",  # a program
    "CADRAN_ALERTS_FOLDER",  # made of the thresholds
    "CADRAN_AUDIT_FILE",  # it is only ever appended to, by a restore too
}
"""Settings that name a path, and nothing that a backup holds."""


class Installation(NamedTuple):
    """The settings of every service that keeps something."""

    common: Settings
    ingest: IngestSettings
    survey: SurveySettings
    pricing: PricingSettings
    board: BoardSettings
    alerts: AlertSettings

    @classmethod
    def load(cls) -> "Installation":
        """Read the environment.

        :raises ConfigurationError: naming every variable that is wrong.
        """
        return cls(
            Settings.load(), IngestSettings.load(), SurveySettings.load(), PricingSettings.load(),
            BoardSettings.load(), AlertSettings.load(),
        )  # fmt: skip

    def databases(self) -> dict[str, OwnDatabase]:
        """The database of each service."""
        own: Sequence[tuple[Schema, IngestSettings | SurveySettings | PricingSettings | BoardSettings]] = (
            (INGEST, self.ingest), (SURVEY, self.survey), (PRICING, self.pricing), (BOARD, self.board)
        )  # fmt: skip
        local = self.common.local_dir
        return {
            schema.service: OwnDatabase(database_url(settings.database.get_secret_value(), local, schema), schema)
            for schema, settings in own
        }

    def files(self) -> dict[str, Path]:
        """Where each file is or would be, by a name that is the same wherever it lies.

        A file that a setting names goes by the setting; one that another file names, by how it is named there.
        """
        local = self.common.local_dir
        named = {name: path for settings in self for name, path in _paths(settings) if name not in NOT_KEPT}
        named |= {
            "CADRAN_KEYS_FILE": self.common.api_keys_file,
            "CADRAN_INGEST_CONNECTORS": self.ingest.connectors_file,
            "CADRAN_INGEST_PSEUDONYMS_FILE": self.ingest.pseudonyms_file or local / "pseudonyms.secret",
            "CADRAN_SURVEY_SECRET_FILE": self.survey.secret_file or local / "survey.secret",
            "CADRAN_BOARD_KEY_FILE": self.board.key_file or local / "board.key",
            "CADRAN_BOARD_USERS_FILE": self.board.users_path(local),
            "CADRAN_BOARD_SECRET_FILE": self.board.secret_file or local / "board.secret",
            "CADRAN_ALERTS_THRESHOLDS": self.alerts.thresholds_file,
        }
        if self.common.pairs_file:
            named["CADRAN_PAIRS"] = self.common.pairs_file
        named |= {name: local / name for name in LOCAL}
        for path in (self.ingest.connectors_file, self.alerts.thresholds_file):
            named |= {text: ROOT / text for text in _files_named_in(path)}
        return named


def _paths(settings: CadranSettings) -> Iterator[tuple[str, Path]]:
    """The paths that are set, by the variables that set them."""
    prefix = settings.model_config.get("env_prefix", "")
    for name, value in settings:
        if isinstance(value, Path):
            yield f"{prefix}{name}".upper(), value


def _files_named_in(path: Path) -> list[str]:
    """The files that a file in YAML names, of secrets and mappings."""
    try:
        return list(_named(yaml.load(path.read_bytes(), LOADER)))  # noqa: S506 - knows texts alone
    except FileNotFoundError:
        return []
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}", mend="mend it, or its rights") from None


def _named(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            if isinstance(value, str):
                if value and (key.endswith("_file") or key == "mapping"):
                    yield value
            else:
                yield from _named(value)
    elif isinstance(content, list):
        for value in content:
            yield from _named(value)
