// Elementwise ops that read a product or a convolution (whatever offers an epilogue), alone, are computed part by part, right after each part
// of the product, while that is in the cache.
#include <algorithm>

#include "framework/passes/passes.h"
#include "framework/passes/tile_graph.h"
#include "framework/with_epilogue.h"

namespace loglik {
namespace {

class Attacher {
 public:
  explicit Attacher(const Graph& before) : before_(before), after_(before), readers_(before), needed_(needed_by_outputs(before)), plans_(before.node_count()) {
    for (std::uint32_t i = 0; i < before.node_count(); ++i) plan(i);
  }

  Graph attach() {
    for (std::uint32_t i = 0; i < before_.node_count(); ++i) {
      if (plans_[i].joins) after_.replace(i, {});  // computed where it is read
      else if (plans_[i].program) emit(i);
      else after_.copy(i);
    }
    return after_.finish();
  }

 private:
  struct Plan {
    bool joins = false;                  // is this the product?
    std::optional<TileProgram> program;  // else the epilogue, with its inputs, the product first
    std::vector<Node> inputs;
    std::size_t carrier = 0;
  };

  // The latest such product among what node `index` reads: others are there by then.
  void plan(std::uint32_t index) {
    const auto tiles = tile_node(before_, index);
    if (!tiles) return;
    std::vector<std::size_t> order(tiles->inputs.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return tiles->inputs[a].index() > tiles->inputs[b].index(); });
    for (const std::size_t input : order)
      if (try_input(index, *tiles, input)) return;
  }

  bool try_input(std::uint32_t index, const TileNode& tiles, std::size_t input) {
    const Node product = tiles.inputs[input];
    const NodeRecord& record = before_.record(index);
    const bool fits = product.op().offers_epilogue() && before_.record(product.index()).outputs.size() == 1 && product.shape() == record.outputs[0].shape;
    const bool alone = readers_(product.index(), 0).size() == 1 && !readers_.is_output(product.index(), 0) && !readers_.is_update(product.index(), 0);
    if (!fits || !alone || needed_[product.index()] != needed_[index]) return false;
    for (std::size_t k = 0; k < record.outputs.size(); ++k)
      if (readers_.is_update(index, k)) return false;  // it may be written over the Variable, where a product can't be put

    TileNode first = tiles;  // the product becomes input 0
    const auto renumber = [&](std::uint32_t i) { return i == input ? 0 : i < input ? i + 1 : i; };
    for (TileProgram::Instruction& instruction : first.instructions)
      for (TileProgram::Operand& operand : instruction.operands)
        if (operand.is_input) operand.index = renumber(operand.index);
    std::rotate(first.inputs.begin(), first.inputs.begin() + static_cast<std::ptrdiff_t>(input), first.inputs.begin() + static_cast<std::ptrdiff_t>(input) + 1);
    TileProgram program = first.program(record.outputs[0].shape);
    for (std::size_t k = 0; k < record.outputs.size(); ++k)
      if (record.outputs[k].dtype == product.dtype() && program.may_overwrite(0, k)) {
        plans_[product.index()].joins = true;
        plans_[index] = {false, std::move(program), first.inputs, k};
        return true;
      }
    return false;
  }

  void emit(std::uint32_t index) {
    const Plan& plan = plans_[index];
    const NodeRecord& record = before_.record(index);
    const NodeRecord& product = before_.record(plan.inputs[0].index());
    const SiteScope site(product.site);
    const Scope scope = after_.graph().enter(product.scope);
    std::vector<Node> inputs = after_(product.inputs);
    const std::vector<Node> others = after_(std::span(plan.inputs).subspan(1));
    inputs.insert(inputs.end(), others.begin(), others.end());
    const Node node = make_node(std::make_shared<WithEpilogue>(product.op, product.inputs.size(), *plan.program, plan.carrier),
                                std::vector<Operand>(inputs.begin(), inputs.end()));
    std::vector<Node> outputs;
    for (std::size_t k = 0; k < record.outputs.size(); ++k) outputs.push_back(node.output(k));
    after_.replace(index, outputs);
  }

  const Graph& before_;
  Rewriter after_;
  Readers readers_;
  std::vector<char> needed_;
  std::vector<Plan> plans_;
};

}  // namespace

Graph attach_epilogues(const Graph& before) { return Attacher(before).attach(); }

}  // namespace loglik
