// {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
//
// Parsed by hand since the grammar is this small: nesting is bounded by construction, a key given twice is seen, and no text is
// held twice, however long.
#include "framework/data/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "framework/data/bytes.h"
#include "framework/error.h"

namespace loglik {
namespace {
using Entry = SafetensorsHeader::Entry;

constexpr std::array<std::pair<std::string_view, std::size_t>, 15> sizes{{{"F64", 8},
                                                                          {"F32", 4},
                                                                          {"F16", 2},
                                                                          {"BF16", 2},
                                                                          {"F8_E4M3", 1},
                                                                          {"F8_E5M2", 1},
                                                                          {"I64", 8},
                                                                          {"I32", 4},
                                                                          {"I16", 2},
                                                                          {"I8", 1},
                                                                          {"U64", 8},
                                                                          {"U32", 4},
                                                                          {"U16", 2},
                                                                          {"U8", 1},
                                                                          {"BOOL", 1}}};

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&](unsigned value) { out += static_cast<char>(value); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xE0 | code >> 12);
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
    }
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

class Parser {
 public:
  Parser(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  SafetensorsHeader parse() {
    SafetensorsHeader header{};
    bool has_metadata = false;
    if (!text_.starts_with('{')) fail("it doesn't begin with '{'");
    object([&](std::string key) {
      if (key != "__metadata__") {
        header.tensors.push_back(entry(std::move(key)));
        return;
      }
      if (std::exchange(has_metadata, true)) fail("\"__metadata__\" is given twice");
      object([&](std::string name) {
        budget_.take_metadata();
        std::string value = string();
        const auto [place, is_new] = header.metadata.emplace(std::move(name), std::move(value));
        if (!is_new) fail(fmt::format("metadata {} is given twice", quoted(place->first)));
      });
    });
    skip_blanks();
    if (at_ < text_.size()) fail(fmt::format("{} follows the closing brace", quoted(text_.substr(at_))));
    return header;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw DataError(fmt::format("{} has a damaged safetensors header: {}{}", path_,
                                tensor_.empty() ? "" : fmt::format("tensor {}: ", quoted(tensor_)), what));
  }

  void require_memory() const {
    if (!budget_.exceeded()) return;
    throw DataError(fmt::format("{} names too much: its tensors and texts would take more than {} bytes beside the data", path_,
                                grouped(SafetensorsBudget::most)));
  }

  Entry entry(std::string name) {
    Entry entry{.name = std::move(name), .dtype = {}, .shape = {}, .begin = 0, .end = 0};
    tensor_ = entry.name;
    std::optional<std::string> dtype;
    std::optional<Extents> shape, offsets;
    object([&](const std::string& key) {
      if (key == "dtype" && !dtype)
        dtype = string();
      else if (key == "shape" && !shape)
        shape = integers();
      else if (key == "data_offsets" && !offsets)
        offsets = integers();
      else
        fail(fmt::format("key {} is unknown or given twice", quoted(key)));
    });
    if (!dtype || !shape || !offsets) fail("\"dtype\", \"shape\" and \"data_offsets\" are needed");
    if (offsets->size() != 2) fail(fmt::format("\"data_offsets\" has {} numbers, 2 would be right", offsets->size()));
    budget_.take_tensor(shape->size());
    require_memory();
    entry.dtype = *std::move(dtype);
    entry.shape = *std::move(shape);
    entry.begin = static_cast<std::uint64_t>(offsets->front());
    entry.end = static_cast<std::uint64_t>(offsets->back());
    tensor_.clear();
    return entry;
  }

  template <class Member>
  void object(Member member) {
    expect('{');
    if (accept('}')) return;
    do {
      std::string key = string();
      expect(':');
      member(std::move(key));
    } while (accept(','));
    expect('}');
  }

  Extents integers() {
    Extents numbers;
    expect('[');
    if (accept(']')) return numbers;
    do {
      skip_blanks();
      const char* const begin = text_.data() + at_;
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
      if (error != std::errc() || *begin == '-' || (*begin == '0' && end != begin + 1)) fail(found("an integer from 0 to 2⁶³ − 1"));
      at_ += static_cast<std::size_t>(end - begin);
      if (numbers.size() == most_axes) fail(fmt::format("more than {} numbers", most_axes));
      numbers.push_back(number);
    } while (accept(','));
    expect(']');
    return numbers;
  }

  std::string string() {
    expect('"');
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) fail("it ends inside a string");
    const std::string_view raw = text_.substr(at_, end - at_);
    budget_.take_text(raw.size());
    require_memory();
    std::string out;
    out.reserve(raw.size());  // exactly: growing would take half as much again
    while (at_ < end) {
      const char c = text_[at_++];
      if (static_cast<unsigned char>(c) < 0x20) fail(fmt::format("a string holds the control character \\x{:02x}", c));
      if (c == '\\')
        escape(out);
      else
        out += c;
    }
    ++at_;
    return out;
  }

