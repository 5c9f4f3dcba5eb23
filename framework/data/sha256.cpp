#include "framework/data/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "framework/data/input_file.h"
#include "framework/error.h"

namespace loglik {
namespace {
void require(int status) {
  if (status != 1) throw Error("OpenSSL refuses to compute a SHA-256");
}
}  // namespace

struct Sha256::Context {
  Context() : evp(EVP_MD_CTX_new()) {
    if (evp == nullptr) throw std::bad_alloc();
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }
  EVP_MD_CTX* evp;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { require(EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr)); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()));
  return *this;
}

std::string Sha256::hex() const {
  const Context copy;  // finishing ends a context
  require(EVP_MD_CTX_copy_ex(copy.evp, context_->evp));
  std::array<unsigned char, 32> digest;
  require(EVP_DigestFinal_ex(copy.evp, digest.data(), nullptr));
  std::string text;
  for (unsigned char byte : digest) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

std::string sha256(std::span<const std::byte> bytes) { return Sha256().update(bytes).hex(); }

std::string sha256_of_file(const std::string& path) {
  InputFile file(path);
  Sha256 digest;
  std::array<std::byte, 1 << 16> piece;
  while (const std::size_t count = file.read(piece)) digest.update(std::span(piece).first(count));
  return digest.hex();
}

}  // namespace loglik
