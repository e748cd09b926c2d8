"""All that is held about one person: told to them, or forgotten. See `database.py` for how the functions are called."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, update

from services.common.errors import Invalid
from services.common.mail.addresses import read_address
from services.survey.asking.people import Person, Reason
from services.survey.pulse import tables as pulse
from services.survey.tables import answers, contacts, invitations, opt_outs, order_plans

Held = Mapping[str, Sequence[Mapping[str, Any]]]
"""The rows of each table that are about a person."""


def find_person(connection: Connection, known_by: str) -> Person:
    """Whoever has an id, or an address: then also the ids of every customer who has that address."""
    email = _address(known_by.strip())
    ids = {known_by.strip()}
    for table in (contacts, invitations):
        ids |= set(connection.execute(select(table.c.customer_id).where(func.lower(table.c.email) == email)).scalars())
    return Person(frozenset({email}), frozenset(filter(None, ids)))


def _address(text: str) -> str:
    """An address as it is kept; of what is none, small letters."""
    try:
        return read_address(text)
    except Invalid:
        return text.lower()


def export(connection: Connection, person: Person) -> Held:
    """Everything held about a person, as it is held."""
    return {
        table.name: [dict(row) for row in connection.execute(select(table).where(which(person))).mappings()]
        for table, which in _ABOUT.items()
    }


def erase(connection: Connection, person: Person, now: datetime) -> None:
    """Forget a person. Scores stay counted, without whom they are from; what was not answered is withdrawn.

    That they do not want to be asked stays on record: as hashes, which tell nobody who it is.
    """
    nobody = {"customer_id": None}
    connection.execute(
        update(answers).where(_ABOUT[answers](person)).values({**nobody, "comment": "", "may_call": False})
    )
    is_open = and_(invitations.c.answered_at.is_(None), invitations.c.withdrawn_at.is_(None))
    connection.execute(update(invitations).where(_ABOUT[invitations](person), is_open).values(withdrawn_at=now))
    connection.execute(update(invitations).where(_ABOUT[invitations](person)).values({**nobody, "email": None}))
    cancelled = func.coalesce(order_plans.c.outcome, Reason.CANCELLED)
    connection.execute(update(order_plans).where(_ABOUT[order_plans](person)).values({**nobody, "outcome": cancelled}))
    connection.execute(delete(contacts).where(_ABOUT[contacts](person)))
    connection.execute(delete(pulse.people).where(_ABOUT[pulse.people](person)))
    # The ticket stays, without an address: an open round must not hold more answers than people who were asked.
    connection.execute(update(pulse.tickets).where(_ABOUT[pulse.tickets](person)).values(email=""))


def _is(table: Table, person: Person) -> ColumnElement[bool]:
    return or_(table.c.customer_id.in_(person.customer_ids), func.lower(table.c.email).in_(person.emails))


def _invited(person: Person) -> ColumnElement[bool]:
    return _is(invitations, person)


def _known(person: Person) -> ColumnElement[bool]:
    return _is(contacts, person)


def _answered(person: Person) -> ColumnElement[bool]:
    """By the id; or by the invitation, where an address is all that is known."""
    invited = select(invitations.c.id).where(_invited(person))
    return or_(answers.c.customer_id.in_(person.customer_ids), answers.c.response_id.in_(invited))


def _bought(person: Person) -> ColumnElement[bool]:
    return order_plans.c.customer_id.in_(person.customer_ids)


def _opted_out(person: Person) -> ColumnElement[bool]:
    return opt_outs.c.digest.in_(person.digests())


def _in_the_roster(person: Person) -> ColumnElement[bool]:
    return pulse.people.c.email.in_(person.emails)


def _asked_how_they_are(person: Person) -> ColumnElement[bool]:
    return pulse.tickets.c.email.in_(person.emails)


_ABOUT: Mapping[Table, Callable[[Person], ColumnElement[bool]]] = {
    contacts: _known,
    invitations: _invited,
    answers: _answered,
    order_plans: _bought,
    opt_outs: _opted_out,
    pulse.people: _in_the_roster,
    pulse.tickets: _asked_how_they_are,
}
"""Every table that holds something of a person, and which rows are about one."""
