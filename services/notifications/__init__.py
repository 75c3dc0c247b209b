"""Notifications: what is mailed to whom, once."""
