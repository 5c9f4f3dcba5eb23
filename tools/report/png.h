#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace loglik::tools {

/// An 8-bit PNG, in base64 as a "data:" URI: of `channels` 1 (grey) or 3 (RGB), rows of pixels whose channels lie side by side.
/// Throws DataError if zlib fails.
std::string png_uri(std::span<const std::uint8_t> pixels, std::size_t width, std::size_t height, std::size_t channels);

}  // namespace loglik::tools
