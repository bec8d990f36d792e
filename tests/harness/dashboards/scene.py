# SPDX-License-Identifier: Apache-2.0
"""Live nodes under traffic and a Prometheus on a management network of its own: three that are
configured by files, and an overlay beside them of a controller and two nodes that joined it.

            alpha   beta   gamma     controller   delta   epsilon
              |       |      |           |          |        |     m0: 198.51.100.N
            [br0 198.51.100.254]  management network: Prometheus
"""

from topology.capture import MARKER
from topology.cluster import RED, add_ports, join_all
from topology.frames import RawPort, ethernet
from topology.netns import Namespace
from topology.metrics import PORT as METRICS_PORT
from topology.packets import ipv4, udp, vxlan_packet
from topology.switch import NO_IPV6, UPLINK, underlay_v4
from topology.topology import Topology
from topology.traffic import IperfRun, SteadyPing

from .prometheus import Prometheus


class Scene:
    """Use as a context manager; `start_traffic` and `misbehave` make the figures move."""

    def __init__(self, label):
        self.topology = Topology(label)
        self.cluster = Topology(f"{label}-joined")
        self._runs = []
        self.prometheus = None
        try:
            self._build(self.topology, self.cluster)
        except BaseException:
            self.close()
            raise

    def _build(self, topology, cluster):
        topology.network("red", 100, "10.1.0", "2001:db8:1:")
        topology.network("blue", 200, "10.2.0", "2001:db8:2:")
        self.management = Namespace(f"{topology.name}-mgmt").create(NO_IPV6)
        topology.strangers.append(self.management)
        self.management.ip("link add name br0 type bridge forward_delay 0 stp_state 0",
                           "link set dev br0 up", "addr add 198.51.100.254/24 dev br0")
        jobs = {"coax": [], "coax-controller": []}
        for name in ("alpha", "beta", "gamma"):
            node = topology.node(name)
            topology.port(node, "red-c", "red", guard_ips=True)
            topology.port(node, "blue-c", "blue")
            node.config["metrics"] = self._target(jobs["coax"], node.namespace, name, node.node_id)
        self.mallory = topology.stranger("mallory", 66)
        controller = cluster.controller()
        controller.config["metrics"] = self._target(jobs["coax-controller"], controller.namespace,
                                                    "control", 10)
        joined = [cluster.joined_node(name) for name in ("delta", "epsilon")]
        for host, node in enumerate(joined, start=11):
            node.base["metrics"] = self._target(jobs["coax"], node.namespace, node.name, host)
        self.prometheus = Prometheus(self.management, f"{topology.directory}/prometheus", jobs)
        topology.start().settle()
        controller.start().network(cluster.network(*RED))
        join_all(controller, joined)
        add_ports(cluster, controller, joined)
        cluster.settle()
        self._deleted_token = controller.token()
        for token in controller.coax("tokens")["tokens"]:
            controller.coax("tokens", "delete", token["id"])
        self.prometheus.wait_ready()

    def _target(self, targets, namespace, name, host):
        """Table "metrics" of one that Prometheus scrapes."""
        address = f"198.51.100.{host}"
        self.management.ip(
            f"link add name m-{name} type veth peer name m0 netns {namespace.name}",
            f"link set dev m-{name} master br0 up")
        namespace.ip("link set dev m0 up", f"addr add {address}/24 dev m0")
        targets.append(f"{address}:{METRICS_PORT}")
        return {"listen": targets[-1]}

    def ends(self, port="red-c"):
        return [node.attachment(port) for node in self.topology.nodes.values()]

    def start_traffic(self, seconds):
        """Pings between all, and one bulk stream in each network."""
        a, b, c = self.ends()
        for source, target in ((a, b), (b, c), (c, a)):
            self._runs.append(SteadyPing(source.namespace, target.ipv4, interval_s=0.1))
        self._runs.append(IperfRun(a.namespace, b.namespace, b.ipv4, seconds=seconds, port=5301,
                                   arguments=["-b", "20M"]))
        a, b, c = self.ends("blue-c")
        self._runs.append(IperfRun(c.namespace, a.namespace, a.ipv4, seconds=seconds, port=5302,
                                   arguments=["-u", "-b", "3M", "-l", "1000"]))

    def misbehave(self):
        """A container lies about its address; a stranger injects clear text and noise; a node asks
        to join with a token that was deleted."""
        a, b, _ = self.ends()
        with RawPort(a.namespace, a.ifname) as port:
            lie = ipv4("10.1.0.99", b.ipv4, 17, udp(5, 6, MARKER))
            for _ in range(20):
                port.send(ethernet(b.mac, a.mac, 0x0800, lie))
        victim = a.node
        mac = victim.links()[UPLINK]["address"]
        inner = ethernet(a.mac, b.mac, 0x88B5, MARKER * 5)
        clear = vxlan_packet(underlay_v4(66), underlay_v4(victim.node_id), 100, inner)
        noise = ipv4(underlay_v4(66), underlay_v4(victim.node_id), 17,
                     udp(5, victim.listen_port, b"noise"))
        with RawPort(self.mallory, UPLINK) as port:
            for packet in [clear] * 5 + [noise] * 10:
                port.send(ethernet(mac, "02:66:66:66:66:66", 0x0800, packet))
        self._join_with_deleted_token()

    def _join_with_deleted_token(self):
        zeta = self.cluster.nodes.get("zeta") or self.cluster.joined_node("zeta")
        refused = zeta.join(self._deleted_token, "--timeout", "20", check=False)
        assert refused.returncode != 0, refused.stdout

    def close(self):
        if self.prometheus:
            self.prometheus.close()
        self.cluster.close()
        self.topology.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
