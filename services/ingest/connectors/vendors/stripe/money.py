"""Stripe's amounts in minor units of ISO 4217, and what of them is for goods, without tax and shipping.

Stripe's own exponents: https://docs.stripe.com/currencies, "zero-decimal currencies" and "special cases". They differ
from ISO 4217: the ariary has none there, the Icelandic krona and the Ugandan shilling have two.
"""

from decimal import Decimal
from typing import NamedTuple

from services.common.errors import Invalid
from services.common.money import exponent, part_of
from services.ingest.connectors.reading.payloads import minor
from services.ingest.connectors.vendors.stripe.payloads import Line, Session, TotalDetails

ZERO_DECIMAL = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
THREE_DECIMAL = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))


class Goods(NamedTuple):
    """What goods cost before discount, and what was taken off: minor units, without tax."""

    gross: int
    discount: int

    @property
    def net(self) -> int:
        return self.gross - self.discount


def currency_of(code: str | None) -> str:
    """The ISO 4217 code.

    :raises Invalid: when Stripe gives none, as it does for sessions that sell nothing.
    """
    if not code:
        raise Invalid("is missing beside an amount", field="currency", mend="Stripe documents it otherwise")
    return code.upper()


def units(amount: int, currency: str, field: str) -> int:
    """Minor units of ISO 4217, exactly.

    :raises Invalid: naming the field, when the currency has none so small.
    """
    return minor(Decimal(amount).scaleb(-_stripe_exponent(currency)), currency, field)


def tax_units(amount: int, currency: str) -> int:
    """Minor units of a tax, which Stripe reckons finer than some currencies go: a half goes to the even one."""
    return part_of(amount, 10 ** exponent(currency), 10 ** _stripe_exponent(currency))


def _stripe_exponent(currency: str) -> int:
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def goods_of(session: Session, currency: str) -> Goods:
    """What a session sold. How much of the tax is inside its prices shows in what they add up to.

    :raises Invalid: when an amount is missing, or finer than the currency.
    """
    if session.amount_subtotal is None:
        raise Invalid("is missing", field="amount_subtotal", mend="Stripe documents it otherwise")
    details = session.total_details or TotalDetails()
    discount, shipping, tax = details.amount_discount or 0, details.amount_shipping or 0, details.amount_tax or 0
    expected = session.amount_subtotal - discount + shipping + tax
    inside = 0 if session.amount_total is None else expected - session.amount_total
    if inside and session.shipping_cost:
        inside -= session.shipping_cost.amount_tax or 0
    return _without(session.amount_subtotal, discount, inside, currency)


def goods_of_line(line: Line, currency: str) -> Goods:
    """What a line sold, by its own sums.

    :raises Invalid: when an amount is finer than the currency.
    """
    discount, tax = line.amount_discount or 0, line.amount_tax or 0
    inside = line.amount_subtotal - discount + tax - line.amount_total
    return _without(line.amount_subtotal, discount, inside, currency)


def _without(subtotal: int, discount: int, tax_inside: int, currency: str) -> Goods:
    """Prices with the tax inside taken out, of gross and discount alike, so that the net is exact."""
    gross, off = units(subtotal, currency, "amount_subtotal"), units(discount, currency, "amount_discount")
    paid = gross - off
    net = paid - tax_units(tax_inside, currency)
    before = part_of(gross, net, paid) if paid else gross
    return Goods(before, before - net)
