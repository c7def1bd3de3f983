"""The server-less variant: admission policies whose CEL the API server runs itself.

Rendered from the same settings and tables as the webhook. The YAML is kept in `templates/`, in parts that
follow one another; what is in `<<…>>` there is filled in from the core's data.
"""
