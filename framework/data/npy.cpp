// "\x93NUMPY", version, length of the header, the header: a Python dict such as
// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } padded by spaces to a newline, then the elements.
#include "framework/data/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

#include "framework/data/atomic_file.h"
#include "framework/data/byte_source.h"
#include "framework/data/bytes.h"
#include "framework/data/npy_format.h"
#include "framework/error.h"

namespace loglik {
namespace {
using namespace std::string_view_literals;

constexpr std::string_view magic = "\x93NUMPY"sv;
constexpr std::size_t data_alignment = 64;
constexpr std::size_t greatest_rank = 64;         // NumPy's
constexpr std::size_t greatest_header = 1 << 16;  // far more than such a rank needs
constexpr bool little = std::endian::native == std::endian::little;

struct Header {
  DType dtype = DType::float32;
  bool swapped = false;  // the elements' bytes are not in this machine's order
  bool fortran = false;
  Extents extents;
};

std::string_view type_text(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "f4";
    case DType::float64:
      return "f8";
    case DType::int32:
      return "i4";
    case DType::boolean:
      return "b1";
    default:
      return "u1";
  }
}

// Reads the dict: the three keys, each once, in any order.
class HeaderParser {
 public:
  HeaderParser(const std::string& path, std::string_view text) : path_(path), rest_(text.substr(0, text.find_last_not_of(" \n") + 1)) {}

  Header parse() {
    std::optional<std::string_view> type;
    std::optional<bool> fortran;
    std::optional<Extents> extents;
    expect("{");
    while (!accept("}")) {
      const std::string_view key = string();
      expect(":");
      if (key == "descr" && !type)
        type = string();
      else if (key == "fortran_order" && !fortran)
        fortran = boolean();
      else if (key == "shape" && !extents)
        extents = tuple();
      else
        fail(fmt::format("key {} is unknown or given twice", quoted(key)));
      if (accept("}")) break;
      expect(",");
    }
    if (!trim().empty()) fail(fmt::format("{} follows the closing brace", quoted(rest_)));
    if (!type || !fortran || !extents) fail("'descr', 'fortran_order' and 'shape' are needed");
    Header header{.dtype = {}, .swapped = false, .fortran = *fortran, .extents = *extents};
    set_type(header, *type);
    return header;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const { throw DataError(fmt::format("{} has a damaged .npy header: {}", path_, what)); }

  std::string_view trim() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size()));
    return rest_;
  }

  bool accept(std::string_view token) {
    if (!trim().starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void expect(std::string_view token) {
    if (!accept(token)) fail(fmt::format("{} where '{}' would be right", rest_.empty() ? "it ends" : quoted(rest_), token));
  }

  std::string_view string() {
    if (trim().starts_with('[')) throw DataError(fmt::format("{} holds records: one plain type a file can be read", path_));
    const std::string_view quote = accept("\"") ? "\"" : "'";
    if (quote == "'") expect(quote);
    const std::string_view text = rest_.substr(0, rest_.find(quote));
    rest_.remove_prefix(text.size());
    expect(quote);
    return text;
  }

  bool boolean() {
    if (accept("True")) return true;
    expect("False");
    return false;
  }

  Extents tuple() {
    Extents extents;
    expect("(");
    while (!accept(")")) {
      trim();
      std::int64_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc() || size < 0) fail(fmt::format("{} where a size would be right", quoted(rest_)));
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      extents.push_back(size);
      if (extents.size() > greatest_rank) fail("more than 64 sizes");
      if (!accept(",")) {
        expect(extents.size() == 1 ? "," : ")");  // in Python (3) is a number
        break;
      }
    }
    return extents;
  }

  void set_type(Header& header, std::string_view type) const {
    for (DType dtype : {DType::float32, DType::float64, DType::int32, DType::boolean, DType::uint8}) {
      if (type.empty() || type.substr(1) != type_text(dtype)) continue;
      const bool one_byte = size_of(dtype) == 1;
      if (type[0] != '<' && type[0] != '>' && !(type[0] == '|' && one_byte)) continue;
      header.dtype = dtype;
      header.swapped = !one_byte && (type[0] == '<') != little;
      return;
    }
    throw DataError(fmt::format("{} holds NumPy type {}: float32 (f4), float64 (f8), int32 (i4), bool (b1) and uint8 (u1) can be read",
                                path_, quoted(type)));
  }

  const std::string& path_;
  std::string_view rest_;
};

