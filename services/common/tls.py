"""Whom a client trusts when it speaks to a server over TLS."""

import ssl
from pathlib import Path

from services.common.errors import ConfigurationError


def trusting(ca_file: Path | None, field: str) -> ssl.SSLContext:
    """A client's context: it trusts the authorities of a file of PEM certificates, or the system's where there is none.

    `field`: the setting that names the file.

    :raises ConfigurationError: naming the field, when the file cannot be read or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        reason, mend = "holds no certificate in PEM form", "name the file of the authority's certificate (ca.pem)"
    except OSError as error:
        reason, mend = f"cannot be read: {error.strerror}", "mend the path or its rights"
    raise ConfigurationError(f"{ca_file} {reason}", field=field, mend=mend)
