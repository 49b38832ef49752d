"""Targets as they come in and are looked at; they are kept in `records.ledger`."""
