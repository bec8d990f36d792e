// SPDX-License-Identifier: Apache-2.0
// The SQLite library with our errors. Only lib/store sees <sqlite3.h>.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "lib/base/result.h"

namespace coax {

/// A prepared statement. Not thread-safe; must not outlive its database.
class SqliteStatement {
  public:
    SqliteStatement() = default;
    explicit SqliteStatement(sqlite3_stmt *statement) : statement_(statement) {}

    /// Parameters count from 1, columns from 0. Bound text must live until run() or the last step().
    SqliteStatement &bind(int parameter, std::int64_t value);
    SqliteStatement &bind_bytes(int parameter, std::string_view bytes);
    SqliteStatement &bind_null(int parameter);

    /// True: there is a row; false: no more, and ready to be run again.
    Result<bool> step();
    /// For statements without rows.
    Status run();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string bytes(int column) const;
    [[nodiscard]] bool is_null(int column) const;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt *statement) const { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// An open file. Not thread-safe.
class SqliteDatabase {
  public:
    static Result<SqliteDatabase> open(const std::string &path);

    Result<SqliteStatement> prepare(std::string_view sql);
    /// One statement whose rows, if any, are of no interest.
    Status execute(std::string_view sql);
    /// The first column of the first row.
    Result<std::int64_t> integer(std::string_view sql);
    Result<std::string> text(std::string_view sql);
    /// False: the last error has ended the transaction already.
    [[nodiscard]] bool in_transaction() const;

  private:
    struct Close {
        void operator()(sqlite3 *database) const { sqlite3_close_v2(database); }
    };
    std::unique_ptr<sqlite3, Close> database_;
};

} // namespace coax
