// 8 bytes, little-endian: the length of the header; the header, JSON; the elements, row-major.
#include "framework/data/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

#include "framework/data/atomic_file.h"
#include "framework/data/bytes.h"
#include "framework/data/input_file.h"
#include "framework/data/safetensors_header.h"
#include "framework/error.h"

namespace loglik {
namespace {
static_assert(std::endian::native == std::endian::little, "elements go to the file and back as they lie in memory");

using Entry = SafetensorsHeader::Entry;
constexpr std::size_t length_size = 8;
constexpr std::uint64_t greatest_header = 100'000'000;

std::string_view type_text(DType dtype) {
  switch (dtype) {
    case DType::float64:
      return "F64";
    case DType::float32:
      return "F32";
    case DType::int32:
      return "I32";
    case DType::uint8:
      return "U8";
    default:
      return "BOOL";
  }
}

// The place of a dtype's tensors in a file, that of the Python package: wide ones first, so that every tensor is aligned.
int order_of(DType dtype) {
  constexpr std::array order{DType::float64, DType::float32, DType::int32, DType::uint8, DType::boolean};
  return static_cast<int>(std::find(order.begin(), order.end(), dtype) - order.begin());
}

std::string json_string(std::string_view text) {
  if (first_invalid_utf8(text) != std::string_view::npos)
    throw ArgumentError(fmt::format("write_safetensors: {} is not UTF-8", quoted(text)));
  constexpr std::string_view special = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
  std::string out = "\"";
  for (const char c : text) {
    if (const std::size_t index = special.find(c); index != std::string_view::npos)
      (out += '\\') += letters[index];
    else if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    else
      out += c;
  }
  return out + '"';
}

SafetensorsHeader read_header(InputFile& file) {
  std::array<std::byte, length_size> bytes;
  if (file.size() < length_size)
    throw DataError(fmt::format("{} is not a safetensors file: it has {} bytes, the least is 8", file.path(), file.size()));
  file.read_exactly(bytes);
  const std::uint64_t length = std::bit_cast<std::uint64_t>(bytes);
  if (length > greatest_header)
    throw DataError(fmt::format("{} is not a safetensors file: its header would have {} bytes, the most is {}", file.path(),
                                grouped(length), grouped(greatest_header)));
  if (length > file.size() - length_size) throw_cut_off(file.path(), file.size(), length_size + length);
  std::string text(length, '\0');
  file.read_exactly(std::as_writable_bytes(std::span(text)));
  SafetensorsHeader header = parse_safetensors_header(file.path(), text, file.size() - file.position());
  header.data_begin = file.position();
  return header;
}

// Reads elements of type From piece by piece, `convert`s each to To; `convert` is given the element and its index.
template <class From, class To, class Convert>
Tensor converted(InputFile& file, const Extents& shape, Convert convert) {
  Tensor tensor(dtype_of<To>, shape);
  const auto to = tensor.mutable_values<To>();
  std::array<From, 8192> piece;
  for (std::size_t done = 0; done < to.size();) {
    const auto some = std::span(piece).first(std::min(piece.size(), to.size() - done));
    file.read_exactly(std::as_writable_bytes(some));
    for (const From value : some) {
      to[done] = convert(value, done);
      ++done;
    }
  }
  return tensor;
}

template <class From>
Tensor integers(InputFile& file, const Entry& entry) {
  return converted<From, std::int32_t>(file, entry.shape, [&](From value, std::size_t index) {
    if (!std::in_range<std::int32_t>(value))
      throw DataError(fmt::format("{}: tensor {} holds {} {} at element {}, int32 can't hold it", file.path(), quoted(entry.name),
                                  entry.dtype, value, index));
    return static_cast<std::int32_t>(value);
  });
}

float from_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
  if (exponent == 0) return std::copysign(static_cast<float>(fraction) * 0x1p-24f, std::bit_cast<float>(sign | 0x3F800000u));
  const std::uint32_t rebiased = exponent == 0x1F ? 0xFF : exponent + (127 - 15);
  return std::bit_cast<float>(sign | rebiased << 23 | fraction << 13);
}

Tensor same(InputFile& file, DType dtype, const Extents& shape) {
  Tensor tensor(dtype, shape);
  file.read_exactly({tensor.mutable_data(), tensor.bytes()});
  return tensor;
}

Tensor booleans(InputFile& file, const Entry& entry) {
  Tensor tensor = same(file, DType::boolean, entry.shape);
  const std::span bytes(tensor.data(), tensor.bytes());
  const auto bad = std::find_if(bytes.begin(), bytes.end(), [](std::byte byte) { return byte > std::byte{1}; });
  if (bad != bytes.end())
    throw DataError(fmt::format("{}: tensor {} holds BOOL {} at element {}, 0 or 1 would be right", file.path(), quoted(entry.name),
                                std::to_integer<int>(*bad), bad - bytes.begin()));
  return tensor;
}

Tensor read_tensor(InputFile& file, const Entry& entry) {
  const std::string& type = entry.dtype;
  for (DType dtype : {DType::float32, DType::float64, DType::int32, DType::uint8})
    if (type == type_text(dtype)) return same(file, dtype, entry.shape);
  if (type == "BOOL") return booleans(file, entry);
  if (type == "F16")
    return converted<std::uint16_t, float>(file, entry.shape, [](std::uint16_t half, std::size_t) { return from_half(half); });
  if (type == "BF16")
    return converted<std::uint16_t, float>(file, entry.shape,
                                           [](std::uint16_t half, std::size_t) { return std::bit_cast<float>(std::uint32_t{half} << 16); });
  if (type == "I64") return integers<std::int64_t>(file, entry);
  if (type == "U64") return integers<std::uint64_t>(file, entry);
  if (type == "U32") return integers<std::uint32_t>(file, entry);
  if (type == "I16") return integers<std::int16_t>(file, entry);
  if (type == "U16") return integers<std::uint16_t>(file, entry);
  if (type == "I8") return integers<std::int8_t>(file, entry);
  throw DataError(fmt::format("{}: tensor {} is {}, which can't be read: F32, F64, F16, BF16, BOOL and integers can", file.path(),
                              quoted(entry.name), type));
}
}  // namespace

