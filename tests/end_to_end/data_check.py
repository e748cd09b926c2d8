"""`make check-data DATA=<folder>`: import the data sets of a folder and compare with a recomputation.

Each `online_retail*.csv[.gz]` and `crm_pipeline*.csv[.gz]` is imported into a stack of its own by the mappings of
docs/examples. The recomputation reads the file with the csv module and Decimal, and nothing of Cadran.
"""

import csv
import gzip
import random
import sys
import tempfile
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from services.common.settings import Port
from tests.support.stack import RunningStack, running_stack

MAPPINGS = Path("docs/examples")
RETAIL, CRM = "online_retail", "crm_pipeline"
MEASURES = ("orders", "units", "gross_minor", "returned_minor", "net_minor")
Row = dict[str, str]


class Difference(AssertionError):
    """A number that is not the file's."""


def read(path: Path) -> list[Row]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def retail_by_day(rows: list[Row]) -> dict[str, Counter[str]]:
    """orders, units, gross and returned of every day, straight from the invoice lines."""
    starts: dict[str, str] = {}
    for row in rows:
        starts[row["InvoiceNo"]] = min(starts.get(row["InvoiceNo"], "9"), row["InvoiceDate"])
    days: dict[str, Counter[str]] = defaultdict(Counter)
    for invoice, start in starts.items():
        days[start[:10]]["orders"] += not invoice.startswith("C")
    for row in rows:
        day = days[starts[row["InvoiceNo"]][:10]]
        pence = Decimal(row["UnitPrice"]) * Decimal(row["Quantity"]) * 100
        amount = int(pence.quantize(Decimal(1), ROUND_HALF_EVEN))
        if row["InvoiceNo"].startswith("C"):
            day["returned_minor"] -= amount
        else:
            day["units"] += int(row["Quantity"])
            day["gross_minor"] += amount
    for day in days.values():
        day["net_minor"] = day["gross_minor"] - day["returned_minor"]
    return days


def retail_customers(rows: list[Row]) -> list[tuple[str, str]]:
    """The day and the customer of every invoice that names one and is no return."""
    starts: dict[tuple[str, str], str] = {}
    for row in rows:
        customer = row["CustomerID"].partition(".")[0]
        if customer and not row["InvoiceNo"].startswith("C"):
            key = (row["InvoiceNo"], customer)
            starts[key] = min(starts.get(key, "9"), row["InvoiceDate"])
    return [(start[:10], customer) for (_, customer), start in starts.items()]


def check_retail(stack: RunningStack, path: Path) -> int:
    """Compare every day and the total; import again and shuffled, and compare anew. Returns the numbers compared."""
    rows = read(path)
    expected, invoices = retail_by_day(rows), retail_customers(rows)
    compared = 0
    with tempfile.TemporaryDirectory() as folder:
        for copy in (path, path, _shuffled(rows, Path(folder))):
            _import(stack, copy, "online_retail.yml")
            compared += _compare_days(stack, expected) + _compare_customers(stack, invoices)
    return compared


def _compare_customers(stack: RunningStack, invoices: list[tuple[str, str]]) -> int:
    """Customers and those who ordered more than once, over all days and over each month."""
    days = sorted(day for day, _ in invoices)
    months = sorted({day[:7] for day in days})
    spans = [(days[0], days[-1]), *((f"{month}-01", _last_day(month)) for month in months)]
    for first, last in spans:
        orders = Counter(customer for day, customer in invoices if first <= day <= last)
        measures = stack.kpi("loyalty", from_=first, to=last)["rows"][0]["measures"]
        _same(f"{first}..{last} valid_orders", measures["valid_orders"], orders.total())
        _same(f"{first}..{last} customers", measures["customers"], len(orders))
        _same(f"{first}..{last} repeaters", measures["repeaters"], sum(count > 1 for count in orders.values()))
    return 3 * len(spans)


def _last_day(month: str) -> str:
    return f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]}"


def _compare_days(stack: RunningStack, expected: dict[str, Counter[str]]) -> int:
    first, last = min(expected), max(expected)
    total: Counter[str] = Counter()
    compared = 0
    for chunk_first, chunk_last in _years(first, last):
        days = {d: c for d, c in expected.items() if chunk_first <= d <= chunk_last}
        for point in _series(stack, "sales", chunk_first, chunk_last):
            wanted = days.get(point["at"], Counter())
            for name in MEASURES:
                _same(f"{point['at']} {name}", point["measures"][name], wanted[name])
                compared += 1
        for day in days.values():
            total.update(day)
    whole = stack.kpi("sales", from_=first, to=last)["rows"][0]
    for name in MEASURES:
        _same(f"{first}..{last} {name}", whole["measures"][name], total[name])
    _same("value", round(whole["value"] * 100), total["net_minor"])
    return compared + len(MEASURES) + 1


