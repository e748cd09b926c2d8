"""Past days in a real Prometheus: what the read API says of each, in the very series that scrapes go on with."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from services.common.calendar import DAY
from services.common.settings import ROOT, Port
from services.common.windows import ROLLING_DAYS, Period
from tests.support.events import NOW, PARIS, cloud_event, line
from tests.support.prometheus import query
from tests.support.stack import RunningStack, wait_for

pytestmark = pytest.mark.timeout(900)  # Prometheus looks for blocks once a minute

TODAY = NOW.date()
DAYS = 5
PAST = [TODAY - DAY * back for back in range(DAYS, 0, -1)]


def noon(days: int) -> datetime:
    """Of a day that is so many ago."""
    return datetime(*(TODAY - DAY * days).timetuple()[:3], 12, tzinfo=PARIS).astimezone(UTC)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a Prometheus that is not here."""
    return tmp_path_factory.mktemp("blocks")


@pytest.fixture(scope="module", autouse=True)
def story(stack: RunningStack, elsewhere: Path) -> None:
    """Forty days of everything that a curve may show, something other on each; then the past is written."""
    watched = cloud_event("product.watched", "LAMP", noon(41), pairs=[_pair("acme"), _pair("bolt")])
    own = cloud_event("price.own", "LAMP", noon(41), price_minor=10_000, currency="EUR")
    month = {"period": "month", "starts_on": Period.MONTH.first_day(PAST[0]).isoformat()}
    target = cloud_event("target.set", None, noon(45), measure="sales", value=1_000_000, **month)
    days = {"from_": PAST[1].isoformat(), "to": PAST[2].isoformat()}
    promotion = cloud_event("promotion.set", "xmas", noon(45), name="Noël", **days)
    stack.send([watched, own, target, promotion, *(each for days in range(1, 41) for each in _happened(days))])
    stack.wait_applied()
    wait_for(lambda: query(stack, "cadran_exporter_store_up == 1"), "Prometheus scrapes")
    dry = stack.cadran("backfill", "--days", str(DAYS), "--dry-run")
    assert f"{DAYS} to write, 0 have changed, 0 were there" in dry.stdout, dry.stderr
    carried = stack.cadran("backfill", "--days", str(DAYS), "--out", str(elsewhere))
    assert f"move what is in {elsewhere} into the data folder" in carried.stdout, carried.stderr
    assert list(elsewhere.glob("*/meta.json"))
    done = stack.cadran("backfill", "--days", str(DAYS))
    assert f"{DAYS} written, 0 have changed, 0 were there" in done.stdout, done.stderr
    assert "Prometheus has taken them in" in done.stdout


def _happened(days: int) -> Iterator[dict[str, Any]]:
    """On a day that is so many ago."""
    for number, channel in enumerate(["online", "store"][: 1 + days % 2]):
        yield _order(days, number, channel)
    for number in range(1 + days % 3):
        yield cloud_event("lead.created", f"l{days}-{number}", noon(days), source="web")
    yield cloud_event("lead.closed", f"l{days}-0", noon(days), outcome="won" if days % 4 else "lost")
    where = {"touchpoint": "delivery", "store_id": "lyon"}
    for number in range(3):
        yield cloud_event("nps.answered", f"n{days}-{number}", noon(days), score=(days + number) % 11, **where)
    read = {"pair_id": "acme LAMP", "competitor": "acme", "verdict": "trusted", "stock": "in_stock"}
    yield cloud_event("price.observed", "LAMP", noon(days), **read, price_minor=9_000 + 10 * days, currency="EUR")


def _order(day: int, number: int, channel: str) -> dict[str, Any]:
    sold = {"currency": "EUR", "region": "north", "rep_id": "ana", "customer_id": f"c{day % 7}"}
    lines = [line(1_000 + 37 * day + number)]
    return cloud_event("order.placed", f"o{day}-{number}", noon(day), channel=channel, **sold, lines=lines)


def _pair(competitor: str) -> dict[str, Any]:
    return {"pair_id": f"{competitor} LAMP", "competitor": competitor, "interval_s": 21600}


def close_of(day: date) -> datetime:
    return datetime(*(day + DAY).timetuple()[:3], tzinfo=PARIS).astimezone(UTC)


class Curve(NamedTuple):
    """A curve of Prometheus, and where the read API has its numbers: the headline, or one beside it."""

    metric: str
    kpi: str
    beside: str = ""
    by: str = ""
    field: str = "value"


