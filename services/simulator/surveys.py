"""Surveys: customers who are asked some days after they bought, and the teams' pulse, month by month.

Everything here comes after the rest of a day is made up, so that the rest is the same with and without surveys.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from services.common.calendar import DAY
from services.common.events.answers import LEAST_ANSWERS, WHOLE_COMPANY, count_classes
from services.simulator.company import SKILL_OF, TEAMS, TOUCHPOINTS, Team
from services.simulator.orders import placed_in

if TYPE_CHECKING:
    from services.simulator.plan import Day, Happening

INVITED, DELIVERED, ANSWERED = 0.15, 0.97, 0.2
TARGETS_ARE_SET_ON = 25
TARGETS = {"nps": 40, "team_satisfaction": 7.5}
QUESTIONS = {"overall": 0.0, "methods": -0.4, "manager": 0.5, "workload": -1.2}
"""By how much the answers to a question differ from the team's mood."""


def surveys_of_day(made: "Day", happenings: Sequence["Happening"]) -> "Iterator[Happening]":
    """Those invited because of a day's orders, with their answers; on the first of a month the round that closed."""
    for placed in placed_in(happenings):
        if made.random.random() < INVITED:
            yield from _invited(made, placed)
    if made.day.day == 1:
        yield from _round(made)
    if made.day.day == TARGETS_ARE_SET_ON:
        yield from survey_targets(made, (made.day.replace(day=1) + timedelta(days=32)).replace(day=1))


def survey_targets(made: "Day", month: date) -> "Iterator[Happening]":
    """What is aimed at in a month."""
    for measure, value in TARGETS.items():
        data = {"measure": measure, "period": "month", "starts_on": month.isoformat(), "value": value}
        yield from made.happen("target.set", None, made.instant(10), data)


def _invited(made: "Day", placed: Mapping[str, Any]) -> "Iterator[Happening]":
    """An invitation some days after the order, and with luck an answer within two weeks."""
    random, invitation_id, order = made.random, made.name("I"), placed["data"]
    placed_at = datetime.fromisoformat(placed["time"])
    touchpoint = TOUCHPOINTS[order["channel"]]
    invited_at = (placed_at + timedelta(days=random.triangular(2, 9, 4))).replace(microsecond=0)
    delivered = random.random() < DELIVERED
    asked = {"survey": "nps", "touchpoint": touchpoint, "delivered": delivered}
    yield from made.happen("survey.invited", invitation_id, invited_at, asked)
    if not delivered or random.random() >= ANSWERED:
        return
    answered_at = (invited_at + timedelta(days=min(14.0, random.expovariate(0.6)))).replace(microsecond=0)
    answer = {"score": _score(random, order), "touchpoint": touchpoint, "customer_id": order.get("customer_id")}
    where = {name: order.get(name) for name in ("channel", "store_id", "region", "rep_id")}
    yield from made.happen("nps.answered", invitation_id, answered_at, {**answer, **where})


def _score(random: Random, order: Mapping[str, Any]) -> int:
    """How likely they are to recommend: by who served them and where they bought."""
    mood = 8.4 + 1.5 * (SKILL_OF.get(order.get("rep_id", ""), 1.0) - 1.0)
    mood += {"nice": -1.0, "lyon": 0.4}.get(order.get("store_id", ""), 0.0)
    if random.random() < 0.08:
        mood -= 5.0
    return max(0, min(10, round(random.gauss(mood, 1.6))))


def _round(made: "Day") -> "Iterator[Happening]":
    """The round that closed yesterday: every team's figures, and the company's by themselves."""
    closed_on = made.day - DAY
    answers = {team.id: _answers(made, team, closed_on) for team in TEAMS}
    earlier = {team.id: _answers(made, team, closed_on.replace(day=1) - DAY) for team in TEAMS}
    for own in (answers, earlier):
        own[WHOLE_COMPANY] = _together(own.values())
    sizes = {team.id: team.people for team in TEAMS}
    sizes[WHOLE_COMPANY] = sum(sizes.values())
    for team_id, invited in sizes.items():
        data = {
            "round_id": f"{closed_on:%Y-%m}",
            "team_id": team_id,
            "opened_on": (closed_on - timedelta(days=6)).isoformat(),
            "closed_on": closed_on.isoformat(),
            "invited": invited,
            "answered": len(answers[team_id]["overall"]),
            "figures": list(_figures(answers[team_id], earlier[team_id])),
        }
        yield from made.happen("pulse.published", None, made.instant(8), data)


Answers = dict[str, list[int]]
"""Scores by question."""


def _answers(made: "Day", team: Team, closed_on: date) -> Answers:
    """What a team answered in a round: the same whenever it is asked for."""
    random = Random(f"{made.seed}/pulse/{team.id}/{closed_on.isoformat()}")
    people = sum(random.random() < 0.85 for _ in range(team.people))
    mood = team.mood + random.gauss(0, 0.4)
    return {
        question: [max(0, min(10, round(random.gauss(mood + off, 1.4)))) for _ in range(people)]
        for question, off in QUESTIONS.items()
    }


def _together(teams: Iterable[Answers]) -> Answers:
    everybody = list(teams)
    return {question: [score for own in everybody for score in own[question]] for question in QUESTIONS}


def _figures(answers: Answers, earlier: Answers) -> Iterator[dict[str, Any]]:
    """Figures coarse enough to be told: none of fewer than five, no more than n where nearly all answer alike."""
    for question, scores in answers.items():
        n = len(scores)
        promoters, passives, detractors = classes = count_classes(scores)
        if n < LEAST_ANSWERS:
            continue
        if max(classes) >= n - 1:
            yield {"question": question, "n": n}
            continue
        yield {
            "question": question,
            "n": n,
            "mean": _mean(scores),
            "classes": {"promoters": promoters, "passives": passives, "detractors": detractors},
            "enps": round(100 * (promoters - detractors) / n, 1),
            **({"change": _mean(scores) - _mean(earlier[question])} if len(earlier[question]) >= LEAST_ANSWERS else {}),
        }


def _mean(scores: Sequence[int]) -> float:
    """To the nearest half."""
    return round(2 * sum(scores) / len(scores)) / 2
