#include "framework/data/tensorboard.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <bit>
#include <cmath>
#include <csignal>
#include <cstring>
#include <limits>

#include "tests/data/files.h"

namespace loglik {
namespace {
using namespace std::string_literals;

// CRC-32C bit by bit, as its definition says.
std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
  }
  return ~crc;
}

std::string masked(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes), masked = (crc >> 15 | crc << 17) + 0xa282ead8u;
  return {reinterpret_cast<const char*>(&masked), 4};
}

// The events of a file with their wall time, which lies in the 8 bytes after the first, set to 0.
std::vector<std::string> events_of(const std::string& bytes) {
  std::vector<std::string> events;
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at, 8);
    EXPECT_EQ(bytes.substr(at + 8, 4), masked(bytes.substr(at, 8)));
    events.push_back(bytes.substr(at + 12, length));
    EXPECT_EQ(bytes.substr(at + 12 + length, 4), masked(events.back()));
    EXPECT_EQ(events.back()[0], '\x09');
    events.back().replace(1, 8, 8, '\0');
    at += 16 + length;
  }
  return events;
}

std::string doubles(std::initializer_list<double> values) { return {reinterpret_cast<const char*>(values.begin()), 8 * values.size()}; }

class TensorBoard : public testing::Test {
 protected:
  std::string content() { return folder.content(writer.path().substr(folder.path().size())); }
  // The buckets of the histogram logged last, without what is before them.
  std::string buckets(const Tensor& values, int count = 30) {
    writer.histogram("h", values, 0, count);
    const std::string event = events_of(content()).back();
    return event.substr(event.find("\x12\x02\x08\x03") + 4);
  }
  test::Folder folder;
  TensorBoardWriter writer{folder.path("runs/1")};
  const std::string time = "\x09" + std::string(8, '\0');
};

TEST(Crc32C, HasItsCheckValue) { EXPECT_EQ(crc32c("123456789"), 0xE3069283u); }

TEST_F(TensorBoard, BeginsWithItsVersion) {
  EXPECT_TRUE(writer.path().starts_with(folder.path("runs/1/events.out.tfevents."))) << writer.path();
  EXPECT_EQ(content().substr(0, 12), "\x18\0\0\0\0\0\0\0\xa3\x7fK\""s);  // how TensorFlow's files begin
  EXPECT_EQ(events_of(content()), std::vector{time + "\x1a\x0d" + "brain.Event:2"});
}

TEST_F(TensorBoard, WritesScalars) {  // bytes of event_pb2.Event.SerializeToString
  writer.scalar("t", 1.5, 300);
  writer.scalar("t", std::numeric_limits<double>::infinity(), -1);
  const auto events = events_of(content());
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1], time + "\x10\xac\x02* \x0a\x1e\x0a\x01tB\x0a\x08\x01\x12\0*\4\0\0\xc0?J\x0d\x0a\x09\x0a\x07scalars \x01"s);
  EXPECT_EQ(events[2], time + "\x10" + std::string(9, '\xff') + "\x01*\x11\x0a\x0f\x0a\x01tB\x0a\x08\x01\x12\0*\4\0\0\x80\x7f"s);
}

TEST_F(TensorBoard, WritesHistograms) {  // the first one likewise
  writer.histogram("h", Tensor::from(std::vector<float>{1, 3, 2, 1}), 7, 2);
  EXPECT_EQ(events_of(content()).back(), time + "\x10\x07*W\x0aU\x0a\x01hB>\x08\x02\x12\x08\x12\x02\x08\x02\x12\x02\x08\x03\"\x30"s +
                                             doubles({1, 2, 2, 2, 3, 2}) + "J\x10\x0a\x0c\x0a\x0ahistograms \x02");
  EXPECT_EQ(buckets(Tensor::from(std::vector<std::int32_t>{5, 5})), "\"\x18" + doubles({4.5, 5.5, 2}));
  EXPECT_EQ(buckets(Tensor(DType::float64, {0, 3})), "\"\0"s);
  const double most = std::numeric_limits<double>::max();
  EXPECT_EQ(buckets(Tensor::from(std::vector{-most, 0.0, most, most}), 2), "\"\x30" + doubles({-most, 0, 1, 0, most, 3}));
}

TEST_F(TensorBoard, RefusesWhatCannotBeShown) {
  writer.scalar("s", 1, 0);
  writer.histogram("h", Tensor::scalar(1.0), 0);
  EXPECT_THROW(writer.histogram("s", Tensor::scalar(1.0), 0), ArgumentError);
  EXPECT_THROW(writer.scalar("h", 1, 0), ArgumentError);
  EXPECT_THROW(writer.scalar("\xff", 1, 0), ArgumentError);
  EXPECT_THROW(writer.histogram("h", Tensor::scalar(1.0), 0, 0), ArgumentError);
  EXPECT_THROW(writer.histogram("h", Tensor::from(std::vector{1.0, std::nan("")}), 0), NumericError);
  EXPECT_EQ(events_of(content()).size(), 3u);
}

TEST_F(TensorBoard, TakesBackARecordThatDoesNotFit) {
  writer.scalar("s", 1, 0);
  const std::string before = content();
  rlimit limit_before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit_before), 0);
  const rlimit limit{before.size() + 20, limit_before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  const std::string message = folder.error([&] { writer.scalar("s", 2, 1); });
  setrlimit(RLIMIT_FSIZE, &limit_before);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(message.ends_with(" can't be written: File too large")) << message;
  EXPECT_EQ(content(), before);
  writer.scalar("s", 3, 2);
  EXPECT_EQ(events_of(content()).size(), 3u);
}

TEST_F(TensorBoard, HasAFileForEachWriter) {
  const TensorBoardWriter second(folder.path("runs/1"));
  EXPECT_NE(second.path(), writer.path());
  folder.write("file", "");
  EXPECT_TRUE(folder.error([&] { TensorBoardWriter(folder.path("file")); }).ends_with(" can't be written: Not a directory"));
}
}  // namespace
}  // namespace loglik
