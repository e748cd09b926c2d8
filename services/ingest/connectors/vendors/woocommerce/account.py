"""The words of a WooCommerce account."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.ingest.connectors.connector import Account

USUAL_CHANNELS = {
    "checkout": "online",
    "store-api": "online",
    "subscription": "online",
    "rest-api": "online",
    "admin": "online",
    "pos-rest-api": "store",
}


class WooCommerceAccount(Account, frozen=True, kw_only=True):
    """A shop."""

    site: Annotated[
        str, Meta(description="The shop's address, such as `https://shop.example`, for its API; with TLS only.")
    ] = ""
    count_from: Annotated[
        str,
        Meta(description="The statuses in which an order is a sale, by commas; `on-hold` and your own may be added."),
    ] = "processing, completed"
    channels: Annotated[
        dict[str, str],
        Meta(
            description="Our channels by `created_via`, or by what `channel_key` holds. Where it says nothing else, "
            "`pos-rest-api` is store, and what WooCommerce itself makes is online; others keep their word."
        ),
    ] = msgspec.field(default_factory=dict)
    stores: Annotated[dict[str, str], Meta(description="Our stores by what `store_key` holds.")] = msgspec.field(
        default_factory=dict
    )
    regions: Annotated[
        dict[str, str], Meta(description="Our regions by country (`US`) or country and state (`US-KY`).")
    ] = msgspec.field(default_factory=dict)
    channel_key: Annotated[
        str, Meta(description="The key in `meta_data` of the channel, such as `_wc_order_attribution_utm_source`.")
    ] = ""
    rep_key: Annotated[
        str, Meta(description="The key in `meta_data` of who sold it: the order's, or a line's where several did.")
    ] = ""
    store_key: Annotated[str, Meta(description="The key in `meta_data` of the store.")] = ""
    deletions: Annotated[
        Literal["cancelled", "ignored"],
        Meta(
            description="What an order that is deleted is: `cancelled` on that day, or `ignored` where old orders are "
            "cleaned away."
        ),
    ] = "cancelled"

    @property
    def statuses_of_sales(self) -> frozenset[str]:
        return frozenset(status.strip() for status in self.count_from.split(","))
