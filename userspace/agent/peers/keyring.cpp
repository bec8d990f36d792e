// SPDX-License-Identifier: Apache-2.0
#include "agent/peers/keyring.h"

#include "lib/wireguard/wireguard.h"

namespace coax {

Status Keyring::ensure(std::uint32_t lanes) {
    while (size() < lanes) {
        COAX_ASSIGN_OR_RETURN(PrivateKey key, load_or_create_key(directory_.string(), size()));
        public_keys_.push_back(public_key_of(key));
        keys_.push_back(std::move(key));
    }
    return {};
}

} // namespace coax
