"""`cadran erase-customer`: the right to be forgotten, through databases, Kafka and Redis."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, TypeVar

import typer
from redis import Redis
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column, Table

from services.common.errors import ConfigurationError, Invalid
from services.common.logging import configure_logging
from services.common.redis_clients import blocking_redis
from services.common.settings import Settings
from services.common.topics import Topic
from services.kpi_stream.commands import rebuild
from services.kpi_stream.rebuild import only_one
from services.operations.erasing import databases, redis_files
from services.operations.erasing.databases import Counts, Databases
from services.operations.erasing.erasure import Erasure, Found
from services.operations.erasing.logs import Logs
from services.operations.erasing.rewriting import Fate
from services.operations.erasing.swapping import Admin
from services.survey.asking.people import Person

T = TypeVar("T")

FROM_INPUT = "-"
STEPS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("records"))
console = Console(soft_wrap=True, highlight=False)


def register(app: typer.Typer) -> None:
    app.command("erase-customer")(erase_customer)


def erase_customer(
    customer: Annotated[
        str,
        typer.Argument(
            help="A customer's id as events bear it, or an e-mail address. `-` reads them from the input, one a line: "
            "several at once, and none stays in the shell's history."
        ),
    ] = "",
    account: Annotated[
        str | None,
        typer.Option(metavar="VENDOR/ACCOUNT", help="The connector's account that calls them so, as `shopify/paris`."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be erased, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    abort: Annotated[
        bool, typer.Option("--abort", help="Take back what an interrupted run left, if it had replaced nothing yet.")
    ] = False,
) -> None:
    """Forget customers: in the databases, in Kafka and in Redis.

    Topics that name them are copied without them, made again and filled with the copies; then the state is rebuilt.
    Senders are answered 503 for half a minute, with replicas for a minute. An interrupted run, even by kill -9,
    goes on when it is run again.
    """
    if customer == FROM_INPUT and not (yes or dry_run):
        raise Invalid("leaves no input to ask on", field="-", mend="look with --dry-run first, then give --yes")
    known_by = [] if abort else _asked_for(customer)
    settings = Settings.load()
    configure_logging("erase", level="ERROR", log_format="console")
    redis = blocking_redis(settings.redis_access)
    if abort:
        _take_back(settings, redis)
        return
    _finish_earlier(settings, redis, may_change=not dry_run)
    with databases.opened_databases(settings) as opened:
        who = _who(opened, settings, known_by, account)
        found = _search(settings, redis, who)
        _tell(databases.count(opened, who), found)
        if dry_run:
            return
        if not yes:
            typer.confirm("Erase? There is no way back.", abort=True)
        topics = _naming(found)
        databases.free_waiting(opened, who)
        if topics:
            _replace(settings, redis, who, topics)
            _make_anew(settings, redis)
        databases.erase(opened, who)
    if topics:
        _put_away(settings, redis)
    _tell_what_came_back(_search(settings, redis, who))


def _take_back(settings: Settings, redis: Redis) -> None:
    with only_one(redis):
        _on_topics(settings, redis, Erasure.abort)
    console.print("what an earlier run left is taken back")


def _asked_for(customer: str) -> list[str]:
    """Who is meant: one who is named, or those of the input.

    :raises Invalid: when it is nobody.
    """
    lines = sys.stdin if customer == FROM_INPUT else [customer]
    known_by = [line.strip() for line in lines if line.strip()]
    if not known_by:
        raise Invalid(
            "names nobody", field="CUSTOMER", mend="give an id or an e-mail address, or `-` and a line for each"
        )
    return known_by


def _who(opened: Databases, settings: Settings, known_by: list[str], account: str | None) -> Person:
    if account is None:
        return databases.find(opened, settings, known_by)
    return databases.find_of_vendor(settings, account, known_by)


def _search(settings: Settings, redis: Redis, who: Person) -> dict[str, Found]:
    return _on_topics(settings, redis, lambda erasure: erasure.search(who.customer_ids))


def _naming(found: Mapping[str, Found]) -> set[str]:
    """The topics that name somebody as a customer."""
    return {topic for topic, each in found.items() if each.named}


def _replace(settings: Settings, redis: Redis, who: Person, topics: set[str]) -> None:
    """Have copies count in place of topics that name them, and of the dead letters, which tell where records lie."""

    async def replace(erasure: Erasure) -> None:
        await erasure.abort()
        await erasure.replace({*topics, Topic.DEAD.value}, who.customer_ids)

    with only_one(redis):
        _on_topics(settings, redis, replace)


def _finish_earlier(settings: Settings, redis: Redis, *, may_change: bool) -> None:
    """Go on with what an earlier run began, or take back what it left.

    :raises ConfigurationError: when there is something to go on with, and nothing may be changed.
    """
    if _on_topics(settings, redis, Erasure.is_unfinished):
        if not may_change:
            mend = "run it again, without --dry-run: it goes on"
            raise ConfigurationError("an earlier run is not finished", mend=mend)
        _go_on(settings, redis)
    elif may_change and _on_topics(settings, redis, Erasure.has_left_something):
        _take_back(settings, redis)


def _go_on(settings: Settings, redis: Redis) -> None:
    console.print("going on with what an earlier run began")
    _make_anew(settings, redis)
    _put_away(settings, redis)
    console.print(
        "that is done. If it was for others than this run, run it for them again: databases may hold them still"
    )


def _make_anew(settings: Settings, redis: Redis) -> None:
    """Bring the copies back, and make the state of them."""
    with only_one(redis):
        _on_topics(settings, redis, Erasure.bring_back)
    rebuild(abort=False)


def _put_away(settings: Settings, redis: Redis) -> None:
    """Take the note away last: until then any next run does all of this."""
    redis_files.write_anew(redis)
    console.print("Redis writes its files on disk anew")
    _on_topics(settings, redis, Erasure.put_away)


def _on_topics(settings: Settings, redis: Redis, work: Callable[[Erasure], Awaitable[T]]) -> T:
    """Do some work on topics, and show how far it is."""

    async def done() -> T:
        async with Logs(settings) as logs:
            return await work(Erasure(redis, logs, admin, step))

    with Admin(settings) as admin, Progress(*STEPS, console=console) as progress:

        def step(what: str, total: int | None) -> Callable[[int], None]:
            task = progress.add_task(what, total=total)
            return lambda count: progress.advance(task, count)

        return asyncio.run(done())


def _tell(rows: Counts, found: Mapping[str, Found]) -> None:
    """What would be erased, without a name."""
    numbers = (Column(title, justify="right") for title in ("erased", "the id taken out", "named otherwise, stays"))
    table = Table(Column("where", no_wrap=True), *numbers, box=None)
    for name, count in rows.items():
        table.add_row(name, str(count), "", "")
    for topic, each in found.items():
        gone, freed = each.named.get(Fate.DROPPED, 0), each.named.get(Fate.FREED, 0)
        table.add_row(f"{topic} ({each.records:,} records)", str(gone), str(freed), str(each.names_still))
    console.print(table)


def _tell_what_came_back(found: Mapping[str, Found]) -> None:
    """Say whether the topics still name somebody.

    :raises ConfigurationError: when somebody sent them again meanwhile.
    """
    again = sorted(_naming(found))
    if again:
        mend = "have whoever sends events forget them, and run this again"
        raise ConfigurationError(f"named again in {', '.join(again)} since it was erased", mend=mend)
    console.print("erased: no topic names them as a customer any more")
