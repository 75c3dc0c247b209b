"""The node: a process tree that runs jobs. Plain Python; it never loads nameko or eventlet.

supervisor (`main`) → agent (claims, hands out, flushes) → workers (`child`, one job at a time).
"""
