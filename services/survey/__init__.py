"""Surveys: customers are asked for their NPS, the team for its pulse."""
