"""What we know of a cluster and how it is reached. Imported only by what talks to an API server."""
