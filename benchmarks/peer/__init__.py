"""The peers we are measured beside: nameko as its own manual has it, and a bare Flask."""
