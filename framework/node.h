#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "framework/shape.h"
#include "framework/site.h"

namespace loglik {

class Graph;
class Op;
class Operand;
struct GraphData;

/// One tensor of a graph: an output of an op. A small value that stays valid as long as its graph, also when the Graph is moved.
///
/// `==` is identity of nodes; `equal(a, b)` compares elements.
class Node {
 public:
  Node() = default;  ///< absent: asking for its type, op or graph throws ArgumentError
  Node(GraphData* graph, std::uint32_t index, std::uint32_t output) : graph_(graph), index_(index), output_(output) {}
  explicit operator bool() const { return graph_ != nullptr; }

  Graph& graph() const;
  const TensorType& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  const Op& op() const;
  const std::vector<Node>& inputs() const;
  Site site() const;
  std::string name() const;  ///< scoped: "encoder/h"; the op's name if it was given none

  /// Gives the node a name in the scope that is open: `Session::fetch` finds it, and its memory is kept to the end of a step.
  /// Returns the node. Throws NameError if the name is taken or holds a '/'.
  Node named(std::string_view name) const;

  Node output(std::size_t index) const;  ///< another output of the same op; throws ArgumentError if there is none
  std::uint32_t index() const { return index_; }
  std::uint32_t output_index() const { return output_; }
  GraphData* data() const { return graph_; }

  friend bool operator==(Node a, Node b) { return a.graph_ == b.graph_ && a.index_ == b.index_ && a.output_ == b.output_; }
  friend Node operator+(Operand a, Operand b);
  friend Node operator-(Operand a, Operand b);
  friend Node operator*(Operand a, Operand b);
  friend Node operator/(Operand a, Operand b);
  friend Node operator-(Operand a);

 private:
  GraphData* graph_ = nullptr;
  std::uint32_t index_ = 0;
  std::uint32_t output_ = 0;
};

/// What ops take: a Node or a number, and the line of the caller, taken where it converts. An absent Node is refused by the op.
///
/// A number becomes a constant of the dtype of the op's first operand that is a node and not bool.
class Operand {
 public:
  Operand(Node node, const char* file = __builtin_FILE(), int line = __builtin_LINE()) : node_(node), site_{file, line} {}
  template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
  Operand(Number number, const char* file = __builtin_FILE(), int line = __builtin_LINE())
      : number_(static_cast<double>(number)), is_number_(true), site_{file, line} {}

  /// Anything that has a value that is a Node: a Variable.
  template <class V>
    requires requires(const V& v) { { v.value() } -> std::same_as<Node>; }
  Operand(const V& v, const char* file = __builtin_FILE(), int line = __builtin_LINE()) : node_(v.value()), site_{file, line} {}

  bool is_number() const { return is_number_; }
  double number() const { return number_; }
  Node node() const;  ///< throws ArgumentError for a number, as at least one operand of an op must be a node, and for an absent Node
  Graph& graph() const { return node().graph(); }
  const TensorType& type() const { return node().type(); }
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  Site site() const { return site_; }

  friend Node operator+(Operand a, Operand b);
  friend Node operator-(Operand a, Operand b);
  friend Node operator*(Operand a, Operand b);
  friend Node operator/(Operand a, Operand b);
  friend Node operator-(Operand a);

 private:
  Node node_;
  double number_ = 0;
  bool is_number_ = false;
  Site site_;
};

Node operator+(Operand a, Operand b);
Node operator-(Operand a, Operand b);
Node operator*(Operand a, Operand b);
Node operator/(Operand a, Operand b);
Node operator-(Operand a);

}  // namespace loglik
