from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import dropwhile, takewhile
from statistics import fmean

import msgspec

from services.common.calendar import public_holidays
from services.common.events import parse
from services.simulator.company import CAMPAIGNS, TEAMS
from services.simulator.service import Company
from tests.support.events import PARIS

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


def company(seed: int = 7, days: int = 40) -> Company:
    return Company(
        seed=seed,
        first=TODAY - timedelta(days=days),
        today=TODAY,
        zone=PARIS,
        is_holiday=public_holidays("FR").__contains__,
    )


def test_the_same_seed_makes_the_same_company_and_another_seed_another() -> None:
    one, same, other = (list(company(seed, 5).until(NOW)) for seed in (7, 7, 8))
    assert one == same
    assert one != other


def test_a_day_is_the_same_whatever_was_before_it_and_whenever_it_is_asked_for() -> None:
    for day in (TODAY - timedelta(days=201), TODAY - timedelta(days=3), TODAY + timedelta(days=30)):
        own = company(days=40)
        assert own.day(day) == own.day(day) == company(days=2).day(day)


def test_every_event_is_within_the_contract() -> None:
    for happening in company().until(NOW):
        parse(msgspec.json.encode(happening.event), receivedat=max(happening.arrives, NOW), zone=PARIS)


def test_events_arrive_in_order_and_none_before_it_happened() -> None:
    found = list(company().until(NOW))
    arrivals = [happening.arrives for happening in found]
    assert arrivals == sorted(arrivals)
    assert all(datetime.fromisoformat(h.event["time"]) <= h.arrives <= NOW for h in found)


def test_some_are_late_some_come_twice_and_ids_are_unique_but_for_those() -> None:
    found = list(company().until(NOW))
    late = [h for h in found if h.arrives - datetime.fromisoformat(h.event["time"]) > timedelta(hours=1)]
    times = Counter(h.event["id"] for h in found)
    twice = [event_id for event_id, count in times.items() if count > 1]
    assert 0.001 < len(late) / len(found) < 0.03
    assert 0.001 < len(twice) / len(found) < 0.03
    bodies: dict[str, dict[str, object]] = {}
    for happening in found:
        assert bodies.setdefault(happening.event["id"], happening.event) == happening.event


def test_the_past_and_the_day_that_is_lived_fit_together() -> None:
    own = company(days=10)
    whole = list(own.until(NOW))
    middle = NOW - timedelta(hours=30)
    later = dropwhile(lambda happening: happening.arrives <= middle, own.all())
    parts = [*own.until(middle), *takewhile(lambda happening: happening.arrives <= NOW, later)]
    assert parts == whole


def test_it_is_believable() -> None:
    kinds = Counter(h.event["type"] for h in company(days=60).until(NOW))
    assert {"order.placed", "order.returned", "order.cancelled", "lead.created", "lead.closed", "lead.assigned"} <= set(
        kinds
    )
    assert {"visits.counted", "target.set", "promotion.set", "rep.set", "rate.set"} <= set(kinds)
    assert 0.02 < kinds["order.returned"] / kinds["order.placed"] < 0.1
    assert 0.3 < kinds["lead.closed"] / kinds["lead.created"] < 0.9
    assert {"survey.invited", "pulse.published"} <= set(kinds)
    assert 0.15 < kinds["nps.answered"] / kinds["survey.invited"] < 0.25


def test_contacts_and_offers_add_about_a_third_to_what_there_is_without_them() -> None:
    kinds = Counter(h.event["type"] for h in company(days=100).until(NOW))
    added = sum(count for kind, count in kinds.items() if kind.startswith(("customer.", "offer.")))
    assert 0.25 < added / (kinds.total() - added) < 0.37
    assert 380 < kinds["order.placed"] / 100 < 500


def test_answers_follow_their_invitation_and_depend_on_who_served_the_customer() -> None:
    found = [h.event for h in company(days=120).until(NOW)]
    invited = {e["subject"]: e["time"] for e in found if e["type"] == "survey.invited"}
    answers = [e for e in found if e["type"] == "nps.answered"]
    assert all(invited.get(e["subject"], "") <= e["time"] for e in answers)
    scores: dict[str, list[int]] = {}
    for each in answers:
        scores.setdefault(each["data"].get("rep_id", ""), []).append(each["data"]["score"])
    assert fmean(scores["r07"]) > fmean(scores["r08"])


def test_a_round_closes_every_month_for_every_team_and_for_all() -> None:
    found = [h.event for h in company(days=70).until(NOW) if h.event["type"] == "pulse.published"]
    rounds = {(e["data"]["round_id"], e["data"]["team_id"]): e["data"] for e in found}
    assert set(rounds) == {
        (month, team) for month in ("2026-09", "2026-10") for team in (*(t.id for t in TEAMS), "all")
    }
    means = [
        {f["question"]: f.get("mean") for f in rounds[month, "all"]["figures"]} for month in ("2026-09", "2026-10")
    ]
    change = next(f["change"] for f in rounds["2026-10", "all"]["figures"] if f["question"] == "overall")
    assert change == means[1]["overall"] - means[0]["overall"]


def test_a_lead_is_merged_into_one_that_there_is() -> None:
    found = [h.event for h in company(days=90).until(NOW)]
    leads = {event["subject"] for event in found if event["type"] == "lead.created"}
    merged = [event["data"]["into_lead_id"] for event in found if event["type"] == "lead.merged"]
    assert len(merged) > 15
    assert set(merged) <= leads


def test_every_promotion_is_announced_two_weeks_before_also_over_new_year() -> None:
    announced = {
        h.event["subject"]: h.arrives.date()
        for day in range(365)
        for h in company().day(date(2025, 12, 1) + timedelta(days=day))
        if h.event["type"] == "promotion.set"
    }
    assert announced["winter-sales-2026"] == date(2025, 12, 25)
    assert len(announced) == len(CAMPAIGNS)
