// SPDX-License-Identifier: Apache-2.0
// What etcd 3.4.23 does wrong with watches: events that are repeated, late, or never come.
#include "lib/store/etcd_view.h"

#include "store/world.h"

namespace coax::test {
namespace {

using etcdserverpb::RangeResponse;
using etcdserverpb::WatchEvent;
using etcdserverpb::WatchResponse;
using testing::ElementsAre;
using testing::IsEmpty;

struct Pair {
    std::string key;
    std::int64_t revision;
};

WatchEvent put(const std::string &key, std::int64_t revision) {
    WatchEvent event;
    event.mutable_kv()->set_key("/k/" + key);
    event.mutable_kv()->set_value(std::to_string(revision));
    event.mutable_kv()->set_mod_revision(revision);
    return event;
}

WatchEvent removed(const std::string &key, std::int64_t revision) {
    WatchEvent event = put(key, revision);
    event.set_type(WatchEvent::DELETE);
    event.mutable_kv()->clear_value();
    return event;
}

WatchResponse answer(const std::vector<WatchEvent> &events) {
    WatchResponse response;
    for (const auto &event : events)
        *response.add_events() = event;
    return response;
}

RangeResponse list(std::int64_t revision, const std::vector<Pair> &pairs) {
    RangeResponse response;
    response.mutable_header()->set_revision(revision);
    for (const auto &pair : pairs) {
        response.add_kvs()->set_key("/k/" + pair.key);
        response.mutable_kvs()->rbegin()->set_mod_revision(pair.revision);
    }
    return response;
}

struct EtcdViewTest : testing::Test {
    EtcdView view{"/", Revision(11)};
    std::vector<std::string> told() { return texts_of(view.take_updates()); }
};

TEST_F(EtcdViewTest, tells_events_once_when_they_are_repeated) {
    view.add(answer({put("a", 11), put("b", 12)}));
    EXPECT_THAT(told(), ElementsAre("put a=11", "put b=12"));
    view.add(answer({put("a", 11), put("b", 12), removed("a", 13)}));
    EXPECT_THAT(told(), ElementsAre("removed a"));
    EXPECT_EQ(view.told(), Revision(13));
}

TEST_F(EtcdViewTest, tells_all_events_of_one_revision) {
    view.add(answer({put("a", 11), put("b", 11), removed("c", 11)}));
    EXPECT_THAT(told(), ElementsAre("put a=11", "put b=11", "removed c"));
}

TEST_F(EtcdViewTest, lacks_nothing_when_the_list_agrees) {
    view.begin(list(10, {{"a", 5}, {"b", 9}}));
    view.add(answer({put("c", 11), removed("a", 12)}));
    view.compare(list(14, {{"b", 9}, {"c", 11}}));
    EXPECT_FALSE(view.lacks_something());
    EXPECT_EQ(view.told(), Revision(12));
    view.agree();
    EXPECT_EQ(view.told(), Revision(14));
}

TEST_F(EtcdViewTest, what_the_stream_tells_later_was_not_lost) {
    view.begin(list(10, {{"a", 5}, {"b", 9}}));
    view.compare(list(14, {{"b", 13}, {"c", 11}}));
    EXPECT_EQ(view.lacking().size(), 3U);
    view.add(answer({put("c", 11), removed("a", 12)}));
    EXPECT_EQ(view.lacking().size(), 1U);
    view.add(answer({put("b", 13)}));
    EXPECT_FALSE(view.lacks_something());
    EXPECT_THAT(told(), ElementsAre("put c=11", "removed a", "put b=13"));
}

TEST_F(EtcdViewTest, other_keys_that_go_on_do_not_hide_a_lost_event) {
    view.compare(list(14, {{"a", 13}}));
    view.add(answer({put("b", 15), put("b", 16)}));
    EXPECT_TRUE(view.lacks_something());
}

TEST_F(EtcdViewTest, older_events_of_a_key_do_not_make_up_for_the_newest) {
    view.compare(list(14, {{"a", 13}}));
    view.add(answer({put("a", 11), removed("a", 12)}));
    EXPECT_TRUE(view.lacks_something());
    view.add(answer({put("a", 13)}));
    EXPECT_FALSE(view.lacks_something());
}

TEST_F(EtcdViewTest, a_key_that_is_newer_than_the_list_is_not_taken_for_gone) {
    view.add(answer({put("a", 15)}));
    view.compare(list(14, {}));
    EXPECT_FALSE(view.lacks_something());
}

TEST_F(EtcdViewTest, tells_what_was_lost_and_nothing_of_it_again) {
    view.begin(list(10, {{"gone", 5}}));
    view.compare(list(14, {{"new", 13}}));
    view.repair(put("new", 13).kv());
    view.repair_removed("/k/gone");
    view.finish_repair();
    EXPECT_THAT(told(), ElementsAre("put new=13", "removed gone"));
    EXPECT_FALSE(view.lacks_something());
    EXPECT_EQ(view.told(), Revision(14));
    view.add(answer({removed("gone", 12), put("new", 13)}));
    EXPECT_THAT(told(), IsEmpty());
    view.add(answer({put("new", 15)}));
    EXPECT_THAT(told(), ElementsAre("put new=15"));
}

} // namespace
} // namespace coax::test
