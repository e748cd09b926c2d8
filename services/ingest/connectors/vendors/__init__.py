"""Every vendor that Cadran takes deliveries from: one module each. The one list of them."""

from collections.abc import Mapping

from services.ingest.connectors.connector import Connector
from services.ingest.connectors.vendors import formbricks, generic, hubspot, stripe, tally, typeform

CONNECTORS: Mapping[str, Connector] = {
    connector.vendor: connector
    for connector in (
        stripe.CONNECTOR,
        hubspot.CONNECTOR,
        typeform.CONNECTOR,
        formbricks.CONNECTOR,
        tally.CONNECTOR,
        generic.CONNECTOR,
    )
}
"""In the order in which they are listed: shops, CRMs, survey tools, and any other."""
