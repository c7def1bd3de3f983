"""Pieces of text that take the place of others."""

from collections.abc import Iterable
from typing import NamedTuple

from webhook.cli.manifests.emit import Style
from webhook.cli.manifests.layout import Layout
from webhook.cli.manifests.nodes import Node

BLOCK_SCALARS = ("|", ">")


class Coarser(Exception):  # noqa: N818 - a way on, not an error
    """This cannot be written at this place; what is around it must be written anew."""


class Edit(NamedTuple):
    """The text from `start` to `end` becomes `text`."""

    start: int
    end: int
    text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with all edits made; those at one offset in the order in which they are given.

    Raises:
        Coarser: Two edits are about the same text.
    """
    parts = []
    position = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < position:
            raise Coarser
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*parts, text[position:]])


def lines_after(layout: Layout, style: Style, offset: int, lines: str) -> Edit:
    """Return the edit that puts lines below the line of an offset.

    A text that does not end in a line break still does not.
    """
    after = layout.after_line(offset)
    if after is None:
        end = len(layout.text)
        return Edit(end, end, style.newline + lines)
    return Edit(after, after, lines + style.newline)


def ends_open(layout: Layout, node: Node) -> bool:
    """Return whether a node ends the text in a block scalar: a line break behind it would become content."""
    while node.children:
        node = node.children[-1]
    return node.style in BLOCK_SCALARS and layout.after_line(node.end) is None
