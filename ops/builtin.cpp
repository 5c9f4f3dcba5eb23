#include "ops/builtin.h"

#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/argmax.h"
#include "ops/arithmetic.h"
#include "ops/bessel.h"
#include "ops/beta_log_density.h"
#include "ops/bickley.h"
#include "ops/binary_cross_entropy.h"
#include "ops/binomial_functions.h"
#include "ops/cholesky.h"
#include "ops/concat.h"
#include "ops/conv2d.h"
#include "ops/count_mean_difference.h"
#include "ops/cross_entropy.h"
#include "ops/cumsum.h"
#include "ops/deviances.h"
#include "ops/distributions/numerical/steps.h"
#include "ops/distributions/links.h"
#include "ops/dropout.h"
#include "ops/error_function.h"
#include "ops/expint.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/gather.h"
#include "ops/incomplete_beta.h"
#include "ops/incomplete_gamma.h"
#include "ops/inverse_gaussian_tail.h"
#include "ops/layer_norm.h"
#include "ops/linear_recurrence.h"
#include "ops/logical.h"
#include "ops/logsumexp.h"
#include "ops/matmul.h"
#include "ops/poisson_quantile.h"
#include "ops/polar.h"
#include "ops/pooling.h"
#include "ops/random.h"
#include "ops/reductions.h"
#include "ops/shape.h"
#include "ops/slice.h"
#include "ops/size_information.h"
#include "ops/softmax.h"
#include "ops/straight_through.h"
#include "ops/student_t_functions.h"
#include "ops/transpose.h"
#include "ops/triangular_solve.h"
#include "ops/trigonometric.h"
#include "ops/von_mises_integral.h"

namespace loglik {

// One explicit list: a linker drops objects of a static library that nothing refers to, with whatever they would register themselves.
void register_builtin_ops() {
  static const bool once = [] {
    register_primitives();
    register_arithmetic_ops();
    register_exponential_ops();
    register_trigonometric_ops();
    register_error_function_ops();
    register_gamma_functions();
    register_incomplete_beta_ops();
    register_student_t_functions();
    register_beta_log_density();
    register_binomial_functions();
    register_count_mean_difference();
    register_size_information();
    register_bessel_ops();
    register_bickley_ops();
    register_polar_ops();
    register_von_mises_integral_ops();
    register_incomplete_gamma_ops();
    register_expint_ops();
    register_deviance_ops();
    register_poisson_quantile();
    register_inverse_gaussian_ops();
    register_activation_ops();
    register_link_ops();
    register_logical_ops();
    register_conv2d_ops();
    register_matmul_ops();
    register_cholesky_ops();
    register_triangular_solve_ops();
    register_shape_ops();
    register_straight_through();
    register_transpose_ops();
    register_concat_ops();
    register_slice_ops();
    register_gather_ops();
    register_random_ops();
    register_dropout_ops();
    register_pooling_ops();
    register_reduction_ops();
    register_linear_recurrence_ops();
    register_cumsum_ops();
    register_logsumexp_ops();
    register_argmax_ops();
    register_softmax_ops();
    register_cross_entropy_ops();
    register_layer_norm_ops();
    register_binary_cross_entropy_ops();
    numerical::register_numerical_ops();
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace loglik
