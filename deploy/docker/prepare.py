"""`python -m deploy.docker.prepare SECRETS`: what must be there before any other container starts; run each time.

Refuses secrets that are missing, short or a placeholder's. Then makes, where they are not there yet, the folder of
databases, the board's key, somebody who may sign in to the board, and the file that Alertmanager begins with.
"""

import sys
from pathlib import Path

from deploy.docker.first_alertmanager import first_alertmanager
from deploy.local.first import first_board_key, first_director
from deploy.local.programs import Layout
from services.common.errors import CadranError, ConfigurationError
from services.common.secret_files import read_secret
from services.common.settings import Settings
from services.kpi_stream.alerting.settings import AlertSettings

NOT_SECRET = ("cadran_alerts_url", "cadran_alerts_token", "redis_users")
"""Addresses that may be anybody's, and hashes."""
LEAST_CHARACTERS = 20
LEAST_DIFFERENT = 10
PLACEHOLDERS = ("change", "password", "secret", "example", "default", "replace", "placeholder")
MEND = "delete the file and run deploy/docker/make-secrets.sh"


def refuse_weak_secrets(folder: Path) -> None:
    """What anybody could guess protects nothing.

    :raises ConfigurationError: naming every file that holds such a secret.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name not in NOT_SECRET)
    faults = [f"{path.name} {fault}" for path in files if (fault := weakness(read_secret(path)))]
    if not files:
        faults.append("no secret is there")
    if faults:
        raise ConfigurationError("; ".join(faults), field=str(folder), mend=MEND)


def weakness(secret: str) -> str | None:
    """Why a secret is none; None: it may be one."""
    if len(secret) < LEAST_CHARACTERS:
        return f"is shorter than {LEAST_CHARACTERS} characters"
    if len(set(secret)) < LEAST_DIFFERENT:
        return "repeats itself"
    placeholder = next((word for word in PLACEHOLDERS if word in secret.lower()), None)
    return f"reads like a placeholder ({placeholder})" if placeholder else None


def prepare(settings: Settings, alerting: AlertSettings) -> None:
    """Make what is not there yet; what is there is left alone."""
    layout = Layout(settings.local_dir)
    layout.data.mkdir(parents=True, exist_ok=True)
    first_board_key(settings, layout)
    first_director(layout)
    first_alertmanager(settings, alerting)


def main() -> None:
    try:
        refuse_weak_secrets(Path(sys.argv[1]))
        prepare(Settings.load(), AlertSettings.load())
    except CadranError as error:
        sys.exit(f"prepare: {error}")


if __name__ == "__main__":
    main()
