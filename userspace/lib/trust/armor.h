// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/secret_bytes.h"

// Bytes as text: base64 (RFC 4648 section 4, with padding), and between the lines
// "-----BEGIN label-----" and "-----END label-----" as OpenSSH writes keys and signatures.
namespace coax {

std::string encode_base64(std::string_view bytes);

/// kInvalid unless `text` is what encode_base64 would have written.
Result<std::string> decode_base64(std::string_view text);

/// Lines of 70 characters, as OpenSSH's. Buffer: std::string, or SecretBytes.
template <typename Buffer>
Buffer armor(std::string_view bytes, std::string_view label);

/// The text begins with the BEGIN line; what follows the END line is ignored, as OpenSSH does.
/// kInvalid otherwise; the error shows nothing of the text.
template <typename Buffer>
Result<Buffer> dearmor(std::string_view text, std::string_view label);

} // namespace coax
