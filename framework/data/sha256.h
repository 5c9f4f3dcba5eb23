#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace loglik {

/// SHA-256 of bytes that come piece by piece. Source: FIPS 180-4; computed by OpenSSL.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(std::span<const std::byte> bytes);
  std::string hex() const;  ///< of all so far, 64 lower-case digits; more may follow

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256(std::span<const std::byte> bytes);  ///< 64 lower-case digits
std::string sha256_of_file(const std::string& path);   ///< throws DataError if it can't be read

}  // namespace loglik