CURVES = [
    Curve("cadran_net_sales_euros", "sales"),
    Curve("cadran_basket_euros", "sales", "basket"),
    Curve("cadran_channel_net_sales_euros", "sales", by="channel"),
    Curve("cadran_region_net_sales_euros", "sales", by="region"),
    Curve("cadran_new_leads", "new_leads"),
    Curve("cadran_source_new_leads", "new_leads", by="source"),
    Curve("cadran_closing_ratio", "acquisition_rate", "closing_rate"),
    Curve("cadran_nps", "nps"),
    Curve("cadran_nps_low", "nps", field="low"),
    Curve("cadran_nps_high", "nps", field="high"),
    Curve("cadran_touchpoint_nps", "nps", by="touchpoint"),
    Curve("cadran_price_index", "competitor_prices"),
    Curve("cadran_competitor_price_index", "competitor_prices", by="competitor"),
    Curve("cadran_price_coverage_ratio", "competitor_prices", "coverage"),
    Curve("cadran_price_falls", "competitor_prices", "falls"),
    Curve("cadran_repeat_ratio", "loyalty", "repeat_rate"),
]
FIRST_DAYS = {name: (lambda day, n=n: day - DAY * (n - 1)) for name, n in ROLLING_DAYS.items()}
FIRST_DAYS |= {"wtd": lambda day: day - DAY * day.weekday()}
FIRST_DAYS |= {f"{kind[0]}td": kind.first_day for kind in Period}


def told(stack: RunningStack, curve: Curve, first: date, last: date) -> dict[tuple[str, ...], float]:
    """What the read API says of some days, by member."""
    by = {"by": curve.by} if curve.by else {}
    found = {}
    for row in stack.kpi(curve.kpi, from_=first.isoformat(), to=last.isoformat(), **by)["rows"]:
        number = row["related"][curve.beside] if curve.beside else row
        value = number["value"] if curve.field == "value" else (number["interval"] or {}).get(curve.field)
        if value is not None:
            found[tuple(row["by"].values())] = float(value)
    return found


def held(stack: RunningStack, metric: str, window: str, at: datetime) -> dict[tuple[str, ...], float]:
    """What Prometheus says just after an instant, by member: at it a series that ended is still looked back at."""
    usual = {"__name__", "window", "instance", "job"}
    found = query(stack, f'{metric}{{window="{window}"}}', time=at.timestamp() + 1)
    return {
        tuple(v for name, v in each["metric"].items() if name not in usual): float(each["value"][1]) for each in found
    }


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.metric)
def test_each_day_is_told_as_the_read_api_tells_it(stack: RunningStack, curve: Curve) -> None:
    require_told_alike(stack, curve)


def require_told_alike(stack: RunningStack, curve: Curve) -> None:
    for day in PAST:
        for window, first_day in FIRST_DAYS.items():
            expected = told(stack, curve, first_day(day), day)
            assert expected or curve.kpi == "nps"  # three answers of a day are told of no one
            assert held(stack, curve.metric, window, close_of(day)) == expected, (day, window)


def test_the_acquisition_rate_is_that_of_the_cohort_that_had_had_its_time(stack: RunningStack) -> None:
    curve = Curve("cadran_acquisition_ratio", "acquisition_rate")
    for day in PAST:
        last = day - DAY * 31
        expected = told(stack, curve, last - DAY * 6, last)
        assert expected == held(stack, curve.metric, "7d", close_of(day))


def test_a_target_stands_beside_its_curve_from_when_it_was_set(stack: RunningStack) -> None:
    month = Period.MONTH.first_day(PAST[0])
    for day in PAST:
        expected = {(): 10_000.0} if Period.MONTH.first_day(day) == month else {}
        assert held(stack, "cadran_net_sales_euros_target", "mtd", close_of(day)) == expected


def test_a_promotion_is_marked_over_its_days(stack: RunningStack) -> None:
    for day in PAST[1:]:
        noon_of_it = close_of(day) - timedelta(hours=12)
        found = query(stack, "cadran_promotion_active", time=noon_of_it.timestamp())
        assert [each["metric"]["promotion"] for each in found] == (["xmas"] if day in PAST[1:3] else [])


def test_a_curve_has_no_hole_and_moves_at_each_close(stack: RunningStack) -> None:
    curve = Curve("cadran_net_sales_euros", "sales")
    step = 7 * 60 + 13
    span = {"start": close_of(PAST[0]).timestamp(), "end": close_of(PAST[-1]).timestamp()}
    (series,) = query(stack, 'cadran_net_sales_euros{window="today"}', **span, step=step)
    times = [float(time) for time, _ in series["values"]]
    assert {later - earlier for earlier, later in pairwise(times)} == {step}
    assert times[0] == span["start"]
    assert times[-1] > span["end"] - step
    by_day = {day: told(stack, curve, day, day)[()] for day in PAST}
    for time, value in series["values"]:
        assert float(value) == by_day[datetime.fromtimestamp(float(time), PARIS).date() - DAY]


def test_scrapes_go_on_in_the_same_series(stack: RunningStack) -> None:
    now = datetime.now(UTC).timestamp()
    for metric in ("cadran_net_sales_euros", "cadran_channel_net_sales_euros", "cadran_nps", "cadran_price_index"):
        whole = query(stack, f'{metric}{{window="30d"}}[{DAYS + 2}d]', time=now)
        live = query(stack, f'{metric}{{window="30d"}}', time=now)
        past = query(stack, f'{metric}{{window="30d"}}', time=close_of(PAST[-1]).timestamp())
        assert live
        names = [sorted(map(repr, (each["metric"] for each in found))) for found in (whole, live, past)]
        assert names[0] == names[1] == names[2]
        for series in whole:
            times = [float(time) for time, _ in series["values"]]
            assert times == sorted(set(times))
    assert query(stack, 'cadran_price_oldest_reading_seconds{window="today"}', time=now)
    assert not query(stack, "cadran_price_oldest_reading_seconds", time=close_of(PAST[-1]).timestamp())


