#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "framework/data/input_file.h"
#include "framework/tensor.h"

namespace loglik {

/// Bytes that come one after another: a file's, or what a part of one inflates to. Throws DataError that begins with `name()`.
class ByteSource {
 public:
  explicit ByteSource(std::string name) : name_(std::move(name)) {}
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  const std::string& name() const { return name_; }  ///< for errors: the path, for a member of an archive with its name
  std::uint64_t position() const { return position_; }

  std::size_t read(std::span<std::byte> to);   ///< fills `to`, or less at the end; returns the bytes read
  void read_exactly(std::span<std::byte> to);  ///< fills `to`; throws if the source ends before

  virtual std::uint64_t stored() const = 0;  ///< bytes in the file, of which the source is made
  virtual bool compressed() const = 0;       ///< may more than `stored()` come?

 private:
  virtual std::size_t next(std::span<std::byte> to) = 0;
  std::string name_;
  std::uint64_t position_ = 0;
};

/// A file as it is.
class FileSource : public ByteSource {
 public:
  explicit FileSource(const std::string& path) : ByteSource(path), file_(path) {}
  std::uint64_t stored() const override { return file_.size(); }
  bool compressed() const override { return false; }

 protected:
  std::size_t next(std::span<std::byte> to) override { return file_.read(to); }
  InputFile file_;
};

/// The rest of a source, as elements of a tensor in their own byte order; the sizes are what a header promised, and the source must end
/// with them. No memory is taken before the promise was compared with `stored()`; where data are compressed, it grows as bytes
/// arrive, up to twice what they inflate to.
Tensor read_elements(ByteSource& source, DType dtype, const Extents& extents);

}  // namespace loglik
