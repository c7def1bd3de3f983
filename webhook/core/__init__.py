"""The decision, and nothing else: no I/O, no clock, no environment, no framework.

A review's way through: `admit.admit()` finds where the object keeps its Pods (`kinds`), reads what people
asked for on it (`requests`), judges each container (`judge`: `references`, `tokens`), chooses a Secret
(`secrets`), and writes down what changes (`methods`, `patch`). The server, the command line, the benchmarks
and the tests call the same `admit()`.
"""
