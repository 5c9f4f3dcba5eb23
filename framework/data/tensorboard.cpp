// A record: length (8 bytes), masked checksum of the length, event, masked checksum of the event. An event is a protobuf message: fields,
// each a number with a wire type, then a varint, 8 bytes, or a length and that many bytes.
#include "framework/data/tensorboard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <boost/crc.hpp>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <system_error>
#include <vector>

#include "framework/data/bytes.h"
#include "framework/error.h"

namespace loglik {
namespace {
static_assert(std::endian::native == std::endian::little, "numbers go to the file as they lie in memory");

template <class T>
void append(std::string& out, T number) {
  const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(number);
  out.append(bytes.data(), bytes.size());
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return std::rotr(static_cast<std::uint32_t>(crc.checksum()), 15) + 0xa282ead8u;
}

// A protobuf message under construction.
class Message {
 public:
  Message& number(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(value);
    return *this;
  }
  Message& real(int field, double value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 1);
    append(bytes_, value);
    return *this;
  }
  Message& text(int field, std::string_view value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return text(field, value.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string file_name() {
  static std::atomic<unsigned> serial = 0;  // a program may have several writers in a folder
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {"localhost"};
  return fmt::format("events.out.tfevents.{:010}.{}.{}.{}", static_cast<std::int64_t>(now()), host.data(), ::getpid(), serial++);
}

// A TensorProto of float64 {rows, 3}: where a bucket begins, where it ends, how many values it has.
Message bucket_tensor(const std::vector<std::array<double, 3>>& rows) {
  std::string content;
  for (const auto& row : rows)
    for (const double number : row) append(content, number);
  const auto size = [](std::uint64_t n) { return Message().number(1, n); };
  constexpr int float64 = 2;
  return Message().number(1, float64).message(2, Message().message(2, size(rows.size())).message(2, size(3))).text(4, content);
}

std::vector<std::array<double, 3>> bucketed(const std::vector<double>& values, std::size_t buckets) {
  if (values.empty()) return {};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const auto all = static_cast<double>(values.size());
  if (*least == *most) return {{*least - 0.5, *most + 0.5, all}};
  const long double begin = *least, width = (static_cast<long double>(*most) - begin) /
                                            static_cast<long double>(buckets);  // float64's range is twice what float64 holds
  std::vector<std::array<double, 3>> rows(buckets);
  for (std::size_t i = 0; i < buckets; ++i)
    rows[i] = {static_cast<double>(begin + width * static_cast<long double>(i)),
               i + 1 == buckets ? *most : static_cast<double>(begin + width * static_cast<long double>(i + 1)), 0};
  for (const double value : values) ++rows[std::min(buckets - 1, static_cast<std::size_t>((value - begin) / width))][2];
  return rows;
}
}  // namespace

TensorBoardWriter::TensorBoardWriter(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  path_ = (std::filesystem::path(folder) / file_name()).string();
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw DataError(fmt::format("{} can't be written: {}", path_, std::generic_category().message(errno)));
  record(Message().real(1, now()).text(3, "brain.Event:2").bytes());
}

TensorBoardWriter::~TensorBoardWriter() { ::close(descriptor_); }

void TensorBoardWriter::scalar(const std::string& tag, double value, std::int64_t step) {
  std::string number;
  append(number, static_cast<float>(value));
  constexpr int float32 = 1;
  summary(tag, Kind::scalar, Message().number(1, float32).message(2, Message()).text(5, number).bytes(), step);
}

void TensorBoardWriter::histogram(const std::string& tag, const Tensor& values, std::int64_t step, int buckets) {
  if (buckets < 1) throw ArgumentError(fmt::format("histogram {}: {} buckets, at least 1 is needed", loglik::quoted(tag), buckets));
  std::vector<double> numbers(static_cast<std::size_t>(values.count()));
  for_dtype(values.dtype(), [&]<class T>() { std::copy(values.values<T>().begin(), values.values<T>().end(), numbers.begin()); });
  const auto bad = std::find_if(numbers.begin(), numbers.end(), [](double number) { return !std::isfinite(number); });
  if (bad != numbers.end())
    throw NumericError(
        fmt::format("histogram {}: value {} is {}, finite numbers have one", loglik::quoted(tag), bad - numbers.begin(), *bad));
  summary(tag, Kind::histogram, bucket_tensor(bucketed(numbers, static_cast<std::size_t>(buckets))).bytes(), step);
}

// The first value of a tag says what it is: which plugin shows it, and whether it is one number (class 1) or a tensor (2).
void TensorBoardWriter::summary(const std::string& tag, Kind kind, std::string_view tensor, std::int64_t step) {
  if (first_invalid_utf8(tag) != std::string::npos)
    throw ArgumentError(fmt::format("TensorBoard: the tag {} is not UTF-8", loglik::quoted(tag)));
  const auto known = kinds_.find(tag);
  if (known != kinds_.end() && known->second != kind)
    throw ArgumentError(fmt::format("TensorBoard: the tag {} has {}s, a {} needs another", loglik::quoted(tag),
                                    kind == Kind::scalar ? "histogram" : "scalar", kind == Kind::scalar ? "scalar" : "histogram"));
  Message value;
  value.text(1, tag).text(8, tensor);
  if (known == kinds_.end()) {
    const bool scalar = kind == Kind::scalar;
    value.message(9, Message().message(1, Message().text(1, scalar ? "scalars" : "histograms")).number(4, scalar ? 1 : 2));
  }
  record(Message().real(1, now()).number(2, static_cast<std::uint64_t>(step)).message(5, Message().message(1, value)).bytes());
  kinds_.emplace(tag, kind);
}

void TensorBoardWriter::record(std::string_view event) {
  std::string bytes;
  append(bytes, static_cast<std::uint64_t>(event.size()));
  append(bytes, masked_crc32c(bytes));
  bytes += event;
  append(bytes, masked_crc32c(event));
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error = count < 0 ? errno : EIO;
      // Readers stop at half a record, so that none after it would be seen.
      const bool taken_back = ::ftruncate(descriptor_, size_) == 0 && ::lseek(descriptor_, size_, SEEK_SET) == size_;
      throw DataError(fmt::format("{} can't be written: {}{}", path_, std::generic_category().message(error),
                                  taken_back ? "" : ", and its last record is cut off"));
    }
    done += static_cast<std::size_t>(count);
  }
  size_ += static_cast<std::int64_t>(bytes.size());
}

void TensorBoardWriter::sync() {
  if (::fsync(descriptor_) != 0) throw DataError(fmt::format("{} can't be written: {}", path_, std::generic_category().message(errno)));
}

}  // namespace loglik
