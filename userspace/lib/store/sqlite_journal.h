// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/unique_fd.h"
#include "lib/store/journal.h"
#include "lib/store/sqlite_database.h"

namespace coax {

/// Every batch is one transaction of SQLite, on the disk when append() returns. After an error of the
/// disk it is not known what the disk holds: nothing is written any more until the file is opened
/// again, which finds out.
class SqliteJournal final : public Journal {
  public:
    /// A database whose schema is there. `lock` is held as long as the journal lives.
    static Result<std::unique_ptr<SqliteJournal>> make(SqliteDatabase database, UniqueFd lock,
                                                       std::string path);

    Status append(const LocalBatch &batch) override;

  private:
    struct Statements {
        SqliteStatement put_entry;
        SqliteStatement remove_entry;
        SqliteStatement add_event;
        SqliteStatement drop_events;
        SqliteStatement add_lease;
        SqliteStatement remove_lease;
        SqliteStatement set_meta;
    };

    SqliteJournal(SqliteDatabase database, UniqueFd lock, std::string path)
        : lock_(std::move(lock)), path_(std::move(path)), database_(std::move(database)) {}
    Status write(const LocalBatch &batch);
    Status write_event(const StoreEvent &event, std::int64_t position);

    UniqueFd lock_;
    std::string path_;
    SqliteDatabase database_;
    Statements sql_;
    std::optional<Error> broken_;
};

} // namespace coax
