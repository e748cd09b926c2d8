"""A team's ways, as receivers of Alertmanager. No secret is copied: Alertmanager is told the file that holds it."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from services.common.errors import ConfigurationError
from services.common.mail.account import MailSettings, Security, read_account, read_sender
from services.kpi_stream.alerting.thresholds.teams import Team

IMPLICIT_TLS_PORT = 465
"""The one port on which Alertmanager speaks TLS from the beginning."""

Section = Mapping[str, Any]


class Version(NamedTuple):
    """A release of Alertmanager."""

    major: int
    minor: int

    @classmethod
    def read(cls, text: str) -> Self:
        """The first thing in a text that reads like a release.

        :raises ConfigurationError: when there is none.
        """
        found = re.search(r"(\d+)\.(\d+)\.\d+", text)
        if found is None:
            raise ConfigurationError(f"{text[:100]!r} names no release of Alertmanager", mend="install 0.25 or later")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


TEAMS_SINCE = Version(0, 28)
PASSWORD_TRIMMED_SINCE = Version(0, 27)


def receiver(team: Team, version: Version) -> Section:
    """What Alertmanager is told of a team.

    :raises ConfigurationError: when that release knows no way that the team asks for.
    """
    ways = {
        "email_configs": [_email(address, team) for address in team.email],
        "slack_configs": [_slack(team, team.slack_file)] if team.slack_file else [],
        "msteamsv2_configs": [_teams(team, team.teams_file, version)] if team.teams_file else [],
        "webhook_configs": [_webhook(team)] if team.webhook else [],
    }
    return {"name": team.name, **{kind: configs for kind, configs in ways.items() if configs}}


def _email(address: str, team: Team) -> Section:
    """One for each address: of several in one letter, one that is refused would keep it from all."""
    return {
        "to": address,
        "send_resolved": True,
        "headers": {"Subject": _message(team, "subject"), "Auto-Submitted": "auto-generated"},
        "text": _message(team, "text"),
        "html": _message(team, "html"),
    }


def _slack(team: Team, address: Path) -> Section:
    return {
        "api_url_file": _absolute(address),
        "send_resolved": True,
        "username": "Cadran",
        "color": _message(team, "colour"),
        "title": _message(team, "slack.title"),
        "title_link": '{{ if match "^https?://" .CommonAnnotations.link }}{{ .CommonAnnotations.link }}{{ end }}',
        "text": _message(team, "slack.text"),
        "fallback": _message(team, "slack.title"),
    }


def _teams(team: Team, address: Path, version: Version) -> Section:
    if version < TEAMS_SINCE:
        raise ConfigurationError(
            f"Alertmanager {version} cannot write to Microsoft Teams",
            field=f"teams.{team.name}.teams",
            mend=f"install Alertmanager {TEAMS_SINCE} or later, or name as `webhook` a flow of Power Automate",
        )
    return {
        "webhook_url_file": _absolute(address),
        "send_resolved": True,
        "title": _message(team, "teams.title"),
        "text": _message(team, "teams.text"),
    }


def _webhook(team: Team) -> Section:
    """Alertmanager's own JSON, with every annotation in both languages."""
    config: dict[str, Any] = {"url": team.webhook, "send_resolved": True}
    if team.webhook_token_file:
        config["http_config"] = {"authorization": {"credentials_file": _absolute(team.webhook_token_file)}}
    return config


def _absolute(path: Path) -> str:
    """Alertmanager would look beside its own file."""
    return str(path.resolve())


def _message(team: Team, part: str) -> str:
    return f'{{{{ template "cadran.{team.language}.{part}" . }}}}'


def mail_section(teams: Iterable[Team], mail: MailSettings, version: Version) -> Section:
    """Alertmanager's account at the mail server; nothing where nobody is told by e-mail.

    :raises ConfigurationError: when somebody is, and no letter could leave.
    """
    by_mail = next((team for team in teams if team.email), None)
    if by_mail is None:
        return {}
    if not mail.smtp_host:
        raise ConfigurationError(
            f"the team {by_mail.name} is told by e-mail, and there is no mail server",
            field=mail.named("smtp_host"),
            mend="set it, or leave the team's `email` out",
        )
    account = read_account(mail)
    _check_port(mail)
    section: dict[str, Any] = {
        "smtp_smarthost": f"{account.host}:{account.port}",
        "smtp_from": read_sender(mail),
        "smtp_require_tls": account.security is Security.STARTTLS,
    }
    if mail.smtp_password_file:
        _check_password(mail, mail.smtp_password_file, version)
        section |= {
            "smtp_auth_username": account.user,
            "smtp_auth_password_file": _absolute(mail.smtp_password_file),
        }
    return section


def _check_port(mail: MailSettings) -> None:
    """:raises ConfigurationError: where Alertmanager, which goes by the port, would speak another way."""
    if (mail.smtp_security is Security.TLS) != (mail.smtp_port == IMPLICIT_TLS_PORT):
        raise ConfigurationError(
            f"Alertmanager speaks TLS from the beginning on port {IMPLICIT_TLS_PORT}, and only there",
            field=mail.named("smtp_port"),
            mend=f"with {mail.named('smtp_security')} `tls` set it to {IMPLICIT_TLS_PORT}, else to another",
        )


def _check_password(mail: MailSettings, file: Path, version: Version) -> None:
    """:raises ConfigurationError: where Alertmanager would log in with more than the password."""
    text = file.read_text(encoding="utf-8")
    if version < PASSWORD_TRIMMED_SINCE and text != text.strip():
        raise ConfigurationError(
            f"{file} ends in a line break, which Alertmanager {version} takes for a part of the password",
            field=mail.named("smtp_password_file"),
            mend=f"write it without (`printf %s`), or install Alertmanager {PASSWORD_TRIMMED_SINCE} or later",
        )
