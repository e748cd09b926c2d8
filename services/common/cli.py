"""The one `cadran` program: every service adds its commands, by the entry point group `cadran.commands`, where each
first word of a command names the function that adds it.
"""

import asyncio
import signal
import sys
from importlib.metadata import entry_points

import typer
from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from services.common import kafka_refusals, redis_refusals
from services.common.audit import AuditLog
from services.common.audited_commands import audited
from services.common.errors import CadranError
from services.common.settings import Settings

GROUP = "cadran.commands"


def build(command: str = "") -> typer.Typer:
    """The program with the commands of every service; where one is named, with those alone that are made beside it, as
    all take seconds to load.
    """
    app = typer.Typer(
        name="cadran",
        help="Eight sales KPIs, live on one board, each with its objective and how far it can be trusted.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    points = entry_points(group=GROUP, name=command) or entry_points(group=GROUP)
    for register in dict.fromkeys(point.load() for point in sorted(points, key=lambda point: point.name)):
        register(app)
    return app


def main() -> None:
    """Run a command; an error is one line that says what to do, and status 1."""
    signal.signal(signal.SIGTERM, _end)
    try:
        audited(typer.main.get_group(build(next(iter(sys.argv[1:]), ""))), audit_log)()
    except CadranError as error:
        sys.exit(f"cadran: {error}")
    except RedisError as error:
        sys.exit(f"cadran: {redis_refusals.told(error, Settings.load().redis_access)}")
    except KafkaError as error:
        sys.exit(f"cadran: {asyncio.run(kafka_refusals.told(error, Settings.load().kafka_access))}")


def audit_log() -> AuditLog:
    return AuditLog(Settings.load().audit_path)


def _end(number: int, _: object) -> None:
    """End as Ctrl-C would: what was begun is put away."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
