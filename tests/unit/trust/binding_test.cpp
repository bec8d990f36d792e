// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/binding.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/trust/armor.h"
#include "lib/trust/signed_record.h"
#include "lib/trust/sshsig.h"
#include "unit/trust/program.h"
#include "unit/trust/raw_certificate.h"
#include "unit/trust/sample_binding.h"

namespace coax::test {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

/// A binding field by field, also such as nobody should make.
struct RawBinding {
    std::string magic = "coax-binding";
    std::uint32_t format = 1;
    std::uint32_t node = 1;
    std::string vtep = "\x64\x40\0\1"s;
    std::string lanes = pack({std::string(32, '\2'), std::string(32, '\1')});
    std::string next{};
    std::string v4 = "\xc0\0\2\1"s;
    std::uint32_t port = 51820;
    std::string roles = pack({"gateway", "relay"});

    [[nodiscard]] std::string encode() const {
        WireWriter endpoints;
        endpoints.string(v4);
        endpoints.uint32(port);
        endpoints.string("\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\1");
        endpoints.uint32(51820);
        WireWriter writer;
        writer.string(magic);
        writer.uint32(format);
        writer.string("rack-4");
        writer.uint32(node);
        writer.string("storage1");
        writer.string(vtep);
        writer.string(lanes);
        writer.string(next);
        writer.string(endpoints.bytes());
        writer.string(roles);
        writer.uint64(1800000000);
        writer.uint64(1800000000 - 300);
        writer.uint64(1800000000 + 3600);
        return writer.take();
    }
};

TEST(Bindings, have_one_form) {
    EXPECT_EQ(sample_binding().encode(), RawBinding().encode());
    EXPECT_EQ(must(Binding::decode(RawBinding().encode())), sample_binding());
}

TEST(Bindings, in_any_other_form_are_refused) {
    const std::string mapped = std::string(10, '\0') + "\xff\xff\xc0\0\2\1"s;
    const std::pair<const char *, std::string> rows[] = {
        {"unsorted roles", RawBinding{.roles = pack({"relay", "gateway"})}.encode()},
        {"a role twice", RawBinding{.roles = pack({"relay", "relay"})}.encode()},
        {"roles cut", RawBinding{.roles = "abc"}.encode()},
        {"an IPv4 endpoint in 16 bytes", RawBinding{.v4 = mapped}.encode()},
        {"an endpoint of 5 bytes", RawBinding{.v4 = "abcde"}.encode()},
        {"a port past 65535", RawBinding{.port = 65536 + 51820}.encode()},
        {"a VTEP of no bytes", RawBinding{.vtep = ""}.encode()},
        {"a short key", RawBinding{.lanes = pack({std::string(31, '\2')})}.encode()},
        {"keys cut", RawBinding{.next = "abc"}.encode()},
        {"another thing", RawBinding{.magic = "coax-revocations"}.encode()},
        {"more behind it", RawBinding().encode() + "x"},
    };
    for (const auto &[name, payload] : rows) {
        const auto binding = Binding::decode(payload);
        ASSERT_FALSE(binding.ok()) << name;
        EXPECT_EQ(binding.error().code(), ErrorCode::kInvalid) << name;
    }
    const std::string good = RawBinding().encode();
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_FALSE(Binding::decode(good.substr(0, length)).ok()) << length;
}

TEST(Bindings, of_a_later_format_are_named_as_such) {
    const auto later = Binding::decode(RawBinding{.format = 2}.encode());
    ASSERT_FALSE(later.ok());
    EXPECT_EQ(later.error().code(), ErrorCode::kVersion);
    EXPECT_THAT(later.error().message(), HasSubstr("format 2, expected 1"));
}

struct Range {
    const char *name;
    std::function<void(Binding &)> change;
    const char *error;
};

class BindingRange : public testing::TestWithParam<Range> {};

/// Neither signed here nor read from others.
TEST_P(BindingRange, is_refused) {
    Binding binding = sample_binding();
    GetParam().change(binding);
    SshPrivateKey key = make_key();
    const auto signed_here = sign_binding(binding, key);
    ASSERT_FALSE(signed_here.ok());
    EXPECT_EQ(signed_here.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(signed_here.error().message(), HasSubstr(GetParam().error));
    const auto foreign = must(sign_record(binding.encode(), kBindingNamespace, key));
    EXPECT_FALSE(open_binding(foreign).ok());
}

const Range kRanges[] = {
    {"node_0", [](Binding &b) { b.node = NodeId(0); }, "node id of 1 to 16777215, found 0"},
    {"node_past_24_bit", [](Binding &b) { b.node = NodeId(1 << 24); }, "found 16777216"},
    {"no_network", [](Binding &b) { b.network_id = ""; }, "network id of 1 to 64"},
    {"long_network", [](Binding &b) { b.network_id = std::string(65, 'a'); }, "network id"},
    {"odd_network", [](Binding &b) { b.network_id = "Rack"; }, "found \"Rack\""},
    {"no_name", [](Binding &b) { b.name = ""; }, "name of 1 to 63"},
    {"long_name", [](Binding &b) { b.name = std::string(64, 'a'); }, "name of 1 to 63"},
    {"odd_name", [](Binding &b) { b.name = "a\nb"; }, "found \"a\\nb\""},
    {"name_of_principal", [](Binding &b) { b.name = "node-1@coax"; }, "name of 1 to 63"},
    {"no_keys", [](Binding &b) { b.lane_keys = {}; }, "1 to 8 lane keys, found 0"},
    {"many_keys",
     [](Binding &b) {
         for (std::uint8_t i = 3; i <= 9; ++i)
             b.lane_keys.push_back(lane_key(i));
     },
     "1 to 8 lane keys, found 9"},
    {"zero_key", [](Binding &b) { b.lane_keys[1] = lane_key(0); }, "is zero or there twice"},
    {"key_twice", [](Binding &b) { b.lane_keys[1] = b.lane_keys[0]; }, "is zero or there twice"},
    {"next_key_is_present",
     [](Binding &b) {
         b.next_lane_keys = {lane_key(3), lane_key(2)};
     },
     "is zero or there twice"},
    {"fewer_next_keys", [](Binding &b) { b.next_lane_keys = {lane_key(3)}; },
     "expected 2 next lane keys or none, found 1"},
    {"port_0", [](Binding &b) { b.endpoints[0].port = UdpPort(0); }, "is no endpoint"},
    {"no_address", [](Binding &b) { b.endpoints[0].address = IpAddress::v4(0); }, "is no endpoint"},
    {"many_endpoints", [](Binding &b) { b.endpoints.resize(17, b.endpoints[0]); },
     "at most 16 endpoints, found 17"},
    {"odd_role", [](Binding &b) { b.roles = {"Relay"}; }, "role of 1 to 32"},
    {"empty_role", [](Binding &b) { b.roles = {""}; }, "role of 1 to 32"},
    {"long_role", [](Binding &b) { b.roles = {std::string(33, 'a')}; }, "role of 1 to 32"},
    {"many_roles",
     [](Binding &b) {
         for (char c = 'a'; c < 'a' + 17; ++c)
             b.roles.insert(std::string(1, c));
     },
     "at most 16 roles, found 19"},
    {"v6_vtep", [](Binding &b) { b.vtep = must(IpAddress::parse("2001:db8::1")); },
     "expected an IPv4 VTEP"},
    {"epoch_0", [](Binding &b) { b.epoch = 0; }, "epoch from 1 on"},
    {"never_valid", [](Binding &b) { b.expires = b.not_before; }, "is never valid"},
};

INSTANTIATE_TEST_SUITE_P(Rows, BindingRange, testing::ValuesIn(kRanges),
                         [](const auto &row) { return row.param.name; });

TEST(SignedBindings, survive) {
    SshPrivateKey key = make_key();
    Binding binding = sample_binding();
    binding.next_lane_keys = {lane_key(3), lane_key(4)};
    const auto opened = must(open_binding(must(sign_binding(binding, key))));
    EXPECT_EQ(opened.binding, binding);
    EXPECT_EQ(opened.signer, key.public_key());
    const auto other = must(open_binding(must(sign_binding(sample_binding(), key))));
    EXPECT_NE(other.digest, opened.digest);
    const auto again = must(open_binding(must(sign_binding(binding, key))));
    EXPECT_EQ(again.digest, opened.digest);
}

TEST(SignedBindings, of_the_largest_size_fit_their_limit) {
    SshPrivateKey key = make_key();
    Binding binding = sample_binding();
    binding.network_id = std::string(64, 'a');
    binding.name = std::string(63, 'a');
    binding.lane_keys.clear();
    for (std::uint8_t i = 0; i < 8; ++i) {
        binding.lane_keys.push_back(lane_key(static_cast<std::uint8_t>(i + 1)));
        binding.next_lane_keys.push_back(lane_key(static_cast<std::uint8_t>(i + 101)));
    }
    binding.endpoints.resize(16, binding.endpoints[1]);
    binding.roles.clear();
    for (char c = 'a'; c < 'a' + 16; ++c)
        binding.roles.insert(std::string(32, c));
    EXPECT_TRUE(open_binding(must(sign_binding(binding, key))).ok());
    EXPECT_FALSE(open_binding(std::string(kBindingBytesMax + 1, 'x')).ok());
}

TEST(SignedBindings, are_for_their_namespace_and_a_plain_key) {
    SshPrivateKey key = make_key();
    const std::string payload = sample_binding().encode();
    EXPECT_FALSE(open_binding(must(sign_record(payload, "revocation@coax", key))).ok());
    SshPrivateKey ca = make_key();
    const auto certificate = must(make_certificate(host_facts(key.public_key()), ca));
    const auto signature = must(sign_sshsig(payload, kBindingNamespace, certificate.blob, key));
    const auto opened = open_binding(pack({payload, signature}));
    ASSERT_FALSE(opened.ok());
    EXPECT_THAT(opened.error().message(), HasSubstr("expected a signature with a plain key"));
}

TEST(SignedBindings, can_be_verified_with_ssh_keygen) {
    SshPrivateKey key = make_key();
    const TempFolder folder;
    const std::string bytes = must(sign_binding(sample_binding(), key));
    WireReader reader(bytes);
    const std::string payload(reader.string());
    const Outcome verified =
        run_program({"ssh-keygen", "-Y", "verify", "-f",
                     folder.write("allowed", "storage1 " + key.public_key().to_line("")), "-I",
                     "storage1", "-n", "binding@coax", "-s",
                     folder.write("b.sig", armor<std::string>(reader.string(), kSshsigLabel))},
                    payload);
    EXPECT_EQ(verified.exit_code, 0) << verified.output;
}

} // namespace
} // namespace coax::test
