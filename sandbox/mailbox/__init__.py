"""A mail server that delivers to nobody, and the pages that show what it took in."""
