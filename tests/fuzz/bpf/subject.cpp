// SPDX-License-Identifier: Apache-2.0
#include "fuzz/bpf/subject.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "tc_handover.skel.h"
#include "tc_lane.skel.h"
#include "tc_port.skel.h"
#include "tc_uplink.skel.h"
#include "xdp_uplink.skel.h"

namespace coax::fuzz {

namespace {

constexpr std::uint32_t kAbsentDevice = 99999;
constexpr int kJumboMtu = 65535;
constexpr std::uint32_t kTestRunL2Bytes = 14; // a test run's skb always has an Ethernet header

int print_nothing(libbpf_print_level, const char *, va_list) {
    return 0;
}

void configure(tc_lane &skeleton) {
    skeleton.rodata->coax_lane_l2_bytes = kTestRunL2Bytes;
}
template <typename Skeleton>
void configure(Skeleton &) {}

template <typename Skeleton>
std::pair<std::shared_ptr<void>, bpf_object *> load() {
    Skeleton *skeleton = Skeleton::open();
    if (skeleton == nullptr)
        return {};
    std::shared_ptr<void> owner(
        skeleton, [](void *opened) { Skeleton::destroy(static_cast<Skeleton *>(opened)); });
    test::isolate_maps(skeleton->obj);
    configure(*skeleton);
    if (Skeleton::load(skeleton) != 0)
        return {};
    return {owner, skeleton->obj};
}

std::pair<std::shared_ptr<void>, bpf_object *> load(coax_hook hook) {
    switch (hook) {
    case COAX_HOOK_TC_PORT:
        return load<tc_port>();
    case COAX_HOOK_TC_LANE:
        return load<tc_lane>();
    case COAX_HOOK_TC_HANDOVER:
        return load<tc_handover>();
    case COAX_HOOK_TC_UPLINK:
        return load<tc_uplink>();
    default:
        return load<xdp_uplink>();
    }
}

/// Takes whatever the program copies to it; the stack behind its far end has no addresses.
std::uint32_t add_device(const char *name) {
    const test::VethPair pair = test::add_veth(name);
    test::set_mtu(pair.near, kJumboMtu);
    test::set_mtu(pair.far, kJumboMtu);
    return pair.near;
}

Devices make_devices() {
    Devices devices;
    for (const char *name : {"port0", "port1", "port2"})
        devices.ports.push_back(add_device(name));
    for (const char *name : {"lane0", "lane1"})
        devices.lanes.push_back(add_device(name));
    devices.handover = add_device("handover");
    devices.uplink = add_device("uplink");
    devices.absent = kAbsentDevice;
    return devices;
}

} // namespace

Subject::Subject(coax_hook hook) : hook_(hook), devices_(make_devices()) {
    libbpf_set_print(print_nothing);
    auto [owner, object] = load(hook);
    if (object == nullptr) {
        std::fprintf(stderr, "%s: the kernel does not load it (root?)\n", test::hook_name(hook));
        std::abort();
    }
    skeleton_ = owner;
    program_.emplace(object, test::hook_name(hook));
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

Observed Subject::run(const Case &input) {
    if (hook_ == COAX_HOOK_TC_PORT)
        fill_buckets(*program_, tables_);
    Observed seen;
    seen.run = program_->run(input.frame, input.context);
    seen.sent = tap_.take();
    if (hook_ == COAX_HOOK_TC_LANE)
        observe_learning(input, seen);
    return seen;
}

} // namespace coax::fuzz
