# SPDX-License-Identifier: Apache-2.0
"""Parameters of a test that goes through a table."""

import itertools

import pytest


def crossed(firsts, seconds, *, kernels):
    """Rows for parametrize("first,second"): every pair. In the guests of the vm level, where a
    stream takes a minute, only those of `kernels`: in them each value should occur."""
    pairs = list(itertools.product(firsts, seconds))
    assert set(kernels) <= set(pairs)
    return [pytest.param(*pair, id="-".join(_text(value) for value in pair),
                         marks=[pytest.mark.kernels] if pair in kernels else [])
            for pair in pairs]


def _text(value):
    return "-to-".join(value) if isinstance(value, tuple) else str(value)
