"""Compares readers on the pages of the corpus: `python -m tests.pricing_watch.compare [--wrong] [FOLDER]`.

Prints two tables in Markdown: all pages, and those of which nothing but the address is given, because peers cannot be
told a sku, a currency or a place. With `--wrong`, also what each took for the price that is not.
"""

import argparse
import importlib
import importlib.util
from pathlib import Path

from tests.pricing_watch import judge
from tests.pricing_watch.judge import Reader, Score, Verdict
from tests.pricing_watch.peers import changedetection, price_text

OWN_READER = "services.pricing_watch.reading.reader"
PEERS: dict[str, Reader] = {
    "changedetection.io's approach": changedetection.read,
    "price-parser on `[itemprop=price], .price`": price_text.read_by_selector,
    "price-parser on the text after the heading": price_text.read_after_heading,
}
COLUMNS = ["Reader", *Verdict, "precision", "coverage"]


def readers() -> dict[str, Reader]:
    if importlib.util.find_spec(OWN_READER) is None:
        return PEERS
    return {"Cadran": importlib.import_module(OWN_READER).read_page, **PEERS}


def table(scores: dict[str, Score]) -> str:
    rows = [COLUMNS, ["---", *["---:"] * (len(COLUMNS) - 1)]]
    for name, score in scores.items():
        counts = [str(score.count(verdict)) for verdict in Verdict]
        rows.append([name, *counts, _percent(score.precision), _percent(score.coverage)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def wrong(score: Score) -> str:
    """A line for each wrong price: the page, what was taken, and what stands there."""
    return "\n".join(
        f"- {each.case.page}: {each.reading.price_minor} {each.reading.currency}"
        f" instead of {each.case.expected.price_minor} {each.case.expected.currency}. {each.case.why}"
        for each in score.of(Verdict.WRONG)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=judge.CORPUS)
    parser.add_argument("--wrong", action="store_true")
    asked = parser.parse_args()
    scores = {name: judge.judge(reader, asked.folder) for name, reader in readers().items()}
    print(f"All pages:\n\n{table(scores)}\n")
    plain = {name: score.with_address_only() for name, score in scores.items()}
    print(f"Pages of which only the address is given:\n\n{table(plain)}")
    if asked.wrong:
        for name, score in scores.items():
            print(f"\n{name}:\n{wrong(score)}")


if __name__ == "__main__":
    main()
