"""What of the read API somebody may see. Pure: every number on a page has passed here, but those of the week.

A director sees all. Who reads surveys sees NPS and team satisfaction. A rep sees their own line, and totals: their
team's and the company's; no other cut, as of a store with one rep its number is that rep's.
"""

from collections.abc import Sequence
from typing import NamedTuple

from services.board.told import Answer
from services.board.users import Role, User
from services.common.errors import Forbidden

SURVEYS = ("nps", "team_satisfaction")
OWN, TEAM = "rep", "team"


class Access(NamedTuple):
    """What one person may see; people with the same see the same pages. `team`: a rep's, where one is known."""

    role: Role
    rep: str | None = None
    team: str | None = None

    @classmethod
    def of(cls, user: User, team: str | None = None) -> "Access":
        return cls(user.role, user.rep, team)

    @property
    def sets_targets(self) -> bool:
        return self.role is Role.DIRECTOR

    @property
    def sees_week(self) -> bool:
        """The week is told whole, and so to directors alone: it is read without `Reader`."""
        return self.role is Role.DIRECTOR

    @property
    def sees_alerts(self) -> bool:
        """Reps do not: an alert may be about anybody's number."""
        return self.role is not Role.REP

    def check_alerts(self) -> None:
        """:raises Forbidden: when somebody may not see alerts."""
        if not self.sees_alerts:
            raise Forbidden("alerts are told to directors", mend="look at your own numbers on the board")

    def alerts(self, alerts: Sequence[Answer]) -> list[Answer]:
        """Of alerts, those that may be seen: on KPIs that may be."""
        return [alert for alert in alerts if self.sees_alerts and self._sees(alert["kpi"])]

    def check_edits(self) -> None:
        """:raises Forbidden: when somebody may not set targets, promotions and alerts."""
        if not self.sets_targets:
            raise Forbidden("directors set targets, promotions and alerts", mend="ask one of them")

    def declared(self, kpis: Sequence[Answer]) -> list[Answer]:
        """The KPIs that may be seen, each with the cuts that may be."""
        return [{**kpi, "cuts": self._cuts(kpi)} for kpi in kpis if self._sees(kpi["id"])]

    def _sees(self, kpi: str) -> bool:
        return self.role is not Role.READER or kpi in SURVEYS

    def _cuts(self, kpi: Answer) -> list[Answer]:
        cuts: list[Answer] = kpi["cuts"]
        if self.role is not Role.REP:
            return cuts
        if not any(cut["by"] == OWN for cut in cuts):
            return []  # where nobody has a line of their own, a team's is the team's alone
        return [cut for cut in cuts if cut["by"] == OWN or (cut["by"] == TEAM and self.team)]

    def own_cut(self, kpi: Answer) -> str | None:
        """The cut by which a KPI tells a rep's own line, where it does."""
        return OWN if self.role is Role.REP and any(cut["by"] == OWN for cut in kpi["cuts"]) else None

    def check(self, kpi: Answer, by: str | None, member: str | None = None) -> None:
        """Refuse what may not be asked for; `kpi` is one that may be seen, `member` one alone of the cut.

        :raises Forbidden: when it may not.
        """
        if by is None:
            return
        if all(cut["by"] != by for cut in self._cuts(kpi)):
            raise Forbidden(
                f"{kpi['id']} by {by} is not for you", field="by", mend="ask for your own line or the total"
            )
        if member is not None and not self._is_shown(by, member):
            raise Forbidden("this line is not yours", field="member", mend="ask for your own line or the total")

    def sees_behind(self, by: str | None) -> bool:
        """May what stands behind a number of this cut be listed? To a rep behind their own line alone: behind a total
        stands what others did.
        """
        return self.role is not Role.REP or by == OWN

    def shown(self, by: str | None, rows: Sequence[Answer]) -> list[Answer]:
        """Of rows by a cut, those that may be seen."""
        return [row for row in rows if by is None or self._is_shown(by, row["by"].get(by))]

    def _is_shown(self, by: str, member: str | None) -> bool:
        if self.role is not Role.REP:
            return True
        return member is not None and member == (self.rep if by == OWN else self.team if by == TEAM else None)
