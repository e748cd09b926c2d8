"""Letters by mail: addresses, the account at a mail server, and handing letters over."""