void write_safetensors(const std::string& path, const std::map<std::string, Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<const std::pair<const std::string, Tensor>*> order;
  for (const auto& named : tensors) order.push_back(&named);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return order_of(a->second.dtype()) < order_of(b->second.dtype()); });

  SafetensorsBudget budget;
  std::vector<std::string> members;
  if (!metadata.empty()) {
    std::vector<std::string> texts;
    for (const auto& [key, text] : metadata) {
      texts.push_back(json_string(key) + ":" + json_string(text));
      budget.take_metadata();
    }
    members.push_back(fmt::format("\"__metadata__\":{{{}}}", fmt::join(texts, ",")));
  }
  std::uint64_t offset = 0;
  for (const auto* named : order) {
    const Tensor& tensor = named->second;
    if (named->first == "__metadata__") throw ArgumentError("write_safetensors: no tensor can be named \"__metadata__\"");
    if (tensor.rank() > 64)
      throw ArgumentError(fmt::format("write_safetensors: {} has {} axes, up to 64 can be read", quoted(named->first), tensor.rank()));
    members.push_back(fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", json_string(named->first),
                                  type_text(tensor.dtype()), fmt::join(tensor.extents(), ","), offset, offset + tensor.bytes()));
    budget.take_tensor(tensor.rank());
    offset += tensor.bytes();
  }
  std::string header = fmt::format("{{{}}}", fmt::join(members, ","));
  budget.take_text(header.size());  // more than the reader counts
  if (budget.exceeded())
    throw ArgumentError(fmt::format("write_safetensors: {} tensors and {} texts are too many for a file", tensors.size(), metadata.size()));
  header.append((length_size - header.size() % length_size) % length_size, ' ');

  AtomicFile file(path);
  file.write(std::bit_cast<std::array<std::byte, length_size>>(static_cast<std::uint64_t>(header.size())));
  file.write(header);
  for (const auto* named : order) file.write({named->second.data(), named->second.bytes()});
  file.commit();
}

Safetensors read_safetensors(const std::string& path) {
  InputFile file(path);
  SafetensorsHeader header = read_header(file);
  Safetensors result{.tensors = {}, .metadata = std::move(header.metadata)};
  for (Entry& entry : header.tensors) {
    Tensor tensor = read_tensor(file, entry);
    result.tensors.emplace(std::move(entry.name), std::move(tensor));
  }
  return result;
}

SafetensorsHeader read_safetensors_header(const std::string& path) {
  InputFile file(path);
  return read_header(file);
}

}  // namespace loglik
