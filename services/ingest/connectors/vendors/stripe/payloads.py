"""What Stripe sends, as far as it is used. Amounts are integers of Stripe's own minor units."""

import msgspec
from msgspec import field

from services.common.errors import Invalid


class Address(msgspec.Struct):
    country: str | None = None


class Addressed(msgspec.Struct):
    address: Address | None = None
    email: str | None = None


class Collected(msgspec.Struct):
    shipping_details: Addressed | None = None


class TotalDetails(msgspec.Struct):
    amount_discount: int | None = None
    amount_shipping: int | None = None
    amount_tax: int | None = None


class ShippingCost(msgspec.Struct):
    amount_tax: int | None = None


class Discount(msgspec.Struct):
    coupon: str | None = None
    promotion_code: str | None = None


class Price(msgspec.Struct):
    id: str = ""
    product: str | None = None
    lookup_key: str | None = None
    metadata: dict[str, str | None] | None = None


class Line(msgspec.Struct):
    id: str
    amount_subtotal: int
    amount_total: int
    quantity: int | None = None
    amount_discount: int | None = None
    amount_tax: int | None = None
    price: Price | None = None


class Lines(msgspec.Struct):
    data: list[Line] = []
    has_more: bool = False


class Session(msgspec.Struct):
    """A checkout session. Where an address was collected has moved twice since 2022."""

    id: str
    created: int
    mode: str = "payment"
    livemode: bool = True
    payment_status: str = "unpaid"
    payment_intent: str | None = None
    currency: str | None = None
    amount_subtotal: int | None = None
    amount_total: int | None = None
    total_details: TotalDetails | None = None
    shipping_cost: ShippingCost | None = None
    customer: str | None = None
    customer_email: str | None = None
    customer_details: Addressed | None = None
    shipping: Addressed | None = None
    shipping_details: Addressed | None = None
    collected_information: Collected | None = None
    discounts: list[Discount] | None = None
    metadata: dict[str, str | None] | None = None
    line_items: Lines | None = None

    @property
    def order_id(self) -> str:
        """What refunds name the sale by; a subscription's session knows of no payment."""
        return self.payment_intent or self.id

    @property
    def country(self) -> str | None:
        """Where it is sent, else where the customer is billed."""
        collected = self.collected_information.shipping_details if self.collected_information else None
        for where in (collected, self.shipping_details, self.shipping, self.customer_details):
            if where and where.address and where.address.country:
                return where.address.country
        return None


class Refund(msgspec.Struct):
    id: str
    amount: int
    currency: str
    created: int
    status: str | None = None
    reason: str | None = None
    charge: str | None = None
    payment_intent: str | None = None

    @property
    def order_id(self) -> str:
        name = self.payment_intent or self.charge
        if not name:
            raise Invalid("names no payment", field="payment_intent", mend="Stripe documents it otherwise")
        return name

    @property
    def failed(self) -> bool:
        """Nothing was given back after all; it stays so."""
        return self.status in ("failed", "canceled")


class Refunds(msgspec.Struct):
    data: list[Refund] = []
    has_more: bool = False


class Charge(msgspec.Struct):
    """A payment. `refunds`: the latest ten, in API versions before 2022-11-15."""

    id: str
    currency: str
    amount_refunded: int
    payment_intent: str | None = None
    refunds: Refunds | None = None


class Before(msgspec.Struct):
    """What an update has changed, as it was."""

    amount_refunded: int | None = None


class Event(msgspec.Struct):
    """Any event; what it is about is read when it is known to matter."""

    id: str
    type: str
    livemode: bool = True


class SessionData(msgspec.Struct):
    object: Session


class SessionEvent(msgspec.Struct):
    data: SessionData


class RefundData(msgspec.Struct):
    object: Refund


class RefundEvent(msgspec.Struct):
    data: RefundData


class ChargeData(msgspec.Struct):
    object: Charge
    previous_attributes: Before = field(default_factory=Before)


class ChargeEvent(msgspec.Struct):
    id: str
    created: int
    data: ChargeData


class Identified(msgspec.Struct):
    id: str


class Listed(msgspec.Struct):
    """A part of a list, of objects of one kind."""

    data: list[msgspec.Raw] = []
    has_more: bool = False
