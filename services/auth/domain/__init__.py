"""The rules of identity: pure functions and frozen values; every instant is an argument."""