  void escape(std::string& out) {
    constexpr std::string_view letters = "\"\\/bfnrt", characters = "\"\\/\b\f\n\r\t";
    const char letter = text_[at_++];
    if (const std::size_t index = letters.find(letter); index != std::string_view::npos) {
      out += characters[index];
      return;
    }
    if (letter != 'u') fail(fmt::format("a string holds the unknown escape {}", quoted(text_.substr(at_ - 2, 2))));
    unsigned code = hexadecimal();
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      at_ += 2;
      const unsigned low = hexadecimal();
      code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xD800;
    }
    if (code >= 0xD800 && code < 0xE000) fail("a string holds half of a surrogate pair");
    append_utf8(out, code);
  }

  unsigned hexadecimal() {
    unsigned code = 0;
    const std::string_view digits = text_.substr(at_, 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc() || end != digits.data() + 4) fail(fmt::format("a string holds the unknown escape \"\\u{}\"", digits));
    at_ += 4;
    return code;
  }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  bool accept(char token) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != token) return false;
    ++at_;
    return true;
  }

  void expect(char token) {
    if (!accept(token)) fail(found(fmt::format("'{}'", token)));
  }

  std::string found(std::string_view right) const {
    const std::string_view rest = text_.substr(at_);
    return fmt::format("{} where {} would be right", rest.empty() ? "it ends" : quoted(rest), right);
  }

  static constexpr std::size_t most_axes = 64;  // NumPy's

  const std::string& path_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::string tensor_;  // that errors name
  SafetensorsBudget budget_;
};

void require_unique_names(const std::string& path, const std::vector<Entry>& entries) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return entries[a].name < entries[b].name; });
  const auto twice =
      std::adjacent_find(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return entries[a].name == entries[b].name; });
  if (twice != order.end()) throw DataError(fmt::format("{} has two tensors named {}", path, quoted(entries[*twice].name)));
}

// The product of the sizes, 0 only where one of them is; more than can be addressed is refused also where a size of 0 hides it.
std::uint64_t bytes_of(const std::string& path, const Entry& entry) {
  std::uint64_t bytes = safetensors_size_of(entry.dtype);
  if (bytes == 0) throw DataError(fmt::format("{}: tensor {} has the unknown dtype {}", path, quoted(entry.name), quoted(entry.dtype)));
  bool empty = false;
  for (const std::int64_t extent : entry.shape) {
    const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(extent, 1));
    empty = empty || extent == 0;
    if (bytes > std::numeric_limits<std::int64_t>::max() / size)
      throw DataError(fmt::format("{}: tensor {} promises {} {}, more bytes than can be addressed", path, quoted(entry.name), entry.dtype,
                                  to_string(entry.shape)));
    bytes *= size;
  }
  return empty ? 0 : bytes;
}

void require_layout(const std::string& path, std::vector<Entry>& entries, std::uint64_t data_size) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::uint64_t used = 0;
  for (const Entry& entry : entries) {
    const auto fail = [&](const std::string& what) { throw DataError(fmt::format("{}: tensor {} {}", path, quoted(entry.name), what)); };
    const std::uint64_t bytes = bytes_of(path, entry);
    if (entry.end < entry.begin)
      fail(fmt::format("ends at byte {} of the data, before it begins at {}", grouped(entry.end), grouped(entry.begin)));
    if (entry.end - entry.begin != bytes)
      fail(fmt::format("is {} {} of {} bytes, its data_offsets span {}", entry.dtype, to_string(entry.shape), grouped(bytes),
                       grouped(entry.end - entry.begin)));
    if (entry.begin != used)
      fail(fmt::format("begins at byte {} of the data, {} would be right: {}", grouped(entry.begin), grouped(used),
                       entry.begin < used ? "it overlaps another" : "nothing lies between"));
    if (entry.end > data_size)
      fail(fmt::format("is cut off: it ends at byte {} of the data, {} are there", grouped(entry.end), grouped(data_size)));
    used = entry.end;
  }
  if (used < data_size)
    throw DataError(fmt::format("{} has {} bytes of data, its tensors take {}", path, grouped(data_size), grouped(used)));
}
}  // namespace

std::size_t safetensors_size_of(std::string_view dtype) {
  const auto found = std::find_if(sizes.begin(), sizes.end(), [&](const auto& known) { return known.first == dtype; });
  return found == sizes.end() ? 0 : found->second;
}

SafetensorsHeader parse_safetensors_header(const std::string& path, std::string_view text, std::uint64_t data_size) {
  if (const std::size_t bad = first_invalid_utf8(text); bad != std::string_view::npos)
    throw DataError(fmt::format("{} has a damaged safetensors header: byte {} of it, 0x{:02X}, is not UTF-8", path, grouped(bad),
                                static_cast<unsigned char>(text[bad])));
  SafetensorsHeader header = Parser(path, text).parse();
  require_unique_names(path, header.tensors);
  require_layout(path, header.tensors, data_size);
  return header;
}

}  // namespace loglik
