"""Surveys: forms, invitations, answers. Names, addresses and comments stay here; only figures leave, as events."""
