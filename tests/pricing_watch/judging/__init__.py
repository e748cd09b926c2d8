"""Tests of pricing_watch."""
