// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace coax {

/// Why something that claims to be trusted is not. Each is counted and logged under its name.
enum class RefusalReason {
    kMalformed,      // does not parse, or is not in its one canonical form
    kTooLarge,       // larger than its kind may be; not read
    kVersion,        // of a protocol version this program does not know
    kUnsupported,    // a type of key or certificate this program does not take
    kBadSignature,   // not signed by the key it says
    kWrongCa,        // signed by a CA that is no trust anchor
    kWrongType,      // user certificate for host certificate, or the reverse
    kNoPrincipals,   // a certificate for nobody in particular
    kWrongPrincipal, // certified for somebody else
    kCriticalOption, // a restriction this program does not understand
    kExpired,
    kNotYetValid,
    kRevoked,
    kWrongNetwork, // signed for another overlay
    kOtherNode,    // another node's record, or its place
    kWrongVtep,    // the VTEP is not the one of the node id
    kOldEpoch,     // the node has signed a later record
    kEpochReused,  // the node has signed another record with the same epoch
    kOldList,      // a revocation list older than the one in force
    kListReused,   // another revocation list with the version of the one in force
};

constexpr std::size_t kRefusalReasons = 20;

/// "wrong_ca": for a label or a log.
std::string_view refusal_name(RefusalReason reason);

/// What was refused, and the whole story for an operator: expected, found, what to do.
struct Refusal {
    RefusalReason reason;
    std::string message;
};

/// Of an error of a parser: kUnsupported and kVersion keep their meaning, kPermission is
/// kBadSignature, all else is kMalformed.
Refusal refusal_of(const Error &error, std::string_view what);

} // namespace coax
