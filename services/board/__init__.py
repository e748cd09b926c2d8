"""The director's page: KPIs live, with what they rest on and how old they are. It reads the read API alone."""
