"""The file of accounts: what is wrong with it, by line, and that what holds stays."""

import asyncio
from pathlib import Path

import pytest

from services.common.errors import ConfigurationError
from services.ingest.connectors.accounts import AccountReader
from services.ingest.connectors.reading.names import PSEUDONYM_LENGTH, Names, Pseudonyms
from services.ingest.connectors.vendors import CONNECTORS
from tests.ingest.connectors.invented import INVENTED
from tests.ingest.connectors.parts import LOOK, Connectors
from tests.support.stories import KEY

READER = AccountReader({"invented": INVENTED}, Pseudonyms(KEY))

BAD: dict[str, tuple[str, int, str]] = {
    "no such vendor": ("accounts:\n  shoppify: {paris: {}}\n", 2, "the vendors are invented"),
    "no such word": ("accounts:\n  invented:\n    paris:\n      secretfile: /x\n", 4, "did you mean secret_file?"),
    "a name that no address bears": ("accounts:\n  invented:\n    Paris shop: {}\n", 3, "is no name"),
    "a number of seconds": ("accounts:\n  invented:\n    paris:\n      sync_every: 90\n", 4, "sync_every"),
    "pulled without a token": ("accounts:\n  invented:\n    paris:\n      sync_every: 1h\n", 3, "token_file"),
    "twice": ("accounts:\n  invented: {paris: {}}\n  invented: {rome: {}}\n", 3, "stands twice"),
    "no mapping": ("accounts:\n  invented:\n    paris: shop\n", 3, "paris"),
    "a list": ("accounts: []\n", 1, "accounts"),
    "no YAML": ("accounts: [\n", 2, "YAML"),
    "an alias": ("accounts:\n  invented: {paris: &a {}, rome: *a}\n", 2, "stands for something else"),
    "nothing at all": ("", 1, "is missing"),
    "another word at the top": ("account: {}\n", 1, "account"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_line(name: str) -> None:
    text, line, told = BAD[name]
    with pytest.raises(ConfigurationError) as error:
        READER.read("accounts.yml", text.encode())
    assert told in str(error.value)
    assert f"line {line}:" in str(error.value)


@pytest.mark.parametrize("text", ["accounts: {}\n", "accounts:\n  invented:\n", "accounts: {invented: {}}\n"])
def test_there_may_be_none(text: str) -> None:
    assert READER.read("accounts.yml", text.encode()) == {}


def test_the_file_that_ships_can_be_read() -> None:
    shipped = Path("deploy/connectors/accounts.yml").read_text()
    reader = AccountReader(CONNECTORS, Pseudonyms(KEY))
    assert reader.read("accounts.yml", shipped.encode()) == {}
    commented = shipped.partition("accounts: {}\n")[2]
    example = "\n".join(line.removeprefix("# ") for line in commented.splitlines())
    assert reader.read("accounts.yml", example.encode()).keys() == {("typeform", "feedback")}


async def test_a_change_is_followed_and_a_fault_changes_nothing(connectors: Connectors) -> None:
    task = asyncio.create_task(connectors.accounts.run())
    try:
        connectors.write(secret_file=str(connectors.secret_file), channel="shop")
        await _until(connectors, "shop")
        connectors.file.write_text("accounts: {invented: {paris: {chanel: wrong}}}")
        await asyncio.sleep(6 * LOOK)
        assert connectors.account.words.channel == "shop"  # type: ignore[attr-defined]
        connectors.write(secret_file=str(connectors.secret_file), channel="market")
        await _until(connectors, "market")
    finally:
        task.cancel()


async def _until(connectors: Connectors, channel: str) -> None:
    async with asyncio.timeout(20):
        while connectors.account.words.channel != channel:  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def names(*, vendor: str = "shopify", account: str = "paris", key: str = KEY, by: str = "id") -> Names:
    return Names(vendor, account, Pseudonyms(key), reps={"7": "ana"}, customers=by)  # type: ignore[arg-type]


def test_a_customer_has_one_pseudonym_in_one_account_and_another_elsewhere() -> None:
    found = {
        names().customer(1),
        names().customer(2),
        names(account="rome").customer(1),
        names(vendor="stripe").customer(1),
        names(key="another key").customer(1),
    }
    assert len(found) == 5
    assert names().customer("1") == names().customer(1)
    assert all(len(str(pseudonym)) == PSEUDONYM_LENGTH for pseudonym in found)


def test_by_address_systems_mean_the_same_person() -> None:
    shop, crm = names(by="email"), names(vendor="hubspot", by="email")
    assert shop.customer(1, "Ada@Example.org ") == crm.customer(99, "ada@example.org")
    assert shop.customer(1) != crm.customer(1)
    assert names().customer(1, "ada@example.org") == names().customer(1)


@pytest.mark.parametrize("nobody", [None, "", 0, "0"])
def test_a_guest_is_nobody(nobody: object) -> None:
    assert names().customer(nobody) is None
    assert names().rep(nobody) is None


def test_a_rep_who_is_in_no_table_can_be_seen() -> None:
    assert (names().rep(7), names().rep("8")) == ("ana", "shopify/paris/8")


async def test_a_file_that_is_gone_changes_nothing(connectors: Connectors) -> None:
    kept = connectors.account
    content = connectors.file.read_bytes()
    task = asyncio.create_task(connectors.accounts.run())
    try:
        connectors.file.unlink()
        await asyncio.sleep(6 * LOOK)
        assert connectors.account == kept
        connectors.file.write_bytes(content.replace(b"paris", b"rome"))
        async with asyncio.timeout(20):
            while connectors.accounts.find("invented", "rome") is None:  # noqa: ASYNC110
                await asyncio.sleep(LOOK)
    finally:
        task.cancel()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"api": "shop.example"}, "is no address"),
        ({"api": "https://"}, "is no address"),
        ({"api": "ftp://shop.example"}, "is no address"),
        ({"api": "https://shop.example", "token": "tökén"}, "what no header can"),
    ],
)
def test_an_api_that_cannot_be_asked_is_told_with_its_line(words: dict[str, str], told: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(words.get("token", "token"))
    text = f"accounts:\n  invented:\n    paris:\n      api: {words['api']!r}\n      token_file: {token}\n"
    with pytest.raises(ConfigurationError, match=told) as error:
        READER.read("accounts.yml", text.encode())
    assert f"line {4 if 'address' in told else 5}:" in str(error.value)
