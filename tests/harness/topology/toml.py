# SPDX-License-Identifier: Apache-2.0
"""Writes the subset of TOML that a Coax configuration uses."""

import json


def dumps(document):
    """`document`: section -> dict, or list of dicts for an array of tables."""
    parts = []
    for section, content in document.items():
        tables = content if isinstance(content, list) else [content]
        head = f"[[{section}]]" if isinstance(content, list) else f"[{section}]"
        for table in tables:
            lines = [f"{key} = {_value(value)}" for key, value in table.items()]
            parts.append("\n".join([head] + lines) + "\n")
    return "\n".join(parts)


def _value(value):
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value)  # strings, integers and booleans are written alike in both
