#pragma once
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>

#include "framework/node.h"
#include "framework/support.h"

namespace loglik {

/// What makes a struct a distribution: the log density or log probability of y, in nats, as graph.
///
/// `log_prob(y)` has y's shape without the distribution's `event_rank` trailing dimensions, and broadcasts over extra leading dimensions of y.
template <class D>
concept IsDistribution = requires(const D& d, Node y) {
  { d.log_prob(y) } -> std::convertible_to<Node>;
};

// The optional answers, to ask for with `d.has<Mean>()`. Each is a method of the struct that builds graph.
struct Mean { static Node of(const auto& d, Node) requires requires { d.mean(); } { return d.mean(); } };
struct Mode { static Node of(const auto& d, Node) requires requires { d.mode(); } { return d.mode(); } };
struct Variance { static Node of(const auto& d, Node) requires requires { d.variance(); } { return d.variance(); } };
struct Median { static Node of(const auto& d, Node) requires requires { d.median(); } { return d.median(); } };
struct Entropy { static Node of(const auto& d, Node) requires requires { d.entropy(); } { return d.entropy(); } };  ///< nats
/// Of each class, along a last axis.
struct Probabilities { static Node of(const auto& d, Node) requires requires { d.probabilities(); } { return d.probabilities(); } };
/// P(Y ≤ y).
struct Cdf { static Node of(const auto& d, Node y) requires requires { d.cdf(y); } { return d.cdf(y); } };
/// P(Y > y).
struct Survival { static Node of(const auto& d, Node y) requires requires { d.survival(y); } { return d.survival(y); } };
struct LogCdf { static Node of(const auto& d, Node y) requires requires { d.log_cdf(y); } { return d.log_cdf(y); } };
struct LogSurvival { static Node of(const auto& d, Node y) requires requires { d.log_survival(y); } { return d.log_survival(y); } };
/// The continuous ranked probability score ∫(F(t) − 1{t ≥ y})² dt, in units of y: a proper score (Gneiting & Raftery 2007).
struct Crps { static Node of(const auto& d, Node y) requires requires { d.crps(y); } { return d.crps(y); } };
/// The smallest y with P(Y ≤ y) ≥ p.
struct Quantile { static Node of(const auto& d, Node p) requires requires { d.quantile(p); } { return d.quantile(p); } };

/// Any distribution as a value: wraps a struct with `log_prob`, and finds its optional answers.
///
/// The struct may also have: `static constexpr std::string_view name`; `static constexpr std::size_t event_rank` (default 0);
/// `Support support() const` (without it targets are not checked); `TensorType target() const` (of the target's input);
/// `std::string certificate() const` (which familiar loss the NLL is).
class Distribution {
 public:
  template <class D>
    requires(IsDistribution<D> && !std::same_as<D, Distribution>)
  Distribution(D distribution) : self_(std::make_shared<Wrapped<D>>(std::move(distribution))) {}

  Node log_prob(Node y) const { return self_->log_prob(y); }

  /// Is there this answer: Mean, Mode, … Quantile, Crps.
  template <class Answer> bool has() const { return self_->has(Answers::index<Answer>()); }
  bool has_sample() const { return self_->has_sample(); }

  // Each throws ArgumentError if the distribution has no such answer.
  Node mean() const { return ask<Mean>(); }
  Node mode() const { return ask<Mode>(); }
  Node variance() const { return ask<Variance>(); }
  Node median() const { return ask<Median>(); }
  Node entropy() const { return ask<Entropy>(); }
  Node probabilities() const { return ask<Probabilities>(); }
  Node cdf(Node y) const { return ask<Cdf>(y); }
  Node survival(Node y) const { return ask<Survival>(y); }
  Node log_cdf(Node y) const { return ask<LogCdf>(y); }
  Node log_survival(Node y) const { return ask<LogSurvival>(y); }
  Node crps(Node y) const { return ask<Crps>(y); }
  Node quantile(Node p) const { return ask<Quantile>(p); }
  /// A draw, reparameterised where the struct's `Node sample(std::string_view name) const` is. The name keys its random bits.
  Node sample(std::string_view name) const { return self_->sample(name); }
  /// KL(this ‖ other) in nats, by the struct's `Node kl(const D& other) const`. Throws ArgumentError also if `other` is of another class.
  Node kl(const Distribution& other) const { return self_->kl(*other.self_); }

