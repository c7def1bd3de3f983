"""hf-token-injector: the admission webhook, its command line and its settings."""

__version__ = "0.1.0"
