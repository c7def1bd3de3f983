"""Which workloads must reach the Hub, and the network policies that let them. Pure, as the core is."""
