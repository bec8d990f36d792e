# SPDX-License-Identifier: Apache-2.0
"""Builds and tears down a set of nodes on one switch, under names nobody else has."""

import glob
import hashlib
import itertools
import os
import re
import shutil
import tempfile
import weakref

from .cable import Cable, NoCapture
from .capture import Capture
from .controller import PORT as CONTROLLER_PORT
from .controller import Controller
from .joined_node import JoinedNode
from .netns import Namespace, stale_namespaces
from .node import Attachment, Node, remove_instance
from .plain import PlainNode
from .shell import alive, until
from .switch import NO_IPV6, NO_LINK_LOCAL, QUIET_IPV6, UNDERLAY_V4, UNDERLAY_V6, Switch
from .traffic import ping

PREFIX = "cx"
CONTROLLER_HOST = 250  # on the underlay, the next ones below; nodes count from 1
# /run and not /tmp: beside /run/netns, so that who sees a set-up's namespaces sees its files, too.
RUN = "/run"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_serial = itertools.count()
_running_numbers = itertools.count()
live = weakref.WeakSet()  # topologies that exist now, for checks after each test and for cleanup
_closed_findings = []  # of captures that ended before the check after their test


class Topology:
    """Use as a context manager. Order: node(), network(), port()..., start()."""

    def __init__(self, label="", *, mtu=1500, name=None, directory=None, instances=None,
                 cable=False):
        """`name`, `directory` and `instances` are for a set-up that others must find again.
        `cable`: two nodes on a bare veth pair, without capture, for measurements."""
        digest = hashlib.sha256(label.encode()).hexdigest()[:4]
        self.name = name or f"{PREFIX}{os.getpid()}-{digest}{next(_serial)}"
        self.nodes = {}
        self.plain_nodes = {}
        self.controllers = {}
        self.networks = {}
        self.directory = directory or tempfile.mkdtemp(prefix=self.name + "-", dir=RUN)
        self._instances = iter(instances) if instances else map(_instance_name, _running_numbers)
        live.add(self)
        self.switch = Cable(mtu) if cable else Switch(f"{self.name}-switch", mtu).create()
        self.capture = NoCapture() if cable else Capture(self.switch, [UNDERLAY_V4, UNDERLAY_V6])
        self.strangers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Building.

    def node(self, name, *, lanes=1, v4=True, v6=False, mtu=None, kind=Node):
        node_id = self._next_node_id()
        sysctls = QUIET_IPV6 if v6 else QUIET_IPV6 + NO_LINK_LOCAL
        namespace = Namespace(f"{self.name}-{name}").create(sysctls)
        node = kind(name, node_id, next(self._instances), namespace, f"{self.directory}/{name}",
                    lanes=lanes, v4=v4, v6=v6)
        self.nodes[name] = node
        self.switch.plug(namespace, name, node_id, v4=v4, v6=v6, mtu=mtu)
        node.make_keys()
        node.config = node.base_config()
        self.capture.watch(name)
        self.capture.allow_udp_ports(node.udp_ports)
        return node

    def plain_node(self, name):
        """A peer that is plain Linux; it is judged by the capture like any other."""
        node_id = self._next_node_id()
        namespace = Namespace(f"{self.name}-{name}").create(QUIET_IPV6 + NO_LINK_LOCAL)
        node = PlainNode(name, node_id, next(self._instances), namespace,
                         f"{self.directory}/{name}")
        self.plain_nodes[name] = node
        self.switch.plug(namespace, name, node_id)
        self.capture.watch(name)
        self.capture.allow_udp_ports(node.udp_ports)
        return node

    def joined_node(self, name, **options):
        """A node whose configuration, peers and networks come from joining a controller."""
        return self.node(name, kind=JoinedNode, **options)

    def controller(self, name="controller", *, v6=False, **options):
        """A machine with a controller on the switch, after init() and not started."""
        namespace = Namespace(f"{self.name}-{name}").create(QUIET_IPV6 + NO_LINK_LOCAL)
        host = CONTROLLER_HOST - len(self.controllers)
        made = Controller(namespace, f"{self.directory}/{name}", host, v6=v6, **options)
        self.controllers[name] = made
        self.switch.plug(namespace, name, host, v6=v6)
        self.capture.watch(name)
        self.capture.allow_tls_port(CONTROLLER_PORT)
        return made.init()

    def attach(self, node, name, network, *, kind="netns", number=None):
        """What a port of a joined node is for, without the port: the controller is told of that."""
        return self._attach(node, name, network,
                            None if kind == "netns" else name.replace("-", ""), number)

    def _next_node_id(self):
        return len(self.nodes) + len(self.plain_nodes) + 1

    def network(self, name, vni, v4_prefix, v6_prefix, **options):
        """`v4_prefix` like "10.1.0", `v6_prefix` like "2001:db8:1:"; a /24 and a /64."""
        table = {"name": name, "vni": vni,
                 "subnets": [f"{v4_prefix}.0/24", f"{v6_prefix}:/64"], **options}
        self.networks[name] = (table, v4_prefix, v6_prefix, len(self.networks) + 1)
        return table

    def port(self, node, name, network, *, kind="netns", number=None, v6=True, **options):
        """Adds a port to the node's configuration; its container namespace is made here.
        `number` is the host part of its addresses. A container without `v6` sends nothing unasked;
        with it, the kernel sends MLD reports at random times, which a test that counts sees."""
        host_ifname = None if kind == "netns" else name.replace("-", "")
        attachment = self._attach(node, name, network, host_ifname, number)
        addresses = [f"{attachment.ipv4}/24"]
        if v6:
            addresses.append(f"{attachment.ipv6}/64")
        else:
            for key, value in NO_IPV6:
                attachment.namespace.sysctl(key, value)
        row = {"name": name, "network": network, "kind": kind, "ifname": attachment.ifname,
               "mac": attachment.mac, "addresses": addresses, **options}
        if kind == "netns":
            row["netns"] = attachment.namespace.name
        node.config["port"].append(row)
        return attachment

    def plain_port(self, node, name, network, *, kind="netns"):
        """A container behind the bridge of a plain node, or (kind host) that bridge itself."""
        vni = self.networks[network][0]["vni"]
        return self._attach(node, name, network, None if kind == "netns" else f"br{vni}")

    def _attach(self, node, name, network, host_ifname, number=None):
        """`host_ifname` None: a container with a namespace of its own, made here."""
        _, v4_prefix, v6_prefix, index = self.networks[network]
        number = number or node.node_id * 10 + len(node.attachments)
        namespace = node.namespace
        if host_ifname is None:
            namespace = Namespace(f"{node.namespace.name}-{name}").create(QUIET_IPV6)
        attachment = Attachment(
            node=node, name=name, network=network, namespace=namespace,
            ifname=host_ifname or "eth0",
            mac=f"02:c0:a7:{index:02x}:{node.node_id:02x}:{number & 255:02x}",
            ipv4=f"{v4_prefix}.{number}", ipv6=f"{v6_prefix}:{number:x}")
        node.attachments.append(attachment)
        return attachment

    def connect(self):
        """Fills in every node's peers and networks."""
        for node in self.nodes.values():
            node.config["peer"] = [node.peer_table(other) for other in self._all_nodes()
                                   if other is not node]
            node.config["network"] = [dict(table) for table, *_ in self.networks.values()]

    def start(self):
        """All agents at once, then waits for each."""
        self.connect()
        for node in self.plain_nodes.values():
            node.start(list(self.nodes.values()), [table for table, *_ in self.networks.values()])
        for node in self.nodes.values():
            node.start(wait=False)
        for node in self.nodes.values():
            node.wait_ready()
        return self

    def stranger(self, name, host, *, v4=True, v6=True):
        """A machine on the switch that is no node: its frames are not judged by the capture."""
        namespace = Namespace(f"{self.name}-{name}").create(QUIET_IPV6)
        self.strangers.append(namespace)
        self.switch.plug(namespace, name, host, v4=v4, v6=v6)
        return namespace

    # Asking.

    def ports(self, network=None):
        return [port for node in self._all_nodes() for port in node.attachments
                if network in (None, port.network)]

    def _all_nodes(self):
        return [*self.nodes.values(), *self.plain_nodes.values()]

    def pairs(self, network):
        ports = self.ports(network)
        return [(a, b) for a in ports for b in ports if a is not b]

    def settle(self):
        """Waits until every node has heard every other one it shares a network with."""
        for source, target in (pair for name in self.networks for pair in self.pairs(name)):
            if source.node is not target.node:
                until(lambda a=source, b=target: ping(a.namespace, b.ipv4, wait_s=1).received,
                      f"{source} reaches {target}")
        return self

    # The end.

    def close(self):
        _closed_findings.extend(str(finding) for finding in self.capture.findings())
        self.capture.close()
        for node in self._all_nodes():
            node.discard()
        for controller in self.controllers.values():
            controller.discard()
        for namespace in self.strangers + [self.switch]:
            namespace.delete()
        shutil.rmtree(self.directory, ignore_errors=True)
        live.discard(self)


