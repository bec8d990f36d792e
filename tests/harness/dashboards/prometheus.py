# SPDX-License-Identifier: Apache-2.0
"""Debian's Prometheus as a process of our own; the package's service is never started."""

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import yaml
from topology.netns import kill_all
from topology.shell import until

from .files import RULES, substitute

PORT = 9090


class QueryError(AssertionError):
    """Prometheus refused an expression: says which, and why."""


class Prometheus:
    """Scrapes each second, from inside `namespace`. `jobs`: {name: ["address:port", ...]}"""

    def __init__(self, namespace, directory, jobs):
        self.namespace = namespace
        self._targets = sum(len(targets) for targets in jobs.values())
        os.makedirs(directory)
        config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                  "rule_files": [str(RULES)],
                  "scrape_configs": [{"job_name": job, "static_configs": [{"targets": targets}]}
                                     for job, targets in jobs.items()]}
        with open(f"{directory}/prometheus.yml", "w", encoding="utf-8") as file:
            yaml.safe_dump(config, file)
        self.log_path = f"{directory}/log"
        with open(self.log_path, "ab") as log:
            self._process = namespace.popen(
                ["prometheus", f"--config.file={directory}/prometheus.yml",
                 f"--storage.tsdb.path={directory}/data",
                 f"--web.listen-address=127.0.0.1:{PORT}"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)

    def wait_ready(self):
        until(lambda: len(self.query("up == 1")) == self._targets,
              "Prometheus has scraped every target")

    def _get(self, path, **parameters):
        url = f"http://127.0.0.1:{PORT}{path}?{urllib.parse.urlencode(parameters)}"

        def ask():
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            try:
                with opener.open(url, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                text = error.read().decode(errors="replace")
                raise QueryError(f"{parameters.get('query', path)}: {text}") from error
            except (urllib.error.URLError, ConnectionError) as error:
                raise AssertionError(f"Prometheus does not answer: {error}") from error
        return self.namespace.call(ask)["data"]

    def query(self, expr):
        """Rows of an instant query: [{"metric": labels, "value": [time, text]}]."""
        return self._get("/api/v1/query", query=substitute(expr))["result"]

    def query_range(self, expr, start, end, step=1):
        return self._get("/api/v1/query_range", query=substitute(expr), start=start, end=end,
                         step=step)["result"]

    def rules(self):
        """The rules as Prometheus has loaded and evaluated them."""
        groups = self._get("/api/v1/rules")["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def close(self):
        if self._process.poll() is None:
            kill_all([self._process.pid])
        self._process.wait()
