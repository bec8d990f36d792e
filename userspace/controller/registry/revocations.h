// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controller/registry/change.h"
#include "lib/trust/revocation_list.h"
#include "lib/trust/trust_anchors.h"

namespace coax::controller {

/// The list in the store; version 0 when there is none. kCorrupt when it does not parse.
Result<RevocationList> read_revocations(Change &change);

/// The revocation list that controllers pass on. Its version only rises, whoever brings it.
/// Threads: any. `writer` outlives it. Errors: as Writer.
class RevocationRegistry {
  public:
    explicit RevocationRegistry(Writer &writer) : writer_(writer) {}

    /// Signed; empty when there is none.
    Result<std::string> get();
    /// Revision 0 when it is the one in force. kInvalid with the reason when an anchor did not sign
    /// it or it is older; kTooLarge when the store has no room for it.
    Result<Revision> put(const std::string &bytes, const TrustAnchors &anchors,
                         const std::string &who);

  private:
    Writer &writer_;
};

} // namespace coax::controller
