"""A vendor that nobody has: as plain as one may be, so that tests are about what all have alike."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

import msgspec

from services.common.errors import Invalid
from services.common.events.orders import OrderLine, OrderPlaced
from services.ingest.connectors.asking.terms import ApiTerms
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import (
    Account,
    Connector,
    Delivery,
    Facts,
    Field,
    Page,
    Reading,
    Said,
    Topic,
    Wanted,
)
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import milliseconds, read_json
from services.ingest.connectors.signing.signatures import require_one, sha256_hex
from tests.support.vendor_server import Answer, Asked

SIGNATURE = "x-invented-signature"
PAGE = 3


class InventedAccount(Account, frozen=True, kw_only=True):
    """A shop."""

    channel: str = "online"


class Sale(msgspec.Struct):
    """An order, as deliveries and the API tell it alike."""

    id: str
    at: datetime
    updated: datetime
    cents: int
    customer: int | None = None


class Body(msgspec.Struct):
    sales: list[Sale] = []
    thin: list[str] = []
    forget: list[int] = []
    defect: bool = False


def verify(delivery: Delivery, _: InventedAccount, secrets: Sequence[str]) -> None:
    require_one(delivery.headers.get(SIGNATURE), SIGNATURE, lambda s: sha256_hex(s, delivery.body), secrets)


def read(delivery: Delivery, account: InventedAccount, names: Names) -> Reading:
    body = read_json(delivery.body, Body)
    if body.defect:
        raise ZeroDivisionError("ada.exemple@example.org")
    forgotten = tuple(str(names.customer(customer)) for customer in body.forget)
    said = tuple(placed(sale, account, names) for sale in body.sales)
    thin = tuple(Wanted("sale", name) for name in body.thin)
    return Reading("sales", said, thin, forgotten, "" if said or thin or forgotten else "it says nothing")


def placed(sale: Sale, account: InventedAccount, names: Names) -> Said:
    if sale.cents < 0:
        raise Invalid("is negative", field="cents", mend="sell for more")
    data = OrderPlaced(
        channel=account.channel,
        currency="EUR",
        lines=(OrderLine(sku="LAMP", quantity=1, gross_minor=sale.cents),),
        customer_id=names.customer(sale.customer),
        revision=milliseconds(sale.updated),
    )
    return Said("order.placed", sale.id, sale.at, data)


async def fetch(api: VendorApi, wanted: Wanted, account: InventedAccount, names: Names) -> Reading:
    answer = await api.get(f"/sales/{wanted.object_id}")
    return Reading("sale", (placed(read_json(answer.content, Sale), account, names),))


async def pages(
    api: VendorApi, since: datetime, cursor: str, account: InventedAccount, names: Names
) -> AsyncGenerator[Page, None]:
    while True:
        answer = await api.get("/sales", after=cursor, since=since.isoformat())
        sales = msgspec.json.decode(answer.content, type=list[Sale])
        cursor = sales[-1].id if len(sales) == PAGE else ""
        yield Page([Reading("sale", (placed(sale, account, names),)) for sale in sales], cursor, total=10)
        if not cursor:
            return


def api_of(sales: Sequence[Sale]) -> "Respond":
    """What the vendor's API answers about some sales."""
    return Respond({sale.id: sale for sale in sales})


class Respond:
    def __init__(self, sales: dict[str, Sale]) -> None:
        self.sales = sales

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("Authorization") != "Bearer token":
            return Answer(status=401)
        if asked.path == "/sales":
            after = asked.query["after"]
            return Answer([sale for name, sale in sorted(self.sales.items()) if name > after][:PAGE])
        sale = self.sales.get(asked.path.removeprefix("/sales/"))
        return Answer(status=404) if sale is None else Answer(sale)


INVENTED = Connector(
    vendor="invented",
    facts=Facts(
        title="Invented",
        docs="https://invented.example",
        signed="a signature",
        signed_with="a secret",
        steps=("Send to `{url}`, signed with `{secret_file}`.",),
        topics=(Topic("sales", "`order.placed`"),),
        fields=(Field("order_id", "`id`"),),
        traps=("It does not exist.",),
        test="Press the button.",
    ),
    account=InventedAccount,
    verify=verify,
    read=read,
    greets=lambda delivery: delivery.body == b"hello",
    terms=lambda account, token: ApiTerms(account.api, {"Authorization": f"Bearer {token}"}, 0.0),
    fetch=fetch,
    pages=pages,
)
