/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Names every enum of include/coax/abi/, and what is on the wire or in a ring buffer, so that the
 * BPF compiler's BTF has it: the programs' use of them leaves no type behind.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "coax/abi/control.h"
#include "coax/abi/counter.h"
#include "coax/abi/drop_reason.h"
#include "coax/abi/tables.h"

enum coax_settings_flags settings_flags SEC(".data.abi");
enum coax_path_flags path_flags SEC(".data.abi");
enum coax_port_flags port_flags SEC(".data.abi");
enum coax_network_flags network_flags SEC(".data.abi");
enum coax_target_kind target_kind SEC(".data.abi");
enum coax_fdb_flags fdb_flags SEC(".data.abi");
enum coax_control_type control_type SEC(".data.abi");
enum coax_lease_kind lease_kind SEC(".data.abi");
enum coax_drop_reason drop_reason SEC(".data.abi");
enum coax_hook hook SEC(".data.abi");
enum coax_counter counter SEC(".data.abi");
struct coax_control control SEC(".data.abi");
struct coax_mail_record mail_record SEC(".data.abi");

char LICENSE[] SEC("license") = "GPL";
