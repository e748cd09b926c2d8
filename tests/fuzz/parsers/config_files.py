"""The files that people write: thresholds, watch list, rules of surveys, pairs of products."""

from deploy.local.programs import DEPLOY, ROOT
from services.common import yaml_files
from services.kpi_stream import pairs_file
from services.kpi_stream.alerting.thresholds.file import ThresholdReader
from services.kpi_stream.kpis import all_kpis
from services.pricing_watch.watching.watch_file import read_products
from services.survey.orders.rules import load_rules
from tests.fuzz.parsers.fuzzing import Parser
from tests.fuzz.parsers.mutating import lines
from tests.fuzz.parsers.tables import FOLDER

THRESHOLDS = b"""teams:
  direction: {language: fr, email: [a@shop.example]}
alerts:
  CompetitorsRaisedPrices: off
  OnlineSalesFall:
    kpi: sales
    by: channel
    only: [online]
    window: 7d
    of: change
    below: -10 %
    clear: -5 %
    lasts: 2h
    severity: warning
    tell: direction
"""
WATCH = b"""products:
  - sku: LAMP-01
    name: Oak desk lamp
    own_price: 129.00
    currency: EUR
    competitors:
      - competitor: northlight
        page: https://northlight.example/lamp
        locale: fr-FR
        interval: 6h
"""
PAIRS = b"""pairs:
  LAMP-01: [BULB-01, SHADE-02]
  DESK-01: [LAMP-01]
"""
_thresholds = ThresholdReader(all_kpis(), "EUR")


def read_thresholds(content: bytes) -> None:
    _thresholds.read("thresholds.yml", content)


def read_watch(content: bytes) -> None:
    read_products("watch.yml", content)


def read_rules(content: bytes) -> None:
    path = FOLDER / "rules.yml"
    path.write_bytes(content)
    load_rules(path)


def read_pairs(content: bytes) -> None:
    yaml_files.read("pairs.yml", content, pairs_file.PAIRS, pairs_file.pairs_of)


PARSERS = [
    Parser("thresholds", [THRESHOLDS, (DEPLOY / "alerts" / "thresholds.yml").read_bytes()], lines, read_thresholds, 2),
    Parser("watch list", [WATCH], lines, read_watch, 3),
    Parser("rules of surveys", [(ROOT / "docs" / "examples" / "survey_rules.yml").read_bytes()], lines, read_rules, 3),
    Parser("pairs of products", [PAIRS], lines, read_pairs, 4),
]
