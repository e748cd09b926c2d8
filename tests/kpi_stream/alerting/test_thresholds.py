"""The file of thresholds: what it changes, what it adds, and what it is refused for."""

from pathlib import Path

import pytest

from services.common.errors import ConfigurationError
from services.kpi_stream.alerting.thresholds.file import ThresholdReader, Thresholds
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.threshold import Hours, Of, Severity, Side, Threshold

READER = ThresholdReader(all_kpis(), "EUR")
TEAMS = "teams: {direction: {}, operations: {}}\n"
OWN = """alerts:
  OnlineSalesFall:
    kpi: sales
    by: channel
    window: 30d
    of: change
    below: -10 %
    lasts: 1h
"""


def read(text: str) -> Thresholds:
    return READER.read("thresholds.yml", text.encode())


def alert(text: str, name: str) -> Threshold:
    return next(each.threshold for each in read(text).alerts if each.threshold.name == name)


def with_line(line: str, replaced: str = "") -> str:
    """A file with an alert of its own, in which a line is another or one more."""
    text = TEAMS + OWN
    if replaced:
        assert replaced in text
        return text.replace(replaced, line)
    return f"{text}    {line}\n"


def test_the_shipped_file_leaves_the_alerts_of_the_kpis_as_they_are() -> None:
    shipped = READER.load(Path("deploy/alerts/thresholds.yml"))
    assert [each.threshold for each in shipped.alerts] == [a for kpi in all_kpis().values() for a in kpi.alerts]
    assert (list(shipped.teams), shipped.off) == (["direction", "operations"], ())


def test_the_examples_in_the_shipped_file_can_be_read() -> None:
    lines = Path("deploy/alerts/thresholds.yml").read_text().replace("alerts: {}\n", "").splitlines()
    uncommented = "\n".join(
        line.removeprefix("# ") if line.startswith("# ") and ":" in line else line for line in lines
    )
    text = uncommented[uncommented.index("teams:") :]
    read_again = read(text)
    assert "OnlineSalesFall" in {each.threshold.name for each in read_again.alerts}
    assert [each.threshold.name for each in read_again.off] == ["CompetitorsRaisedPrices"]


def test_of_a_default_what_is_not_written_stays() -> None:
    changed = alert(TEAMS + "alerts: {OurPricesAreHigh: {above: 110, clear: 108.5, lasts: 2h}}", "OurPricesAreHigh")
    default = next(a for a in all_kpis()["competitor_prices"].alerts if a.name == "OurPricesAreHigh")
    assert (changed.level, changed.clear, changed.lasts.total_seconds()) == (110, 108.5, 7200)
    assert (changed.least, changed.window, changed.title) == (default.least, default.window, default.title)


def test_a_level_without_a_level_of_its_end_ends_at_itself() -> None:
    assert alert(TEAMS + "alerts: {OurPricesAreHigh: {above: 110}}", "OurPricesAreHigh").clear == 110


def test_one_of_our_own_is_sure_and_of_enough_unless_it_says_otherwise() -> None:
    own = alert(with_line("only: [online]"), "OnlineSalesFall")
    assert (own.side, own.level, own.clear, own.of) == (Side.BELOW, -0.1, -0.1, Of.CHANGE)
    assert (own.sure, own.least, own.hours, own.severity, own.team) == (
        True, 10, Hours.OPENING, Severity.WARNING, "direction",
    )  # fmt: skip
    assert own.only == ("online",)


def test_one_of_which_no_interval_is_told_need_not_be_sure() -> None:
    """A rep's pace is told, its interval is not."""
    own = "alerts: {RepBehind: {kpi: sales, by: rep, window: mtd, of: pace, below: 80 %, lasts: 1h}}"
    assert alert(TEAMS + own, "RepBehind").sure is False


@pytest.mark.parametrize("off", ["off", "{off: yes}", "{off: yes, above: 107}"])
def test_off_is_told_apart(off: str) -> None:
    thresholds = read(TEAMS + f"alerts: {{OurPricesAreHigh: {off}}}")
    assert [each.threshold.name for each in thresholds.off] == ["OurPricesAreHigh"]
    assert "OurPricesAreHigh" not in {each.threshold.name for each in thresholds.alerts}


