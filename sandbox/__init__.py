"""Stand-ins for the outside world in development and tests: PayPal Standard and a mailbox.

Nothing here imports the rest of Memberhall: a stand-in that shared our own money or date code
would share its mistakes too.
"""
