"""Changing what is watched: by the file, or by API and tables. Every change is published with it."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import Conflict, NotFound
from services.common.outbox import put
from services.common.windows import Clock
from services.pricing_watch import store
from services.pricing_watch.events import Stating
from services.pricing_watch.store import WatchedProduct
from services.pricing_watch.watching.products import Product

FILE, API = "file", "api"
AT_ONCE = 50
"""Products that are written in one transaction: what waits meanwhile waits little."""


class WatchList:
    """The products that are watched."""

    def __init__(self, database: Database, stating: Stating, clock: Clock, written: Callable[[], None]) -> None:
        self._database = database
        self._stating = stating
        self._clock = clock
        self._written = written

    async def keep(self, product: Product) -> bool:
        """Watch a product, in place of what was said of it before; false when it is as it was.

        :raises Conflict: when it stands in the file.
        """
        changed = await self._database.write(partial(self._keep, product=product, origin=API))
        self._written()
        return changed

    async def drop(self, sku: str) -> None:
        """Watch a product no more.

        :raises NotFound: when it is not watched.
        :raises Conflict: when it stands in the file.
        """
        await self._database.write(partial(self._drop, sku=sku, origin=API))
        self._written()

    async def follow_file(self, products: Sequence[Product]) -> int:
        """Watch what stands in the file, and what stood in it no more; how many products changed."""
        known = set(await self._database.read(partial(store.skus_of, origin=FILE)))
        gone = sorted(known - {product.sku for product in products})
        changed = 0
        for part in _parts([*products, *gone]):
            changed += await self._database.write(partial(self._follow, part=part))
            self._written()
        return changed

    async def page(self, *, after: str, limit: int) -> list[WatchedProduct]:
        """Some products, in the order of their skus."""
        return await self._database.read(partial(store.products, after=after, limit=limit))

    async def one(self, sku: str) -> WatchedProduct:
        """
        :raises NotFound: when it is not watched.
        """
        found = await self._database.read(partial(store.product, sku=sku))
        if found is None:
            raise _not_watched(sku)
        return found

    def _follow(self, connection: Connection, part: Iterable[Product | str]) -> int:
        changes = 0
        for each in part:
            if isinstance(each, Product):
                changes += self._keep(connection, each, FILE)
            else:
                self._drop(connection, each, FILE)
                changes += 1
        return changes

    def _keep(self, connection: Connection, product: Product, origin: str) -> bool:
        before = store.product(connection, product.sku)
        if before is not None and origin == API:
            _require_ours(before)
        watched, now = WatchedProduct(product, origin), self._clock()
        if watched == before:
            return False
        store.put_product(connection, watched, due_at=now)
        at = store.time_to_tell(connection, product.sku, now)
        put(connection, self._stating.change(product.sku, before.product if before else None, product, at))
        return True

    def _drop(self, connection: Connection, sku: str, origin: str) -> None:
        before = store.product(connection, sku)
        if before is None:
            raise _not_watched(sku)
        if origin == API:
            _require_ours(before)
        at = store.time_to_tell(connection, sku, self._clock())
        store.drop_product(connection, sku)
        put(connection, self._stating.change(sku, before.product, None, at))


def _require_ours(before: WatchedProduct) -> None:
    if before.origin == FILE:
        raise Conflict(
            f"{before.product.sku!r} stands in the file of the watch list",
            field="sku",
            mend="change it there, or take it out there first",
        )


def _not_watched(sku: str) -> NotFound:
    return NotFound(f"no product {sku!r} is watched", field="sku", mend="`cadran prices watch list` shows which are")


def _parts(items: Sequence[Product | str]) -> Iterable[Sequence[Product | str]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
