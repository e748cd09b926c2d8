"""What every service shares: the event contract, settings, calendar, money, publishing, auth and logging."""
