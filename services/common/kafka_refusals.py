"""Why Kafka lets somebody not in: told as the setting to mend, where clients would try again and again in vain.

A Kafka that does not answer refuses nobody: it may come back.
"""

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from aiokafka.client import collect_hosts
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NoBrokersAvailable,
    NodeNotReadyError,
    RequestTimedOutError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from services.common.errors import CadranError, ConfigurationError, Unavailable
from services.common.kafka_access import CA_FILE, MECHANISM, PASSWORD_FILE, SECURITY, USER, KafkaAccess
from services.common.tls_refusals import not_trusted, speaks_tls

PATIENCE = 5.0
"""Seconds for an answer."""

SILENCE = (KafkaConnectionError, KafkaTimeoutError, NoBrokersAvailable, NodeNotReadyError, RequestTimedOutError)
NOT_ALLOWED = (TopicAuthorizationFailedError, GroupAuthorizationFailedError, ClusterAuthorizationFailedError)


def require_kafka_admits(access: KafkaAccess, patience: float = PATIENCE) -> None:
    """Go on where Kafka lets us in, or does not answer. Asked from a thread: the caller may be in a loop of its own.

    `patience`: seconds for all servers together.

    :raises ConfigurationError: naming the setting for which it refuses.
    """
    with ThreadPoolExecutor(1) as thread:
        refusal = thread.submit(asyncio.run, refusal_of(access, patience)).result()
    if refusal is not None:
        raise refusal


async def told(error: Exception, access: KafkaAccess) -> CadranError:
    """What a client's error comes from, and how to mend it."""
    if isinstance(error, NOT_ALLOWED):
        return not_allowed(error, access)
    refusal = await refusal_of(access)
    if refusal is not None:
        return refusal
    if isinstance(error, SILENCE):
        return Unavailable(f"Kafka does not answer at {access.servers}: {error}", mend="start it, or mend CADRAN_KAFKA")
    return Unavailable(f"Kafka at {access.servers} does not do this: {error}", mend="see its log")


def not_allowed(error: Exception, access: KafkaAccess) -> ConfigurationError:
    who = access.user or "who tells no user"
    return ConfigurationError(
        f"Kafka does not allow this to {who}: {error}",
        field=USER,
        mend="take a user that may, or allow it: see docs/secure-connections.md",
    )


async def refusal_of(access: KafkaAccess, patience: float = PATIENCE) -> ConfigurationError | None:
    """Why the first server that answers does not let us in, if it does not and tells so in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            return await _first_refusal(access)
    return None


async def _first_refusal(access: KafkaAccess) -> ConfigurationError | None:
    for host, port, _ in collect_hosts(access.servers, randomize=False):
        try:
            await _come_in(access, host, port)
        except (OSError, KafkaError) as error:
            refusal = await _meant(error, access, host, port)
            if refusal is not None:
                return refusal
        else:
            return None
    return None


async def _come_in(access: KafkaAccess, host: str, port: int) -> None:
    options = access.aiokafka()
    del options["bootstrap_servers"]
    closed: list[asyncio.Future[None]] = []
    connection = AIOKafkaConnection(
        host,
        port,
        client_id="cadran-asks",
        request_timeout_ms=int(PATIENCE * 1000),
        on_close=lambda ended, _: closed.append(ended.close()),
        **options,
    )
    try:
        await connection.connect()
        await connection.send(MetadataRequest([]))  # a server that asks for a user hangs up only now
    finally:
        connection.close()
        if closed:  # the loop ends after us: what it has not closed by then, nothing closes
            await asyncio.wait(closed, timeout=PATIENCE)


async def _meant(error: Exception, access: KafkaAccess, host: str, port: int) -> ConfigurationError | None:
    match error:
        case ssl.SSLCertVerificationError():
            return not_trusted("Kafka", error, CA_FILE)
        case ssl.SSLError():
            mend = "set it without ssl, or name another port in CADRAN_KAFKA"
            return ConfigurationError(f"Kafka speaks no TLS at {host}:{port}", field=SECURITY, mend=mend)
        case SaslAuthenticationFailed():
            mend = f"mend the password, or {USER}"
            return ConfigurationError(f"Kafka does not let {access.user} in", field=PASSWORD_FILE, mend=mend)
        case UnsupportedSaslMechanismError():
            mend = "set one that Kafka's sasl.enabled.mechanisms has"
            return ConfigurationError(f"Kafka does not take {access.mechanism}", field=MECHANISM, mend=mend)
        case IllegalSaslStateError():
            mend = "set it without sasl, or name another port in CADRAN_KAFKA"
            return ConfigurationError(f"Kafka asks for no user at {host}:{port}", field=SECURITY, mend=mend)
        case KafkaConnectionError():
            return await asyncio.to_thread(_hung_up, access, host, port)
    return None


def _hung_up(access: KafkaAccess, host: str, port: int) -> ConfigurationError | None:
    """What a server means that was reached and ended the connection."""
    if not access.security.has_tls and speaks_tls(host, port):
        return ConfigurationError(f"Kafka speaks TLS at {host}:{port}", field=SECURITY, mend="set sasl_ssl or ssl")
    if access.security.has_tls and not access.security.has_user:
        told = f"Kafka hangs up at {host}:{port}: it asks for a user"
        return ConfigurationError(told, field=SECURITY, mend=f"set sasl_ssl, {USER} and {PASSWORD_FILE}")
    return None
