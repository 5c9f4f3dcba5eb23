#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "framework/data/atomic_file.h"
#include "framework/data/input_file.h"
#include "framework/data/safetensors.h"
#include "framework/data/sealed_files-inl.h"
#include "framework/data/sha256.h"
#include "framework/error.h"
#include "framework/version.h"

namespace loglik {
namespace {

constexpr std::int64_t format = 1;
constexpr std::uint64_t largest_document = std::uint64_t{1} << 26;
constexpr std::string_view seal = ",\n\"sha256\": \"", end = "\"\n}\n";
constexpr std::size_t digits = 64;

// Members and, further in, the elements of lists a line each, so that differences can be read; the rest compact.
void print(const Json& json, int depth, std::string& out) {
  if (depth == 3 || !json.is_structured() || json.empty()) {
    out += json.dump();
    return;
  }
  const char* separator = json.is_object() ? "{\n" : "[\n";
  for (const auto& [name, value] : json.items()) {
    out += std::exchange(separator, ",\n");
    if (json.is_object()) out += Json(name).dump() + ": ";
    print(value, depth + 1, out);
  }
  out += json.is_object() ? "\n}" : "\n]";
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

void rename_and_sync(const std::string& from, const std::string& to, const std::string& folder) {
  const auto fail = [&] { throw DataError(fmt::format("{} can't be renamed to {}: {}", from, to, std::generic_category().message(errno))); };
  if (std::rename(from.c_str(), to.c_str()) != 0) fail();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail();
  const int error = ::fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;  // EINVAL: a file system that can't sync folders
  ::close(descriptor);
  if (error != 0) throw DataError(fmt::format("{} can't be synced: {}", folder, std::generic_category().message(error)));
}

std::string tensors_hash(const Json& document, const std::string& path) { return JsonValue(path, document)["tensors"]["sha256"].text(); }

// Which of FILE and FILE.new the document means.
std::string find_tensors(const std::string& file, const std::string& wanted) {
  const std::string fresh = file + ".new";
  if (exists(fresh) && sha256_of_file(fresh) == wanted) return fresh;
  if (sha256_of_file(file) == wanted) return file;
  throw DataError(fmt::format("{} is damaged, or of another run: its SHA-256 is not the one in the description beside it", file));
}

// Ends what a writing that was interrupted left: the new tensors take their place if the document is of them.
void finish_interrupted(const std::string& folder, const std::string& document_path, const std::string& file) {
  const std::string fresh = file + ".new";
  if (!exists(fresh) || !exists(document_path)) return;
  std::string wanted;
  try {
    wanted = tensors_hash(read_sealed_document(document_path), document_path);
  } catch (const DataError&) {
    return;  // a damaged document means no file
  }
  if (sha256_of_file(fresh) == wanted) rename_and_sync(fresh, file, folder);
}

}  // namespace

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path)) throw DataError(fmt::format("{}: the folder can't be made: {}", path, error ? error.message() : "there is a file"));
}

void write_sealed(const std::string& folder, const std::string& document_name, const std::string& tensors_name, const SealedFiles& files) {
  make_folder(folder);
  const std::string document_path = folder + "/" + document_name, file = folder + "/" + tensors_name, fresh = file + ".new";
  finish_interrupted(folder, document_path, file);
  write_safetensors(fresh, files.tensors, {{"written_by", "loglik " + std::string(version)}});

  Json document{{"loglik_version", version}, {"format", format}};
  document.update(files.document);
  document["tensors"] = {{"file", tensors_name}, {"sha256", sha256_of_file(fresh)}};
  document.erase("sha256");
  std::string text;
  print(document, 0, text);
  text.resize(text.size() - 2);  // "\n}"
  text += seal;
  text += sha256(std::as_bytes(std::span(text))) + std::string(end);
  AtomicFile out(document_path);
  out.write(text);
  out.commit();
  rename_and_sync(fresh, file, folder);
}

Json read_sealed_document(const std::string& path) {
  InputFile file(path);
  if (file.size() > largest_document) throw DataError(fmt::format("{} has {} bytes, at most {} are read", path, file.size(), largest_document));
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  file.read_exactly(std::as_writable_bytes(std::span(text)));
  const std::size_t tail = seal.size() + digits + end.size();
  const std::string_view last = text.size() < tail ? std::string_view() : std::string_view(text).substr(text.size() - tail);
  if (!last.starts_with(seal) || !last.ends_with(end)) throw DataError(fmt::format("{} is cut off, or nothing that Loglik wrote: it does not end in its SHA-256", path));
  const std::size_t sealed = text.size() - digits - end.size();
  if (sha256(std::as_bytes(std::span(text).first(sealed))) != last.substr(seal.size(), digits))
    throw DataError(fmt::format("{} is damaged or was edited: its SHA-256 is not the one at its end", path));
  Json document = parse_json(path, text);
  const JsonValue value(path, document);
  if (const std::int64_t written = value["format"].integer(1); written > format)
    throw DataError(fmt::format("{} has format {}, written by Loglik {}; this version, {}, reads format {}", path, written, value["loglik_version"].text(), version, format));
  return document;
}

SealedFiles read_sealed(const std::string& folder, const std::string& document_name, const std::string& tensors_name) {
  const std::string document_path = folder + "/" + document_name;
  SealedFiles files{read_sealed_document(document_path), {}};
  files.tensors = read_safetensors(find_tensors(folder + "/" + tensors_name, tensors_hash(files.document, document_path))).tensors;
  return files;
}

}  // namespace loglik
