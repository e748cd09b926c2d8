"""The company: its people, places, goods and seasons. Figures a day are what it does on an ordinary weekday."""

from datetime import date
from typing import NamedTuple


class Rep(NamedTuple):
    """A rep: skill scales how often a lead is won and an offer is accepted."""

    id: str
    alias: str
    team: str
    region: str
    skill: float


class Shop(NamedTuple):
    """A place that sells: `orders` a day, and how many visitors make one."""

    channel: str
    store: str | None
    region: str | None
    orders: int
    visitors_per_order: float


class Product(NamedTuple):
    """A product and its usual price in euros' cents."""

    sku: str
    price: int


class Campaign(NamedTuple):
    """A promotion that comes back every year: (month, day) to (month, day), both included."""

    id: str
    name: str
    first: tuple[int, int]
    last: tuple[int, int]
    discount: float
    uplift: float
    channels: tuple[str, ...]


class Source(NamedTuple):
    """Where leads come from: how many, and what share is won."""

    name: str
    share: float
    won: float


class Technique(NamedTuple):
    """A way in which reps propose more, or better: how often of a hundred, and what share says yes to a usual rep."""

    name: str
    kind: str
    of_hundred: int
    accepted: float


class CustomerKind(NamedTuple):
    """Customers of a kind: how many of every hundred they are, how often one buys, and is contacted after an order.

    Those who come back anyway are contacted the most: contact seems to work, and does nothing.
    """

    of_hundred: int
    orders_a_year: float
    contacted: float


class Team(NamedTuple):
    """A team of reps and of those who help them: how many people, and how they feel, 0 to 10."""

    id: str
    people: int
    mood: float


TEAMS = (
    Team("north", 11, 7.6),
    Team("east", 9, 7.1),
    Team("south", 12, 6.4),
    Team("west", 8, 8.0),
)

REPS = (
    Rep("r01", "Ana", "north", "north", 1.25),
    Rep("r02", "Bruno", "north", "north", 0.9),
    Rep("r03", "Chloé", "north", "north", 1.0),
    Rep("r04", "David", "east", "east", 1.1),
    Rep("r05", "Emma", "east", "east", 0.8),
    Rep("r06", "Farid", "east", "east", 1.05),
    Rep("r07", "Gaëlle", "south", "south", 1.3),
    Rep("r08", "Hugo", "south", "south", 0.7),
    Rep("r09", "Inès", "south", "south", 1.0),
    Rep("r10", "Jules", "west", "west", 0.95),
    Rep("r11", "Kenza", "west", "west", 1.15),
    Rep("r12", "Léo", "west", "west", 0.85),
)

SKILL_OF = {rep.id: rep.skill for rep in REPS}

ONLINE = Shop("online", None, None, 170, 38.0)

SHOPS = (
    Shop("store", "lille", "north", 52, 5.5),
    Shop("store", "lyon", "east", 64, 5.0),
    Shop("store", "marseille", "south", 58, 6.5),
    Shop("store", "nice", "south", 36, 7.0),
    Shop("store", "nantes", "west", 44, 5.2),
    ONLINE,
)

TOUCHPOINTS = {"store": "in_store", "online": "delivery", "phone": "phone_order"}
"""After what a customer is asked, by channel."""

REGIONS = ("north", "east", "south", "west")

PRODUCTS = tuple(
    Product(f"{family}-{number:02}", base + 350 * number * (number % 3 + 1))
    for family, base in (("CHAIR", 6900), ("LAMP", 2900), ("DESK", 17900), ("RUG", 4900), ("VASE", 1500))
    for number in range(1, 9)
)

PAIRS = {
    "DESK-01": "LAMP-01",
    "DESK-02": "LAMP-02",
    "DESK-03": "LAMP-03",
    "DESK-04": "LAMP-04",
    "CHAIR-01": "RUG-01",
    "CHAIR-02": "RUG-02",
    "CHAIR-03": "RUG-03",
}
"""What reps are told to propose beside what: by the sku that is bought, the sku that goes with it."""

TECHNIQUES = (
    Technique("bundle", "cross_sell", 35, 0.42),
    Technique("accessory", "cross_sell", 30, 0.28),
    Technique("warranty", "up_sell", 15, 0.33),
    Technique("premium", "up_sell", 20, 0.18),
)

CAMPAIGNS = (
    Campaign("winter-sales", "Winter sales", (1, 8), (2, 3), 0.25, 1.45, ()),
    Campaign("spring-days", "Spring days", (4, 13), (4, 19), 0.15, 1.25, ("store",)),
    Campaign("summer-sales", "Summer sales", (6, 24), (7, 21), 0.25, 1.4, ()),
    Campaign("back-to-school", "Back to school", (8, 31), (9, 6), 0.1, 1.15, ("online",)),
    Campaign("autumn-desk-days", "Autumn desk days", (10, 12), (10, 18), 0.2, 1.3, ("online",)),
    Campaign("black-week", "Black week", (11, 20), (11, 27), 0.3, 1.7, ()),
)

SOURCES = (
    Source("web_form", 0.42, 0.16),
    Source("referral", 0.14, 0.41),
    Source("call", 0.18, 0.27),
    Source("advertising", 0.2, 0.09),
    Source("fair", 0.06, 0.22),
)

LEADS_PER_DAY = 46

CUSTOMERS = 116_000
"""How many there are today: so many that all orders together come to what each kind buys."""

CUSTOMER_KINDS = (
    CustomerKind(1, 20.0, 0.5),
    CustomerKind(5, 6.0, 0.45),
    CustomerKind(18, 1.8, 0.22),
    CustomerKind(76, 0.5, 0.05),
)

ANONYMOUS = 0.25
"""How many of those who buy in a store leave no name."""

BY_WEEKDAY = (0.9, 0.92, 0.98, 1.0, 1.15, 1.4, 0.85)
BY_MONTH = (1.05, 0.9, 0.95, 0.97, 1.0, 1.02, 1.05, 0.75, 1.02, 1.0, 1.15, 1.35)
GROWTH_PER_YEAR = 0.12


def growth(day: date, today: date) -> float:
    """How large the company is on a day, of what it is today."""
    return float((1 + GROWTH_PER_YEAR) ** ((day - today).days / 365))


def season(day: date, today: date) -> float:
    """How a day compares with an ordinary one: weekday, month, and the company's growth towards today."""
    return BY_WEEKDAY[day.weekday()] * BY_MONTH[day.month - 1] * growth(day, today)


def promotion_id(campaign: Campaign, day: date) -> str:
    """This year's promotion of a campaign that comes back every year."""
    return f"{campaign.id}-{day.year}"


def running(campaign: Campaign, day: date) -> bool:
    """Does a campaign run on a day?"""
    return campaign.first <= (day.month, day.day) <= campaign.last
