// SPDX-License-Identifier: Apache-2.0
// What the tests of all programs share: a loaded program with maps of its own in a namespace of its
// own, rows of a table, and the comparison of everything a run did with everything it should do.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/bpf_maps.h"
#include "harness/bpf_run.h"
#include "harness/bpf_run_net.h"
#include "harness/packet.h"

namespace coax::test {

/// Everything a run must do; what is not said must not happen.
struct Expect {
    std::uint32_t verdict = 0;
    // Absent: the bytes are as they were, or, for a drop, do not matter.
    std::optional<Packet> packet = {};
    coax_drop_reason drop = COAX_DROP_NONE;
    std::map<coax_counter, std::uint64_t> counters = {};
};

struct Row {
    std::string name;
    Packet packet;
    Expect expect;
    RunContext context = {};
};

inline std::ostream &operator<<(std::ostream &out, const Row &row) {
    return out << row.name;
}

/// Row names as gtest names.
struct RowName {
    template <typename Param>
    std::string operator()(const testing::TestParamInfo<Param> &info) const {
        return info.param.name;
    }
};

/// With the first lines that differ as the message.
testing::AssertionResult same_bytes(const Bytes &expected, const Bytes &found);

/// Not a template: the part that does not know the skeleton.
class ProgramTestBase : public testing::Test {
  protected:
    explicit ProgramTestBase(coax_hook hook);

    /// Compares, and notes a provoked drop for the coverage test when all is as expected.
    void check(const RunResult &result, const Bytes &input, const Expect &expect) const;
    void run_and_check(const Row &row) const;
    [[nodiscard]] BpfRun &program() { return *program_; }
    [[nodiscard]] const BpfRun &program() const { return *program_; }

    coax_hook hook_;
    ScratchNetns netns_;
    std::optional<BpfRun> program_;

  private:
    void note_drop(coax_drop_reason reason) const;
};

/// `Skeleton` is the class bpftool generates; derived classes set constants in configure(). The
/// program is loaded once for all tests of a configuration, which find its maps empty: the verifier
/// would take most of the time of a test, and nearly all of it on an emulated processor.
template <typename Skeleton>
class ProgramTest : public ProgramTestBase {
  protected:
    ProgramTest(coax_hook hook, const char *program) : ProgramTestBase(hook), name_(program) {}

    virtual void configure(Skeleton &) {}
    /// Another name for another configure(): a program loaded for the one is not for the other.
    [[nodiscard]] virtual std::string_view configuration() const { return ""; }
    virtual void fill() {} // maps, which are empty

    void SetUp() override {
        Loaded &loaded = kept();
        if (!loaded.skeleton || loaded.configuration != configuration())
            load(loaded);
        ASSERT_NE(loaded.skeleton, nullptr) << "the kernel refused " << name_;
        empty_maps(loaded.skeleton->obj);
        program_.emplace(loaded.skeleton->obj, name_);
        fill();
    }

  private:
    struct Destroy {
        void operator()(Skeleton *skeleton) const { Skeleton::destroy(skeleton); }
    };
    struct Loaded {
        std::unique_ptr<Skeleton, Destroy> skeleton;
        std::string configuration;
    };

    static Loaded &kept() {
        static Loaded loaded;
        return loaded;
    }
    /// Leaves no skeleton where the program does not open or load.
    void load(Loaded &loaded) {
        loaded.configuration = configuration();
        loaded.skeleton.reset(Skeleton::open());
        if (!loaded.skeleton)
            return;
        isolate_maps(loaded.skeleton->obj);
        configure(*loaded.skeleton);
        if (Skeleton::load(loaded.skeleton.get()) != 0)
            loaded.skeleton.reset();
    }

    const char *name_;
};

/// The IP family a row is made for: the same row for both.
struct Family {
    const char *suffix; // "v4", "v6"
    bool v6;

    /// The address this family uses for an IPv4 one: 10.1.0.11 -> itself or 2001:db8:1::11.
    [[nodiscard]] Ip ip(const char *v4, const char *v6_text) const { return v6 ? v6_text : v4; }
    [[nodiscard]] Packet header(const Ip &src, const Ip &dst) const {
        return v6 ? Packet(Ipv6{.src = src, .dst = dst}) : Packet(Ipv4{.src = src, .dst = dst});
    }
};

/// `make` once per family; the names get "_v4" and "_v6".
std::vector<Row> both(const std::function<Row(const Family &)> &make);
std::vector<Row> operator+(std::vector<Row> a, const std::vector<Row> &b);

} // namespace coax::test
