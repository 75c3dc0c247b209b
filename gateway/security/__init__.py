"""What keeps other sites, other hosts and other people's headers out."""
