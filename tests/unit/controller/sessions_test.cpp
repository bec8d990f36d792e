// SPDX-License-Identifier: Apache-2.0
// Who may call as an operator.
#include "controller/api/sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/fake_clock.h"
#include "harness/scratch_folder.h"
#include "lib/base/file.h"
#include "lib/trust/wire.h"
#include "unit/trust/keys.h"

namespace coax::controller::test {
namespace {

using coax::test::make_key;
using coax::test::must;
using testing::HasSubstr;

class SessionsTest : public testing::Test {
  protected:
    void write(const std::string &text) {
        ASSERT_TRUE(write_file_atomically(path_, text, 0600).ok());
    }
    std::string line(std::string_view role, const SshPrivateKey &key, std::string_view who) {
        return std::string(role) + " " + key.public_key().to_line(who);
    }
    v1::LogInRequest request(SshPrivateKey &key) {
        const ChallengeFacts facts{"rack-4", sessions_.challenge().nonce(), "certificate"};
        v1::LogInRequest request;
        request.set_nonce(facts.nonce);
        request.set_public_key(std::string(text_of(key.public_key().bytes)));
        request.set_proof(must(prove(facts, "", kLogInNamespace, key)));
        return request;
    }
    std::string log_in(SshPrivateKey &key) {
        return "Bearer " + must(sessions_.log_in(request(key))).session();
    }
    template <typename T>
    void expect_refused(const Result<T> &result, const std::string &text,
                        ErrorCode code = ErrorCode::kPermission) {
        ASSERT_FALSE(result.ok()) << text;
        EXPECT_EQ(result.error().code(), code);
        EXPECT_THAT(result.error().message(), HasSubstr(text));
    }

