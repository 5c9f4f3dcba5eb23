#pragma once
// A JSON document and a file of tensors that belong together: model.json and parameters.safetensors, or those of a checkpoint. Internal.
//
// The document holds the SHA-256 of the tensors' file and, last, that of its own bytes up to there: any flipped bit of either is found.
//
// Written in an order such that the pair on disk is always whole, the one before or the new one, wherever the program ends: the tensors beside
// the old ones as FILE.new, then the document, which names them by their SHA-256, then FILE.new is renamed. Reading takes whichever of FILE and FILE.new the
// document means; writing first ends what an interrupted writing left.
#include <map>
#include <string>

#include "framework/data/json-inl.h"
#include "framework/tensor.h"

namespace loglik {

struct SealedFiles {
  Json document;  ///< with "loglik_version", "format", "tensors" and "sha256", which writing adds
  std::map<std::string, Tensor> tensors;
};

/// Throws DataError if something can't be written; what was there before is then there still.
void write_sealed(const std::string& folder, const std::string& document_name, const std::string& tensors_name, const SealedFiles& files);

/// Throws DataError, naming the file: missing, cut off, changed since it was written, of a format of a later version.
SealedFiles read_sealed(const std::string& folder, const std::string& document_name, const std::string& tensors_name);

/// The document alone, its own seal checked.
Json read_sealed_document(const std::string& path);

void make_folder(const std::string& path);  ///< and those above it; throws DataError

}  // namespace loglik
