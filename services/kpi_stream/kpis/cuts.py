"""The cuts: ways of looking at a number by its parts."""

import msgspec

from services.common.calendar import COMPANY, Place
from services.common.events.subjects import parts_of


class Cut(msgspec.Struct, frozen=True):
    """A cut: its name in `by=`, and the fields that a row is told by.

    `adds_up` says whether the members' counts and amounts sum to the total. `cells` is the cut whose cells are read
    (a team is read from its reps). `brief` cuts have many members: Prometheus gets their value, n, target and pace at
    `mtd` only.
    """

    name: str
    fields: tuple[str, ...]
    adds_up: bool = True
    cells: str = ""
    brief: bool = False

    @property
    def cell_cut(self) -> str:
        return self.cells or self.name

    @property
    def has_targets(self) -> bool:
        """May a target be set for a member?"""
        return self.name in ("all", "rep", "team")

    def by(self, member: str) -> dict[str, str]:
        """A row's `by`: the fields and their values."""
        values = parts_of(member) if len(self.fields) > 1 else [member]
        return dict(zip(self.fields, values, strict=True)) if self.fields else {}

    def place(self, member: str) -> Place:
        """Whose opening times hold for a member."""
        by = self.by(member)
        return Place(by.get("region"), by.get("channel")) if by else COMPANY


ALL = Cut("all", ())
REP = Cut("rep", ("rep",), brief=True)
OWNER = Cut("owner", ("owner",), brief=True)
TEAM = Cut("team", ("team",), adds_up=False, cells="rep")
"""Reps without a team are in none, and an order of two reps counts for each."""
OWN_TEAM = Cut("team", ("team",), adds_up=False)
"""A team that is named by what is counted, whoever is in it."""
SOURCE = Cut("source", ("source",))
REGION = Cut("region", ("region",))
KIND = Cut("kind", ("kind",))
CHANNEL = Cut("channel", ("channel",))
STORE = Cut("store", ("store",))
COMPETITOR = Cut("competitor", ("competitor",))
TOUCHPOINT = Cut("touchpoint", ("touchpoint",))
PROMOTION = Cut("promotion", ("promotion",), adds_up=False, brief=True)
CHANNEL_REGION = Cut("channel,region", ("channel", "region"), brief=True)
TECHNIQUE = Cut("technique", ("technique",))
PAIR = Cut("pair", ("base", "offered"), brief=True)
"""Two products that go together, as the installation declares."""
MEDIUM = Cut("medium", ("medium",), adds_up=False)
CAMPAIGN = Cut("campaign", ("campaign",), adds_up=False, brief=True)
CONTACTING_REP = Cut("rep", ("rep",), adds_up=False, brief=True)
"""Whoever contacted: two reps may have contacted one customer."""
UNKNOWN = "unknown"