BAD = {
    "empty": ("", 1, "teams"),
    "no YAML": ("teams: [", 2, "is no YAML"),
    "a tab": ("teams:\n\tdirection: {}", 2, "is no YAML"),
    "no teams": ("alerts: {}", 1, "teams"),
    "teams as a list": ("teams: [direction]", 1, "teams"),
    "no operations": ("teams: {direction: {}}", 1, "has no team operations"),
    "an unknown word": (TEAMS + "alert: {}", 2, "alert"),
    "a name twice": (TEAMS + "alerts:\n  A1b: off\n  A1b: off", 4, "stands twice"),
    "a team's name": ("teams:\n  direction: {}\n  operations: {}\n  Big Boss: {}", 4, "is no name of a team"),
    "a team's field": ("teams:\n  direction: {mail: [a@b.example]}\n  operations: {}", 2, "mail"),
    "a language": ("teams:\n  direction: {language: de}\n  operations: {}", 2, "language"),
    "an address": ("teams:\n  direction: {email: [nobody]}\n  operations: {}", 2, "email"),
    "an address alone": ("teams:\n  direction: {email: a@b.example}\n  operations: {}", 2, "email"),
    "a webhook": ("teams:\n  direction: {webhook: hooks.example}\n  operations: {}", 2, "is no address of a webhook"),
    "a secret": ("teams:\n  direction: {webhook: 'https://u:p@h.example'}\n  operations: {}", 2, "holds a password"),
    "a token alone": (
        "teams:\n  direction: {webhook_token_file: /etc/hosts}\n  operations: {}",
        2,
        "without a webhook",
    ),
    "a file that is not": ("teams:\n  direction: {slack_file: /nowhere/x}\n  operations: {}", 2, "is no file"),
    "half a path": ("teams:\n  direction: {teams_file: secret}\n  operations: {}", 2, "is no whole path"),
    "an unknown default": (TEAMS + "alerts:\n  SalesFal: {below: -5 %}", 3, "kpi"),
    "off what is not": (TEAMS + "alerts:\n  SalesFal: off", 3, "is no alert of a KPI"),
    "a name": (TEAMS + "alerts:\n  sales fall: {kpi: sales}", 3, "is no name of an alert"),
    "a name that is taken": (TEAMS + "alerts:\n  Watchdog: {kpi: sales}", 3, "about Cadran itself"),
    "neither off nor fields": (TEAMS + "alerts:\n  OurPricesAreHigh: on", 3, "is neither `off` nor fields"),
    "a list": (TEAMS + "alerts:\n  OurPricesAreHigh: [off]", 3, "is neither `off` nor fields"),
    "another kpi": (TEAMS + "alerts:\n  OurPricesAreHigh: {kpi: sales}", 3, "is competitor_prices"),
    "an unknown kpi": (with_line("kpi: revenue", "kpi: sales"), 4, "no KPI is called 'revenue'"),
    "no window": (with_line("", "window: 30d"), 3, "is missing"),
    "an unknown window": (with_line("window: 31d", "window: 30d"), 6, "'31d' is none"),
    "no level": (with_line("", "below: -10 %"), 3, "is missing"),
    "two levels": (with_line("above: 10 %"), 10, "stands beside below"),
    "no length": (with_line("", "lasts: 1h"), 3, "is missing"),
    "a length": (with_line("lasts: 1 hour", "lasts: 1h"), 9, "is no length of time"),
    "a great length": (with_line("lasts: 30d", "lasts: 1h"), 9, "is over 7 days"),
    "an unknown cut": (with_line("by: shop", "by: channel"), 5, "is not cut by 'shop'"),
    "members of nothing": (with_line("only: [online]", "by: channel"), 5, "needs a cut"),
    "an empty list": (with_line("only: []"), 10, "only"),
    "an empty member": (with_line("only: ['']"), 10, "holds an empty member"),
    "no list": (with_line("only: online"), 10, "only"),
    "an unknown number": (with_line("metric: margin"), 10, "tells no 'margin'"),
    "a change of what has none": (with_line("metric: return_ratio"), 7, "only net_sales has one"),
    "a share of nothing": (with_line("share_of: net_sales"), 10, "divides a number that is not named"),
    "a gap of a sum": (with_line("of: target", "of: change"), 7, "are judged by their pace"),
    "a pace of a rate": (with_line("kpi: nps", "kpi: sales").replace("of: change", "of: pace"), 7, "have a pace"),
    "an unknown of": (with_line("of: trend", "of: change"), 7, "'trend' is none"),
    "a level that is none": (with_line("below: much", "below: -10 %"), 8, "is no number"),
    "a level without end": (with_line("below: inf", "below: -10 %"), 8, "is no number"),
    "a level over 100 %": (with_line("below: -10", "below: -10 %"), 8, "is over 100 %"),
    "a percentage of an index": (TEAMS + "alerts:\n  OurPricesAreHigh: {above: 105 %}", 3, "is a percentage"),
    "an end beyond": (with_line("clear: -12 %"), 10, "would end it while it still begins"),
    "less than none": (with_line("least: -1"), 10, "is negative"),
    "least of what is not": (with_line("least_of: visits"), 10, "tells no 'visits'"),
    "perhaps": (with_line("sure: perhaps"), 10, "is neither yes nor no"),
    "sure of what is not": (
        TEAMS + "alerts:\n  OurPricesAreHigh:\n    sure: yes",
        4,
        "no interval is told of it",
    ),
    "unknown hours": (with_line("hours: night"), 10, "'night' is none"),
    "an unknown severity": (with_line("severity: fatal"), 10, "'fatal' is none"),
    "an unknown team": (with_line("team: buyers"), 10, "no team is called 'buyers'"),
    "a title in one language": (with_line("title: {en: Less}"), 10, "title"),
    "a brace in an address": ("teams:\n  direction: {email: ['{{x}}@x.org']}\n  operations: {}", 2, "holds a brace"),
    "half a webhook": ("teams:\n  direction: {webhook: 'http://['}\n  operations: {}", 2, "is no address of a webhook"),
    "a port of letters": (
        "teams:\n  direction: {webhook: 'http://h:a'}\n  operations: {}",
        2,
        "is no address of a webhook",
    ),
    "half an escape": (
        "teams:\n  direction: {webhook: 'http://h/%zz'}\n  operations: {}",
        2,
        "is no address of a webhook",
    ),
    "a long path": (
        "teams:\n  direction: {slack_file: /" + "a" * 5000 + "}\n  operations: {}",
        2,
        "cannot be looked at",
    ),
    "a template in a title": (with_line("title: {en: 'over {{5}}', fr: x}"), 10, "holds {{ or }}"),
    "an empty title": (with_line("title: {en: '', fr: x}"), 10, "has 0 characters"),
    "more than an opening": (with_line("lasts: 12h", "lasts: 1h"), 9, "begins anew at every opening"),
    "an alias": (TEAMS + "alerts:\n  SalesFall: &x {lasts: 2h}\n  LeadsFall: *x", 4, "stands for something else"),
    "brackets without end": ("[" * 50_000 + "]" * 50_000, 1, "is nested too deep"),
    "an unknown field": (with_line("threshold: 5"), 10, "threshold"),
    "an empty field": (with_line("below:", "below: -10 %"), 8, "below"),
    "a cut that is told by month alone": (with_line("by: rep", "by: channel"), 6, "is not told to Prometheus by rep"),
    "a pace without a target": (with_line("of: pace", "of: change").replace("-10 %", "90 %"), 7, "has no target"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_the_line_what_is_wrong_and_the_mend(name: str) -> None:
    text, line, said = BAD[name]
    with pytest.raises(ConfigurationError) as refused:
        read(text)
    told = str(refused.value)
    assert f"thresholds.yml line {line}: " in told
    assert said in told
    assert all(" - " in fault for fault in told.splitlines()[1:]), told


def test_every_fault_is_told_at_once() -> None:
    text = TEAMS + "alerts:\n  OurPricesAreHigh: {above: x}\n  FewPricesAreKnown: {lasts: y}\n  Watchdog: off\n"
    with pytest.raises(ConfigurationError) as refused:
        read(text)
    assert [f"line {line}" in str(refused.value) for line in (3, 4, 5)] == [True, True, True]
