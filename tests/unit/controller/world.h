// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "controller/admission/admissions.h"
#include "controller/registry/audit.h"
#include "controller/registry/cluster.h"
#include "controller/registry/nodes.h"
#include "controller/registry/revocations.h"
#include "controller/registry/tokens.h"
#include "controller/registry/topology.h"
#include "harness/fake_clock.h"
#include "lib/store/memory_store.h"
#include "unit/trust/sample_binding.h"

namespace coax::controller::test {

using coax::test::kNow;
using coax::test::make_key;
using coax::test::must;

/// A controller's registry over a store in memory, with an operator's CA.
struct World {
    World();

    ChallengeFacts challenge() const;
    v1::Hello hello(const std::string &name, SshPrivateKey &key);
    std::string certificate(const std::string &name, const SshPublicKey &key);
    std::string certificate(CertificateFacts facts);
    std::string binding(Binding binding, SshPrivateKey &key);
    /// "ID.SECRET"
    std::string token(std::uint32_t uses = 1, std::uint32_t valid_seconds = 0);
    /// Certified nodes join with a token; the id.
    NodeId join(const std::string &name, SshPrivateKey &key);
    Admission admit(const v1::Hello &hello);
    std::unique_ptr<Admissions> make_admissions(bool require_token, bool auto_admit);
    v1::Audit audit(const std::string &object = "");
    std::string dump(); // all keys and values

    FakeClock clock;
    std::unique_ptr<Store> store = make_memory_store(clock);
    Writer writer{*store, clock, "c1", 10000};
    SshPrivateKey ca = make_key();
    std::shared_ptr<const TrustAnchors> anchors =
        std::make_shared<TrustAnchors>(coax::test::anchors_of(ca.public_key()));
    NodeRegistry nodes{writer};
    TopologyRegistry topology{writer};
    TokenRegistry tokens{writer};
    RevocationRegistry revocations{writer};
    std::unique_ptr<Admissions> admissions = make_admissions(true, false);
};

v1::Network sample_network(const std::string &name, const std::string &subnet);
v1::Port sample_port(const std::string &name, const std::string &network,
                     const std::string &address);

} // namespace coax::controller::test
