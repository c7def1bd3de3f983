"""Certificates: issuing, verifying, rotating. It imports nothing of `webhook/`."""