  std::string_view name() const { return self_->name(); }
  std::size_t event_rank() const { return self_->event_rank(); }
  std::optional<Support> support() const { return self_->support(); }
  std::optional<TensorType> target() const { return self_->target(); }
  std::string certificate() const { return self_->certificate(); }  ///< "" if it states none

  /// The struct itself if it is a D, else null.
  template <class D> const D* as() const {
    const auto* wrapped = dynamic_cast<const Wrapped<D>*>(self_.get());
    return wrapped == nullptr ? nullptr : &wrapped->distribution;
  }

 private:
  template <class... Answer> struct List {
    template <class Wanted> static constexpr std::size_t index() {
      std::size_t i = 0;
      static_cast<void>(((std::same_as<Wanted, Answer> || (++i, false)) || ...));
      return i;
    }
    /// Asks `d` for answer number `which`; false if it has none. Without `result` nothing is built.
    template <class D> static bool ask(const D& d, std::size_t which, Node at, Node* result) {
      std::size_t i = 0;
      return ((i++ == which && ask_one<Answer>(d, at, result)) || ...);
    }
    template <class A, class D> static bool ask_one(const D& d, Node at, Node* result) {
      if constexpr (requires { A::of(d, at); }) {
        if (result != nullptr) *result = A::of(d, at);
        return true;
      } else {
        return false;
      }
    }
  };
  using Answers = List<Mean, Mode, Variance, Median, Entropy, Probabilities, Cdf, Survival, LogCdf, LogSurvival, Crps, Quantile>;

  struct Interface {
    virtual ~Interface() = default;
    virtual Node log_prob(Node y) const = 0;
    virtual bool has(std::size_t answer) const = 0;
    virtual Node answer(std::size_t answer, Node at) const = 0;  // absent if there is none
    virtual bool has_sample() const = 0;
    virtual Node sample(std::string_view name) const = 0;
    virtual Node kl(const Interface& other) const = 0;
    virtual std::string_view name() const = 0;
    virtual std::size_t event_rank() const = 0;
    virtual std::optional<Support> support() const = 0;
    virtual std::optional<TensorType> target() const = 0;
    virtual std::string certificate() const = 0;
  };

  template <class Answer> Node ask(Node at = {}) const {
    const Node result = self_->answer(Answers::index<Answer>(), at);
    if (!result) throw_no_answer(name(), typeid(Answer).name());
    return result;
  }
  [[noreturn]] static void throw_no_answer(std::string_view distribution, std::string_view answer);

  template <class D> struct Wrapped final : Interface {
    explicit Wrapped(D d) : distribution(std::move(d)) {}
    D distribution;

    Node log_prob(Node y) const override { return distribution.log_prob(y); }
    bool has(std::size_t answer) const override { return Answers::ask(distribution, answer, {}, nullptr); }
    Node answer(std::size_t answer, Node at) const override {
      Node result;
      Answers::ask(distribution, answer, at, &result);
      return result;
    }
    bool has_sample() const override { return requires(const D& d, std::string_view key) { d.sample(key); }; }
    Node sample(std::string_view key) const override {
      if constexpr (requires { distribution.sample(key); }) return distribution.sample(key);
      else throw_no_answer(name(), "sample");
    }
    Node kl(const Interface& other) const override {
      if constexpr (requires { distribution.kl(distribution); }) {
        if (const auto* same = dynamic_cast<const Wrapped*>(&other)) return distribution.kl(same->distribution);
      }
      throw_no_answer(name(), "kl");
    }
    std::string_view name() const override {
      if constexpr (requires { D::name; }) return D::name;
      else return "distribution";
    }
    std::size_t event_rank() const override {
      if constexpr (requires { D::event_rank; }) return D::event_rank;
      else return 0;
    }
    std::optional<Support> support() const override {
      if constexpr (requires { distribution.support(); }) return distribution.support();
      else return {};
    }
    std::optional<TensorType> target() const override {
      if constexpr (requires { distribution.target(); }) return distribution.target();
      else return {};
    }
    std::string certificate() const override {
      if constexpr (requires { distribution.certificate(); }) return distribution.certificate();
      else return "";
    }
  };
  std::shared_ptr<const Interface> self_;
};

}  // namespace loglik
