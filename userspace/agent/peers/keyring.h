// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/secret.h"
#include "lib/base/types.h"

namespace coax {

/// The private keys of this node's lanes, read (or made) once and then kept in memory.
/// One loop. Failure: a key file with a wrong mode is an error of ensure(), nothing is changed.
class Keyring {
  public:
    explicit Keyring(std::filesystem::path directory) : directory_(std::move(directory)) {}

    /// Keys of the lanes [0, lanes) are there afterwards.
    Status ensure(std::uint32_t lanes);

    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }
    [[nodiscard]] const PrivateKey &private_key(std::uint32_t lane) const { return keys_[lane]; }
    [[nodiscard]] const PublicKey &public_key(std::uint32_t lane) const {
        return public_keys_[lane];
    }

  private:
    std::filesystem::path directory_;
    std::vector<PrivateKey> keys_;
    std::vector<PublicKey> public_keys_;
};

} // namespace coax
