#include "framework/tally.h"

#include "framework/error.h"
#include "framework/head.h"

namespace loglik {
namespace {
double ratio(double sum, double weight) { return weight > 0 ? sum / weight : 0; }
}  // namespace

Tally::Tally(const Model& model) {
  for (const auto& head : model.graph().heads())
    heads_.push_back(
        {head->name, head->name + ".total_nll", head->name + ".total_weight", head->total_correct ? head->name + ".total_correct" : "",
         head->score ? head->name + ".total_score" : ""});
  for (const Term& term : model.graph().terms()) terms_.push_back({term.name});
}

void Tally::clear() {
  for (HeadSums& head : heads_) head.nll = head.weight = head.correct = head.score = 0;
  for (TermSum& term : terms_) term.value = 0;
  term_weight_ = 0;
}

void Tally::add(const Session& session, std::int64_t rows) {
  double step_weight = static_cast<double>(rows);
  for (HeadSums& head : heads_) {
    const double weight = session.scalar(head.weight_name);
    if (&head == &heads_.front()) step_weight = weight;
    head.weight += weight;
    head.nll += session.scalar(head.nll_name);
    if (!head.correct_name.empty()) head.correct += session.scalar(head.correct_name);
    if (!head.score_name.empty()) head.score += session.scalar(head.score_name);
  }
  for (TermSum& term : terms_) term.value += step_weight * session.scalar(term.name);
  term_weight_ += step_weight;
}

std::vector<double> Tally::sums() const {
  std::vector<double> sums{term_weight_};
  for (const HeadSums& head : heads_) sums.insert(sums.end(), {head.nll, head.weight, head.correct, head.score});
  for (const TermSum& term : terms_) sums.push_back(term.value);
  return sums;
}

void Tally::restore(std::span<const double> sums) {
  if (sums.size() != 1 + 4 * heads_.size() + terms_.size()) throw ArgumentError("the sums of an epoch are of another model");
  const double* next = sums.data();
  term_weight_ = *next++;
  for (HeadSums& head : heads_)
    for (double* sum : {&head.nll, &head.weight, &head.correct, &head.score}) *sum = *next++;
  for (TermSum& term : terms_) term.value = *next++;
}

double Tally::nll() const {
  double nll = 0;
  for (const HeadSums& head : heads_) nll += ratio(head.nll, head.weight);
  return nll;
}

std::optional<double> Tally::accuracy() const {
  for (const HeadSums& head : heads_)
    if (!head.correct_name.empty()) return ratio(head.correct, head.weight);
  return {};
}

Evaluation Tally::result() const {
  Evaluation result{.nll = nll(), .loss = 0, .accuracy = accuracy()};
  for (const HeadSums& head : heads_) {
    result.heads.push_back({head.head, ratio(head.nll, head.weight), head.weight});
    if (!head.correct_name.empty()) result.heads.back().accuracy = ratio(head.correct, head.weight);
    if (!head.score_name.empty()) result.heads.back().score = ratio(head.score, head.weight);
    result.loss += result.heads.back().score.value_or(result.heads.back().nll);
  }
  for (const TermSum& term : terms_) {
    result.terms.emplace_back(term.name, ratio(term.value, term_weight_));
    result.loss += result.terms.back().second;
  }
  return result;
}

}  // namespace loglik
