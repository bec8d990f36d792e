// SPDX-License-Identifier: Apache-2.0
#include "lib/store/sqlite_store.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "lib/base/instance_flock.h"
#include "lib/base/text.h"
#include "lib/store/local_store.h"
#include "lib/store/sqlite_journal.h"

namespace coax {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr std::int64_t kApplicationId = 0x434f4158; // "COAX"
constexpr std::int64_t kSchemaVersion = 1;

/// One process may have the file. The lock is on a file beside it: closing any descriptor of the
/// database would give up SQLite's own locks.
Result<UniqueFd> lock(const std::string &path) {
    const std::string name = path + "-lock";
    UniqueFd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
    if (!fd.valid())
        return Error::from_errno("open " + name, errno);
    if (const Status locked = flock_now(fd.get(), name); !locked.ok()) {
        if (locked.error().code() != ErrorCode::kBusy)
            return locked.error();
        return Error(ErrorCode::kBusy,
                     fmt::format("store {}: expected to be the only process that has it, found "
                                 "process {}; end it, or use another file",
                                 path, coax::quoted(lock_holder(name))));
    }
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd.get(), 0) != 0 ||
        ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return Error::from_errno("write " + name, errno);
    return fd;
}

Status create_empty(const std::string &path) {
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
    if (!fd.valid())
        return Error::from_errno("open " + path, errno);
    return {};
}

Status configure(SqliteDatabase &database) {
    // Exclusive: no other program, sqlite3 either, changes what is in our memory too. FULL: what
    // was answered survives a power cut, not only a crash.
    COAX_TRY(database.execute("PRAGMA locking_mode = EXCLUSIVE"));
    COAX_ASSIGN_OR_RETURN(const std::string mode, database.text("PRAGMA journal_mode = WAL"));
    if (mode != "wal")
        return Error(ErrorCode::kUnsupported,
                     fmt::format("expected journal mode wal, found {}: is it on a file system of "
                                 "the network?",
                                 coax::quoted(mode)));
    COAX_TRY(database.execute("PRAGMA synchronous = FULL"));
    return database.execute("PRAGMA trusted_schema = OFF");
}

Status create_schema(SqliteDatabase &database) {
    constexpr std::array kStatements = {
        "BEGIN",
        "CREATE TABLE meta (revision INTEGER NOT NULL, compacted INTEGER NOT NULL)",
        "INSERT INTO meta VALUES (0, 0)",
        "CREATE TABLE lease (id INTEGER PRIMARY KEY, ttl_s INTEGER NOT NULL)",
        "CREATE TABLE entry (key BLOB PRIMARY KEY, value BLOB NOT NULL, "
        "mod_revision INTEGER NOT NULL, lease INTEGER NOT NULL)",
        // value NULL: removed
        "CREATE TABLE event (revision INTEGER NOT NULL, position INTEGER NOT NULL, "
        "key BLOB NOT NULL, value BLOB, lease INTEGER NOT NULL, "
        "PRIMARY KEY (revision, position))",
    };
    for (const char *statement : kStatements)
        COAX_TRY(database.execute(statement));
    COAX_TRY(database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId)));
    COAX_TRY(database.execute(fmt::format("PRAGMA user_version = {}", kSchemaVersion)));
    return database.execute("COMMIT");
}

Status check_schema(SqliteDatabase &database) {
    COAX_ASSIGN_OR_RETURN(const auto application, database.integer("PRAGMA application_id"));
    COAX_ASSIGN_OR_RETURN(const auto version, database.integer("PRAGMA user_version"));
    COAX_ASSIGN_OR_RETURN(const auto tables,
                          database.integer("SELECT count(*) FROM sqlite_schema"));
    if (application == 0 && version == 0 && tables == 0)
        return create_schema(database);
    if (application != kApplicationId)
        return Error(ErrorCode::kInvalid, "expected a store of Coax, found a database of something "
                                          "else; name another file");
    if (version != kSchemaVersion)
        return Error(ErrorCode::kVersion,
                     fmt::format("expected schema version {}, found {}; it was written by another "
                                 "version of Coax: use that one",
                                 kSchemaVersion, version));
    COAX_ASSIGN_OR_RETURN(const std::string verdict, database.text("PRAGMA quick_check(1)"));
    if (verdict != "ok")
        return Error(ErrorCode::kCorrupt,
                     fmt::format("expected a sound file, found: {}; restore it from a backup, or "
                                 "move it and its -wal file away to begin with an empty store, "
                                 "which agents fill again",
                                 coax::quoted(verdict)));
    return {};
}

