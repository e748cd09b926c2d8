"""`python -m deploy.docker.topics SECRETS`: Kafka's users, what each may do, and the topics; run each time."""

import sys
from pathlib import Path

from services.common.errors import CadranError
from services.common.secret_files import read_secret
from services.common.settings import Settings
from services.common.topic_admin import admin_client, create_topics, require_topics
from services.operations.access.kafka_rights import admit


def main() -> None:
    secrets = Path(sys.argv[1])
    try:
        settings = Settings.load()
        with admin_client(settings.kafka_access) as client:
            admit(client, lambda user: read_secret(secrets / f"kafka_{user}"))
        create_topics(settings)
        require_topics(settings)
    except CadranError as error:
        sys.exit(f"topics: {error}")


if __name__ == "__main__":
    main()
