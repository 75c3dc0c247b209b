"""What users of other job systems complain of (C1 to C34), each a test that is named after it.

C1 is in `test_node_broker`, C7 in `test_node_poison`. C10 cannot happen to us: no message stands
for a job. C16 and the price of C22 are measured, not tested: `benchmarks/jobs.py`.
"""
