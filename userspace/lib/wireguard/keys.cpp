// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/base/file.h"
#include "lib/base/private_file.h"
#include "lib/base/unique_fd.h"
#include "lib/wireguard/wireguard.h"

namespace coax {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kBase64Chars = 44; // with '='
constexpr std::size_t kFileBytesMax = 4096;
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr std::string_view kIfRead = "remove lane*.key";

static_assert(sodium_base64_ENCODED_LEN(kKeyBytes, sodium_base64_VARIANT_ORIGINAL) ==
              kBase64Chars + 1);

/// Text of a key; wiped when it goes.
using KeyText = Secret<kBase64Chars + 1>;

/// RFC 7748 section 5, as `wg genkey` does.
void clamp(PrivateKey &key) {
    auto bytes = key.expose_mutable();
    bytes[0] &= 248;
    bytes[31] = static_cast<std::uint8_t>((bytes[31] & 127) | 64);
}

char *as_text(std::span<std::uint8_t> bytes) {
    return static_cast<char *>(static_cast<void *>(bytes.data()));
}

Status check_directory(const std::filesystem::path &directory) {
    const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid() && errno == ENOENT)
        return ensure_directory(directory, kDirectoryMode);
    if (!fd.valid())
        return Error::from_errno("open key directory " + directory.string(), errno);
    return check_private(directory, fd.get(), {kDirectoryMode, kIfRead});
}

Result<PrivateKey> decode(const std::filesystem::path &path, std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\0'))
        text.remove_suffix(1);
    PrivateKey key;
    auto bytes = key.expose_mutable();
    std::size_t decoded = 0;
    const int result =
        sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &decoded,
                          nullptr, sodium_base64_VARIANT_ORIGINAL);
    if (result != 0 || decoded != bytes.size() || sodium_is_zero(bytes.data(), bytes.size()) != 0)
        return Error(ErrorCode::kInvalid,
                     fmt::format("{} holds no key: expected {} characters of base64 as `wg genkey` "
                                 "prints; put the right file back, or remove it to make a new key",
                                 path.string(), kBase64Chars));
    clamp(key);
    return key;
}

Result<PrivateKey> read_key(const std::filesystem::path &path, int fd) {
    COAX_TRY(check_private(path, fd, {kFileMode, kIfRead}));
    COAX_ASSIGN_OR_RETURN(const SecretBytes text, read_secret(path, fd, kFileBytesMax));
    return decode(path, view_of(text));
}

Result<PrivateKey> make_key(const std::filesystem::path &path) {
    PrivateKey key = generate_private_key();
    KeyText text;
    auto characters = text.expose_mutable();
    sodium_bin2base64(as_text(characters), characters.size(), key.expose().data(), kKeyBytes,
                      sodium_base64_VARIANT_ORIGINAL);
    characters[kBase64Chars] = '\n';
    const std::string_view content(as_text(characters), characters.size());
    COAX_TRY(write_file_atomically(path, content, kFileMode));
    return key;
}

} // namespace

PrivateKey generate_private_key() {
    PrivateKey key;
    auto bytes = key.expose_mutable();
    randombytes_buf(bytes.data(), bytes.size());
    clamp(key);
    return key;
}

PublicKey public_key_of(const PrivateKey &key) {
    PublicKey result;
    // The result is never used as a shared secret, so its only failure (a low-order point) cannot be.
    (void)crypto_scalarmult_curve25519_base(result.bytes.data(), key.expose().data());
    return result;
}

std::string lane_key_file(std::uint32_t lane, KeySet set) {
    return fmt::format("lane{}{}.key", lane, set == KeySet::kSecond ? ".second" : "");
}

Result<PrivateKey> load_or_create_key(const std::string &directory, std::uint32_t lane,
                                      KeySet set) {
    if (sodium_init() < 0)
        return Error(ErrorCode::kSystem, "libsodium found no source of randomness");
    COAX_TRY(check_directory(directory));
    const auto path = std::filesystem::path(directory) / lane_key_file(lane, set);
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (fd.valid())
        return read_key(path, fd.get());
    if (errno == ENOENT)
        return make_key(path);
    return Error::from_errno("open key " + path.string(), errno);
}

} // namespace coax
