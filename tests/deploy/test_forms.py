"""The two forms of the local stack, before anything is started."""

from hashlib import sha256
from pathlib import Path

import pytest

from deploy.local.forms import form_of
from deploy.local.programs import Layout, services, write_configs
from deploy.local.secret_folder import SecretFolder
from services.common.errors import ConfigurationError
from services.common.settings import Settings
from services.operations.access.rights import USERS


def layout_in(folder: Path) -> Layout:
    layout = Layout(folder)
    layout.make()
    return layout


def prepare(layout: Layout, *, secure: bool) -> None:
    form_of(Settings(local_dir=layout.root, local_secure=secure), layout).prepare()


def test_secrets_are_made_once_and_one_that_was_deleted_is_made_anew(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    kept = SecretFolder(layout.secrets)
    prepare(layout, secure=True)
    before = {path: path.read_text() for path in layout.secrets.iterdir()}
    kept.password_file("worker").unlink()

    prepare(layout, secure=True)

    changed = {path for path, text in before.items() if path.read_text() != text}
    assert changed == {kept.password_file("worker"), kept.redis_users}
    assert sha256(kept.password("worker").encode()).hexdigest() in kept.redis_users.read_text()


def test_only_their_owner_may_read_them(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    prepare(layout, secure=True)
    assert layout.secrets.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in layout.secrets.iterdir()} == {0o600}


def test_no_file_of_a_server_holds_a_password(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    settings = Settings(local_dir=tmp_path, local_secure=True)
    prepare(layout, secure=True)
    write_configs(settings, layout)
    kept = SecretFolder(layout.secrets)
    written = "".join(path.read_text() for path in (*layout.config.iterdir(), kept.redis_users))
    assert not [user for user in USERS if kept.password(user) in written]


def test_each_service_is_somebody_else(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    form = form_of(Settings(local_dir=tmp_path, local_secure=True), layout)
    users = {p.name: p.environment.get("CADRAN_KAFKA_USER") for p in form.programs(services())}
    assert {name for name, user in users.items() if user == name} == set(USERS) - {"operator"}
    assert {users[name] for name in ("alerts", "shop", "simulator")} == {None}


@pytest.mark.parametrize("begun_secure", [True, False])
def test_data_of_one_form_is_not_gone_on_with_in_the_other(tmp_path: Path, begun_secure: bool) -> None:
    layout = layout_in(tmp_path)
    prepare(layout, secure=begun_secure)
    layout.kafka_format.touch()
    prepare(layout, secure=begun_secure)
    with pytest.raises(ConfigurationError, match="CADRAN_LOCAL_SECURE"):
        prepare(layout, secure=not begun_secure)
