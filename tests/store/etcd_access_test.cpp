// SPDX-License-Identifier: Apache-2.0
// Who may come in, and what those are told who may not.
#include <fstream>

#include "lib/base/guarded.h"
#include "store/etcd_worlds.h"

namespace coax::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class EtcdAccessTest : public testing::Test {
  protected:
    EtcdAccessTest() { options.call_timeout = milliseconds(4000); }

    std::filesystem::path write_password(const std::string &password) {
        auto path = folder.path() / "password";
        std::ofstream(path) << password << "\n";
        return path;
    }
    Error refusal() {
        const auto answer = open_etcd(options)->put("a", "1");
        EXPECT_FALSE(answer.ok());
        return answer.ok() ? Error(ErrorCode::kSystem, "") : answer.error();
    }

    ScratchFolder folder;
    EtcdCluster &cluster = etcd_cluster();
    EtcdOptions options = etcd_options();
};

TEST_F(EtcdAccessTest, refuses_a_server_of_another_ca) {
    options.ca_file = cluster.file("other-ca.crt");
    const Error error = refusal();
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.message(), HasSubstr("Ssl handshake failed"));
}

TEST_F(EtcdAccessTest, is_refused_without_a_certificate) {
    options.certificate_file.clear();
    options.key_file.clear();
    options.call_timeout = milliseconds(500);
    EXPECT_EQ(refusal().code(), ErrorCode::kUnavailable);
}

TEST_F(EtcdAccessTest, says_which_file_it_cannot_read) {
    options.ca_file = folder.path() / "none.crt";
    const Error error = refusal();
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.message(), HasSubstr("none.crt"));
}

TEST_F(EtcdAccessTest, a_wrong_password_is_no_reason_to_try_again) {
    options.password_file = write_password("wrong");
    const Error error = refusal();
    EXPECT_EQ(error.code(), ErrorCode::kPermission);
    EXPECT_THAT(error.message(), HasSubstr("check user name and password file"));
}

TEST_F(EtcdAccessTest, a_user_without_rights_is_told_so) {
    options.username = EtcdCluster::kStranger;
    const auto store = open_etcd(options);
    EXPECT_EQ(code_of(store->get("a")), ErrorCode::kPermission);
    EXPECT_EQ(code_of(store->list("")), ErrorCode::kPermission);
    const auto put = store->put("a", "1");
    ASSERT_EQ(code_of(put), ErrorCode::kPermission);
    EXPECT_THAT(put.error().message(), HasSubstr("grant the user's role readwrite"));
    auto watch = std::move(*store->watch("", Revision(1)));
    EXPECT_EQ(code_of(watch->next(milliseconds(3000))), ErrorCode::kPermission);
}

TEST_F(EtcdAccessTest, somebody_without_a_name_is_told_to_have_one) {
    options.username.clear();
    options.password_file.clear();
    const Error error = refusal(); // the certificate's common name is no user
    EXPECT_EQ(error.code(), ErrorCode::kPermission);
}

TEST_F(EtcdAccessTest, tokens_are_renewed_and_the_password_is_read_again) {
    options.username = "rotating";
    options.password_file = write_password("before");
    options.call_timeout = milliseconds(30'000);
    cluster.control({"user", "add", "rotating:before"});
    cluster.control({"user", "grant-role", "rotating", "all"});
    const auto store = open_etcd(options);
    const auto first = store->put("a", "1");
    ASSERT_TRUE(first.ok()) << first.error().message();
    auto watch = std::move(*store->watch("", Revision(first->value() + 1)));
    (void)watch->next(milliseconds(50));

    cluster.control({"user", "delete", "rotating"}); // with all its tokens
    cluster.control({"user", "add", "rotating:afterwards"});
    cluster.control({"user", "grant-role", "rotating", "all"});
    write_password("afterwards");
    const auto second = store->put("a", "2");
    ASSERT_TRUE(second.ok()) << second.error().message();
    EXPECT_THAT(texts_of(gather(*watch, 1)), testing::ElementsAre("put a=2"));
    auto again = std::move(*store->watch("", *second));
    EXPECT_THAT(texts_of(gather(*again, 1)), testing::ElementsAre("put a=2"));
    cluster.control({"user", "delete", "rotating"});
}

TEST_F(EtcdAccessTest, nothing_secret_is_in_errors_and_logs) {
    Guarded<std::string> lines;
    const Log log = Log::to_sink(LogLevel::kDebug, [&](LogLevel, std::string_view line) {
        lines.with([&](std::string &all) { all.append(line).append("\n"); });
    });
    const std::string secret = "secret-of-nobody";
    options.endpoints.push_back("https://127.0.0.1:1");
    for (const std::string &password : {secret, std::string(EtcdCluster::kPassword)}) {
        options.password_file = write_password(password);
        for (int i = 0; i < 5; ++i) {
            const auto store = std::move(*open_etcd_store(options, log));
            const auto answer = store->put("a", "secret-value");
            if (!answer.ok())
                lines.with([&](std::string &all) { all += answer.error().message() + "\n"; });
        }
    }
    const std::string all = lines.with([](const std::string &text) { return text; });
    EXPECT_THAT(all, HasSubstr("check user name"));
    EXPECT_THAT(all, Not(HasSubstr(secret)));
    EXPECT_THAT(all, Not(HasSubstr(EtcdCluster::kPassword)));
    EXPECT_THAT(all, Not(HasSubstr("secret-value")));
    EXPECT_THAT(all, Not(HasSubstr("PRIVATE KEY")));
}

TEST(EtcdOptionsTest, refuses_what_cannot_work) {
    const std::vector<std::pair<const char *, std::function<void(EtcdOptions &)>>> rows = {
        {"no endpoint", [](auto &options) { options.endpoints.clear(); }},
        {"no scheme", [](auto &options) { options.endpoints = {"127.0.0.1:2379"}; }},
        {"no port", [](auto &options) { options.endpoints = {"https://127.0.0.1"}; }},
        {"a path", [](auto &options) { options.endpoints = {"https://127.0.0.1:2379/x"}; }},
        {"password in clear",
         [](auto &options) {
             options.endpoints = {"http://127.0.0.1:2379"};
             options.username = "a";
             options.password_file = "/b";
         }},
        {"user without password", [](auto &options) { options.username = "a"; }},
        {"certificate without key", [](auto &options) { options.certificate_file = "/a"; }},
        {"prefix without end", [](auto &options) { options.prefix = "/a"; }},
    };
    for (const auto &[name, spoil] : rows) {
        EtcdOptions options;
        options.endpoints = {"https://127.0.0.1:2379"};
        spoil(options);
        const auto opened = open_etcd_store(options, Log::to_stderr(LogLevel::kError));
        EXPECT_EQ(code_of(opened), ErrorCode::kInvalid) << name;
    }
}

} // namespace
} // namespace coax::test
