#pragma once
#include "framework/graph.h"

namespace loglik {

/// Nodes, Variables and scopes made in a graph while one of these lives go away with it: what the compiler adds to a user's graph only to copy it.
class Temporary {
 public:
  explicit Temporary(Graph& graph) : data_(*graph.data()), nodes_(data_.nodes.size()), variables_(data_.variables.size()), scopes_(data_.scopes.size()) {}
  ~Temporary() {
    data_.nodes.resize(nodes_);
    data_.variables.resize(variables_);
    data_.scopes.resize(scopes_);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

 private:
  GraphData& data_;
  std::size_t nodes_, variables_, scopes_;
};

}  // namespace loglik