def samples(stack: RunningStack) -> dict[str, list[Any]]:
    """Every sample before today of some series."""
    time = close_of(PAST[-1]).timestamp() - 1
    found = [each for curve in CURVES for each in query(stack, f"{curve.metric}[{DAYS + 1}d]", time=time)]
    assert all(len(each["values"]) > 200 for each in found)
    return {repr(sorted(each["metric"].items())): each["values"] for each in found}


def wait_looked(stack: RunningStack) -> None:
    """Wait until Prometheus has looked for blocks, from now on."""
    before = looks(stack)
    wait_for(lambda: looks(stack) >= before + 2, "Prometheus has looked for blocks", patience=150)


def looks(stack: RunningStack) -> float:
    told = httpx.get(f"{stack.url(Port.PROMETHEUS)}/metrics").text
    return float(re.search(r"^prometheus_tsdb_reloads_total (\S+)$", told, re.MULTILINE)[1])  # type: ignore[index]


def test_what_is_there_is_not_written_again(stack: RunningStack) -> None:
    before = samples(stack)
    again = stack.cadran("backfill", "--days", str(DAYS))
    assert f"0 written, 0 have changed, {DAYS} were there" in again.stdout, again.stderr
    assert samples(stack) == before


def test_the_same_blocks_twice_are_as_once(stack: RunningStack, elsewhere: Path) -> None:
    """As if it had been run again before Prometheus looked."""
    before = samples(stack)
    for block in elsewhere.iterdir():
        shutil.move(block, stack.layout.data / "prometheus")
    wait_looked(stack)
    assert samples(stack) == before


LATE = {"channel": "online", "region": "north", "currency": "EUR", "lines": [line(99_900)]}


def test_what_came_late_is_written_anew(stack: RunningStack) -> None:
    """An order of three days ago: the days from then on change, those before do not."""
    stack.send([cloud_event("order.placed", "late", noon(3), **LATE)])
    stack.wait_applied()
    wait_for(lambda: _is_scraped(stack), "what came late is scraped")
    done = stack.cadran("backfill", "--days", str(DAYS))
    assert f"0 written, 3 have changed, {DAYS - 3} were there" in done.stdout, done.stdout + done.stderr
    for curve in CURVES[:4]:
        require_told_alike(stack, curve)


def _is_scraped(stack: RunningStack) -> bool:
    rows = stack.kpi("sales", window="7d")["rows"]
    return held(stack, "cadran_net_sales_euros", "7d", datetime.now(UTC)) == {(): rows[0]["value"]}


def test_a_prometheus_that_is_started_again_has_the_past_and_every_scrape(stack: RunningStack) -> None:
    since = _first_scrape(stack)
    stack.supervisor.stop("prometheus")
    stack.supervisor.start("prometheus")
    wait_for(lambda: query(stack, "up"), "Prometheus answers")
    assert _first_scrape(stack) == since
    require_told_alike(stack, CURVES[0])


def _first_scrape(stack: RunningStack) -> float:
    (series,) = query(stack, "cadran_exporter_store_up[1d]")
    return float(series["values"][0][0])


def test_what_comes_while_prometheus_takes_days_in_holds_nothing_up(stack: RunningStack) -> None:
    """Its numbers have changed by when it has them: that is for the next time."""
    stack.send([cloud_event("order.placed", "later", noon(1), **LATE)])
    stack.wait_applied()
    environment = {**stack.environment, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "services.common.cli", "backfill", "--days", "1"]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as filling:
        assert filling.stdout is not None
        next(text for text in filling.stdout if "1 have changed" in text)
        stack.send([cloud_event("order.placed", "latest", noon(1), **LATE)])
        stack.wait_applied()
        told, _ = filling.communicate(timeout=240)
    assert filling.returncode == 0, told
    assert "Prometheus has taken them in" in told


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        (["--out", "/nowhere"], {}, "/nowhere cannot be written: no folder here that this user may write to - name a"),
        ([], {"PATH": "/nowhere"}, "promtool is not installed, which makes the blocks - install Prometheus"),
        (["--prometheus", "http://127.0.0.1:9"], {}, "Prometheus does not answer at http://127.0.0.1:9"),
        ([], {"CADRAN_REDIS": "redis://127.0.0.1:9/0"}, "Redis does not answer"),
    ],
)
def test_what_is_missing_is_told_with_its_mend(
    stack: RunningStack, options: list[str], environment: dict[str, str], said: str
) -> None:
    before = dict(stack.environment)
    stack.environment |= environment
    try:
        done = stack.cadran("backfill", "--days", "2", *options)
    finally:
        stack.environment = before
    assert done.returncode == 1
    assert done.stderr.strip().startswith(f"cadran: {said}")
    assert len(done.stderr.strip().splitlines()) == 1
