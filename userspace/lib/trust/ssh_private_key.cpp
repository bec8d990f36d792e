// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/ssh_private_key.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>

#include <fmt/format.h>
#include <sodium.h>

#include "lib/base/private_file.h"
#include "lib/base/unique_fd.h"
#include "lib/trust/armor.h"
#include "lib/trust/ssh_line.h"
#include "lib/trust/wire.h"

namespace coax {
namespace {

constexpr std::string_view kLabel = "OPENSSH PRIVATE KEY";
constexpr std::string_view kMagic("openssh-key-v1\0", 15);
constexpr std::string_view kNone = "none"; // cipher and KDF of an unencrypted key
constexpr std::size_t kBlockBytes = 8;     // what the section is padded to when unencrypted
constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kFileBytesMax = 16384;
constexpr PrivateMode kMode{.expected = 0600,
                            .if_read = "make a new one with ssh-keygen -t ed25519"};

static_assert(crypto_sign_SECRETKEYBYTES == 2 * kSeedBytes);

Error damaged(std::string_view why) {
    return {ErrorCode::kInvalid, fmt::format("the private key is damaged ({}): put the right file "
                                             "back, or make a new key",
                                             why)};
}

/// 1, 2, 3, ... up to the end of the block.
bool is_padding(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (static_cast<std::uint8_t>(bytes[i]) != i + 1)
            return false;
    }
    return bytes.size() < kBlockBytes;
}

} // namespace

SshPrivateKey::SshPrivateKey(const Seed &seed) {
    // Deriving a key pair from a seed cannot fail.
    (void)crypto_sign_seed_keypair(public_key_.bytes.data(), secret_.expose_mutable().data(),
                                   seed.expose().data());
}

Result<SshPrivateKey> SshPrivateKey::generate() {
    if (sodium_init() < 0)
        return Error(ErrorCode::kSystem, "libsodium found no source of randomness");
    Seed seed;
    randombytes_buf(seed.expose_mutable().data(), kSeedBytes);
    return SshPrivateKey(seed);
}

Result<SshPrivateKey> SshPrivateKey::parse(std::string_view text) {
    COAX_ASSIGN_OR_RETURN(const SecretBytes blob, dearmor<SecretBytes>(text, kLabel));
    WireReader reader(view_of(blob));
    if (reader.raw(kMagic.size()) != kMagic)
        return damaged("it does not begin with openssh-key-v1");
    const std::string_view cipher = reader.string();
    const std::string_view kdf = reader.string();
    reader.string(); // options of the KDF
    const std::uint32_t keys = reader.uint32();
    const std::string_view public_blob = reader.string();
    const std::string_view section = reader.string();
    if (!reader.finish("private key").ok())
        return damaged("cut short, or a length is wrong");
    if (cipher != kNone || kdf != kNone)
        return Error(ErrorCode::kUnsupported,
                     "the private key is encrypted: a daemon needs one without passphrase "
                     "(ssh-keygen -p -N '' on a copy, mode 0600); an operator adds it to ssh-agent "
                     "(ssh-add) and uses --agent");
    if (keys != 1)
        return damaged("expected one key");
    COAX_ASSIGN_OR_RETURN(const SshPublicKey expected, SshPublicKey::from_blob(public_blob));
    return parse_section(section, expected);
}

Result<SshPrivateKey> SshPrivateKey::parse_section(std::string_view section,
                                                   const SshPublicKey &expected) {
    WireReader reader(section);
    const std::uint32_t check = reader.uint32();
    const bool checks = check == reader.uint32();
    const std::string_view type = reader.string();
    COAX_TRY(expect_ssh_type(type, kSshKeyType));
    const auto public_bytes = reader.fixed_string<sizeof(expected.bytes)>();
    const std::string_view secret = reader.string();
    reader.string(); // comment
    if (reader.failed() || !checks || secret.size() != 2 * kSeedBytes ||
        section.size() % kBlockBytes != 0 || !is_padding(reader.rest()))
        return damaged("its parts do not fit");
    Seed seed;
    const std::string_view seed_bytes = secret.substr(0, kSeedBytes);
    std::copy(seed_bytes.begin(), seed_bytes.end(), seed.expose_mutable().begin());
    SshPrivateKey key(seed);
    const bool fits = key.public_key_ == expected && public_bytes == expected.bytes &&
                      secret.substr(kSeedBytes) == text_of(expected.bytes);
    if (!fits)
        return damaged("it does not fit the public key beside it");
    return key;
}

Result<SshPrivateKey> SshPrivateKey::load(const std::filesystem::path &path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid())
        return Error::from_errno("open private key " + path.string(), errno);
    COAX_TRY(check_private(path, fd.get(), kMode));
    COAX_ASSIGN_OR_RETURN(const SecretBytes text, read_secret(path, fd.get(), kFileBytesMax));
    auto key = parse(view_of(text));
    if (!key.ok())
        return key.error().with_context(path.string());
    return key;
}

SecretBytes SshPrivateKey::to_openssh(std::string_view comment) const {
    BasicWireWriter<SecretBytes> section;
    const std::uint32_t check = randombytes_random();
    section.uint32(check);
    section.uint32(check);
    section.string(kSshKeyType);
    section.string(public_key_.bytes);
    section.string(secret_.expose());
    section.string(comment);
    for (std::uint8_t i = 1; section.bytes().size() % kBlockBytes != 0; ++i)
        section.byte(i);
    BasicWireWriter<SecretBytes> blob;
    blob.raw(kMagic);
    blob.string(kNone);
    blob.string(kNone);
    blob.string(std::string_view());
    blob.uint32(1);
    blob.string(public_key_.blob());
    blob.string(view_of(section.bytes()));
    return armor<SecretBytes>(view_of(blob.bytes()), kLabel);
}

Result<Ed25519Signature> SshPrivateKey::sign(std::string_view message) {
    Ed25519Signature signature{};
    // With a key of the right size, signing cannot fail.
    (void)crypto_sign_detached(signature.data(), nullptr, bytes_of(message), message.size(),
                               secret_.expose().data());
    return signature;
}

} // namespace coax
