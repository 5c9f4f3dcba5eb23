#include "framework/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "framework/error.h"
#include "framework/random.h"

namespace loglik {

Batches::Batches(Dataset data, std::int64_t batch_size)
    : data_(std::move(data)), batch_size_(batch_size), order_(static_cast<std::size_t>(data_.size())) {
  if (batch_size < 1) throw ArgumentError(fmt::format("batch_size = {}, needs to be at least 1", batch_size));
  std::iota(order_.begin(), order_.end(), 0);
  if (data_.size() >= batch_size_) whole_ = data_.batch(std::span(order_).first(static_cast<std::size_t>(batch_size_)));
  if (data_.size() % batch_size_ != 0) last_ = data_.batch(std::span(order_).first(static_cast<std::size_t>(data_.size() % batch_size_)));
}

std::int64_t Batches::count() const { return data_.size() / batch_size_ + (data_.size() % batch_size_ != 0 ? 1 : 0); }

std::int64_t Batches::rows(std::int64_t index) const { return std::min(batch_size_, data_.size() - index * batch_size_); }

const Batch& Batches::operator[](std::int64_t index) {
  if (index < 0 || index >= count()) throw IndexError(fmt::format("batch {} of {}", index, count()));
  const std::int64_t size = rows(index);
  Batch& batch = size == batch_size_ ? whole_ : last_;
  data_.gather(std::span(order_).subspan(static_cast<std::size_t>(index * batch_size_), static_cast<std::size_t>(size)), batch);
  return batch;
}

void Batches::shuffle(std::uint64_t seed, std::int64_t epoch) {
  std::iota(order_.begin(), order_.end(), 0);
  loglik::shuffle({.seed = seed, .step = static_cast<std::uint64_t>(epoch), .name = hash_name("batches")}, order_);
}

}  // namespace loglik
