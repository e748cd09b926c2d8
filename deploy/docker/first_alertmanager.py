"""`python -m deploy.docker.first_alertmanager`: the file that Alertmanager begins with, where none is in force yet.

It tells nobody; the alerts, which need Alertmanager to be there, write another.
"""

import sys

from services.common.errors import CadranError
from services.common.settings import Settings
from services.kpi_stream.alerting.settings import AlertSettings
from services.kpi_stream.alerting.telling.config import FILE, write_alertmanager
from services.kpi_stream.alerting.telling.receivers import TEAMS_SINCE


def first_alertmanager(settings: Settings, alerting: AlertSettings) -> None:
    """Write it, unless there is one."""
    folder = alerting.folder_in(settings.local_dir)
    if not (folder / FILE).exists():
        write_alertmanager((), alerting, TEAMS_SINCE, folder)


if __name__ == "__main__":
    try:
        first_alertmanager(Settings.load(), AlertSettings.load())
    except CadranError as error:
        sys.exit(f"first_alertmanager: {error}")