def take_findings():
    """What captures have found and nobody has taken yet, also of topologies that are closed."""
    findings = _closed_findings.copy()
    _closed_findings.clear()
    for topology in list(live):
        findings += [str(finding) for finding in topology.capture.findings()]
        topology.capture.forget()
    return findings


def sweep_stale():
    """Removes what runs left behind that were killed before they could clean up."""
    for namespace in stale_namespaces(PREFIX):
        namespace.delete()
    for directory in glob.glob(f"{RUN}/{PREFIX}[0-9]*-*"):
        maker = re.match(rf"{PREFIX}(\d+)-", os.path.basename(directory))
        if maker and not alive(int(maker.group(1))):
            remove_leftovers(directory)


def remove_leftovers(directory):
    """Pins and sockets of the instances whose node directories are in `directory`, and those."""
    for path in glob.glob(f"{directory}/*/instance"):
        with open(path, encoding="ascii") as file:
            remove_instance(file.read().strip())
    shutil.rmtree(directory, ignore_errors=True)


def close_all():
    for topology in list(live):
        topology.close()


def _instance_name(number):
    """Eight characters, unique on this kernel: 't', pid and a running number in base 36."""
    return "t" + _base36(os.getpid(), 5) + _base36(number % 1296, 2)


def _base36(value, width):
    digits = ""
    for _ in range(width):
        value, digit = divmod(value, 36)
        digits = _DIGITS[digit] + digits
    return digits
