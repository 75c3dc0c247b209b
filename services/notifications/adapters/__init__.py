"""The parties outside: the mail server, and the services that hold secrets and documents."""
