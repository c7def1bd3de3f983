"""A real control plane, the real KServe and our chart, all on 127.0.0.1, for the tests beside this folder."""
