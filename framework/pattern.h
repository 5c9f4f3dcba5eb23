#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "framework/op.h"

namespace loglik {

/// What a pattern may look at: a node that may be replaced, and the nodes that it was made of.
class PatternArgs : public SimplifyArgs {
 public:
  using Readers = std::function<std::uint32_t(Node)>;
  PatternArgs(const std::shared_ptr<const Op>& op, std::span<const Node> inputs, std::span<const TensorType> outputs,
              std::span<const std::uint32_t> output_readers, const Readers& readers)
      : SimplifyArgs(inputs, outputs), op_(op), output_readers_(output_readers), readers_(readers) {}

  const std::shared_ptr<const Op>& op() const { return op_; }
  /// Does anything use this output of the node: another node, an output of the program, an update?
  bool is_read(std::size_t output) const { return output_readers_[output] > 0; }
  /// How often the value of a node further up is used, at most: 1 if by nothing but the composition.
  std::uint32_t readers(Node node) const { return readers_(node); }

 private:
  const std::shared_ptr<const Op>& op_;
  std::span<const std::uint32_t> output_readers_;
  const Readers& readers_;
};

/// A composition of ops that one op can stand for, by another order of the arithmetic: so that, other than by `Op::simplify`, values may
/// change by rounding. Patterns are recognised before gradients are taken, which are then those of what was put in place.
///
/// `recognize` is shown each node whose op is called `root`, and returns nodes to stand for its outputs, of the same types (absent: an
/// output that is not read), or nothing. It may not recognise what it returns. An op brings the patterns that it is part of: see
/// Op::patterns.
struct Pattern {
  std::string_view root;
  std::vector<Node> (*recognize)(const PatternArgs& args);
};

/// Do two nodes have one value: the same node, or the same op of the same inputs? Looks a few nodes up.
bool same_value(Node a, Node b);

}  // namespace loglik
