"""What an account says of its Stripe."""

from typing import Annotated, Literal

from msgspec import Meta, field

from services.ingest.connectors.connector import Account


class StripeAccount(Account, frozen=True, kw_only=True):
    """An account of Stripe that sells by Checkout or payment links."""

    channel: Annotated[str, Meta(description="The channel of sales, where their metadata name none.")] = "online"
    sku: Annotated[str, Meta(description="The sku of a sale of which neither lines nor metadata are known.")] = (
        "checkout"
    )
    skus: Annotated[dict[str, str], Meta(description="Our skus by Stripe's ids of prices or products.")] = field(
        default_factory=dict
    )
    metadata: Annotated[
        dict[str, str],
        Meta(description="Your own words in a session's metadata by ours, such as `rep_id: salesperson`."),
    ] = field(default_factory=dict)
    regions: Annotated[dict[str, str], Meta(description="Our regions by two-letter country; else the country.")] = (
        field(default_factory=dict)
    )
    test: Annotated[Literal["ignored", "counted"], Meta(description="What becomes of sales in test mode.")] = "ignored"
    refunds: Annotated[
        Literal["refund", "charge"],
        Meta(
            description="Which events tell of refunds: `refund.*` and the API; or `charge.refunded`, for a webhook of "
            "an API version from 2022-11-15 until before 2024-10-28 without a token."
        ),
    ] = "refund"
    tax_percent: Annotated[
        str,
        Meta(
            pattern=r"^\d{1,3}(\.\d{1,4})?$",
            description="The tax on goods in per cent of their net price, taken out of refunds while the API has not "
            "told the sale's own.",
        ),
    ] = "0"
