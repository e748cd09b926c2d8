"""`cadran survey`: what an operator does about surveys."""

import typer

from services.survey import person_commands

survey = typer.Typer(help="Surveys: what is held about a person.", no_args_is_help=True)
person_commands.register(survey)


def register(app: typer.Typer) -> None:
    app.add_typer(survey, name="survey")
