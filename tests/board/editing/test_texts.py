"""Whatever the pages of edits may say is said in every language."""

from pathlib import Path

import pytest

from services.board.editing import promotions, targets
from services.board.editing.values import Fault
from services.common.i18n import load_translations
from services.common.windows import Period

NAMED = (
    *(f"value {fault}" for fault in (*Fault, targets.REFUSED, targets.MISSING, targets.OVERTAKEN)),
    *(f"period {period}" for period in Period),
    *(f"promotion {field}" for field in promotions.FIELDS),
    *(f"field {field}" for field in promotions.FIELDS if field != "id"),
    *(f"promotion is {phase}" for phase in promotions.PHASES),
    *(f"saved {step}" for step in ("counted", "sent", "waiting")),
)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_whatever_may_be_said_is_said(language: str) -> None:
    texts = load_translations(Path("services/board/locale"))[language]
    assert [name for name in NAMED if texts.gettext(name) == name] == []
