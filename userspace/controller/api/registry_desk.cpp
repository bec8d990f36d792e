// SPDX-License-Identifier: Apache-2.0
#include "controller/api/registry_desk.h"

#include <utility>

#include <fmt/format.h>

#include "lib/trust/binding.h"

namespace coax::controller {
namespace {

constexpr std::uint32_t kStoreRetrySeconds = 5;

v1::Refused to_wire(const Refused &refused) {
    v1::Refused wire;
    wire.set_reason(refused.reason);
    wire.set_text(refused.text);
    wire.set_lasting(refused.lasting);
    wire.set_retry_seconds(refused.retry_seconds);
    return wire;
}

/// Nothing was decided: it is no fault of the node.
v1::Refused undecided(const Error &error) {
    v1::Refused wire;
    wire.set_reason(std::string(kStoreUnavailable));
    wire.set_text(
        fmt::format("the controller cannot write its store now, try again: {}", error.message()));
    wire.set_retry_seconds(kStoreRetrySeconds);
    return wire;
}

std::uint64_t epoch_of(const record::Node &node) {
    if (node.binding().empty())
        return 0;
    const auto binding = open_binding(node.binding());
    return binding.ok() ? binding->binding.epoch : 0;
}

} // namespace

DeskAnswer RegistryDesk::admit(const v1::Hello &hello, const ChallengeFacts &facts) {
    const auto admission = needs_.admissions.admit(hello, facts);
    if (!admission.ok())
        return undecided(admission.error());
    if (const auto *refused = std::get_if<Refused>(&*admission))
        return to_wire(*refused);
    if (const auto *waiting = std::get_if<Waiting>(&*admission)) {
        v1::Pending pending;
        pending.set_text(waiting->text);
        return pending;
    }
    const Admitted &admitted = std::get<Admitted>(*admission);
    if (admitted.auto_certified)
        needs_.log.warn("node.auto_admitted",
                        {{"node", admitted.node.name()},
                         {"id", admitted.node.id()},
                         {"key", fingerprint_of(admitted.node.public_key())}});
    return welcome(admitted.node, hello);
}

v1::Welcome RegistryDesk::welcome(const record::Node &node, const v1::Hello &hello) const {
    v1::Welcome welcome;
    welcome.set_network_id(terms_.network_id);
    welcome.set_node_id(node.id());
    welcome.set_name(node.name());
    welcome.set_vtep_pool(terms_.vtep_pool);
    if (node.certificate() != hello.certificate())
        welcome.set_certificate(node.certificate());
    for (const std::string &address : terms_.controllers)
        welcome.add_controllers(address);
    welcome.set_alive_seconds(static_cast<std::uint32_t>(terms_.alive.count()));
    welcome.set_lease_seconds(static_cast<std::uint32_t>(terms_.lease.count()));
    welcome.set_last_epoch(epoch_of(node));
    return welcome;
}

std::optional<v1::Refused> RegistryDesk::announce(NodeId node, const v1::Announce &message) {
    const auto announced = needs_.admissions.announce(node, message);
    if (!announced.ok())
        return undecided(announced.error());
    if (const auto *refused = std::get_if<Refused>(&*announced))
        return to_wire(*refused);
    return std::nullopt;
}

std::optional<v1::Refused> RegistryDesk::report(NodeId node, const v1::Report &message) {
    if (!message.revocations().empty())
        pass_on_revocations(node, message);
    const Status done = needs_.nodes.report(node, message);
    if (done.ok() || done.error().code() == ErrorCode::kNotFound)
        return std::nullopt; // removed meanwhile: it hears of that in another way
    return undecided(done.error());
}

/// A list that is not taken is no reason to refuse the agent: it may just be late.
void RegistryDesk::pass_on_revocations(NodeId node, const v1::Report &message) {
    const auto anchors = needs_.anchors();
    if (!anchors)
        return;
    const auto taken = needs_.revocations.put(message.revocations(), *anchors,
                                              fmt::format("agent {}", node.value()));
    if (!taken.ok())
        needs_.log.info("revocations.not_taken",
                        {{"from_node", node}, {"error", taken.error().message()}});
}

} // namespace coax::controller
