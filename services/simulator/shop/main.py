"""`python -m services.simulator.shop.main`: competitors' shops to watch, on this machine alone."""

import sys

from services.common.errors import CadranError
from services.common.http import serve
from services.common.logging import configure_logging
from services.common.settings import Port, Settings
from services.simulator.shop.app import Shop


def main() -> None:
    try:
        settings = Settings.load()
        configure_logging("shop", level=settings.log_level, log_format=settings.log_format)
    except CadranError as error:
        sys.exit(f"shop cannot start: {error}")
    serve(Shop(), settings, Port.SHOP, grace=2)


if __name__ == "__main__":
    main()
