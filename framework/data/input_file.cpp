#include "framework/data/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "framework/data/bytes.h"
#include "framework/error.h"

namespace loglik {
namespace {
[[noreturn]] void throw_cannot_read(const std::string& path, int error) {
  throw DataError(fmt::format("{} can't be read: {}", path, std::generic_category().message(error)));
}
}  // namespace

InputFile::InputFile(std::string path) : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor_ < 0) throw_cannot_read(path_, errno);  // O_NONBLOCK: a pipe without a writer must not hang
  struct stat status;
  const int error = ::fstat(descriptor_, &status) == 0 ? 0 : errno;
  if (error == 0 && S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    return;
  }
  ::close(descriptor_);
  if (error != 0) throw_cannot_read(path_, error);
  throw DataError(fmt::format("{} is {}, not a file", path_, S_ISDIR(status.st_mode) ? "a folder" : "a pipe or device"));
}

InputFile::~InputFile() { ::close(descriptor_); }

std::size_t InputFile::read(std::span<std::byte> to) {
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t count = ::pread(descriptor_, to.data() + done, to.size() - done, static_cast<off_t>(position_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_cannot_read(path_, errno);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
    position_ += static_cast<std::uint64_t>(count);
  }
  return done;
}

void InputFile::read_exactly(std::span<std::byte> to) {
  const std::uint64_t needed = position_ + to.size();
  if (read(to) < to.size()) throw_cut_off(path_, position_, needed);
}

}  // namespace loglik
