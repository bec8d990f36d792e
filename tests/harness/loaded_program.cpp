// SPDX-License-Identifier: Apache-2.0
#include "harness/loaded_program.h"

#include <cstdio>
#include <cstdlib>

#include "harness/bpf_run.h"
#include "tc_handover.skel.h"
#include "tc_lane.skel.h"
#include "tc_port.skel.h"
#include "tc_uplink.skel.h"
#include "xdp_uplink.skel.h"

namespace coax::test {

namespace {

void configure(tc_lane &skeleton) {
    skeleton.rodata->coax_lane_l2_bytes = kTestRunL2Bytes;
}
template <typename Skeleton>
void configure(Skeleton &) {}

template <typename Skeleton>
LoadedProgram load(void (*prepare)(bpf_object *)) {
    Skeleton *skeleton = Skeleton::open();
    if (skeleton == nullptr)
        return {};
    std::shared_ptr<void> owner(
        skeleton, [](void *opened) { Skeleton::destroy(static_cast<Skeleton *>(opened)); });
    prepare(skeleton->obj);
    configure(*skeleton);
    if (Skeleton::load(skeleton) != 0)
        return {};
    return {.skeleton = std::move(owner), .object = skeleton->obj};
}

LoadedProgram load(coax_hook hook, void (*prepare)(bpf_object *)) {
    switch (hook) {
    case COAX_HOOK_TC_PORT:
        return load<tc_port>(prepare);
    case COAX_HOOK_TC_LANE:
        return load<tc_lane>(prepare);
    case COAX_HOOK_TC_HANDOVER:
        return load<tc_handover>(prepare);
    case COAX_HOOK_TC_UPLINK:
        return load<tc_uplink>(prepare);
    default:
        return load<xdp_uplink>(prepare);
    }
}

} // namespace

LoadedProgram load_program(coax_hook hook, void (*prepare)(bpf_object *)) {
    LoadedProgram loaded = load(hook, prepare);
    if (loaded.object == nullptr) {
        std::fprintf(stderr, "%s: the kernel does not load it (are you root?)\n", hook_name(hook));
        std::abort();
    }
    return loaded;
}

} // namespace coax::test
