"""The two forms of the local stack: plain, and secure with TLS, a user for each service and no right too many."""

from collections.abc import Iterable, Mapping, Sequence

from deploy.local.programs import Layout, Program
from deploy.local.secret_folder import SecretFolder
from services.common.errors import ConfigurationError
from services.common.kafka_access import KafkaMechanism, KafkaSecurity
from services.common.settings import PREFIX, Port, Settings
from services.common.topic_admin import admin_client
from services.operations.access.kafka_rights import admit
from services.operations.access.rights import OPERATOR, USERS


def form_of(settings: Settings, layout: Layout) -> "Plain":
    return (Secure if settings.local_secure else Plain)(settings, layout)


class Plain:
    """Nothing is hidden, and nobody asked who they are: the servers listen on this machine alone."""

    def __init__(self, settings: Settings, layout: Layout) -> None:
        self.settings = settings
        """Those of somebody who may do everything."""
        self._layout = layout
        self._secrets = SecretFolder(layout.secrets)

    def prepare(self) -> None:
        """Make what the servers' files name.

        :raises ConfigurationError: when the data was begun in the other form, in which alone it is gone on with.
        """
        is_begun, was_secure = self._layout.kafka_format.exists(), self._secrets.ca.exists()
        if is_begun and was_secure != self.settings.local_secure:
            begun, mend = ("with", "true") if was_secure else ("without", "false")
            raise ConfigurationError(
                f"what {self._layout.root} holds was begun {begun} TLS and users",
                field="CADRAN_LOCAL_SECURE",
                mend=f"set it to {mend}, take another CADRAN_LOCAL_DIR, or delete the data with `make clean`",
            )

    def format_arguments(self, arguments: Sequence[str]) -> Sequence[str]:
        """What Kafka's data folder is formatted with."""
        return arguments

    def admit(self) -> None:
        """Have Kafka know every user."""

    def programs(self, programs: Iterable[Program]) -> list[Program]:
        """The programs as they are started."""
        return list(programs)

    def settings_of(self, user: str) -> Mapping[str, str]:
        """The settings, by variable, of a process that is some user, beside those that all are given."""
        return {}

    def hints(self) -> Iterable[tuple[str, str]]:
        """What a person has to know of it."""
        return ()


class Secure(Plain):
    """All travels over TLS, and each service is let in as itself, to do what it does."""

    def __init__(self, settings: Settings, layout: Layout) -> None:
        super().__init__(settings, layout)
        told = {name.removeprefix(PREFIX).lower(): value for name, value in self.settings_of(OPERATOR).items()}
        self.settings = Settings.model_validate({**settings.model_dump(), **told})

    def prepare(self) -> None:
        super().prepare()
        self._secrets.make()
        told = {
            "CADRAN_PORT_OFFSET": str(self.settings.port_offset),
            "CADRAN_LOCAL_DIR": str(self._layout.root),
            **self.settings_of(OPERATOR),
        }
        lines = (f"export {name}='{value}'" for name, value in told.items())
        self._secrets.write(self._secrets.operator_settings, lines)

    def format_arguments(self, arguments: Sequence[str]) -> Sequence[str]:
        return [f"@{self._secrets.write_format(arguments)}"]

    def admit(self) -> None:
        """Tell Kafka of every user, its password of now, and what it may do.

        :raises ConfigurationError: when Kafka takes one not.
        """
        with admin_client(self.settings.kafka_access) as client:
            admit(client, self._secrets.password)

    def programs(self, programs: Iterable[Program]) -> list[Program]:
        """Each as the user that it is called like, if there is one."""
        return [
            program._replace(environment=self.settings_of(program.name)) if program.name in USERS else program
            for program in programs
        ]

    def hints(self) -> Iterable[tuple[str, str]]:
        yield "To run `cadran`, first", f". {self._secrets.operator_settings}"

    def settings_of(self, user: str) -> Mapping[str, str]:
        password, ca = str(self._secrets.password_file(user)), str(self._secrets.ca)
        return {
            "CADRAN_KAFKA_SECURITY": KafkaSecurity.SASL_SSL.value,
            "CADRAN_KAFKA_MECHANISM": KafkaMechanism.SCRAM_SHA_512.value,
            "CADRAN_KAFKA_USER": user,
            "CADRAN_KAFKA_PASSWORD_FILE": password,
            "CADRAN_KAFKA_CA_FILE": ca,
            "CADRAN_REDIS": f"rediss://127.0.0.1:{self.settings.port(Port.REDIS)}/0",
            "CADRAN_REDIS_USER": user,
            "CADRAN_REDIS_PASSWORD_FILE": password,
            "CADRAN_REDIS_CA_FILE": ca,
        }
