"""Every vendor that Cadran takes deliveries from: one module each. The one list of them."""

from collections.abc import Mapping

from services.ingest.connectors.connector import Connector
from services.ingest.connectors.vendors import formbricks, generic, pipedrive, salesforce, tally, typeform

CONNECTORS: Mapping[str, Connector] = {
    connector.vendor: connector
    for connector in (
        formbricks.CONNECTOR,
        generic.CONNECTOR,
        pipedrive.CONNECTOR,
        salesforce.CONNECTOR,
        tally.CONNECTOR,
        typeform.CONNECTOR,
    )
}
