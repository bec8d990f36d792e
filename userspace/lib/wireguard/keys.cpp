// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/base/file.h"
#include "lib/base/unique_fd.h"
#include "lib/wireguard/wireguard.h"

namespace coax {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kBase64Chars = 44; // with '='
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kModeBits = 07777;
constexpr mode_t kOthers = 077;

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

/// Not readable by group or others, and of ours or root's: else another user could plant the key.
Status check_private(const std::filesystem::path &path, int fd, mode_t expected) {
    struct stat info {};
    if (::fstat(fd, &info) != 0)
        return Error::from_errno("inspect " + path.string(), errno);
    const mode_t mode = info.st_mode & kModeBits;
    if ((mode & kOthers) != 0)
        return Error(ErrorCode::kPermission,
                     fmt::format("{} is open to others: expected mode {:04o}, found {:04o}; fix it "
                                 "with: chmod {:04o} {} (and replace the key if others may have "
                                 "read it: remove lane*.key)",
                                 path.string(), expected, mode, expected, path.string()));
    if (info.st_uid != ::geteuid() && info.st_uid != 0)
        return Error(
            ErrorCode::kPermission,
            fmt::format("{} belongs to user {}: expected user {}; fix it with: chown {} {}",
                        path.string(), info.st_uid, ::geteuid(), ::geteuid(), path.string()));
    return {};
}

Status check_directory(const std::filesystem::path &directory) {
    const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid() && errno == ENOENT)
        return ensure_directory(directory, kDirectoryMode);
    if (!fd.valid())
        return Error::from_errno("open key directory " + directory.string(), errno);
    return check_private(directory, fd.get(), kDirectoryMode);
}

Result<PrivateKey> decode(const std::filesystem::path &path, const KeyText &text,
                          std::size_t length) {
    const auto characters = text.expose();
    while (length > 0 && (characters[length - 1] == '\n' || characters[length - 1] == '\0'))
        --length;
    PrivateKey key;
    auto bytes = key.expose_mutable();
    std::size_t decoded = 0;
    const char *start = static_cast<const char *>(static_cast<const void *>(characters.data()));
    const int result = sodium_base642bin(bytes.data(), bytes.size(), start, length, nullptr,
                                         &decoded, nullptr, sodium_base64_VARIANT_ORIGINAL);
    if (result != 0 || decoded != bytes.size() || sodium_is_zero(bytes.data(), bytes.size()) != 0)
        return Error(ErrorCode::kInvalid,
                     fmt::format("{} holds no key: expected {} characters of base64 as `wg genkey` "
                                 "prints; put the right file back, or remove it to make a new key",
                                 path.string(), kBase64Chars));
    clamp(key);
    return key;
}

Result<PrivateKey> read_key(const std::filesystem::path &path, int fd) {
    COAX_TRY(check_private(path, fd, kFileMode));
    KeyText text;
    auto bytes = text.expose_mutable();
    std::size_t length = 0;
    while (length < bytes.size()) {
        const ssize_t got = ::read(fd, bytes.data() + length, bytes.size() - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return Error::from_errno("read " + path.string(), errno);
        if (got == 0)
            break;
        length += static_cast<std::size_t>(got);
    }
    return decode(path, text, length);
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

Result<PrivateKey> load_or_create_key(const std::string &directory, std::uint32_t lane) {
    if (sodium_init() < 0)
        return Error(ErrorCode::kSystem, "libsodium found no source of randomness");
    COAX_TRY(check_directory(directory));
    const auto path = std::filesystem::path(directory) / fmt::format("lane{}.key", lane);
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (fd.valid())
        return read_key(path, fd.get());
    if (errno == ENOENT)
        return make_key(path);
    return Error::from_errno("open key " + path.string(), errno);
}

} // namespace coax
