#include "framework/elementwise.h"

#include <optional>

#include "framework/broadcast.h"
#include "framework/error.h"

namespace loglik {
namespace {
constexpr std::int64_t tile_elements = ElementwiseOp::tile_size;
constexpr std::int64_t tiles_a_piece = 16;  // some 16,000 elements: several microseconds of the cheapest op, what waking a thread costs
constexpr std::size_t most_inputs = 8;

Shape broadcast(std::span<const TensorType> inputs) {
  Shape shape;
  for (const TensorType& input : inputs) shape = broadcast_shapes(shape, input.shape);
  return shape;
}
}  // namespace

DType ElementwiseOp::result_dtype(std::span<const TensorType> inputs) const {
  for (const TensorType& input : inputs)
    if (!is_float(input.dtype)) throw DtypeError(to_string(input) + " is not a float: cast it to float32 or float64");
  require_same_dtype(inputs);
  return inputs[0].dtype;
}

std::vector<TensorType> ElementwiseOp::infer(std::span<const TensorType> inputs) const { return {{result_dtype(inputs), broadcast(inputs)}}; }

double ElementwiseOp::flops(std::span<const TensorType> inputs) const { return static_cast<double>(broadcast(inputs).count().constant()); }

void ElementwiseOp::run(const KernelArgs& args) const {
  const TensorView& output = args.outputs[0];
  const std::size_t count = args.inputs.size();
  std::array<std::optional<BroadcastReader>, most_inputs> readers;
  for (std::size_t i = 0; i < count; ++i) readers[i].emplace(args.shape(i), output.extents);

  args.parallel_for(output.count, tile_elements * tiles_a_piece, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) std::byte stretched[most_inputs][tile_size * sizeof(double)];
    std::array<const void*, most_inputs> pointers{};
    for (std::size_t i = 0; i < count; ++i)
      if (readers[i]->is_scalar()) {
        readers[i]->read(args.inputs[i].data, size_of(args.dtype(i)), 0, std::min(tile_elements, end - begin), stretched[i]);
        pointers[i] = stretched[i];
      }
    for (std::int64_t first = begin; first < end; first += tile_elements) {
      const std::int64_t elements = std::min(tile_elements, end - first);
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t size = size_of(args.dtype(i));
        if (readers[i]->is_whole()) {
          pointers[i] = static_cast<const std::byte*>(args.inputs[i].data) + static_cast<std::size_t>(first) * size;
        } else if (!readers[i]->is_scalar()) {
          readers[i]->read(args.inputs[i].data, size, first, elements, stretched[i]);
          pointers[i] = stretched[i];
        }
      }
      void* out = static_cast<std::byte*>(output.data) + static_cast<std::size_t>(first) * size_of(output.dtype);
      tile({static_cast<std::size_t>(elements), pointers.data(), out, args.dtype(0), output.dtype});
    }
  });
}

}  // namespace loglik
