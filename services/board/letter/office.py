"""The parts of the weekly letter, as the settings want them."""

from services.board.client import board_url
from services.board.letter.posting import LetterClock, Post
from services.board.letter.reading import WeekReader
from services.board.letter.weeks import read_sending_time
from services.board.letter.writing import WeekWriter
from services.board.read_api import ReadApi
from services.board.settings import BoardSettings
from services.common.background import Work
from services.common.database import Database
from services.common.errors import ConfigurationError
from services.common.mail.account import read_account, read_sender
from services.common.mail.courier import Courier
from services.common.settings import Settings
from services.common.windows import utc_now


def week_reader(settings: Settings, api: ReadApi) -> WeekReader:
    return WeekReader(api.get, settings.zone, utc_now)


def week_writer(settings: Settings, board: BoardSettings) -> WeekWriter:
    return WeekWriter(settings.zone, board_url(settings, board))


def letter_post(settings: Settings, board: BoardSettings, database: Database) -> Post:
    """The way out for letters.

    :raises ConfigurationError: when no mail server, or no sender, is set.
    """
    if not board.smtp_host:
        raise ConfigurationError(
            "letters leave by a mail server", field=board.named("smtp_host"), mend="set it to the mail server's name"
        )
    courier = Courier(read_account(board))
    return Post(week_writer(settings, board), courier, database, sender=read_sender(board), clock=utc_now)


def letter_works(settings: Settings, board: BoardSettings, api: ReadApi, database: Database) -> list[Work]:
    """Sending the weekly letter, if it goes to anybody.

    :raises ConfigurationError: when it cannot be sent.
    """
    if not board.letter_to:
        return []
    clock = LetterClock(
        letter_post(settings, board, database),
        week_reader(settings, api).read,
        read_sending_time(board.letter_at),
        settings.zone,
        utc_now,
        language=board.language,
        recipients=board.letter_to,
    )
    return [clock.run]
