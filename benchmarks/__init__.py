"""Measured side by side with peers, by hand; nothing here is a test and no test is timed."""
