// SPDX-License-Identifier: Apache-2.0
// The one list of the controller's metrics: X(ID, kind, name, labels, help), as that of the agent
// (lib/metrics/metric_list.h). A new row comes with the panel or alert rule that uses it.
#pragma once

// clang-format off
#define COAX_CONTROLLER_METRICS(X)                                                                 \
    X(BuildInfo, Gauge, "coax_controller_build_info", "version,controller,store",                  \
      "Always 1; the labels say which controller runs, and on what kind of store.")                \
    X(Agents, Gauge, "coax_controller_agents", "state",                                            \
      "Streams of agents here: welcome, pending (wait for an operator), unfinished (no hello yet).") \
    X(Nodes, Gauge, "coax_controller_nodes", "state",                                              \
      "Nodes of the cluster: online (with whichever controller), offline, pending.")               \
    X(Networks, Gauge, "coax_controller_networks", "",                                             \
      "Networks of the cluster.")                                                                  \
    X(Ports, Gauge, "coax_controller_ports", "",                                                   \
      "Ports that operators made.")                                                                \
    X(Welcomes, Counter, "coax_controller_welcomes_total", "",                                     \
      "Agents that were let in.")                                                                  \
    X(Refusals, Counter, "coax_controller_refusals_total", "reason",                               \
      "What was refused to agents, by reason; the log has the whole story.")                       \
    X(Updates, Counter, "coax_controller_updates_total", "",                                       \
      "Updates sent to agents, snapshots included.")                                               \
    X(MergedUpdates, Counter, "coax_controller_merged_updates_total", "",                          \
      "Updates that carried several changes at once.")                                             \
    X(Messages, Counter, "coax_controller_messages_total", "",                                     \
      "Messages sent to agents, all kinds.")                                                       \
    X(SendBytes, Counter, "coax_controller_send_bytes_total", "",                                  \
      "Bytes of these messages, before TLS.")                                                      \
    X(SnapshotBuilds, Counter, "coax_controller_snapshot_builds_total", "",                        \
      "Snapshots that were made; many agents share one.")                                          \
    X(ChangeBuilds, Counter, "coax_controller_change_builds_total", "",                            \
      "Changes that were encoded; agents that keep up share each.")                                \
    X(GoneTold, Counter, "coax_controller_gone_nodes_total", "",                                   \
      "Nodes that were called gone because nobody heard them.")                                    \
    X(LeasesExpired, Counter, "coax_controller_leases_expired_total", "holder",                    \
      "Leases that ran out: of nodes that fell silent here, of this controller in the store.")     \
    X(Holding, Gauge, "coax_controller_holding", "",                                               \
      "1 for one lease after a start or an outage of the store: nobody is called gone.")           \
    X(StoreUp, Gauge, "coax_controller_store_up", "",                                              \
      "1 while the store answers; agents keep everything without it.")                             \
    X(StoreRevision, Gauge, "coax_controller_store_revision", "",                                  \
      "Revision up to which this controller has followed the store.")                              \
    X(StoreCalls, Counter, "coax_controller_store_calls_total", "kind",                            \
      "Calls to the store: read or write.")                                                        \
    X(StoreSeconds, Counter, "coax_controller_store_seconds_total", "kind",                        \
      "Seconds that these calls took.")                                                            \
    X(StoreErrors, Counter, "coax_controller_store_errors_total", "",                              \
      "Calls to the store that failed; a compare that did not hold is no failure.")                \
    X(StoreLists, Counter, "coax_controller_store_lists_total", "",                                \
      "Times the store was listed, because a watch ended or to see what it did not tell.")         \
    X(AuditLines, Counter, "coax_controller_audit_lines_total", "",                                \
      "Changes that this controller wrote, each with a line of the audit log.")                    \
    X(AutoAdmit, Gauge, "coax_controller_auto_admit", "",                                          \
      "1 when every node that asks is certified unseen; must be 0 but in labs.")                   \
    X(Scrapes, Counter, "coax_controller_scrapes_total", "result",                                 \
      "Requests at the metrics address: answered, refused (too many at once) or bad.")             \
    X(ProcessCpu, Counter, "process_cpu_seconds_total", "",                                        \
      "User and system CPU time of the controller in seconds.")                                    \
    X(ProcessResidentMemory, Gauge, "process_resident_memory_bytes", "",                           \
      "Resident memory of the controller in bytes.")                                               \
    X(ProcessOpenFds, Gauge, "process_open_fds", "",                                               \
      "File descriptors that the controller has open.")                                            \
    X(ProcessStartTime, Gauge, "process_start_time_seconds", "",                                   \
      "When the controller started, in seconds since the epoch.")
// clang-format on
