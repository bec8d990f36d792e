// SPDX-License-Identifier: Apache-2.0
#include "lib/store/sqlite_journal.h"

#include <fmt/format.h>

namespace coax {
namespace {

std::int64_t number(Revision revision) {
    return static_cast<std::int64_t>(revision.value());
}

} // namespace

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::make(SqliteDatabase database, UniqueFd lock,
                                                           std::string path) {
    std::unique_ptr<SqliteJournal> journal(
        new SqliteJournal(std::move(database), std::move(lock), std::move(path)));
    auto &db = journal->database_;
    auto &sql = journal->sql_;
    COAX_ASSIGN_OR_RETURN(sql.put_entry, db.prepare("INSERT OR REPLACE INTO entry "
                                                    "(key, value, mod_revision, lease) "
                                                    "VALUES (?, ?, ?, ?)"));
    COAX_ASSIGN_OR_RETURN(sql.remove_entry, db.prepare("DELETE FROM entry WHERE key = ?"));
    COAX_ASSIGN_OR_RETURN(sql.add_event, db.prepare("INSERT INTO event "
                                                    "(revision, position, key, value, lease) "
                                                    "VALUES (?, ?, ?, ?, ?)"));
    COAX_ASSIGN_OR_RETURN(sql.drop_events, db.prepare("DELETE FROM event WHERE revision <= ?"));
    COAX_ASSIGN_OR_RETURN(sql.add_lease, db.prepare("INSERT INTO lease (id, ttl_s) VALUES (?, ?)"));
    COAX_ASSIGN_OR_RETURN(sql.remove_lease, db.prepare("DELETE FROM lease WHERE id = ?"));
    COAX_ASSIGN_OR_RETURN(sql.set_meta, db.prepare("UPDATE meta SET revision = ?, compacted = ?"));
    return journal;
}

Status SqliteJournal::append(const LocalBatch &batch) {
    if (broken_)
        return broken_->with_context("store " + path_ +
                                     ": closed for writing after an error of "
                                     "the disk; restart to open it again");
    const Status written = write(batch);
    if (written.ok())
        return {};
    const bool undone = !database_.in_transaction() || database_.execute("ROLLBACK").ok();
    const ErrorCode code = written.error().code();
    if (!undone || code == ErrorCode::kSystem || code == ErrorCode::kCorrupt)
        broken_ = written.error();
    return written.error().with_context("write to store " + path_);
}

Status SqliteJournal::write(const LocalBatch &batch) {
    COAX_TRY(database_.execute("BEGIN"));
    std::int64_t position = 0;
    for (const auto &event : batch.events)
        COAX_TRY(write_event(event, position++));
    for (const auto &lease : batch.granted)
        COAX_TRY(sql_.add_lease.bind(1, lease.id.value()).bind(2, lease.ttl.count()).run());
    for (const LeaseId lease : batch.dropped)
        COAX_TRY(sql_.remove_lease.bind(1, lease.value()).run());
    COAX_TRY(sql_.drop_events.bind(1, number(batch.compacted)).run());
    COAX_TRY(sql_.set_meta.bind(1, number(batch.revision)).bind(2, number(batch.compacted)).run());
    return database_.execute("COMMIT");
}

Status SqliteJournal::write_event(const StoreEvent &event, std::int64_t position) {
    const StoreEntry &entry = event.entry;
    sql_.add_event.bind(1, number(entry.mod_revision)).bind(2, position).bind_bytes(3, entry.key);
    if (event.kind == StoreEvent::Kind::kPut) {
        COAX_TRY(sql_.put_entry.bind_bytes(1, entry.key)
                     .bind_bytes(2, entry.value)
                     .bind(3, number(entry.mod_revision))
                     .bind(4, entry.lease.value())
                     .run());
        return sql_.add_event.bind_bytes(4, entry.value).bind(5, entry.lease.value()).run();
    }
    COAX_TRY(sql_.remove_entry.bind_bytes(1, entry.key).run());
    return sql_.add_event.bind_null(4).bind(5, std::int64_t{0}).run();
}

} // namespace coax
