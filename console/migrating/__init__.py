"""Bringing databases and broker to what this version needs; safe to run twice.

The only part of the suite that holds administrators' rights, and only while it runs.
"""