Header read_header(ByteSource& source) {
  std::array<std::byte, 8> start;
  source.read_exactly(start);
  if (std::memcmp(start.data(), magic.data(), magic.size()) != 0)
    throw DataError(fmt::format("{} is not an .npy file: it doesn't begin with \"\\x93NUMPY\"", source.name()));
  const int major = std::to_integer<int>(start[6]), minor = std::to_integer<int>(start[7]);
  if (major < 1 || major > 3 || minor != 0)
    throw DataError(fmt::format("{} is of .npy version {}.{}: 1.0, 2.0 and 3.0 can be read", source.name(), major, minor));
  std::array<std::byte, 4> length_bytes;
  const auto used = std::span(length_bytes).first(major == 1 ? 2 : 4);
  source.read_exactly(used);
  const std::uint64_t length = little_endian(used);
  if (length > greatest_header)
    throw DataError(
        fmt::format("{} has an .npy header of {} bytes: {} can be read", source.name(), grouped(length), grouped(greatest_header)));
  std::string text(length, '\0');
  source.read_exactly(std::as_writable_bytes(std::span(text)));
  return HeaderParser(source.name(), text).parse();
}

// The same elements with the last axis fastest: `tensor` has its first axis fastest.
Tensor from_fortran_order(const Tensor& tensor) {
  const Extents& extents = tensor.extents();
  const std::size_t size = size_of(tensor.dtype());
  std::vector<std::size_t> strides(extents.size());
  std::size_t stride = size;
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    strides[axis] = stride;
    stride *= static_cast<std::size_t>(extents[axis]);
  }
  Tensor result(tensor.dtype(), extents);
  Extents index(extents.size());
  std::size_t from = 0;
  for (std::size_t to = 0; to < result.bytes(); to += size) {
    std::memcpy(result.mutable_data() + to, tensor.data() + from, size);
    for (std::size_t axis = extents.size(); axis-- > 0;) {
      from += strides[axis];
      if (++index[axis] < extents[axis]) break;
      from -= strides[axis] * static_cast<std::size_t>(extents[axis]);
      index[axis] = 0;
    }
  }
  return result;
}

void require_booleans(const std::string& path, const Tensor& tensor) {
  const std::span bytes(tensor.data(), tensor.bytes());
  const auto bad = std::find_if(bytes.begin(), bytes.end(), [](std::byte byte) { return byte > std::byte{1}; });
  if (bad != bytes.end())
    throw DataError(
        fmt::format("{} holds bool, but byte {} of its elements is {}, not 0 or 1", path, bad - bytes.begin(), std::to_integer<int>(*bad)));
}
}  // namespace

std::string npy_header(const Tensor& tensor) {
  if (tensor.rank() > greatest_rank)
    throw ShapeError(fmt::format("write_npy: {} axes, NumPy reads up to {}", tensor.rank(), greatest_rank));
  std::string header = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                   size_of(tensor.dtype()) == 1 ? '|'
                                   : little                     ? '<'
                                                                : '>',
                                   type_text(tensor.dtype()), fmt::join(tensor.extents(), ", "), tensor.rank() == 1 ? "," : "");
  // NumPy leaves room for the first size to grow to 21 digits without the header moving the data.
  if (tensor.rank() > 0) header.append(21 - std::to_string(tensor.size(0)).size(), ' ');
  const std::size_t start = magic.size() + 4;
  header.append(data_alignment - (start + header.size() + 1) % data_alignment, ' ');
  header += '\n';
  const std::array version_and_length{'\1', '\0', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  return std::string(magic).append(version_and_length.data(), version_and_length.size()) + header;
}

void write_npy(const std::string& path, const Tensor& tensor) {
  const std::string header = npy_header(tensor);
  AtomicFile file(path);
  file.write(header);
  file.write({tensor.data(), tensor.bytes()});
  file.commit();
}

Tensor read_npy(ByteSource& source) {
  const Header header = read_header(source);
  Tensor tensor = read_elements(source, header.dtype, header.extents);
  if (header.swapped) swap_byte_order({tensor.mutable_data(), tensor.bytes()}, size_of(header.dtype));
  if (header.dtype == DType::boolean) require_booleans(source.name(), tensor);
  return header.fortran && tensor.rank() > 1 ? from_fortran_order(tensor) : tensor;
}

Tensor read_npy(const std::string& path) {
  FileSource source(path);
  return read_npy(source);
}

}  // namespace loglik
