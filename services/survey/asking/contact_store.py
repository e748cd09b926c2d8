"""Reading and writing who can be asked, and who does not want to be. See `database.py`."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from services.survey.asking.people import Person
from services.survey.records import Contact
from services.survey.store import insert_new
from services.survey.tables import contacts, invitations, opt_outs


def keep_contact(connection: Connection, contact: Contact, now: datetime) -> None:
    """Write a contact down; one that is there is replaced."""
    row = {name: getattr(contact, name) for name in Contact.__struct_fields__}
    changed = connection.execute(update(contacts).where(contacts.c.customer_id == contact.customer_id).values(row))
    if changed.rowcount == 0:
        connection.execute(insert(contacts), {**row, "created_at": now})


def contact(connection: Connection, customer_id: str) -> Contact | None:
    found = connection.execute(select(contacts).where(contacts.c.customer_id == customer_id)).mappings().first()
    return None if found is None else Contact(**{name: found[name] for name in Contact.__struct_fields__})


def person(connection: Connection, email: str | None, customer_id: str | None) -> Person:
    """All that is known of who has this address or this id: a contact ties the two together."""
    emails, ids = {email} - {None}, {customer_id} - {None}
    tied = select(contacts.c.email, contacts.c.customer_id)
    for own_email, own_id in connection.execute(
        tied.where(or_(contacts.c.email.in_(emails), contacts.c.customer_id.in_(ids)))
    ):
        emails.add(own_email)
        ids.add(own_id)
    return Person(frozenset(map(str, emails)), frozenset(map(str, ids)))


def _of(who: Person) -> ColumnElement[bool]:
    return or_(invitations.c.email.in_(who.emails), invitations.c.customer_id.in_(who.customer_ids))


def last_asked(connection: Connection, who: Person) -> datetime | None:
    """When a person was last asked; an invitation that was withdrawn before it left does not count."""
    never_left = invitations.c.withdrawn_at.is_not(None) & invitations.c.delivered_at.is_(None)
    found: datetime | None = connection.execute(
        select(func.max(invitations.c.created_at)).where(_of(who), ~never_left)
    ).scalar()
    return found


def waiting_invitations(connection: Connection, who: Person) -> list[str]:
    """The ids of a person's invitations that have not left yet."""
    query = select(invitations.c.id).where(
        _of(who), invitations.c.delivered_at.is_(None), invitations.c.bounced_at.is_(None)
    )
    return list(connection.execute(query).scalars())


def has_opted_out(connection: Connection, who: Person) -> bool:
    query = select(opt_outs.c.digest).where(opt_outs.c.digest.in_(who.digests()))
    return connection.execute(query.limit(1)).first() is not None


def opt_out(connection: Connection, who: Person, now: datetime) -> None:
    """Note that a person does not want to be asked."""
    for digest in who.digests():
        insert_new(connection, opt_outs, {"digest": digest, "created_at": now})