    coax::test::ScratchFolder folder_;
    std::filesystem::path path_ = folder_.path() / "operators";
    FakeClock clock_;
    OperatorsFile file_{path_};
    Sessions sessions_{clock_, file_, {"rack-4", "certificate", "c1"}};
    SshPrivateKey alice_ = make_key();
    SshPrivateKey bob_ = make_key();
};

TEST_F(SessionsTest, log_in_with_keys_of_the_file) {
    write("# who\n\n" + line("operator", alice_, "alice@desk") + line("read-only", bob_, ""));
    const auto session = must(sessions_.log_in(request(alice_)));
    EXPECT_EQ(session.role(), "operator");
    EXPECT_EQ(session.who(), "alice@desk");
    EXPECT_EQ(session.valid_seconds(), 3600U);
    const Caller alice = must(sessions_.caller("Bearer " + session.session()));
    EXPECT_EQ(alice.who, "operator alice@desk");
    EXPECT_EQ(alice.role, Role::kOperator);
    const Caller bob = must(sessions_.caller(log_in(bob_)));
    EXPECT_EQ(bob.role, Role::kReadOnly);
    EXPECT_EQ(bob.who, "read-only " + bob_.public_key().fingerprint());
}

TEST_F(SessionsTest, take_a_challenge_once_and_for_thirty_seconds) {
    write(line("operator", alice_, "alice"));
    const v1::LogInRequest once = request(alice_);
    must(sessions_.log_in(once));
    expect_refused(sessions_.log_in(once), "was used");
    const v1::LogInRequest late = request(alice_);
    clock_.advance(Sessions::kNonceLife);
    expect_refused(sessions_.log_in(late), "older than 30 s");
    v1::LogInRequest own = request(alice_);
    own.set_nonce(std::string(32, 'x'));
    expect_refused(sessions_.log_in(own), "not one of this controller's");
}

TEST_F(SessionsTest, refuse_keys_and_proofs_that_are_wrong) {
    write(line("operator", alice_, "alice"));
    expect_refused(sessions_.log_in(request(bob_)), "is not in the controller's file of operators");
    v1::LogInRequest stolen = request(bob_);
    stolen.set_public_key(std::string(text_of(alice_.public_key().bytes)));
    expect_refused(sessions_.log_in(stolen), "expected a signature by");
    v1::LogInRequest none = request(alice_);
    none.clear_proof();
    expect_refused(sessions_.log_in(none), "proof");
    none.set_public_key("short");
    expect_refused(sessions_.log_in(none), "expected 32 bytes", ErrorCode::kInvalid);
}

TEST_F(SessionsTest, end_after_an_hour_and_with_their_key) {
    write(line("operator", alice_, "alice"));
    const std::string session = log_in(alice_);
    EXPECT_TRUE(sessions_.caller(session).ok());
    clock_.advance(Sessions::kSessionLife);
    expect_refused(sessions_.caller(session), "log in again");
    const std::string next = log_in(alice_);
    write(line("read-only", alice_, "alice"));
    EXPECT_EQ(must(sessions_.caller(next)).role, Role::kReadOnly);
    write(line("operator", bob_, "bob"));
    expect_refused(sessions_.caller(next), "no longer in the file");
}

TEST_F(SessionsTest, let_nobody_in_while_the_file_is_wrong_or_gone) {
    write(line("operator", alice_, "alice"));
    const std::string session = log_in(alice_);
    write("operator ssh-rsa AAAA alice\n");
    EXPECT_FALSE(sessions_.caller(session).ok());
    EXPECT_FALSE(sessions_.log_in(request(alice_)).ok());
    std::filesystem::remove(path_);
    EXPECT_FALSE(sessions_.caller(session).ok());
    write(line("operator", alice_, "alice"));
    EXPECT_TRUE(sessions_.caller(session).ok());
}

TEST_F(SessionsTest, refuse_what_is_no_session) {
    write(line("operator", alice_, "alice"));
    const std::string session = log_in(alice_);
    expect_refused(sessions_.caller(""), "log in first");
    expect_refused(sessions_.caller("Basic abc"), "log in first");
    expect_refused(sessions_.caller("Bearer "), "log in again");
    expect_refused(sessions_.caller(session.substr(0, session.size() - 1)), "log in again");
    expect_refused(sessions_.caller("Bearer " + std::string(100000, 'x')), "log in again");
}

TEST_F(SessionsTest, are_bounded_per_key_and_in_all) {
    write(line("operator", alice_, "alice") + line("operator", bob_, "bob"));
    const std::string of_bob = log_in(bob_);
    clock_.advance(std::chrono::seconds(1));
    const std::string first = log_in(alice_);
    for (std::size_t i = 0; i < Sessions::kSessionsOfKeyMax; ++i) {
        clock_.advance(std::chrono::seconds(1));
        log_in(alice_);
    }
    EXPECT_FALSE(sessions_.caller(first).ok());
    EXPECT_TRUE(sessions_.caller(of_bob).ok());
    const v1::LogInRequest pending = request(alice_);
    for (std::size_t i = 0; i < Sessions::kNoncesMax; ++i) {
        clock_.advance(std::chrono::milliseconds(1));
        sessions_.challenge();
    }
    expect_refused(sessions_.log_in(pending), "not one of this controller's");
}

TEST(OperatorsFileTest, names_the_line_that_is_wrong) {
    const std::string key = make_key().public_key().to_line("alice");
    for (const auto &[text, error] : std::initializer_list<std::pair<std::string, std::string>>{
             {"\n" + key, "operators:2: expected \"operator\" or \"read-only\""},
             {"operator\n", "operators:1: expected \"operator\""},
             {"root " + key, "found \"root ssh-ed25519"},
             {"operator ssh-ed25519 AAAA\n", "operators:1: "},
             {"operator " + key + "read-only " + key, "operators:2: expected each key once"}}) {
        const auto parsed = parse_operators(text, "operators");
        ASSERT_FALSE(parsed.ok()) << text;
        EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalid);
        EXPECT_THAT(parsed.error().message(), HasSubstr(error));
    }
    EXPECT_TRUE(must(parse_operators("", "operators")).empty());
}

} // namespace
} // namespace coax::controller::test
