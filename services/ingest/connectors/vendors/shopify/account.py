"""The words of a Shopify account."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.ingest.connectors.connector import Account

USUAL_CHANNELS = {"web": "online", "pos": "store"}


class ShopifyAccount(Account, frozen=True, kw_only=True):
    """A shop."""

    shop: Annotated[
        str,
        Meta(description="The shop's own domain, such as `example.myshopify.com`; what is of another shop is ignored."),
    ] = ""
    channels: Annotated[
        dict[str, str],
        Meta(
            description="Our channels by `source_name`. `web` is online and `pos` is store where it says nothing else; "
            "others keep Shopify's word."
        ),
    ] = msgspec.field(default_factory=dict)
    stores: Annotated[
        dict[str, str], Meta(description="Our stores by `location_id`; those not in it keep Shopify's id.")
    ] = msgspec.field(default_factory=dict)
    regions: Annotated[
        dict[str, str], Meta(description="Our regions by country (`US`) or country and province (`US-KY`).")
    ] = msgspec.field(default_factory=dict)
    prices_include_tax: Annotated[
        Literal["yes", "no"],
        Meta(
            description="Are taxes inside of prices? Asked only of a refund that does not tell, until its order does."
        ),
    ] = "no"
    price_reductions: Annotated[
        Literal["returned", "left_out"],
        Meta(
            description="What money given back beyond the goods is, such as for a scratch: `returned` as if goods of "
            "this worth were, or `left_out` of every KPI."
        ),
    ] = "returned"
