"""The rules of notifications. Ids such as N02 are those of the notification rules."""
