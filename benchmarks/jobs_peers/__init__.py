"""The peers' side: runs in a virtual environment of its own and knows nothing of the suite."""
