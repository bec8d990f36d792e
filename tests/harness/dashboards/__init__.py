# SPDX-License-Identifier: Apache-2.0
"""Dashboards and alert rules, and a Prometheus that looks at live agents."""
