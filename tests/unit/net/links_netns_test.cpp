// SPDX-License-Identifier: Apache-2.0
// Links against the kernel: every test in network namespaces of its own, which go with it.
//
//   [ own namespace ]                 [ other namespace ]
//     lt-near ------------ veth ------------ lt-far
#include <cstring>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/own_netns.h"
#include "lib/base/file.h"
#include "lib/net/links.h"

namespace coax {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kAlias = "coax lt port a";
const MacAddress kMac = MacAddress::parse("02:00:5e:00:53:01").value();

IpPrefix prefix(const std::string &text) {
    return IpPrefix::parse(text).value();
}

class LinksTest : public testing::Test {
  protected:
    LinksTest() : links_(open_links().value()) {}

    Link dummy(const std::string &name = "lt-dummy") {
        return links_->create_dummy(name, "coax lt dummy").value();
    }
    /// A veth pair into `other_`; opens its Links.
    Link veth_to_other(std::uint32_t mtu_bytes = 1390) {
        other_links_ = open_links_in(other_.get()).value();
        return links_->create_veth({"lt-near", "lt-far", kAlias, kMac, mtu_bytes, other_.get()})
            .value();
    }

    test::OwnNetns own_; // first: everything below happens in it
    std::unique_ptr<Links> links_;
    UniqueFd other_ = test::OwnNetns::make_other();
    std::unique_ptr<Links> other_links_;
};

TEST_F(LinksTest, sees_loopback_only_in_a_new_namespace) {
    const auto list = links_->list();
    ASSERT_TRUE(list.ok()) << list.error().message();
    // Some kernels add fallback devices (sit0, tunl0) to each namespace.
    const auto lo = links_->find("lo");
    ASSERT_TRUE(lo.ok());
    ASSERT_TRUE(lo->has_value());
    EXPECT_EQ((*lo)->index, IfIndex(1));
    EXPECT_FALSE((*lo)->up);
    EXPECT_FALSE(links_->find("lt-none")->has_value());
}

TEST_F(LinksTest, makes_a_dummy_with_alias_and_without_autoconfiguration) {
    const Link made = dummy();
    ASSERT_TRUE(links_->set_up(made.index, true).ok());
    const auto found = links_->find("lt-dummy");
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_THAT((*found)->kind, testing::AnyOf("dummy", "ifb"));
    EXPECT_EQ((*found)->alias, "coax lt dummy");
    EXPECT_TRUE((*found)->up);
    // With autoconfiguration a link-local address would be here as soon as the link is up.
    const auto all = read_file("/proc/thread-self/net/if_inet6", 65536);
    ASSERT_TRUE(all.ok());
    EXPECT_THAT(*all, testing::Not(HasSubstr("lt-dummy")));
}

TEST_F(LinksTest, makes_a_veth_with_its_peer_in_another_namespace) {
    const Link near = veth_to_other();
    EXPECT_EQ(near.name, "lt-near");
    EXPECT_EQ(near.alias, kAlias);
    EXPECT_EQ(near.mtu, 1390U);
    EXPECT_FALSE(near.up);
    EXPECT_FALSE(links_->find("lt-far")->has_value());
    const auto far = other_links_->find("lt-far");
    ASSERT_TRUE(far.ok() && far->has_value());
    EXPECT_EQ((*far)->kind, "veth");
    EXPECT_EQ((*far)->alias, kAlias);
    EXPECT_EQ((*far)->mac, kMac);
    EXPECT_EQ((*far)->mtu, 1390U);
    EXPECT_EQ((*far)->index, near.peer);
    EXPECT_EQ((*far)->peer, near.index);
    // A leak between the namespaces would show here.
    EXPECT_TRUE(same_netns(own_.fd(), own_.fd()));
    EXPECT_FALSE(same_netns(own_.fd(), other_.get()));
}

TEST_F(LinksTest, makes_a_veth_with_both_ends_here) {
    const auto made = links_->create_veth({"lt-a", "lt-b", kAlias, kMac, 1400, std::nullopt});
    ASSERT_TRUE(made.ok()) << made.error().message();
    const auto peer = links_->find("lt-b");
    ASSERT_TRUE(peer.ok() && peer->has_value());
    EXPECT_EQ((*peer)->alias, kAlias);
    EXPECT_EQ((*peer)->mac, kMac);
    ASSERT_TRUE(links_->remove(made->index).ok());
    EXPECT_FALSE(links_->find("lt-b")->has_value());
}

TEST_F(LinksTest, leaves_nothing_behind_when_a_name_is_taken) {
    const Link taken = dummy("lt-near");
    other_links_ = open_links_in(other_.get()).value();
    const auto near_taken =
        links_->create_veth({"lt-near", "lt-far", kAlias, kMac, 1390, other_.get()});
    ASSERT_FALSE(near_taken.ok());
    EXPECT_EQ(near_taken.error().code(), ErrorCode::kExists);
    EXPECT_THAT(near_taken.error().message(), HasSubstr("lt-near"));
    EXPECT_FALSE(other_links_->find("lt-far")->has_value());

    ASSERT_TRUE(links_->remove(taken.index).ok());
    ASSERT_TRUE(other_links_->create_dummy("lt-far", "").ok());
    EXPECT_FALSE(links_->create_veth({"lt-near", "lt-far", kAlias, kMac, 1390, other_.get()}).ok());
    EXPECT_FALSE(links_->find("lt-near")->has_value());
}

TEST_F(LinksTest, refuses_a_name_the_kernel_would_cut) {
    const auto made = links_->create_dummy("sixteen-chars-xx", "");
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code(), ErrorCode::kInvalid);
}

