"""Settings of the simulator: environment variables named `CADRAN_SIMULATOR_…`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.common.settings import CadranSettings, Port, Settings


class SimulatorSettings(CadranSettings):
    """Whom a simulated company deals with."""

    model_config = SettingsConfigDict(env_prefix="CADRAN_SIMULATOR_", frozen=True, extra="ignore")

    ingest: str = Field("", description="The gateway's address. Empty: the local stack's.")
    pricing: str = Field("", description="The price watcher's address. Empty: the local stack's.")
    shop: str = Field(
        "",
        description="The address of the competitors' shops as the price watcher reaches it. Empty: the local stack's.",
    )

    def ingest_url(self, settings: Settings) -> str:
        return self.ingest or _local(settings, Port.INGEST)

    def pricing_url(self, settings: Settings) -> str:
        return self.pricing or _local(settings, Port.PRICING)

    def shop_url(self, settings: Settings) -> str:
        return self.shop or _local(settings, Port.SHOP)


def _local(settings: Settings, port: Port) -> str:
    return f"http://127.0.0.1:{settings.port(port)}"
