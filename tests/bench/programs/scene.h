// SPDX-License-Identifier: Apache-2.0
// One loaded program with an overlay of a chosen size in its maps, which have the capacity they have
// in the product.
#pragma once

#include <cstdint>
#include <memory>

#include "bpf/world.h"
#include "harness/bpf_maps.h"
#include "harness/bpf_run.h"
#include "harness/loaded_program.h"

namespace coax::bench {

struct Size {
    std::uint32_t fdb_entries;
    std::uint32_t nodes;
};

/// MAC of entry `index` of the FDB, which is behind node `index % nodes`.
test::Mac endpoint_mac(std::uint32_t index);
/// VTEP of node 0, 1, ...; this node's own is test::kSelfVtep.
std::uint32_t node_vtep_be(std::uint32_t node);

/// A port of network test::kVni is on the loopback device of the namespace; lanes and other ports have
/// made-up interface indices, as no test run redirects. Aborts where the kernel refuses (not root).
class Scene {
  public:
    Scene(coax_hook hook, Size size);

    [[nodiscard]] const test::BpfRun &program() const { return *program_; }
    [[nodiscard]] Size size() const { return size_; }

  private:
    void fill_fdb() const;
    void fill_nodes() const;
    void fill_port() const;

    Size size_;
    test::LoadedProgram loaded_;
    std::unique_ptr<test::BpfRun> program_;
};

constexpr std::uint32_t kLoopback = 1; // its index in every network namespace

} // namespace coax::bench
