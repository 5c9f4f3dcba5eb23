#pragma once
#include <string>

#include "framework/profile.h"
#include "framework/roofline.h"

namespace loglik {

/// Two tables, by op and by step of the program, what took longest first: microseconds a run, in the mean of all and in the median of the
/// traced ones; share of the whole, GFLOP/s, GB/s; and the share of the roofline: the least time that the machine could take over the time
/// taken. 115 columns wide; the `most_steps` longest steps, the others in one line. Under "outside of steps": what Session::step does
/// besides, with its inputs and between steps.
std::string report(const Profile& profile, const Roofline& roofline, std::size_t most_steps = 40);

/// The last runs for chrome://tracing, ui.perfetto.dev or speedscope: a JSON object whose "traceEvents" are complete events ("X"), one a run
/// and within it one a step, "ts" and "dur" in microseconds; "args" hold shapes, FLOPs and bytes.
std::string trace(const Profile& profile);

}  // namespace loglik
