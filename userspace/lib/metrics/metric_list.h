// SPDX-License-Identifier: Apache-2.0
// The one list of metrics: X(ID, kind, name, labels, help). Names are coax_<module>_<noun>_<unit>,
// counters end in _total; states of 0 or 1 end in the adjective that is true at 1. Labels are
// separated by commas. `process_*` are the names every Prometheus client library uses.
// A new row comes with the panel or alert rule that uses it (dashboards/).
#pragma once

// clang-format off
#define COAX_METRICS(X)                                                                            \
    X(AgentBuildInfo, Gauge, "coax_agent_build_info", "version,abi,backend",                       \
      "Always 1; the labels say which coaxd runs and who encrypts.")                               \
    X(AgentNodeInfo, Gauge, "coax_agent_node_info", "node,coax_instance,vtep",                     \
      "Always 1; the labels say which node this is.")                                              \
    X(AgentReconcileAge, Gauge, "coax_agent_reconcile_age_seconds", "",                            \
      "Seconds since the last pass that compared the kernel with the configuration.")              \
    X(AgentReconcileChanges, Gauge, "coax_agent_reconcile_changes", "",                            \
      "Changes that the last pass had to make; 0 while nobody interferes.")                        \
    X(AgentReconcileFailed, Gauge, "coax_agent_reconcile_failed", "",                              \
      "1 when the last pass met an error; coax status shows it.")                                  \
    X(AgentReloadFailed, Gauge, "coax_agent_reload_failed", "",                                    \
      "1 when the last reload was refused and the configuration before it is in force.")           \
    X(AgentDegradations, Gauge, "coax_agent_degradations", "",                                     \
      "Things that work less well than they could; coax status lists them.")                       \
    X(AgentCollectSeconds, Gauge, "coax_agent_collect_seconds", "",                                \
      "Seconds the event loop spent on making the previous answer to a scrape.")                   \
    X(AgentCollectFailed, Gauge, "coax_agent_collect_failed", "source",                            \
      "1 when this source could not be read; its series are left out, not zero.")                  \
    X(AgentScrapes, Counter, "coax_agent_scrapes_total", "result",                                 \
      "Requests at the metrics address: answered, refused (too many at once) or bad.")             \
    X(ControlConnected, Gauge, "coax_control_connected", "",                                       \
      "1 while a controller is followed; absent where the file says it all.")                      \
    X(ControlViewAge, Gauge, "coax_control_view_age_seconds", "",                                  \
      "Seconds since a controller said that there is nothing newer; absent before the first.")     \
    X(ControlViewSaved, Gauge, "coax_control_view_saved", "",                                      \
      "1 when this node would come up with its peers after a reboot without a controller.")        \
    X(ControlNodes, Gauge, "coax_control_nodes", "state",                                          \
      "Nodes that controllers name: in_force as peers, refused here, gone (kept while heard).")    \
    X(ControlRefused, Counter, "coax_control_refused_total", "reason",                             \
      "Claims of controllers that did not verify here; coax why explains each.")                   \
    X(ControlExpiryLeft, Gauge, "coax_control_expiry_left_seconds", "what",                        \
      "Seconds until the first of its kind runs out; negative: it is over.")                       \
    X(ControlRevocations, Gauge, "coax_control_revocations_version", "",                           \
      "Version of the revocation list in force.")                                                  \
    X(LaneKeysAge, Gauge, "coax_lane_keys_age_seconds", "",                                        \
      "Seconds since the lane keys in use were made; while they change, since that began.")        \
    X(LaneKeysChanging, Gauge, "coax_lane_keys_changing", "",                                      \
      "1 while the lane keys change: the old and the next ones work, coax key shows how far.")     \
    X(LaneKeysWaits, Gauge, "coax_lane_keys_waits", "",                                            \
      "Peers that still need the old keys while they change.")                                     \
    X(MeshPeers, Gauge, "coax_mesh_peers", "state",                                                \
      "Peers that are up (a handshake in the last 180 s), stale (an older one) or never had one.") \
    X(MeshHandshakeAgeMax, Gauge, "coax_mesh_handshake_age_max_seconds", "",                       \
      "Seconds since the last handshake of the peer that waits longest; absent without any.")      \
    X(MeshPresence, Gauge, "coax_mesh_presence_peers", "presence",                                 \
      "Peers heard lately (alive), being probed (silent, unknown), or given up (dead).")           \
    X(PeerUp, Gauge, "coax_peer_up", "peer",                                                       \
      "1 while the last handshake on the youngest lane is at most 180 s old.")                     \
    X(PeerHandshakeAge, Gauge, "coax_peer_handshake_age_seconds", "peer",                          \
      "Seconds since the last handshake on the youngest lane; absent before the first.")           \
    X(PeerReceiveAge, Gauge, "coax_peer_receive_age_seconds", "peer",                              \
      "Seconds since the last frame or control message from the peer; absent before the first.")   \
    X(PeerRoundTrip, Gauge, "coax_peer_round_trip_seconds", "peer",                                \
      "Round trip of the last answered probe; only silent peers are probed, absent before.")       \
    X(PeerReceiveBytes, Counter, "coax_peer_receive_bytes_total", "peer",                          \
      "Bytes that WireGuard received from the peer, all lanes.")                                   \
    X(PeerTransmitBytes, Counter, "coax_peer_transmit_bytes_total", "peer",                        \
      "Bytes that WireGuard sent to the peer, all lanes.")                                         \
    X(PeerOverlayReceivePackets, Counter, "coax_peer_overlay_receive_packets_total", "peer",       \
      "Frames decapsulated from the peer.")                                                        \
    X(PeerOverlayReceiveBytes, Counter, "coax_peer_overlay_receive_bytes_total", "peer",           \
      "Bytes of the frames decapsulated from the peer, with the overlay's headers.")               \
    X(PeerOverlayTransmitPackets, Counter, "coax_peer_overlay_transmit_packets_total", "peer",     \
      "Frames encapsulated for the peer; a super-packet counts once.")                             \
    X(PeerOverlayTransmitBytes, Counter, "coax_peer_overlay_transmit_bytes_total", "peer",         \
      "Bytes of the frames encapsulated for the peer, with the overlay's headers.")                \
    X(LaneUp, Gauge, "coax_lane_up", "lane",                                                       \
      "1 when the WireGuard device of the lane is there and the last pass had no error with it.")  \
    X(LanePeers, Gauge, "coax_lane_peers", "lane",                                                 \
      "Peers on the WireGuard device of the lane.")                                                \
    X(LaneMtu, Gauge, "coax_lane_mtu_bytes", "lane",                                               \
      "MTU of the WireGuard device of the lane.")                                                  \
    X(LaneThreaded, Gauge, "coax_lane_threaded", "lane",                                           \
      "1 when the lane is received in a kernel thread of its own (threaded NAPI).")                \
    X(LaneReceiveBytes, Counter, "coax_lane_receive_bytes_total", "lane",                          \
      "Bytes that WireGuard received on the lane since the agent started, all peers.")             \
    X(LaneTransmitBytes, Counter, "coax_lane_transmit_bytes_total", "lane",                        \
      "Bytes that WireGuard sent on the lane since the agent started, all peers.")                 \
    X(NetworkInfo, Gauge, "coax_network_info", "network,vni",                                      \
      "Always 1; the labels say which number the network has.")                                    \
    X(NetworkMembers, Gauge, "coax_network_members", "network",                                    \
      "Nodes that may use the network, this one included.")                                        \
    X(NetworkPorts, Gauge, "coax_network_ports", "network",                                        \
      "Ports of this node in the network.")                                                        \
    X(NetworkMtu, Gauge, "coax_network_mtu_bytes", "network",                                      \
      "Largest IP packet of the network.")                                                         \
    X(NetworkLearned, Gauge, "coax_network_learned_entries", "network",                            \
      "MAC addresses learned from remote nodes, as the programs count them.")                      \
    X(NetworkLearnLimit, Gauge, "coax_network_learn_limit_entries", "network",                     \
      "MAC addresses that are learned at most.")                                                   \
    X(PortUp, Gauge, "coax_port_up", "port,network",                                               \
      "1 when the port is there, guarded and up.")                                                 \
    X(PortMtu, Gauge, "coax_port_mtu_bytes", "port,network",                                       \
      "MTU of the port.")                                                                          \
    X(PortReceivePackets, Counter, "coax_port_receive_packets_total", "port,network",              \
      "Frames that the port sent into the network; a super-packet counts once.")                   \
    X(PortReceiveBytes, Counter, "coax_port_receive_bytes_total", "port,network",                  \
      "Bytes of the frames that the port sent into the network.")                                  \
    X(PortTransmitPackets, Counter, "coax_port_transmit_packets_total", "port,network",            \
      "Frames delivered to the port.")                                                             \
    X(PortTransmitBytes, Counter, "coax_port_transmit_bytes_total", "port,network",                \
      "Bytes of the frames delivered to the port.")                                                \
    X(UplinkUp, Gauge, "coax_uplink_up", "uplink",                                                 \
      "1 when the interface is there and up.")                                                     \
    X(UplinkGuarded, Gauge, "coax_uplink_guarded", "uplink",                                       \
      "1 when both guard programs are attached: only ciphertext passes.")                          \
    X(UplinkMtu, Gauge, "coax_uplink_mtu_bytes", "uplink",                                         \
      "MTU of the interface.")                                                                     \
    X(UplinkXdpMode, Gauge, "coax_uplink_xdp_mode", "uplink,mode",                                 \
      "1 for the mode in which xdp_uplink runs: native, generic or detached; 0 for the others.")   \
    X(UplinkXdpDispatcher, Gauge, "coax_uplink_xdp_dispatcher", "uplink",                          \
      "1 when xdp_uplink is chained by libxdp's dispatcher, 0 when it is attached alone.")         \
    X(UplinkClearPackets, Counter, "coax_uplink_clear_packets_total", "direction",                 \
      "Overlay packets in clear text that the guard stopped on the uplinks; must stay 0.")         \
    X(DatapathDropPackets, Counter, "coax_datapath_drop_packets_total", "hook,reason",             \
      "Packets dropped; coax drops explains each reason.")                                         \
    X(DatapathDropBytes, Counter, "coax_datapath_drop_bytes_total", "hook,reason",                 \
      "Bytes of the dropped packets; WireGuard counts packets only.")                              \
    X(DatapathEventPackets, Counter, "coax_datapath_event_packets_total", "event",                 \
      "Packets by what was done with them: encap, decap, flooded and so on.")                      \
    X(DatapathEventBytes, Counter, "coax_datapath_event_bytes_total", "event",                     \
      "Bytes of these packets.")                                                                   \
    X(MapEntries, Gauge, "coax_map_entries", "map",                                                \
      "Entries in the BPF map: those the last pass wanted, and those the programs learned.")       \
    X(MapCapacity, Gauge, "coax_map_capacity_entries", "map",                                      \
      "Entries that fit the BPF map.")                                                             \
    X(ProcessCpu, Counter, "process_cpu_seconds_total", "",                                        \
      "User and system CPU time of coaxd in seconds.")                                             \
    X(ProcessResidentMemory, Gauge, "process_resident_memory_bytes", "",                           \
      "Resident memory of coaxd in bytes.")                                                        \
    X(ProcessOpenFds, Gauge, "process_open_fds", "",                                               \
      "File descriptors that coaxd has open.")                                                     \
    X(ProcessStartTime, Gauge, "process_start_time_seconds", "",                                   \
      "When coaxd started, in seconds since the epoch.")
// clang-format on
