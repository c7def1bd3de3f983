"""What goes wrong before there is a decision, as the caller hears it.

Two kinds of failure are kept apart. A broken review, or a bug of ours, is an HTTP status: the API server then
does what the configuration's `failurePolicy` says. A bad object is a denial: HTTP 200, `allowed: false`.
"""


class Problem(Exception):  # noqa: N818 - it is an answer to a caller, and no error of ours
    """An HTTP status from 400 on, and one sentence.

    The sentence goes out as `text/plain`: that is the only body of a failed call which the API server shows
    (client-go, rest/request.go, `isTextResponse`). It never holds a value out of the review.

    Attributes:
        unread: Whether body may still be on its way, so that the connection cannot be used again.
    """

    def __init__(self, status: int, sentence: str, *, unread: bool = False) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.unread = unread


class Disconnected(Exception):  # noqa: N818
    """The caller went away before its request was complete; there is nobody to answer."""