TEST_F(LinksTest, changes_what_it_is_told) {
    const Link made = veth_to_other();
    EXPECT_TRUE(links_->set_mtu(made.index, 1440).ok());
    EXPECT_TRUE(links_->set_mac(made.index, kMac).ok());
    EXPECT_TRUE(links_->set_alias(made.index, "coax lt other").ok());
    EXPECT_TRUE(links_->disable_ipv6_autoconf(made.index).ok());
    EXPECT_TRUE(links_->set_up(made.index, true).ok());
    auto found = links_->find(made.name).value();
    EXPECT_EQ(found->mtu, 1440U);
    EXPECT_EQ(found->mac, kMac);
    EXPECT_EQ(found->alias, "coax lt other");
    EXPECT_TRUE(found->up);
    EXPECT_TRUE(links_->set_up(made.index, false).ok());
    EXPECT_FALSE(links_->find(made.name).value()->up);
}

TEST_F(LinksTest, turns_autoconfiguration_off_where_there_is_no_ipv6) {
    const Link made = dummy();
    ASSERT_TRUE(links_->set_mtu(made.index, 1000).ok()); // below 1280 the kernel drops IPv6
    EXPECT_TRUE(links_->disable_ipv6_autoconf(made.index).ok());
}

TEST_F(LinksTest, names_the_interface_in_an_error) {
    const Link made = dummy();
    const Status status = links_->set_mtu(made.index, 0xffffffffU);
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().message(), HasSubstr("lt-dummy"));
    ASSERT_TRUE(links_->remove(made.index).ok());
    const Status gone = links_->set_up(made.index, true);
    ASSERT_FALSE(gone.ok());
    EXPECT_EQ(gone.error().code(), ErrorCode::kNotFound);
}

TEST_F(LinksTest, removes_and_finds_nothing_to_remove) {
    const Link made = dummy();
    EXPECT_TRUE(links_->remove(made.index).ok());
    EXPECT_TRUE(links_->remove(made.index).ok());
    EXPECT_FALSE(links_->find(made.name)->has_value());
}

TEST_F(LinksTest, removing_one_end_takes_the_other_along) {
    const Link near = veth_to_other();
    ASSERT_TRUE(links_->remove(near.index).ok());
    EXPECT_FALSE(other_links_->find("lt-far")->has_value());
}

TEST_F(LinksTest, adds_lists_and_removes_addresses_of_both_families) {
    const Link made = dummy();
    ASSERT_TRUE(links_->set_up(made.index, true).ok());
    for (const std::string text : {"10.1.0.11/24", "2001:db8:1::11/64"}) {
        EXPECT_TRUE(links_->add_address(made.index, prefix(text)).ok()) << text;
        EXPECT_TRUE(links_->add_address(made.index, prefix(text)).ok()) << text; // again
    }
    EXPECT_THAT(links_->addresses(made.index).value(),
                UnorderedElementsAre(prefix("10.1.0.11/24"), prefix("2001:db8:1::11/64")));
    EXPECT_THAT(links_->addresses(IfIndex(1)).value(), IsEmpty());
    for (const std::string text : {"10.1.0.11/24", "2001:db8:1::11/64"}) {
        EXPECT_TRUE(links_->remove_address(made.index, prefix(text)).ok()) << text;
        EXPECT_TRUE(links_->remove_address(made.index, prefix(text)).ok()) << text; // again
    }
    EXPECT_THAT(links_->addresses(made.index).value(), IsEmpty());
}

