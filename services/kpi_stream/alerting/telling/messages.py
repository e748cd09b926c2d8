"""The messages' templates, as Alertmanager reads them: one file in each language."""

from pathlib import Path
from typing import get_args

from babel.dates import get_day_names, get_month_names
from babel.support import NullTranslations

from services.common.i18n import load_translations
from services.common.templates import templates_of
from services.kpi_stream.alerting.thresholds.teams import Language

HERE = Path(__file__).parent
LANGUAGES: tuple[Language, ...] = get_args(Language)
MOST_SHOWN = 20
"""Alerts that one message tells in full."""


def messages(language: Language) -> str:
    """The Go templates `cadran.<language>.…`: `subject`, `text`, `html`, `colour`, `slack.…`, `teams.…`."""
    texts = load_translations(HERE / "locale").get(language, NullTranslations())
    environment = templates_of(__package__, texts)
    in_go = environment.overlay(
        variable_start_string="[[", variable_end_string="]]",
        block_start_string="[%", block_end_string="%]",
        comment_start_string="[#", comment_end_string="#]",
    )  # fmt: skip
    return in_go.get_template("messages.tmpl").render(
        language=language,
        most=MOST_SHOWN,
        days=_in_go([get_day_names("wide", locale=language)[(number - 1) % 7] for number in range(7)]),
        months=_in_go([get_month_names("wide", locale=language)[number] for number in range(1, 13)]),
    )


def _in_go(names: list[str]) -> str:
    """Names as arguments of a Go function; Go counts days from Sunday."""
    return " ".join(f'"{name}"' for name in names)
