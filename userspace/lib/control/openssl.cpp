// SPDX-License-Identifier: Apache-2.0
#include "lib/control/openssl.h"

#include <openssl/crypto.h>

namespace coax {

void keep_openssl() {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
}

} // namespace coax
