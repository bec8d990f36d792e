// SPDX-License-Identifier: Apache-2.0
#include "lib/store/sqlite_database.h"

#include <fmt/format.h>

namespace coax {
namespace {

ErrorCode code_of(int result) {
    switch (result & 0xff) { // the primary code
    case SQLITE_FULL:
        return ErrorCode::kNoSpace;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ErrorCode::kCorrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ErrorCode::kBusy;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return ErrorCode::kPermission;
    default:
        return ErrorCode::kSystem;
    }
}

const char *advice_of(ErrorCode code) {
    switch (code) {
    case ErrorCode::kNoSpace:
        return "; nothing was changed: make room on its file system";
    case ErrorCode::kCorrupt:
        return "; restore it from a backup, or move it and its -wal file away to begin with an "
               "empty store, which agents fill again";
    case ErrorCode::kBusy:
        return "; another process has it open: end that one first";
    default:
        return "";
    }
}

/// `result` may be more than the connection remembers.
Error failed(sqlite3 *database, int result) {
    const ErrorCode code = code_of(result);
    const int error_number = database == nullptr ? 0 : sqlite3_system_errno(database);
    return {code, fmt::format("SQLite: {} (code {}, errno {}){}", sqlite3_errstr(result), result,
                              error_number, advice_of(code))};
}

} // namespace

SqliteStatement &SqliteStatement::bind(int parameter, std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), parameter, value);
    return *this;
}

SqliteStatement &SqliteStatement::bind_bytes(int parameter, std::string_view bytes) {
    // SQLITE_STATIC; a null pointer would bind NULL.
    const char *data = bytes.data() == nullptr ? "" : bytes.data();
    sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), nullptr);
    return *this;
}

SqliteStatement &SqliteStatement::bind_null(int parameter) {
    sqlite3_bind_null(statement_.get(), parameter);
    return *this;
}

Result<bool> SqliteStatement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW)
        return true;
    sqlite3_reset(statement_.get());
    if (result == SQLITE_DONE)
        return false;
    return failed(sqlite3_db_handle(statement_.get()), result);
}

Status SqliteStatement::run() {
    COAX_ASSIGN_OR_RETURN(bool more, step());
    while (more) {
        COAX_ASSIGN_OR_RETURN(more, step());
    }
    return {};
}

std::int64_t SqliteStatement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteStatement::bytes(int column) const {
    const void *data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    if (data == nullptr || size <= 0)
        return {};
    return {static_cast<const char *>(data), static_cast<std::size_t>(size)};
}

bool SqliteStatement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Result<SqliteDatabase> SqliteDatabase::open(const std::string &path) {
    SqliteDatabase opened;
    sqlite3 *raw = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int result = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    opened.database_.reset(raw); // also of an open that failed
    if (result != SQLITE_OK)
        return failed(raw, result);
    return opened;
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
    sqlite3_stmt *raw = nullptr;
    const int result = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                          &raw, nullptr);
    if (result != SQLITE_OK)
        return failed(database_.get(), result);
    return SqliteStatement(raw);
}

Status SqliteDatabase::execute(std::string_view sql) {
    COAX_ASSIGN_OR_RETURN(SqliteStatement statement, prepare(sql));
    return statement.run();
}

Result<std::int64_t> SqliteDatabase::integer(std::string_view sql) {
    COAX_ASSIGN_OR_RETURN(SqliteStatement statement, prepare(sql));
    COAX_ASSIGN_OR_RETURN(const bool found, statement.step());
    return found ? statement.integer(0) : 0;
}

Result<std::string> SqliteDatabase::text(std::string_view sql) {
    COAX_ASSIGN_OR_RETURN(SqliteStatement statement, prepare(sql));
    COAX_ASSIGN_OR_RETURN(const bool found, statement.step());
    return found ? statement.bytes(0) : std::string();
}

bool SqliteDatabase::in_transaction() const {
    return sqlite3_get_autocommit(database_.get()) == 0;
}

} // namespace coax
