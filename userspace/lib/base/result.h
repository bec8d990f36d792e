// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace coax {

enum class ErrorCode {
    kInvalid,     // the input is wrong: the caller must change it
    kNotFound,    // something that was expected to exist does not
    kExists,      // something that must not exist does
    kPermission,  // a capability, mode or owner is missing or wrong
    kUnsupported, // the kernel or a library cannot do it
    kBusy,        // someone else holds the resource
    kUnavailable, // try again later
    kVersion,     // another ABI or protocol version
    kConflict,    // a compare did not hold: someone else was first, read again
    kTooLarge,    // more than a limit allows: the caller must send less
    kNoSpace,     // a disk or a quota is full: nothing was changed
    kCorrupt,     // what is stored is damaged
    kSystem,      // a system call failed for another reason
};

/// What failed, for an operator: what was attempted, on what, what was found, what to do.
class [[nodiscard]] Error {
  public:
    Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

    /// kSystem, or a closer code derived from `error_number`; message "what: strerror(errno)".
    static Error from_errno(std::string_view what, int error_number);

    [[nodiscard]] ErrorCode code() const { return code_; }
    [[nodiscard]] const std::string &message() const { return message_; }

    /// The same error with "context: " in front; add it once per layer.
    [[nodiscard]] Error with_context(std::string_view context) const;

  private:
    ErrorCode code_;
    std::string message_;
};

/// A T or an Error. Never ignore one; propagate with COAX_TRY / COAX_ASSIGN_OR_RETURN.
template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    [[nodiscard]] T &value() & { return std::get<0>(state_); }
    [[nodiscard]] const T &value() const & { return std::get<0>(state_); }
    [[nodiscard]] T &&value() && { return std::get<0>(std::move(state_)); }
    T *operator->() { return &value(); }
    const T *operator->() const { return &value(); }
    T &operator*() & { return value(); }
    const T &operator*() const & { return value(); }
    T &&operator*() && { return std::move(*this).value(); }

    [[nodiscard]] const Error &error() const { return std::get<1>(state_); }

  private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }
    [[nodiscard]] const Error &error() const { return std::get<1>(state_); }

  private:
    std::variant<std::monostate, Error> state_;
};

using Status = Result<void>;

#define COAX_CONCAT_INNER(a, b) a##b
#define COAX_CONCAT(a, b) COAX_CONCAT_INNER(a, b)

/// Returns the error of a Status or Result from the enclosing function.
#define COAX_TRY(expression)                                                                       \
    do {                                                                                           \
        if (auto coax_try_result = (expression); !coax_try_result.ok())                            \
            return coax_try_result.error();                                                        \
    } while (false)

/// COAX_ASSIGN_OR_RETURN(auto x, f()): x = value of f(), or return its error.
#define COAX_ASSIGN_OR_RETURN(target, expression)                                                  \
    COAX_ASSIGN_OR_RETURN_INNER(COAX_CONCAT(coax_result_, __LINE__), target, expression)
#define COAX_ASSIGN_OR_RETURN_INNER(name, target, expression)                                      \
    auto name = (expression);                                                                      \
    if (!name.ok())                                                                                \
        return name.error();                                                                       \
    target = std::move(name).value()

} // namespace coax
