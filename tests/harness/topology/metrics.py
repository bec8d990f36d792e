# SPDX-License-Identifier: Apache-2.0
"""Reads the metrics of a node as a scraper would."""

import http.client
import re

PORT = 9786  # of metrics.listen, unless a configuration says otherwise
_SAMPLE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'([a-z_]+)="([^"]*)"')


class Samples:
    """One scrape. Keys are (name, labels as a frozenset of pairs)."""

    def __init__(self, text):
        self.text = text
        self.series = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            match = _SAMPLE.match(line)
            assert match, f"not a sample: {line}"
            key = match.group(1), frozenset(_LABEL.findall(match.group(2) or ""))
            assert key not in self.series, f"twice: {line}"
            self.series[key] = float(match.group(3))

    def all(self, name, **labels):
        """Values of the series of this name that have these labels."""
        wanted = set(labels.items())
        return [value for (found, pairs), value in self.series.items()
                if found == name and wanted <= pairs]

    def value(self, name, **labels):
        values = self.all(name, **labels)
        assert len(values) == 1, f"{name} {labels}: {len(values)} series"
        return values[0]

    def count(self, prefix=""):
        return sum(1 for name, _ in self.series if name.startswith(prefix))


def get(node, path="/metrics", *, address="127.0.0.1", port=PORT, timeout=30):
    """(status, body) of a GET from inside the node's namespace."""
    def ask():
        connection = http.client.HTTPConnection(address, port, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    return node.namespace.call(ask)


def scrape(node, **options):
    status, body = get(node, **options)
    assert status == 200, f"{status}: {body[:200]}"
    return Samples(body)
