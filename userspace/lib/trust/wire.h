// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/result.h"

// The data types of the SSH wire format (RFC 4251 section 5). Bytes are kept in strings.
namespace coax {

/// For libsodium.
inline const std::uint8_t *bytes_of(std::string_view text) {
    return static_cast<const std::uint8_t *>(static_cast<const void *>(text.data()));
}

inline std::string_view text_of(std::span<const std::uint8_t> bytes) {
    return {static_cast<const char *>(static_cast<const void *>(bytes.data())), bytes.size()};
}

/// Reads bytes of others. A read past the end fails the reader: it and all later reads give zero or
/// nothing, and finish() says so. Views point into the input.
class WireReader {
  public:
    explicit WireReader(std::string_view bytes) : rest_(bytes) {}

    std::uint8_t byte();
    std::uint32_t uint32();
    std::uint64_t uint64();
    std::string_view raw(std::size_t count);
    std::string_view string() { return raw(uint32()); }
    /// A string of exactly N bytes.
    template <std::size_t N>
    std::array<std::uint8_t, N> fixed_string() {
        std::array<std::uint8_t, N> out{};
        copy(string(), out);
        return out;
    }

    /// Nothing is left, or the reader failed: for loops over packed lists.
    [[nodiscard]] bool done() const { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const { return rest_; }
    [[nodiscard]] bool failed() const { return failed_; }
    /// kInvalid when a read failed or bytes are left; `what` was read, for the error.
    [[nodiscard]] Status finish(std::string_view what) const;

  private:
    void copy(std::string_view from, std::span<std::uint8_t> to);
    std::uint64_t integer(std::size_t bytes);

    std::string_view rest_;
    bool failed_ = false;
};

/// Appends to a std::string, or to SecretBytes.
template <typename Buffer>
class BasicWireWriter {
  public:
    void byte(std::uint8_t value) { integer(value, 1); }
    void uint32(std::uint32_t value) { integer(value, 4); }
    void uint64(std::uint64_t value) { integer(value, 8); }
    void raw(std::string_view bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
    /// At most 4 GiB.
    void string(std::string_view bytes) {
        uint32(static_cast<std::uint32_t>(bytes.size()));
        raw(bytes);
    }
    void string(std::span<const std::uint8_t> bytes) { string(text_of(bytes)); }

    [[nodiscard]] const Buffer &bytes() const { return out_; }
    [[nodiscard]] Buffer take() { return std::move(out_); }

  private:
    void integer(std::uint64_t value, std::size_t bytes) {
        for (std::size_t i = bytes; i-- > 0;)
            out_.push_back(static_cast<char>(value >> (8 * i)));
    }

    Buffer out_;
};

using WireWriter = BasicWireWriter<std::string>;

} // namespace coax
