"""What the letter says, in whole sentences of one language. Pure."""

from babel.support import NullTranslations

from services.board.formats import Formats
from services.board.letter.judging import Verdict
from services.board.letter.story import KpiWeek, Story
from services.board.letter.weeks import Week


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


JUDGED = {
    (Verdict.MOVED, True): _(
        "%(change)s on the week before (%(previous)s), more than chance explains: "
        "the true change lies between %(low)s and %(high)s, 95 times in 100."
    ),
    (Verdict.STEADY, True): _(
        "%(change)s on the week before (%(previous)s), which may be chance: "
        "the true change lies between %(low)s and %(high)s, 95 times in 100."
    ),
    (Verdict.MOVED, False): _(
        "%(change)s on the week before (%(previous)s), beyond what the weeks before let expect: "
        "%(low)s to %(high)s, 95 times in 100."
    ),
    (Verdict.STEADY, False): _(
        "%(change)s on the week before (%(previous)s), as the weeks before let expect: "
        "%(low)s to %(high)s, 95 times in 100."
    ),
}
"""What is said of a change: by the verdict, and by whether noise is told of the change or of the value."""

COUNTED_ANSWERS = ("points", "score", "index")
"""Units, beside rates, whose `n` counts what a value rests on; of others it is what was expected."""


class Words:
    """Sentences. The catalogue is the letter's; what it lacks is the board's."""

    def __init__(self, language: str, texts: NullTranslations, formats: Formats) -> None:
        self.language = language
        self.formats = formats
        self.texts = texts

    def text(self, marked: str, **told: object) -> str:
        """A text that was marked for translation, filled in."""
        return str(self.texts.gettext(marked) % told)

    def week(self, week: Week) -> str:
        """Which week it is about."""
        return self.text(_("Week of %(first)s to %(last)s"), **self._days(week))

    def subject(self, story: Story) -> str:
        """What a mailbox shows."""
        return f"Cadran – {self.week(story.week)} – {self.summary(story)}"

    def summary(self, story: Story) -> str:
        """How much is news."""
        count = len(story.moved)
        if not story.is_whole:
            return self.text(_("the week is not whole"))
        if not count:
            return self.text(_("nothing moved beyond noise"))
        said = self.texts.ngettext("%(count)d figure of %(all)d moved", "%(count)d figures of %(all)d moved", count)
        return str(said % {"count": count, "all": len(story.kpis)})

    def title(self, kpi: KpiWeek) -> str:
        return kpi.title[self.language]

    def value(self, kpi: KpiWeek) -> str:
        return self.formats.value(kpi.row["value"], kpi.unit)

    def previous(self, kpi: KpiWeek) -> str:
        return self.formats.value(kpi.compared[1], kpi.unit)

    def change(self, kpi: KpiWeek) -> str:
        return self.formats.change(*kpi.compared, kpi.unit)

    def verdict(self, kpi: KpiWeek) -> str:
        """What the change is, in a word or two."""
        if kpi.judgement.verdict is Verdict.MOVED:
            return self.text(_("moved, the good way") if kpi.goes_well else _("moved, the bad way"))
        return self.text(_("noise") if kpi.judgement.verdict is Verdict.STEADY else _("not judged"))

    def said(self, kpi: KpiWeek) -> str:
        """What is to be said of the change: how great it is and whether it is news, or why that is not known."""
        match kpi.judgement.verdict:
            case Verdict.PART:
                return self._part(kpi)
            case Verdict.UNKNOWN:
                return self._unknown(kpi)
            case Verdict.ALONE:
                return self.text(_("There is nothing to compare it with: the week before is not known."))
            case Verdict.FEW:
                return self._few(kpi)
            case _:
                return self._judged(kpi)

    def cohort(self, kpi: KpiWeek) -> str:
        """Which days a value is of that are not the week's; nothing otherwise."""
        if kpi.cohort is None:
            return ""
        told = _("Of what began from %(first)s to %(last)s, the last whole week that has had its time.")
        return self.text(told, **self._days(kpi.cohort))

    def target(self, kpi: KpiWeek) -> str:
        """Where the month stands against its target; nothing without one."""
        month = kpi.month
        if month is None:
            return ""
        if month.gap is not None:
            said = _("%(month)s: %(value)s, target %(target)s (%(gap)s).")
        elif month.pace is not None:
            said = _("%(month)s: %(value)s of %(target)s, pace %(pace)s.")
        else:
            said = _("%(month)s: %(value)s of %(target)s (%(share)s).")
        return self.text(
            said,
            month=self.formats.month(month.first),
            value=self.formats.value(month.value, kpi.unit),
            target=self.formats.value(month.target, kpi.unit),
            share=self.formats.share(month.attainment),
            pace=self.formats.share(month.pace),
            gap=self.formats.change(month.value, month.target, kpi.unit),
        )

    def as_of(self, story: Story) -> str:
        """How old the numbers are; above a week that has not all come in, a warning."""
        if story.as_of is None:
            return self.text(_("It is not known how old these numbers are: the week may not be whole."))
        told = _("Everything that came in before %(moment)s is in these numbers.")
        part = _("This week is not whole: only what came in before %(moment)s is in these numbers.")
        return self.text(told if story.is_whole else part, moment=self.formats.moment(story.as_of))

    def _days(self, week: Week) -> dict[str, str]:
        return {"first": self.formats.day_before(week.last, week.first), "last": self.formats.long_day(week.last)}

    def _judged(self, kpi: KpiWeek) -> str:
        noise = kpi.judgement.noise
        if noise is None:
            said = _("%(change)s on the week before (%(previous)s); too few weeks are known to say what is usual.")
            return self.text(said, change=self.change(kpi), previous=self.previous(kpi))
        if kpi.compared[0] == kpi.compared[1]:
            return self.text(_("As in the week before."))
        show = self.formats.difference if noise.of_change else self.formats.value
        return self.text(
            JUDGED[kpi.judgement.verdict, noise.of_change],
            change=self.change(kpi),
            previous=self.previous(kpi),
            low=show(noise.low, kpi.unit),
            high=show(noise.high, kpi.unit),
        )

    def _part(self, kpi: KpiWeek) -> str:
        if kpi.as_of is None:
            return self.text(_("It is not known whether all of the week is in it."))
        told = _("Only what came in before %(moment)s is in it: that is not the whole week.")
        return self.text(told, moment=self.formats.moment(kpi.as_of))

    def _unknown(self, kpi: KpiWeek) -> str:
        if "suppressed" in kpi.row["flags"]:
            return self.text(_("Too few answered for it to be shown."))
        if "rate_missing" in kpi.row["flags"]:
            return self.text(_("An exchange rate is missing, so its amounts cannot be added up."))
        return self.text(_("Nothing was counted."))

    def _few(self, kpi: KpiWeek) -> str:
        n = min(kpi.row["n"], kpi.row["related"].get("change", {}).get("n", kpi.row["n"]))
        if "numerator" in kpi.row or kpi.unit in COUNTED_ANSWERS:
            said = self.texts.ngettext(
                "It rests on %(number)s case only, too few to tell a change from chance.",
                "It rests on %(number)s cases only, too few to tell a change from chance.",
                round(n),
            )
        else:
            said = self.texts.ngettext(
                "Only %(number)s was to be expected, too few to tell a change from chance.",
                "Only %(number)s were to be expected, too few to tell a change from chance.",
                round(n),
            )
        return str(said % {"number": self.formats.value(n, "count")})
