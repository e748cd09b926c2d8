"""The form of an alert: what is typed is what is put in force."""

from hypothesis import given
from hypothesis import strategies as st

from services.board.alerts.cards import card
from services.board.alerts.form import FIELDS, changed, differences, fault_at, texts_of, typed
from services.board.editing.values import Fault
from tests.support.alerts_api import CHANGED, alert

alerts = st.builds(
    alert,
    st.just("A"),
    st.just("sales"),
    of=st.sampled_from(["change", "pace", "value"]),
    level=st.integers(-500, 500).map(lambda number: number / 1000),
    clear=st.integers(-500, 500).map(lambda number: number / 1000),
    least=st.integers(0, 10_000),
    lasts=st.builds(lambda number, span: f"{number}{span}", st.integers(1, 90), st.sampled_from("smhd")),
    severity=st.sampled_from(["info", "warning", "critical"]),
    hours=st.sampled_from(["opening", "always"]),
    sure=st.booleans(),
    off=st.booleans(),
)
languages = st.sampled_from(["fr", "en"])
SALES = {"id": "sales", "unit": "money"}


@given(alerts, languages)
def test_a_form_that_is_sent_as_it_is_shown_changes_nothing(told: dict[str, object], language: str) -> None:
    judged = card(told, SALES, "EUR").judged
    shown = texts_of(told, judged, language)
    sent = typed({name: text for name, text in shown.items() if text})
    assert differences(sent, shown) == {}
    assert changed(sent, judged, language) == ({name: told[name] for name in CHANGED}, {})


def test_each_field_that_cannot_be_read_is_told() -> None:
    judged = card(alert("A", "sales"), SALES, "EUR").judged
    texts = {**texts_of(alert("A", "sales"), judged, "en"), "level": "low", "clear": "0.5", "least": "", "lasts": "1.5"}
    _, faults = changed(texts, judged, "en")
    assert faults == {"level": Fault.NUMBER, "clear": Fault.SHARE, "least": Fault.NUMBER, "lasts": Fault.DIGITS}


def test_what_the_api_refuses_is_told_at_the_field_that_it_means() -> None:
    assert [fault_at(field) for field in ("clear", "alerts.SalesFall.off", "alerts.SalesFall.lasts")] == [
        "clear", "on", "lasts"
    ]  # fmt: skip
    assert fault_at("version") == ""


def test_what_stands_elsewhere_is_told_where_it_is_another() -> None:
    judged = card(alert("A", "sales"), SALES, "EUR").judged
    mine, theirs = texts_of(alert("A", "sales"), judged, "fr"), texts_of(alert("A", "sales", level=-0.1), judged, "fr")
    assert differences(mine, theirs) == {"level": "-10\u202f%"}
    assert set(mine) == set(FIELDS)
