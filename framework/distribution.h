#pragma once
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

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

/// What one observation tells of k scalar parameters on average: Iᵢⱼ = E[∂ᵢ log p(Y) · ∂ⱼ log p(Y)], in nats.
struct FisherInformation {
  std::vector<Node> parameters;  ///< k nodes that the distribution holds
  std::vector<Node> entries;     ///< k·k, row-major and symmetric, in the answers' shape; an absent Node is 0 everywhere
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
/// 2·(log p(y) under the parameters that fit y best − log p(y)), for the families that define it: y's squared distance, in nats.
struct Deviance { static Node of(const auto& d, Node y) requires requires { d.deviance(y); } { return d.deviance(y); } };
/// The smallest y with P(Y ≤ y) ≥ p.
struct Quantile { static Node of(const auto& d, Node p) requires requires { d.quantile(p); } { return d.quantile(p); } };
/// A draw; asked for by `d.sample(name)`.
struct Sample {};

/// Any distribution as a value: wraps a struct with `log_prob`, and finds its optional answers.
///
/// The struct may also have: a `name` and an `event_rank` (default 0), static constants or methods; `Support support() const` (without it
/// targets are not checked); `TensorType target() const` (of the target's input); `std::string certificate() const` (which familiar loss the
/// NLL is); `std::vector<Node> atoms() const` (points of positive probability of a distribution that else has a density);
/// `std::string advice(double y) const` (which distribution would take a target that is outside the support).
/// A wrapper, whose answers depend on what it wraps, says which it has by `template <class Answer> bool has() const`.
class Distribution {
 public:
  template <class D>
    requires(IsDistribution<D> && !std::same_as<D, Distribution>)
  Distribution(D distribution) : self_(std::make_shared<Wrapped<D>>(std::move(distribution))) {}

  Node log_prob(Node y) const { return self_->log_prob(y); }

  /// Is there this answer: Mean, Mode, … Quantile, Crps.
  template <class Answer> bool has() const { return self_->has(Answers::index<Answer>()); }
  bool has_sample() const { return self_->has(Answers::index<Sample>()); }
  bool has_kl(const Distribution& other) const { return self_->has_kl(*other.self_); }  ///< in closed form, to that other
  bool has_fisher_information() const { return self_->has_fisher_information(); }

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
  Node deviance(Node y) const { return ask<Deviance>(y); }
  Node quantile(Node p) const { return ask<Quantile>(p); }
  /// A draw, reparameterised where the struct's `Node sample(std::string_view name) const` is. The name keys its random bits.
  Node sample(std::string_view name) const { return self_->sample(name); }
  /// KL(this ‖ other) in nats, by the struct's `Node kl(const D& other) const`. Throws ArgumentError also if `other` is of another class.
  Node kl(const Distribution& other) const { return self_->kl(*other.self_); }
  FisherInformation fisher_information() const { return self_->fisher_information(); }

  std::string name() const { return self_->name(); }
  std::size_t event_rank() const { return self_->event_rank(); }
  std::optional<Support> support() const { return self_->support(); }
  std::optional<TensorType> target() const { return self_->target(); }
  std::string certificate() const { return self_->certificate(); }  ///< "" if it states none
  /// Points of positive probability, in the answers' shape or broadcasting with it, of a distribution that elsewhere has a density.
  std::vector<Node> atoms() const { return self_->atoms(); }
  /// "use exponential or gaussian": what would take a target y that is outside the support; "" if nothing is known.
  std::string advice(double y) const { return self_->advice(y); }

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
      if (!offers<A>(d)) return false;
      if constexpr (requires { A::of(d, at); }) {
        if (result != nullptr) *result = A::of(d, at);
        return true;
      }
      return std::same_as<A, Sample> && requires(std::string_view key) { d.sample(key); };
    }
  };
  /// What a wrapper says at run time.
  template <class A, class D> static bool offers(const D& d) {
    if constexpr (requires { { d.template has<A>() } -> std::convertible_to<bool>; }) return d.template has<A>();
    else return true;
  }
  using Answers = List<Mean, Mode, Variance, Median, Entropy, Probabilities, Cdf, Survival, LogCdf, LogSurvival, Crps, Deviance, Quantile, Sample>;

  struct Interface {
    virtual ~Interface() = default;
    virtual Node log_prob(Node y) const = 0;
    virtual bool has(std::size_t answer) const = 0;
    virtual Node answer(std::size_t answer, Node at) const = 0;  // absent if there is none
    virtual Node sample(std::string_view name) const = 0;
    virtual bool has_kl(const Interface& other) const = 0;
    virtual Node kl(const Interface& other) const = 0;
    virtual bool has_fisher_information() const = 0;
    virtual FisherInformation fisher_information() const = 0;
    virtual std::vector<Node> atoms() const = 0;
    virtual std::string advice(double y) const = 0;
    virtual std::string name() const = 0;
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
    Node sample(std::string_view key) const override {
      if constexpr (requires { distribution.sample(key); }) return distribution.sample(key);
      else throw_no_answer(name(), "sample");
    }
    bool has_kl(const Interface& other) const override {
      if constexpr (requires { distribution.kl(distribution); }) {
        const auto* same = dynamic_cast<const Wrapped*>(&other);
        if constexpr (requires { distribution.has_kl(distribution); }) return same != nullptr && distribution.has_kl(same->distribution);
        else return same != nullptr;
      } else {
        return false;
      }
    }
    Node kl(const Interface& other) const override {
      if constexpr (requires { distribution.kl(distribution); }) {
        if (has_kl(other)) return distribution.kl(static_cast<const Wrapped&>(other).distribution);
      }
      throw_no_answer(name(), "kl");
    }
    bool has_fisher_information() const override {
      return requires { distribution.fisher_information(); } && offers<FisherInformation>(distribution);
    }
    FisherInformation fisher_information() const override {
      if constexpr (requires { distribution.fisher_information(); }) {
        if (has_fisher_information()) return distribution.fisher_information();
      }
      throw_no_answer(name(), "fisher_information");
    }
    std::vector<Node> atoms() const override {
      if constexpr (requires { distribution.atoms(); }) return distribution.atoms();
      else return {};
    }
    std::string advice(double y) const override {
      if constexpr (requires { distribution.advice(y); }) return distribution.advice(y);
      else return "";
    }
    std::string name() const override {
      if constexpr (requires { { distribution.name() } -> std::convertible_to<std::string>; }) return distribution.name();
      else if constexpr (requires { std::string_view(D::name); }) return std::string(D::name);
      else return "distribution";
    }
    std::size_t event_rank() const override {
      if constexpr (requires { distribution.event_rank(); }) return distribution.event_rank();
      else if constexpr (requires { std::size_t{D::event_rank}; }) return D::event_rank;
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
