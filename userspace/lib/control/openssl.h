// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coax {

/// Keeps OpenSSL whole until the process is gone. By itself it cleans up in an atexit handler, while
/// threads of gRPC may still end a connection: they use what is freed, or leave behind what nobody
/// frees (OPENSSL_init_crypto(3), OPENSSL_INIT_NO_ATEXIT). Call it before the first use of OpenSSL;
/// later calls do nothing.
void keep_openssl();

} // namespace coax
