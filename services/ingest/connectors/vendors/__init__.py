"""Every vendor that Cadran takes deliveries from: one module each. The one list of them."""

from collections.abc import Mapping

from services.ingest.connectors.connector import Connector
from services.ingest.connectors.vendors import shopify, typeform, woocommerce

CONNECTORS: Mapping[str, Connector] = {
    connector.vendor: connector for connector in (shopify.CONNECTOR, typeform.CONNECTOR, woocommerce.CONNECTOR)
}
