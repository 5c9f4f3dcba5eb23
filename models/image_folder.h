#pragma once
#include <string>

#include "models/load_data.h"

namespace loglik {

/// Images and their labels as files have them.
struct LabelledImages {
  Tensor images;  ///< uint8 {n, channels, height, width}
  Tensor labels;  ///< uint8 {n}
};

/// Reads "<prefix>-images-idx3-ubyte" and "<prefix>-labels-idx1-ubyte", gzipped or not. Throws DataError: missing, damaged, of other types
/// or ranks, different counts.
LabelledImages read_labelled_images(const std::string& folder, const std::string& prefix);

/// A folder with "train" and "t10k" images; see load_data. Throws DataError also where the two do not fit together.
LoadedData read_image_folder(const std::string& folder);

}  // namespace loglik
