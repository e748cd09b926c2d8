"""Files as dirty as real ones: what `make check-data` reads from DATA, made up."""

import csv
import gzip
from pathlib import Path
from random import Random

Row = dict[str, str]


def invoice_lines(random: Random, count: int) -> list[Row]:
    """Invoice lines: several to an invoice and not always together, returns, free goods, negative stock corrections,
    the same line twice, no customer, odd prices, fees and quotes in descriptions."""
    rows: list[Row] = []
    day = 1
    while len(rows) < count:
        day = min(28, day + random.randint(0, 1))
        kind = random.random()
        invoice = f"C{540000 + len(rows)}" if kind < 0.12 else str(540000 + len(rows))
        time = f"2011-02-{day:02} {random.randint(6, 20):02}:{random.randint(0, 59):02}:00"
        customer = random.choice(["", f"{random.randint(12000, 18000)}.0"])
        for _ in range(random.choice([1, 1, 2, 5, 12])):
            rows.append(_line(random, invoice, time, customer, correction=0.12 < kind < 0.16))
            if random.random() < 0.05:
                rows.append(dict(rows[-1]))
    if random.random() < 0.8:
        first, second = random.sample(range(len(rows)), 2) if len(rows) > 1 else (0, 0)
        rows[first], rows[second] = rows[second], rows[first]
    return rows


def _line(random: Random, invoice: str, time: str, customer: str, *, correction: bool) -> Row:
    price = random.choice(["2.55", "0.85", "0.0", "1042.0", "13541.33", "0.29", "7.65"])
    quantity = random.choice([1, 2, 6, 12, 48, 80995])
    if correction:
        quantity, price = -random.randint(1, 40), "0.0"
    return {
        "InvoiceNo": invoice,
        "StockCode": random.choice(["85123A", "22423", "POST", "D", "M", "BANK CHARGES", "C2"]),
        "Description": random.choice(['SET OF 6 "SPICE" TINS, BLUE', "", "Postage", "PAPIER PEINT À FLEURS"]),
        "Quantity": str(-abs(quantity) if invoice.startswith("C") else quantity),
        "InvoiceDate": time,
        "UnitPrice": price,
        "CustomerID": customer,
    }


AGENTS = ("Moses Frase", "Anna Snelling", "Darcel Schlecht", "Zoë O'Hara")


def opportunities(random: Random, count: int) -> list[Row]:
    """A CRM's export: won, lost, still open, and some without a date."""
    rows = []
    for i in range(count):
        stage = random.choice(["Won", "Won", "Lost", "Engaging", "Prospecting"])
        engaged, closes = (random.randint(1, 6), random.randint(1, 28)), (random.randint(7, 12), random.randint(1, 28))
        closed = stage in ("Won", "Lost")
        value = "" if not closed else "0" if stage == "Lost" else str(random.randint(30, 30000))
        rows.append(
            {
                "opportunity_id": f"{random.getrandbits(32):08X}{i}",
                "sales_agent": random.choice(AGENTS),
                "product": random.choice(["GTX Basic", "GTXPro"]),
                "account": random.choice(["Cancity", ""]),
                "deal_stage": stage,
                "engage_date": "" if stage == "Prospecting" else f"{engaged[0]}/{engaged[1]}/2017",
                "close_date": f"{closes[0]}/{closes[1]}/2017" if closed else "",
                "close_value": value,
            }
        )
    return rows


def write_gzipped(path: Path, rows: list[Row]) -> None:
    with gzip.open(path, "wt", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
