// SPDX-License-Identifier: Apache-2.0
#include "lib/config/key_depth.h"

#include <algorithm>
#include <cstddef>

namespace coax {
namespace {

/// Walks TOML text just closely enough to tell keys from strings and comments.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    int find() {
        while (!text_.empty()) {
            const char c = text_.front();
            if (c == '#')
                skip_comment();
            else if (c == '"' || c == '\'')
                skip_string(c);
            else if (step(c) > kKeyPartsMax)
                return line_;
        }
        return 0;
    }

  private:
    /// Takes one character outside of strings and comments; parts of the key so far.
    int step(char c) {
        text_.remove_prefix(1);
        if (c == '.')
            ++parts_;
        else if (std::string_view("=,[]{}\n").find(c) != std::string_view::npos)
            parts_ = 1;
        if (c == '\n')
            ++line_;
        return parts_;
    }

    void skip_comment() { text_.remove_prefix(std::min(text_.find('\n'), text_.size())); }

    void skip_string(char quote) {
        const std::string_view triple = quote == '"' ? R"(""")" : "'''";
        const bool multi_line = text_.starts_with(triple);
        const std::string_view end = multi_line ? triple : triple.substr(0, 1);
        take(end.size());
        while (!text_.empty() && !text_.starts_with(end)) {
            if (text_.front() == '\n' && !multi_line)
                return; // not TOML: the parser stops here
            take(quote == '"' && text_.front() == '\\' ? 2 : 1);
        }
        take(end.size());
    }

    void take(std::size_t count) {
        const std::string_view taken = text_.substr(0, count);
        line_ += static_cast<int>(std::count(taken.begin(), taken.end(), '\n'));
        text_.remove_prefix(taken.size());
    }

    std::string_view text_;
    int line_ = 1;
    int parts_ = 1;
};

} // namespace

int line_of_too_deep_key(std::string_view toml) {
    return Scanner(toml).find();
}

} // namespace coax