def _years(first: str, last: str) -> Iterator[tuple[str, str]]:
    for year in range(int(first[:4]), int(last[:4]) + 1):
        yield max(first, f"{year}-01-01"), min(last, f"{year}-12-31")


def crm_counts(rows: list[Row]) -> dict[str, dict[tuple[str, str], int]]:
    """New leads by engage date, won and lost by close date, for every agent and day."""
    counts: dict[str, dict[tuple[str, str], int]] = {name: defaultdict(int) for name in ("leads", "won", "lost")}
    for row in rows:
        if not row["engage_date"]:
            continue
        counts["leads"][row["sales_agent"], _iso(row["engage_date"])] += 1
        if row["deal_stage"] in ("Won", "Lost"):
            counts[row["deal_stage"].lower()][row["sales_agent"], _iso(row["close_date"])] += 1
    return counts


def _iso(text: str) -> str:
    month, day, year = map(int, text.split("/"))
    return date(year, month, day).isoformat()


def check_crm(stack: RunningStack, path: Path) -> int:
    """Compare new leads, won and lost, by agent and day. Returns the numbers compared."""
    counts = crm_counts(read(path))
    days = sorted({day for own in counts.values() for _, day in own})
    _import(stack, path, "crm_pipeline.yml")
    _import(stack, path, "crm_pipeline.yml")
    compared = 0
    for kpi, names in (("new_leads", ("leads",)), ("acquisition_rate", ("won", "lost"))):
        found: dict[str, dict[tuple[str, str], int]] = {name: defaultdict(int) for name in names}
        for first, last in _years(days[0], days[-1]):
            for row in _rows(stack, kpi, first, last, "rep"):
                for point in row["points"]:
                    for name in names:
                        if point["measures"][name]:
                            found[name][row["by"]["rep"], point["at"]] = point["measures"][name]
        for name in names:
            for key in counts[name].keys() | found[name].keys():
                _same(f"{name} {key}", found[name][key], counts[name][key])
                compared += 1
    return compared


def _rows(stack: RunningStack, kpi: str, first: str, last: str, by: str = "") -> list[dict[str, Any]]:
    with stack.http(Port.EXPORTER) as client:
        query = {"from": first, "to": last, "step": "day", **({"by": by} if by else {})}
        response = client.get(f"/v1/kpis/{kpi}/series", params=query, timeout=120)
        response.raise_for_status()
    rows: list[dict[str, Any]] = response.json()["rows"]
    return rows


def _series(stack: RunningStack, kpi: str, first: str, last: str) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = _rows(stack, kpi, first, last)[0]["points"]
    return points


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise Difference(f"{what}: Cadran says {found}, the file {expected}")


def _import(stack: RunningStack, path: Path, mapping: str) -> None:
    done = stack.cadran("import", "--mapping", str(MAPPINGS / mapping), str(path))
    if done.returncode != 0:
        raise Difference(f"{path.name} cannot be imported: {done.stdout}{done.stderr}")
    stack.wait_applied()


def _shuffled(rows: list[Row], folder: Path) -> Path:
    shuffled = random.Random(1).sample(rows, len(rows))
    path = folder / "shuffled.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(shuffled)
    return path


def data_files(folder: Path, name: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"{name}*.csv*") if path.suffix in (".csv", ".gz"))


def check_folder(folder: Path) -> list[str]:
    """Check every data set of a folder, each in a stack of its own; says what was compared."""
    told = []
    for path in data_files(folder, RETAIL):
        with running_stack(
            CADRAN_TIME_ZONE="Europe/London", CADRAN_REPORTING_CURRENCY="GBP", CADRAN_COUNTRY="GB"
        ) as stack:
            told.append(f"{path.name}: {check_retail(stack, path):,} numbers equal, imported once, again and shuffled")
    for path in data_files(folder, CRM):
        with running_stack(CADRAN_REPORTING_CURRENCY="USD", CADRAN_COUNTRY="US") as stack:
            told.append(f"{path.name}: {check_crm(stack, path):,} numbers equal, imported once and again")
    return told


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) == 2 and sys.argv[1] else None
    if folder is None or not folder.is_dir():
        sys.exit("check-data: DATA must name a folder: make check-data DATA=path/to/data")
    try:
        told = check_folder(folder)
    except Difference as difference:
        sys.exit(f"check-data: {difference}")
    print("\n".join(told) or f"check-data: {folder} holds no {RETAIL}*.csv and no {CRM}*.csv")
    sys.exit(0 if told else 1)


if __name__ == "__main__":
    main()
