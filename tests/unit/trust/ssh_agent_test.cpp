// SPDX-License-Identifier: Apache-2.0
#include "lib/trust/ssh_agent.h"

#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/trust/keys.h"
#include "unit/trust/program.h"
#include "unit/trust/raw_certificate.h"

namespace coax::test {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

constexpr std::chrono::seconds kPatience(60);

/// {byte 12, count, {blob, comment}...}
std::string identities_answer(std::uint32_t count, const std::vector<std::string> &strings) {
    WireWriter writer;
    writer.byte(12);
    writer.uint32(count);
    writer.raw(pack(strings));
    return writer.take();
}

TEST(AgentAnswers, list_ed25519_keys_and_pass_over_others) {
    const SshPublicKey key = make_key().public_key();
    const auto identities = parse_agent_identities(identities_answer(
        3, {pack({"ssh-rsa", "e", "n"}), "rsa", key.blob(), "ours", "no key at all", "?"}));
    ASSERT_TRUE(identities.ok()) << identities.error().message();
    ASSERT_EQ(identities->size(), 1U);
    EXPECT_EQ(identities->front().key, key);
    EXPECT_EQ(identities->front().comment, "ours");
}

TEST(AgentAnswers, that_are_damaged_are_refused) {
    const std::string good = identities_answer(1, {make_key().public_key().blob(), "ours"});
    EXPECT_TRUE(parse_agent_identities(good).ok());
    EXPECT_FALSE(parse_agent_identities(good + "x").ok());
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_FALSE(parse_agent_identities(good.substr(0, length)).ok());
    EXPECT_FALSE(parse_agent_identities(identities_answer(0xffffffff, {})).ok());
    EXPECT_FALSE(parse_agent_identities("\5").ok());
    EXPECT_FALSE(parse_agent_signature("").ok());
    EXPECT_FALSE(parse_agent_signature("\x0e").ok());
    EXPECT_FALSE(parse_agent_signature("\6").ok());
}

TEST(AgentAnswers, that_refuse_say_so) {
    const auto refused = parse_agent_signature("\5");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), ErrorCode::kPermission);
    EXPECT_THAT(refused.error().message(), HasSubstr("refused to sign"));
}

