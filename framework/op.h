#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "framework/attributes.h"
#include "framework/kernel_args.h"
#include "framework/node.h"

namespace loglik {

class GradientArgs;
class SimplifyArgs;
struct Pattern;

/// A tensor operation: one immutable object, shared by every node and program that uses it.
///
/// A new op is a subclass and a function from Operands to a Node; see ops/README.md. A composition of other ops needs no class at all.
class Op {
 public:
  virtual ~Op() = default;

  virtual std::string_view name() const = 0;

  /// The types of the outputs. Throws ShapeError or DtypeError with what is wrong; `make_node` adds the op's name and the caller's line.
  virtual std::vector<TensorType> infer(std::span<const TensorType> inputs) const = 0;

  /// Computes the outputs. Called concurrently from many threads on different data, never allocates, never keeps state.
  virtual void run(const KernelArgs& args) const = 0;

  /// Bytes of scratch memory that `run` needs for inputs of these (concrete) types; planned ahead.
  virtual std::size_t workspace(std::span<const TensorType> inputs) const;

  /// The gradient with respect to each input, as nodes; an absent Node says "constant zero". The default throws GradientError.
  virtual std::vector<Node> gradient(const GradientArgs& args) const;

  /// Everything that distinguishes this object from another of its class.
  virtual Attributes attributes() const { return {}; }

  /// The outputs under evaluation (dropout: its input), or nothing if they are the same as in training.
  virtual std::vector<Node> evaluation_form(std::span<const Node> inputs) const;

  /// Nodes of equal value that are cheaper, or nothing. Values must be preserved: no reassociation, x·0 is not 0.
  virtual std::vector<Node> simplify(const SimplifyArgs& args) const;

  /// Compositions with this op in them that another op can stand for: see pattern.h. The default brings none.
  virtual std::span<const Pattern> patterns() const { return {}; }

  /// May `output` be written over the memory of `input`, element by element as it is read? Asked only where their byte sizes are equal.
  virtual bool may_overwrite(std::size_t input, std::size_t output) const;

  /// Is output 0 the very memory of input 0 (a reshape)? Such an op is never run.
  virtual bool is_alias() const { return false; }

  /// Is output 0 the flattened inputs one after the other? The memory plan then lets them be written in place; `run` is told which were.
  virtual bool packs_inputs() const { return false; }

  /// Does `run` call KernelArgs::finished for each element of its one output? Elementwise ops that read the output are then computed there,
  /// part by part, and `run` may find that what it has finished has been written over.
  virtual bool offers_epilogue() const { return false; }

  /// Does it draw random numbers? Such nodes are never merged or folded.
  virtual bool is_random() const { return false; }

  /// Floating-point operations of one run, for profiles; an estimate from (concrete) types.
  virtual double flops(std::span<const TensorType> inputs) const;

  /// The same class with the same attributes.
  virtual bool same_as(const Op& other) const;
};

/// What an op's gradient is written in terms of.
class GradientArgs {
 public:
  GradientArgs(Node node, std::span<const Node> output_gradients, std::span<const bool> wanted)
      : node_(node), output_gradients_(output_gradients), wanted_(wanted) {}

  Node input(std::size_t i) const { return node_.inputs()[i]; }
  std::size_t input_count() const { return node_.inputs().size(); }
  Node output(std::size_t i) const { return node_.output(i); }
  /// ∂L/∂output i, of the output's type; absent if the loss does not depend on it.
  Node output_gradient(std::size_t i) const { return output_gradients_[i]; }
  /// Is the gradient of input i of any use? If not, an absent Node may be returned for it.
  bool wants(std::size_t i) const { return wanted_[i]; }

 private:
  Node node_;
  std::span<const Node> output_gradients_;
  std::span<const bool> wanted_;
};

/// What an op may look at to simplify itself.
class SimplifyArgs {
 public:
  SimplifyArgs(std::span<const Node> inputs, std::span<const TensorType> outputs) : inputs_(inputs), outputs_(outputs) {}

  Node input(std::size_t i) const { return inputs_[i]; }
  std::size_t input_count() const { return inputs_.size(); }
  const TensorType& output_type(std::size_t i) const { return outputs_[i]; }
  bool is_constant(std::size_t i, double value) const;  ///< is input i a constant with all elements equal to `value`, sign of zero included?

 private:
  std::span<const Node> inputs_;
  std::span<const TensorType> outputs_;
};

/// Throws GradientError: to be called by the gradient of an op that has none, saying why.
[[noreturn]] void not_differentiable(const GradientArgs& args, std::string_view why = {});

/// Adds a node to the graph of its operands: infers types, reports the caller's line. Numbers become constants (see Operand).
/// Throws ArgumentError if no operand is a node or they are of different graphs, and whatever `infer` throws, prefixed with op and line.
Node make_node(std::shared_ptr<const Op> op, std::initializer_list<Operand> operands);
Node make_node(std::shared_ptr<const Op> op, std::span<const Operand> operands);

// Checks for `infer`. `what` names the input in the message.
void require_float(std::string_view what, const TensorType& type);                 ///< DtypeError unless float32 or float64
void require_dtype(std::string_view what, const TensorType& type, DType dtype);    ///< DtypeError unless of this dtype
void require_same_dtype(std::span<const TensorType> types);                        ///< DtypeError unless all are equal
void require_rank(std::string_view what, const TensorType& type, std::size_t rank);  ///< ShapeError unless of this rank

}  // namespace loglik
