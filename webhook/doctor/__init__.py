"""What may be wrong with an installation, judged over what was read of a cluster: one check a file.

Pure: `collected` is what was read, and what could not be read and why; `registry` has the checks in the
order in which people want them; each returns `finding.Finding`s. Reading is done by `webhook.cli.doctor`.
"""
