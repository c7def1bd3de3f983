"""The decision, and nothing else: no I/O, no clock, no environment, no framework.

A review's way through: `admit.admit()` finds where the object keeps its Pods (`kinds`) and reads what people
asked for on it (`asked`). Then `pods`, or `inference_service` with `components` and `history`, takes each
container: reads it (`reading`: `references`, `tokens`), judges it (`judge`), chooses a Secret (`secrets`) and
writes down what changes (`methods`, `patch`) and what is ours (`record`). The server, the command line, the
benchmarks and the tests call the same `admit()`.

Once the object is final, `validate.validate()` judges it by the platform's policy (`policy`).
"""
