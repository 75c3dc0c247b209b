"""What `benchmarks.jobs` is made of: the world it runs in, those who contend, what is measured."""
