"""One YAML document as nodes with positions, from the events of PyYAML's parser (libyaml).

libyaml's marks count characters, CR LF as two, and its events keep aliases and empty scalars apart, which is
all that the splicer needs. A byte order mark it would read as content; `sources` takes it off first.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from webhook.cli.manifests.nodes import (
    MAX_DEPTH,
    MAX_EXPANDED,
    Kind,
    ManifestError,
    Node,
    check_keys,
)
from webhook.cli.manifests.scalars import plain, tagged

_Event = Any
"""An event or a mark of PyYAML's two parsers, whose stubs have no type in common."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"
_BLOCK = ("|", ">")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What libyaml does not read (YAML 1.1, production 1)."""

_TRAILING_BREAKS = re.compile(r"[\r\n]+\Z")
_TRAILING_BREAK = re.compile(r"\r?\n\Z|\r\Z")


def compose(text: str) -> Node | None:
    """Return the one document of a text, or None where there is none but comments.

    Raises:
        ManifestError: The text is no YAML, or none that Kubernetes takes.
    """
    composer = _Composer(text)
    try:
        events: Iterator[_Event] = yaml.parse(text, Loader=_Loader)
        for event in events:
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(filter(None, [error.problem, error.context]))
        raise ManifestError(message, _offset(text, mark)) from error
    except yaml.reader.ReaderError as error:
        forbidden = _FORBIDDEN.search(text)
        if forbidden is None:
            raise ManifestError(str(error).splitlines()[0], 0) from error
        name = f"U+{ord(forbidden.group()):04X}"
        raise ManifestError(f"character {name} is not allowed in YAML", forbidden.start()) from error
    except yaml.YAMLError as error:
        raise ManifestError(str(error).splitlines()[0], 0) from error
    if composer.root is not None and composer.root.size > max(MAX_EXPANDED, 10 * composer.written):
        raise ManifestError("the document contains excessive aliasing", 0)
    return composer.root


def dashes(text: str) -> list[int]:
    """Return the offsets of the dashes of all block sequences; the events do not tell them."""
    tokens: Iterator[Any] = yaml.scan(text, Loader=_Loader)
    return [token.start_mark.index for token in tokens if isinstance(token, yaml.BlockEntryToken)]


def dash_before(offsets: list[int], start: int) -> int:
    """Return the dash of the item that starts at an offset."""
    return offsets[bisect_left(offsets, start) - 1]


def _span(event: _Event) -> tuple[int, int]:
    """Return where the text of an event begins and ends."""
    return event.start_mark.index, event.end_mark.index


def _offset(text: str, mark: _Event) -> int:
    """Return where a mark points; at the end of the text it stands on the last character."""
    return 0 if mark is None else max(0, min(mark.index, len(text) - 1))


@dataclass(slots=True)
class _Composer:
    """Builds the tree out of events, without recursion, so that no nesting can exhaust the stack."""

    text: str
    root: Node | None = None
    written: int = 0
    stack: list[Node] = field(default_factory=list)
    keys: list[Node | None] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)

    def take(self, event: _Event) -> None:
        """Handle one event."""
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._named(event, self._scalar(event)))
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._alias(event))
        elif isinstance(event, yaml.CollectionStartEvent):
            kind = Kind.MAPPING if isinstance(event, yaml.MappingStartEvent) else Kind.SEQUENCE
            start, end = _span(event)
            if len(self.stack) >= MAX_DEPTH:
                raise ManifestError(f"nested more than {MAX_DEPTH} levels deep", start)
            self.stack.append(self._named(event, Node(kind, start, end, flow=bool(event.flow_style))))
            self.keys.append(None)
        elif isinstance(event, yaml.CollectionEndEvent):
            node = self.stack.pop()
            self.keys.pop()
            node.close(_span(event)[1])
            if node.kind is Kind.MAPPING:
                check_keys(node)
            self._add(node)

    def _named(self, event: _Event, node: Node) -> Node:
        """Remember a node under its anchor."""
        if event.anchor is not None:
            node.anchored = True
            self.anchors[event.anchor] = node
        return node

    def _add(self, node: Node) -> None:
        """Hang a finished node below the one that is open."""
        self.written += 1
        if not self.stack:
            if self.root is not None:
                raise ManifestError("another document begins here without a line of its own", node.start)
            self.root = node
        elif self.stack[-1].kind is Kind.SEQUENCE:
            self.stack[-1].items.append(node)
        elif (key := self.keys[-1]) is None:
            self.keys[-1] = node
        else:
            if node.start == node.end and ":" not in self.text[key.end : node.start]:
                node.start = node.end = key.end  # libyaml puts it in front of what comes next
            self.stack[-1].entries.append((key, node))
            self.keys[-1] = None

    def _alias(self, event: _Event) -> Node:
        """Return an alias with its target."""
        start = event.start_mark.index
        target = self.anchors.get(event.anchor)
        if target is None:
            raise ManifestError(f"alias *{event.anchor} has no anchor before it", start)
        if any(target is node for node in self.stack):
            raise ManifestError(f"anchor &{event.anchor} contains itself", start)
        return Node(Kind.ALIAS, start, event.end_mark.index, target=target)

    def _scalar(self, event: _Event) -> Node:
        """Return a scalar with the value that Kubernetes gives it."""
        start, end, style = event.start_mark.index, event.end_mark.index, event.style or ""
        node = Node(Kind.SCALAR, start, end, style=style, value=event.value)
        if style in _BLOCK and self.text[start:end].endswith(("\n", "\r")):
            node.end = start + len(self._trimmed(self.text[start:end], style))
        untagged = event.tag in (None, "!")
        node.merge = event.value == "<<" and ((untagged and event.implicit[0]) or event.tag == _MERGE)
        try:
            if event.tag is None and event.implicit[0]:
                node.value = plain(event.value)
            elif not untagged:
                node.value = tagged(event.tag, event.value)
        except ValueError as error:
            raise ManifestError(str(error), start) from error
        return node

    @staticmethod
    def _trimmed(written: str, style: str) -> str:
        """Return a block scalar without the line breaks behind it, all but those that `+` keeps."""
        header = written[written.index(style) :].split("\n", 1)[0].split("#", 1)[0]
        return (_TRAILING_BREAK if "+" in header else _TRAILING_BREAKS).sub("", written)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it in the order of the text, aliases as they stand."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))