Revision revision_in(const SqliteStatement &row, int column) {
    return Revision(static_cast<std::uint64_t>(row.integer(column)));
}

Status load_leases(SqliteDatabase &database, LocalState &state, BootClock::time_point now) {
    COAX_ASSIGN_OR_RETURN(auto row, database.prepare("SELECT id, ttl_s FROM lease"));
    for (;;) {
        COAX_ASSIGN_OR_RETURN(const bool found, row.step());
        if (!found)
            return {};
        state.restore_lease(LeaseId(row.integer(0)), std::chrono::seconds(row.integer(1)), now);
    }
}

Status load_entries(SqliteDatabase &database, LocalState &state) {
    COAX_ASSIGN_OR_RETURN(auto row,
                          database.prepare("SELECT key, value, mod_revision, lease FROM entry"));
    for (;;) {
        COAX_ASSIGN_OR_RETURN(const bool found, row.step());
        if (!found)
            return {};
        state.restore_entry(
            {row.bytes(0), row.bytes(1), revision_in(row, 2), LeaseId(row.integer(3))});
    }
}

Status load_events(SqliteDatabase &database, LocalState &state) {
    COAX_ASSIGN_OR_RETURN(auto row, database.prepare("SELECT key, value, revision, lease "
                                                     "FROM event ORDER BY revision, position"));
    for (;;) {
        COAX_ASSIGN_OR_RETURN(const bool found, row.step());
        if (!found)
            return {};
        const auto kind = row.is_null(1) ? StoreEvent::Kind::kRemoved : StoreEvent::Kind::kPut;
        state.restore_event(
            {kind, {row.bytes(0), row.bytes(1), revision_in(row, 2), LeaseId(row.integer(3))}});
    }
}

Status load(SqliteDatabase &database, LocalState &state, BootClock::time_point now) {
    COAX_TRY(load_leases(database, state, now));
    COAX_TRY(load_entries(database, state));
    COAX_TRY(load_events(database, state));
    COAX_ASSIGN_OR_RETURN(const auto revision, database.integer("SELECT revision FROM meta"));
    COAX_ASSIGN_OR_RETURN(const auto compacted, database.integer("SELECT compacted FROM meta"));
    COAX_ASSIGN_OR_RETURN(const auto newest,
                          database.integer("SELECT max(r) FROM (SELECT max(mod_revision) AS r FROM "
                                           "entry UNION SELECT max(revision) FROM event)"));
    if (newest > revision || compacted > revision)
        return Error(ErrorCode::kCorrupt,
                     fmt::format("expected nothing newer than revision {}, found {}; restore it "
                                 "from a backup",
                                 revision, std::max(newest, compacted)));
    state.restore(Revision(static_cast<std::uint64_t>(revision)),
                  Revision(static_cast<std::uint64_t>(compacted)));
    return {};
}

Result<SqliteDatabase> open_database(const std::string &path, LocalState &state,
                                     BootClock::time_point now) {
    COAX_TRY(create_empty(path));
    COAX_ASSIGN_OR_RETURN(SqliteDatabase database, SqliteDatabase::open(path));
    COAX_TRY(configure(database));
    COAX_TRY(check_schema(database));
    COAX_TRY(load(database, state, now));
    return database;
}

} // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path &path,
                                                 const Clock &clock, HistoryLimits history) {
    COAX_ASSIGN_OR_RETURN(UniqueFd held, lock(path.string()));
    LocalState state(history);
    auto database = open_database(path.string(), state, clock.boot_now());
    if (!database.ok())
        return database.error().with_context("store " + path.string());
    COAX_ASSIGN_OR_RETURN(
        std::unique_ptr<Journal> journal,
        SqliteJournal::make(std::move(*database), std::move(held), path.string()));
    return make_local_store(std::move(state), std::move(journal), clock);
}

} // namespace coax
