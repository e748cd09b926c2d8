"""People, by way of Alertmanager: its file, the messages, a trial."""
