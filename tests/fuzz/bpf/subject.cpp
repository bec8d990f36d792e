// SPDX-License-Identifier: Apache-2.0
#include "fuzz/bpf/subject.h"

#include <cstdarg>
#include <cstdlib>
#include <utility>

namespace coax::fuzz {

namespace {

constexpr std::uint32_t kAbsentDevice = 99999;
constexpr int kJumboMtu = 65535;

int print_nothing(libbpf_print_level, const char *, va_list) {
    return 0;
}

/// Takes whatever the program copies to it; the stack behind its far end has no addresses.
std::uint32_t add_device(const char *name) {
    const test::VethPair pair = test::add_veth(name);
    test::set_mtu(pair.near, kJumboMtu);
    test::set_mtu(pair.far, kJumboMtu);
    return pair.near;
}

int keep_mail(void *list, void *data, std::size_t) {
    static_cast<std::vector<coax_mail_record> *>(list)->push_back(
        *static_cast<const coax_mail_record *>(data));
    return 0;
}

Devices make_devices() {
    Devices devices;
    for (const char *name : {"port0", "port1", "port2"})
        devices.ports.push_back(add_device(name));
    for (const char *name : {"lane0", "lane1"})
        devices.lanes.push_back(add_device(name));
    for (const char *name : {"second0", "second1"})
        devices.second_lanes.push_back(add_device(name));
    devices.handover = add_device("handover");
    devices.uplink = add_device("uplink");
    devices.absent = kAbsentDevice;
    return devices;
}

} // namespace

Subject::Subject(coax_hook hook) : hook_(hook), devices_(make_devices()) {
    libbpf_set_print(print_nothing);
    loaded_ = test::load_program(hook, test::isolate_maps);
    program_.emplace(loaded_.object, test::hook_name(hook));
    mail_.reset(ring_buffer__new(program_->map_fd("coax_mail"), keep_mail, &received_, nullptr));
    if (!mail_)
        std::abort();
}

Subject::~Subject() = default;

void Subject::set_tables(Tables tables) {
    erase_tables(*program_, tables_);
    tables_ = std::move(tables);
    put_tables(*program_, tables_);
}

void Subject::observe_learning(const Case &input, Observed &seen) const {
    const auto key = learn_key(input);
    if (!key)
        return;
    const coax_fdb_key fdb = fdb_key(key->first, key->second);
    seen.learned_entry = program_->get<coax_fdb_entry>("coax_fdb", fdb);
    seen.learned_count = program_->get<std::uint32_t>("coax_net_learned", key->first);
    const coax_fdb_entry *before = tables_.find(key->first, key->second);
    if (before != nullptr)
        program_->put("coax_fdb", fdb, *before);
    else if (seen.learned_entry)
        program_->remove("coax_fdb", fdb);
    const auto count = tables_.learned.find(key->first);
    if (count != tables_.learned.end())
        program_->put("coax_net_learned", key->first, count->second);
}

void Subject::observe_report(const Case &input, Observed &seen) const {
    const auto sender = sender_of(input);
    if (sender)
        seen.report = program_->get<coax_path_report>("coax_path_reports", tables_.first(*sender));
}

Observed Subject::run(const Case &input) {
    if (hook_ == COAX_HOOK_TC_PORT || hook_ == COAX_HOOK_TC_LANE)
        fill_buckets(*program_, tables_);
    Observed seen;
    seen.run = program_->run(input.frame, input.context);
    seen.sent = tap_.take();
    if (hook_ == COAX_HOOK_TC_LANE) {
        observe_learning(input, seen);
        observe_report(input, seen);
        ring_buffer__consume(mail_.get());
        seen.mail = std::exchange(received_, {});
    }
    return seen;
}

} // namespace coax::fuzz
