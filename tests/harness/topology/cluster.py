# SPDX-License-Identifier: Apache-2.0
"""The ceremony from nothing to connected nodes, as an operator does it."""

from .shell import until
from .topology import Topology
from .traffic import ping

RED = ("red", 100, "10.1.0", "2001:db8:1:")


def join_all(controller, nodes):
    """One token, `coax join` on every node, one approval, and the agents."""
    token = controller.token(uses=len(nodes))
    for node in nodes:
        node.begin_join(token)
    names = [node.name for node in nodes]
    until(lambda: all(controller.states().get(name) == "pending" for name in names),
          "all nodes wait for approval")
    controller.approve(*names)
    for node in nodes:
        node.finish_join()
    for node in nodes:
        node.start(wait=False)
    for node in nodes:
        node.wait_ready()


def add_ports(topology, controller, nodes, network="red", name="red-c"):
    """A container on each node; the controller is told, the node does the work."""
    for node in nodes:
        controller.port(topology.attach(node, name, network))
    for node in nodes:
        node.wait_for_port(name)


def build_cluster(label, names, *, lease_s=3, **controller_options):
    """A controller and nodes that joined it, a container in red on each, all connected."""
    topology = Topology(label)
    try:
        controller = topology.controller(lease_s=lease_s)
        for table, options in controller_options.items():
            controller.config[table].update(options)
        controller.start()
        controller.network(topology.network(*RED))
        nodes = [topology.joined_node(name) for name in names]
        join_all(controller, nodes)
        add_ports(topology, controller, nodes)
        return topology.settle()
    except BaseException:
        topology.close()
        raise


def reaches(source, target):
    """Between the containers of two nodes in red."""
    return ping(source.attachment("red-c").namespace, target.attachment("red-c").ipv4,
                wait_s=1).received


def all_connected(nodes):
    for source in nodes:
        for target in nodes:
            if source is not target:
                until(lambda a=source, b=target: reaches(a, b),
                      f"{source.name} reaches {target.name}")