TEST(SshAgentClient, says_where_there_is_no_agent) {
    const TempFolder folder;
    const auto nobody = SshAgent::connect(folder.path("none"), kPatience);
    ASSERT_FALSE(nobody.ok());
    EXPECT_EQ(nobody.error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(nobody.error().message(), HasSubstr(folder.path("none")));
    for (const std::string &path : {""s, std::string(200, 'x')}) {
        const auto wrong = SshAgent::connect(path, kPatience);
        ASSERT_FALSE(wrong.ok());
        EXPECT_THAT(wrong.error().message(), HasSubstr("SSH_AUTH_SOCK"));
    }
}

/// Answers each question with the next of these bytes, then hangs up.
class FalseAgent {
  public:
    explicit FalseAgent(std::vector<std::string> answers) {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        socket().copy(address.sun_path, sizeof(address.sun_path) - 1);
        listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ::bind(listener_.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address));
        ::listen(listener_.get(), 1);
        thread_ = std::thread([this, answers = std::move(answers)] { serve(answers); });
    }
    FalseAgent(const FalseAgent &) = delete;
    FalseAgent &operator=(const FalseAgent &) = delete;
    ~FalseAgent() { thread_.join(); }
    [[nodiscard]] std::string socket() const { return folder_.path("agent.sock"); }

  private:
    void serve(const std::vector<std::string> &answers) const {
        const UniqueFd fd(::accept(listener_.get(), nullptr, nullptr));
        std::array<char, 4096> question{};
        for (const std::string &answer : answers) {
            if (::recv(fd.get(), question.data(), question.size(), 0) <= 0)
                return;
            (void)::send(fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        }
        ::shutdown(fd.get(), SHUT_WR);
        (void)::recv(fd.get(), question.data(), question.size(), 0); // until the client goes
    }
    TempFolder folder_;
    UniqueFd listener_;
    std::thread thread_;
};

std::string framed(const std::string &answer) {
    return pack({answer});
}

TEST(SshAgentClient, does_not_wait_for_ever_or_believe_lengths) {
    const std::pair<std::string, std::string> rows[] = {
        {"", "closed the connection"},
        {"\0\0"s, "closed the connection"},
        {"\0\0\0\0"s, "answer of 0 bytes"},
        {"\xff\xff\xff\xff", "answer of 4294967295 bytes"},
        {"\0\0\0\x0a"s + "abc", "closed the connection"},
    };
    for (const auto &[answer, text] : rows) {
        const FalseAgent there({answer});
        auto agent = must(SshAgent::connect(there.socket(), kPatience));
        const auto identities = agent.identities();
        ASSERT_FALSE(identities.ok());
        EXPECT_EQ(identities.error().code(), ErrorCode::kUnavailable);
        EXPECT_THAT(identities.error().message(), HasSubstr(text));
    }
}

TEST(SshAgentClient, gives_up_when_the_agent_is_silent) {
    const FalseAgent there({"\0"s, "never asked for"});
    auto agent = must(SshAgent::connect(there.socket(), std::chrono::seconds(1)));
    const auto identities = agent.identities();
    ASSERT_FALSE(identities.ok());
    EXPECT_EQ(identities.error().code(), ErrorCode::kUnavailable);
    EXPECT_THAT(identities.error().message(), HasSubstr("did not answer in time"));
}

TEST(SshAgentClient, refuses_a_signature_that_does_not_fit) {
    const SshPublicKey key = make_key().public_key();
    SshPrivateKey other = make_key();
    WireWriter wrong;
    wrong.byte(14);
    wrong.string(signature_blob(must(other.sign("message"))));
    const FalseAgent there(
        {framed(identities_answer(1, {key.blob(), "x"})), framed(wrong.bytes())});
    auto signer = must(AgentSigner::open(must(SshAgent::connect(there.socket(), kPatience)), key));
    const auto signature = signer.sign("message");
    ASSERT_FALSE(signature.ok());
    EXPECT_THAT(signature.error().message(), HasSubstr("does not fit its key"));
}

class RealAgent : public testing::Test {
  protected:
    SshAgent connect() const { return must(SshAgent::connect(agent_.socket(), kPatience)); }
    void add(const SshPrivateKey &key, const std::vector<std::string> &options = {}) const {
        std::vector<std::string> arguments = options;
        arguments.push_back(folder_.write("key", view_of(key.to_openssh("the ca")), 0600));
        const Outcome added = agent_.add(arguments);
        ASSERT_EQ(added.exit_code, 0) << added.output;
    }
    TempFolder folder_;
    SshAgentProcess agent_;
};

TEST_F(RealAgent, lists_and_signs) {
    const SshPrivateKey key = make_key();
    (void)run_program({"ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", folder_.path("ecdsa")});
    ASSERT_EQ(agent_.add({folder_.path("ecdsa")}).exit_code, 0);
    add(key);
    SshAgent agent = connect();
    const auto identities = must(agent.identities());
    ASSERT_EQ(identities.size(), 1U);
    EXPECT_EQ(identities[0].key, key.public_key());
    EXPECT_EQ(identities[0].comment, "the ca");
    auto signer = must(AgentSigner::open(std::move(agent), key.public_key()));
    EXPECT_EQ(signer.public_key(), key.public_key());
    const auto certificate = must(make_certificate(host_facts(make_key().public_key()), signer));
    EXPECT_EQ(certificate.ca, key.public_key());
}

TEST_F(RealAgent, without_the_key_is_named) {
    const SshPublicKey wanted = make_key().public_key();
    add(make_key());
    const auto signer = AgentSigner::open(connect(), wanted);
    ASSERT_FALSE(signer.ok());
    EXPECT_EQ(signer.error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(signer.error().message(), HasSubstr(wanted.fingerprint()));
}

TEST_F(RealAgent, that_will_not_sign_is_not_waited_for) {
    const SshPrivateKey key = make_key();
    add(key);
    auto signer = must(AgentSigner::open(connect(), key.public_key()));
    ASSERT_EQ(agent_.add({"-D"}).exit_code, 0) << "forgets all keys";
    const auto signature = signer.sign("message");
    ASSERT_FALSE(signature.ok());
    EXPECT_EQ(signature.error().code(), ErrorCode::kPermission);
}

} // namespace
} // namespace coax::test
