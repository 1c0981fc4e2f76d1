"""Promises put to the test at length: kills, hostile input, hostile models; ``make hardening``."""
