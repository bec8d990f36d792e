// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/bpf_datapath.h"

#include "lib/bpf/attach_xdp.h"
#include "lib/bpf/counts.h"
#include "lib/bpf/learned.h"

namespace coax {

Result<DatapathTables> BpfDatapath::read_tables() {
    return read_all(opened_.maps);
}

Status BpfDatapath::apply(const DatapathDelta &delta) {
    MapWriter writer(opened_.maps);
    return apply_in_order(delta, writer);
}

Result<bool> BpfDatapath::attach_ingress(IfIndex link, ProgramId id) {
    return attach_tc({link, TcSide::kIngress}, program(id), opened_.ownership, clsact_);
}

Result<bool> BpfDatapath::attach_port(IfIndex link) {
    return attach_ingress(link, ProgramId::kTcPort);
}

Result<bool> BpfDatapath::attach_lane(IfIndex link) {
    return attach_ingress(link, ProgramId::kTcLane);
}

Result<bool> BpfDatapath::attach_handover(IfIndex link) {
    return attach_ingress(link, ProgramId::kTcHandover);
}

Result<AttachedUplink> BpfDatapath::attach_uplink(IfIndex link, std::optional<bool> native) {
    // The guard first: nothing in clear may leave while XDP is still being attached.
    const TcSlot egress{link, TcSide::kEgress};
    COAX_ASSIGN_OR_RETURN(const bool guard_changed, attach_tc(egress, program(ProgramId::kTcUplink),
                                                              opened_.ownership, clsact_));
    uplink_notes_[link] = filters_before_ours(egress);
    XdpAttacher attacher(program(ProgramId::kXdpUplink), opened_.ownership, opened_.loader);
    COAX_ASSIGN_OR_RETURN(AttachedUplink uplink, attacher.attach(link, native));
    uplink.changed = uplink.changed || guard_changed;
    return uplink;
}

Status BpfDatapath::detach_uplink(IfIndex link) {
    uplink_notes_.erase(link);
    COAX_TRY(detach_xdp(link, opened_.ownership));
    return detach_tc({link, TcSide::kEgress}, opened_.ownership, clsact_);
}

Result<std::vector<LearnedEntry>> BpfDatapath::learned() {
    return read_learned(opened_.maps);
}

Result<std::size_t> BpfDatapath::age(std::uint64_t older_than_ns) {
    return age_learned(opened_.maps, older_than_ns);
}

Result<std::map<std::uint32_t, std::uint32_t>> BpfDatapath::learned_counts() {
    return read_learned_counts(opened_.maps.net_learned);
}

std::map<std::string, std::uint32_t> BpfDatapath::capacities() const {
    return table_capacities(opened_.maps);
}

Result<Datapath::Drops> BpfDatapath::drops() {
    return read_drops(opened_.maps.drops);
}

Result<std::array<coax_count, COAX_COUNTERS_COUNT>> BpfDatapath::counters() {
    return read_counters(opened_.maps.counters);
}

Result<std::map<std::uint32_t, coax_port_stats>> BpfDatapath::port_stats() {
    return read_port_stats(opened_.maps.port_stats);
}

Result<std::map<std::uint32_t, coax_node_stats>> BpfDatapath::node_stats() {
    return read_node_stats(opened_.maps.node_stats);
}

Result<std::map<std::uint32_t, NodeContact>> BpfDatapath::contacts(const ContactsOf &of) {
    return read_contacts(opened_.maps, of);
}

Status BpfDatapath::expect_echo(std::uint32_t vtep_be, const coax_probe &probe) {
    return opened_.maps.probes.set(bytes_of(vtep_be), bytes_of(probe), WriteMode::kOnlyExisting);
}

Result<UniqueFd> BpfDatapath::mail_ready() {
    return opened_.mail.ready();
}

Status BpfDatapath::read_mail(const MailReader &reader) {
    return opened_.mail.read(reader);
}

Status BpfDatapath::set_lease(const coax_lease_key &key, const coax_lease &lease) {
    return opened_.maps.leases.set(bytes_of(key), bytes_of(lease));
}

Status BpfDatapath::remove_lease(const coax_lease_key &key) {
    return opened_.maps.leases.remove(bytes_of(key));
}

Result<Table<coax_lease_key, coax_lease>> BpfDatapath::leases() {
    return read_table<coax_lease_key, coax_lease>(opened_.maps.leases);
}

std::vector<std::string> BpfDatapath::notes() {
    std::vector<std::string> all = opened_.notes;
    for (const auto &[link, notes] : uplink_notes_)
        all.insert(all.end(), notes.begin(), notes.end());
    return all;
}

Status BpfDatapath::remove_everything() {
    return remove_datapath(opened_.instance);
}

} // namespace coax
