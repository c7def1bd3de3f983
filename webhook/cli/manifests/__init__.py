"""Manifests as text: read with positions, and changed without touching what is not changed.

`sources` finds files, `documents` cuts a text into documents, `yaml_nodes` and `json_nodes` read one document
into `nodes` with positions, `objects` finds the Kubernetes objects in it. `splice` changes the text: `layout`
says where things stand, `align` what became of which item, `grow` and `replace` which `edits` that takes.
What Kubernetes makes of a plain scalar is in `scalars`; how new text is written is in `emit`.
"""
