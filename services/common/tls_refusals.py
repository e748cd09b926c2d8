"""What it means that a client and a server did not come together over TLS."""

import socket
import ssl

from services.common.errors import ConfigurationError


def not_trusted(server: str, error: ssl.SSLCertVerificationError, field: str) -> ConfigurationError:
    """What to do about a certificate that was not accepted. `field`: the setting of whom we trust."""
    if "mismatch" in error.verify_message:
        mend = "reach it by a name that its certificate holds"
    else:
        mend = "name the file of the authority that signed it"
    return ConfigurationError(f"{server}'s certificate is not trusted: {error.verify_message}", field=field, mend=mend)


def speaks_tls(host: str, port: int, patience: float = 2.0) -> bool:
    """Whether a server begins TLS with somebody who trusts whomever: nothing is told it. `patience`: seconds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), patience) as plain, context.wrap_socket(plain):
            return True
    except OSError:
        return False
