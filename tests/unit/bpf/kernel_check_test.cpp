// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/kernel_check.h"

#include <gmock/gmock.h>

namespace coax {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kAllCapabilities = ~0ULL;
constexpr std::uint64_t kCapBpf = 1ULL << 39;
constexpr std::uint64_t kCapNetAdmin = 1ULL << 12;

KernelFacts good() {
    return {"6.1.0-32-cloud-amd64", kAllCapabilities, true, {}};
}

TEST(KernelCheck, accepts_a_kernel_that_has_everything) {
    EXPECT_TRUE(judge_kernel(good()).ok());
}

TEST(KernelCheck, compares_versions_as_numbers) {
    struct Row {
        const char *release;
        bool accepted;
    };
    for (const Row &row :
         {Row{"6.1.0", true}, Row{"6.12.9-rc1", true}, Row{"10.0", true}, Row{"6.0.19", false},
          Row{"5.15.0", false}, Row{"", false}, Row{"strange", false}}) {
        auto facts = good();
        facts.release = row.release;
        EXPECT_EQ(judge_kernel(facts).ok(), row.accepted) << row.release;
    }
}

TEST(KernelCheck, lists_every_missing_thing_in_one_error) {
    KernelFacts facts = good();
    facts.release = "5.10.0";
    facts.kernel_btf = false;
    facts.absent = {"helper bpf_redirect_peer", "BPF map type lpm_trie"};
    facts.effective_capabilities &= ~kCapBpf;
    const auto judged = judge_kernel(facts);
    ASSERT_FALSE(judged.ok());
    EXPECT_EQ(judged.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(judged.error().message(),
                AllOf(HasSubstr("Linux 6.1 or newer (this is 5.10.0)"),
                      HasSubstr("/sys/kernel/btf/vmlinux"), HasSubstr("helper bpf_redirect_peer"),
                      HasSubstr("BPF map type lpm_trie"), HasSubstr("CAP_BPF"),
                      Not(HasSubstr("CAP_NET_ADMIN"))));
}

TEST(KernelCheck, missing_capabilities_alone_are_a_permission_error) {
    KernelFacts facts = good();
    facts.effective_capabilities &= ~(kCapBpf | kCapNetAdmin);
    const auto judged = judge_kernel(facts);
    ASSERT_FALSE(judged.ok());
    EXPECT_EQ(judged.error().code(), ErrorCode::kPermission);
    EXPECT_THAT(judged.error().message(),
                AllOf(HasSubstr("CAP_BPF"), HasSubstr("CAP_NET_ADMIN"), HasSubstr("root")));
}

} // namespace
} // namespace coax
