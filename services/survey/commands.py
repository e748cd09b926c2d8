"""`cadran survey contacts` and `cadran survey invite`: a CSV file of people."""

from typing import Annotated

import typer

from services.common.file_sending import Batches, File, Rejects, send_file
from services.survey import person_commands
from services.survey.client import KeyFile, Url, survey_client
from services.survey.pulse import commands as pulse_commands
from services.survey.records import Asking, Contact

survey = typer.Typer(help="Surveys: who can be asked, asking them, what is held about them.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    person_commands.register(survey)
    pulse_commands.register(survey)
    app.add_typer(survey, name="survey")


@survey.command("contacts")
def contacts(file: File, rejects: Rejects = None, url: Url = "", key_file: KeyFile = None) -> None:
    """Keep the contacts of a file: customer_id, email, name, language. Those that are there are replaced."""
    with survey_client(url, key_file) as client:
        send_file(file, Contact, Batches("PUT", "/v1/contacts", {}), rejects, client)


@survey.command("invite")
def invite(
    file: File,
    touchpoint: Annotated[str, typer.Option(help="What they are asked about, where a line does not say.")],
    rejects: Rejects = None,
    url: Url = "",
    key_file: KeyFile = None,
) -> None:
    """Ask the people of a file by mail: email or customer_id; language, channel, store_id, region, rep_id.

    Doing it again asks nobody twice: a person is asked once in 90 days.
    """
    batches = Batches("POST", "/v1/invitations/batch", {"touchpoint": touchpoint, "by": "mail"})
    with survey_client(url, key_file) as client:
        send_file(file, Asking, batches, rejects, client)