TEST_F(LinksTest, an_ipv6_address_can_be_bound_at_once) {
    const Link made = dummy();
    ASSERT_TRUE(links_->set_up(made.index, true).ok());
    ASSERT_TRUE(links_->add_address(made.index, prefix("2001:db8:1::11/64")).ok());
    const UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    const auto bytes = IpAddress::parse("2001:db8:1::11").value().bytes();
    std::copy(bytes.begin(), bytes.end(), address.sin6_addr.s6_addr);
    // During duplicate detection this is EADDRNOTAVAIL.
    EXPECT_EQ(
        ::bind(fd.get(), static_cast<sockaddr *>(static_cast<void *>(&address)), sizeof(address)),
        0);
}

TEST_F(LinksTest, tells_the_same_ipv6_address_with_another_length) {
    const Link made = dummy();
    ASSERT_TRUE(links_->add_address(made.index, prefix("2001:db8:1::11/64")).ok());
    const Status other = links_->add_address(made.index, prefix("2001:db8:1::11/48"));
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code(), ErrorCode::kExists);
}

TEST_F(LinksTest, serves_the_other_namespace_without_entering_it) {
    veth_to_other();
    const auto far = other_links_->find("lt-far").value();
    ASSERT_TRUE(other_links_->set_up(far->index, true).ok());
    ASSERT_TRUE(other_links_->add_address(far->index, prefix("10.1.0.11/24")).ok());
    EXPECT_THAT(other_links_->addresses(far->index).value(),
                UnorderedElementsAre(prefix("10.1.0.11/24")));
    const UniqueFd here(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(same_netns(here.get(), own_.fd()));
}

TEST_F(LinksTest, switches_offloads_of_both_ends_and_names_a_device_that_is_gone) {
    const Link near = veth_to_other();
    const auto far = other_links_->find("lt-far").value();
    for (const Offload offload : {Offload::kTcpSegmentation, Offload::kReceiveMerging}) {
        for (const bool on : {true, false, false, true}) {
            ASSERT_TRUE(links_->set_offload(near.index, offload, on).ok());
            EXPECT_EQ(links_->offload(near.index, offload).value(), on);
            ASSERT_TRUE(other_links_->set_offload(far->index, offload, !on).ok());
            EXPECT_EQ(other_links_->offload(far->index, offload).value(), !on);
        }
    }
    ASSERT_TRUE(links_->remove(near.index).ok());
    const auto gone = links_->offload(near.index, Offload::kReceiveMerging);
    ASSERT_FALSE(gone.ok());
    EXPECT_THAT(gone.error().message(), HasSubstr("receive merging (GRO)"));
    EXPECT_FALSE(links_->set_offload(near.index, Offload::kReceiveMerging, true).ok());
}

// --- threaded NAPI ------------------------------------------------------------------------------

TEST_F(LinksTest, switches_threaded_napi_of_a_device_that_has_napi) {
    const Link near = veth_to_other();
    // Gives a veth a NAPI context while it is up.
    ASSERT_TRUE(links_->set_offload(near.index, Offload::kReceiveMerging, true).ok());
    ASSERT_TRUE(links_->set_up(near.index, true).ok());
    const auto far = other_links_->find("lt-far").value();
    ASSERT_TRUE(other_links_->set_up(far->index, true).ok());
    for (const bool on : {true, true, false, true}) {
        const Status status = links_->set_threaded_napi(near.index, on);
        EXPECT_TRUE(status.ok()) << status.error().message();
    }
}

TEST_F(LinksTest, tells_a_device_without_napi_from_a_kernel_without_threads) {
    const Link made = dummy();
    const Status status = links_->set_threaded_napi(made.index, true);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code(), ErrorCode::kUnavailable) << status.error().message();
    EXPECT_THAT(status.error().message(), HasSubstr("lt-dummy"));
}

// --- namespaces ---------------------------------------------------------------------------------

TEST(Netns, a_missing_one_names_path_and_command) {
    const auto missing = open_netns("lt-missing");
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(missing.error().message(), HasSubstr("/run/netns/lt-missing"));
    EXPECT_THAT(missing.error().message(), HasSubstr("ip netns add lt-missing"));
}

TEST(Netns, takes_an_absolute_path_and_refuses_other_files) {
    EXPECT_TRUE(open_netns("/proc/self/ns/net").ok());
    for (const std::string path : {"/proc/self/ns/mnt", "/etc/passwd", "a/b", ""}) {
        const auto opened = open_netns(path);
        ASSERT_FALSE(opened.ok()) << path;
        EXPECT_EQ(opened.error().code(), ErrorCode::kInvalid) << path;
    }
}

} // namespace
} // namespace coax
