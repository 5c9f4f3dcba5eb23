#pragma once
#include <functional>

#include "framework/node.h"

namespace loglik {

/// What `build` makes, of which no gradient flows where `used` (bool, broadcasts with it) is false, whatever it is there: NaN, or of an
/// infinite derivative.
///
///     where(used, gradient_where(used, [&] { return d.log_prob(y); }), other)
///
/// `where` alone hands a gradient of 0 to what it did not choose, and the chain rule may multiply it by an infinite derivative on its way:
/// 0·∞ is NaN, and reaches the parameters, which other elements use as well. Here gradients are chosen once more where they leave what was
/// built: at the first node that `build` did not make, or whose op is not elementwise, so that its elements are not those of `used`.
/// Values are not changed. What is built should be of elementwise ops for the most part: past another op only `used` of its outputs counts.
Node gradient_where(Node used, const std::function<Node()>& build);

}  // namespace loglik
