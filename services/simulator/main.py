"""`python -m services.simulator.main`: the live part of a simulation that `cadran simulate` has begun."""

import sys

from services.common.client import ApiClient, EventsClient, refusal
from services.common.errors import CadranError
from services.common.logging import configure_logging, get_logger
from services.common.settings import Settings
from services.common.windows import utc_now
from services.simulator import living
from services.simulator.commands import company_of
from services.simulator.prices import watch_list
from services.simulator.settings import SimulatorSettings
from services.simulator.store import ProgressFile


def main() -> None:
    try:
        settings, simulator = Settings.load(), SimulatorSettings.load()
        configure_logging("simulator", level=settings.log_level, log_format=settings.log_format)
        file = ProgressFile(settings.local_dir)
        sent = file.read()
        if sent is None:
            sys.exit("simulator cannot start: nothing was simulated yet - run `cadran simulate`")
        key = (settings.local_dir / "dev.key").read_text().strip()
        get_logger(__name__).info("living", seed=sent.seed, sent_until=sent.sent_until.isoformat())
        _watch_the_shop(simulator.shop_url(settings), simulator.pricing_url(settings), key)
        with EventsClient(simulator.ingest_url(settings), key) as client:
            living.live(client, company_of(settings, sent), sent, file, utc_now)
    except (CadranError, OSError) as error:
        sys.exit(f"simulator ends: {error}")


def _watch_the_shop(shop: str, pricing: str, key: str) -> None:
    """Put the competitors' shop on the price watcher's list; doing it again changes nothing."""
    with ApiClient("the price watcher", pricing, key) as client:
        response = client.ask("PUT", "/v1/watch", watch_list(shop))
    if not response.is_success:
        raise refusal(client.name, response)


if __name__ == "__main__":
    main()
