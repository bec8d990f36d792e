# SPDX-License-Identifier: Apache-2.0
"""Parameters of a test that goes through a table."""

import itertools

import pytest


def crossed(firsts, seconds, *, guests, mark=pytest.mark.kernels):
    """Rows for parametrize("first,second"): every pair. In the guests of the vm level, where a
    stream takes a minute, only those of `guests`, which get `mark`: in them each value should
    occur."""
    pairs = list(itertools.product(firsts, seconds))
    assert set(guests) <= set(pairs)
    return [pytest.param(*pair, id="-".join(_text(value) for value in pair),
                         marks=[mark] if pair in guests else [])
            for pair in pairs]


def _text(value):
    return "-to-".join(value) if isinstance(value, tuple) else str(value)
