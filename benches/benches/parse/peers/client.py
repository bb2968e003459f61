"""Reads a page with the Python client, once for each line of the input, and prints how many nanoseconds that took."""

import sys
import time

from prometheus_client.parser import text_string_to_metric_families

page = open(sys.argv[1], encoding="utf-8").read()
for _ in sys.stdin:
    start = time.perf_counter_ns()
    samples = sum(len(family.samples) for family in text_string_to_metric_families(page))
    print(time.perf_counter_ns() - start, flush=True)
