"""What the boards say of themselves; what they say of a KPI is in its module."""

from services.common.windows import WindowName
from services.kpi_stream.kpis.text import Text

NO_DATA = Text(en="no data", fr="pas de donnée")
NOT_TOLD = Text(en="not told", fr="non communiqué")
NONE = Text(en="none", fr="aucun")

VALUE = Text(en="Value", fr="Valeur")
TARGET = Text(en="Target", fr="Objectif")
TARGET_HELP = Text(
    en="The objective of the month, quarter or year that the window shows; other windows have none.",
    fr="L’objectif du mois, du trimestre ou de l’année affichés ; les autres périodes n’en ont pas.",
)
PACE = Text(en="Pace", fr="Rythme")
PACE_HELP = Text(
    en="Attainment of the target over the share of opening time that has gone; 100 % is on course.",
    fr="Part de l’objectif atteinte sur la part du temps d’ouverture écoulée ; 100 % : dans les temps.",
)
CHANGE = Text(en="Change", fr="Évolution")
CHANGE_HELP = Text(
    en="Against the previous period, both cut at the same point.",
    fr="Par rapport à la période précédente, toutes deux arrêtées au même point.",
)
LOW = Text(en="Margin: from", fr="Marge : de")
HIGH = Text(en="Margin: to", fr="Marge : à")
MARGIN_HELP = Text(en="The band is the 95 % margin.", fr="La bande est la marge à 95 %.")
OVER_TIME = Text(en="over time", fr="dans le temps")
MONTH_ONLY = Text(en="this month", fr="ce mois")
ADDS_UP = Text(en="Members add up to the total.", fr="Les membres s’additionnent au total.")
NOT_ADDS_UP = Text(en="Members do not add up to the total.", fr="Les membres ne s’additionnent pas au total.")
EXPLAIN = Text(en="What is this number made of?", fr="De quoi ce chiffre est-il fait ?")

AS_OF = Text(en="Data as of", fr="Données à jour à")
AS_OF_HELP = Text(
    en="Everything that happened before this moment is in the numbers below.",
    fr="Tout ce qui est arrivé avant ce moment est compté ci-dessous.",
)
LAG = Text(en="Records not applied yet", fr="Enregistrements en attente")
LAG_HELP = Text(
    en="Events that Kafka holds and no worker has applied. Near 0 when all is well.",
    fr="Événements que Kafka détient et qu’aucun processus n’a encore appliqués. Proche de 0 quand tout va bien.",
)
LEADERBOARDS = Text(en="Leaderboards", fr="Classements")
ONE_REP = Text(en="One rep: $rep", fr="Un commercial : $rep")
PROMOTIONS = Text(en="Promotions", fr="Promotions")

SOURCE = Text(en="Data source", fr="Source de données")
WINDOW = Text(en="Window", fr="Période")
PAGE = Text(en="Page of the board", fr="Adresse de la page")
OPEN_PAGE = Text(en="Open the page", fr="Ouvrir la page")
MEMBERS = {
    "base": Text(en="Product", fr="Produit"),
    "campaign": Text(en="Campaign", fr="Campagne"),
    "channel": Text(en="Channel", fr="Canal"),
    "competitor": Text(en="Competitor", fr="Concurrent"),
    "kind": Text(en="Kind", fr="Type"),
    "medium": Text(en="Medium", fr="Moyen de contact"),
    "offered": Text(en="Offered", fr="Proposé"),
    "owner": Text(en="Owner", fr="Titulaire"),
    "promotion": Text(en="Promotion", fr="Promotion"),
    "region": Text(en="Region", fr="Région"),
    "rep": Text(en="Rep", fr="Commercial"),
    "source": Text(en="Source", fr="Origine"),
    "store": Text(en="Store", fr="Magasin"),
    "team": Text(en="Team", fr="Équipe"),
    "technique": Text(en="Technique", fr="Technique"),
    "touchpoint": Text(en="Touchpoint", fr="Point de contact"),
}
"""The fields of cuts."""
WINDOWS = {
    WindowName.HOUR: Text(en="last hour", fr="dernière heure"),
    WindowName.DAY: Text(en="last 24 hours", fr="24 dernières heures"),
    WindowName.DAYS_7: Text(en="last 7 days", fr="7 derniers jours"),
    WindowName.DAYS_30: Text(en="last 30 days", fr="30 derniers jours"),
    WindowName.DAYS_90: Text(en="last 90 days", fr="90 derniers jours"),
    WindowName.TODAY: Text(en="today", fr="aujourd’hui"),
    WindowName.WEEK: Text(en="this week", fr="cette semaine"),
    WindowName.MONTH: Text(en="this month", fr="ce mois"),
    WindowName.QUARTER: Text(en="this quarter", fr="ce trimestre"),
    WindowName.YEAR: Text(en="this year", fr="cette année"),
}
