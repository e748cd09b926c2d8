"""Alerts on KPIs: who is told, when a number passes a threshold that somebody declared."""
