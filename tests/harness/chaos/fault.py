# SPDX-License-Identifier: Apache-2.0
"""The list of faults: generator functions that do harm, yield while it lasts, then undo it.

A fault takes (world, node, rng). What it does not undo itself, the agent must.
"""

FAULTS = {}


def fault(function):
    FAULTS[function.__name__] = function
    return function


def inflict(world, names, rng):
    """All named faults at once, each on a random node; returns when all is well again.

    A fault that is `world.alone` makes sure that it does harm; of two, one may hide the other.
    """
    world.alone = len(names) == 1
    running, chosen = [], []
    try:
        for name in names:
            node = rng.choice(world.nodes)
            chosen.append(f"{name} on {node.name}")
            running.append(FAULTS[name](world, node, rng))
            next(running[-1])
        world.let_traffic_pass()
    finally:
        for one in reversed(running):
            next(one, None)
    world.settle(" and ".join(chosen))
