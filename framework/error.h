#pragma once
#include <stdexcept>
#include <string>

namespace loglik {

struct GraphData;

/// What every exception of this library derives from. Messages say what is wrong, where, and what would be right.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ShapeError : public Error { using Error::Error; };     ///< dimensions that do not fit together
class DtypeError : public Error { using Error::Error; };     ///< an element type that an op or a binding can't take
class ArgumentError : public Error { using Error::Error; };  ///< an option or argument out of its range
class NameError : public Error { using Error::Error; };      ///< a name that is unknown, taken or malformed
class GradientError : public Error { using Error::Error; };  ///< a derivative that does not exist is needed
class IndexError : public Error { using Error::Error; };     ///< an index in the data outside its axis
class MatrixError : public Error { using Error::Error; };    ///< a matrix in the data that an op can't take: not positive definite
class SupportError : public Error { using Error::Error; };   ///< a target outside its distribution's support
class NumericError : public Error { using Error::Error; };   ///< a NaN or infinity where a step needs finite numbers
class IntegrationError : public Error { using Error::Error; };  ///< a numerical answer of a distribution that would not be right
class DataError : public Error { using Error::Error; };      ///< a file that is missing, damaged or not what it says

/// Nodes of two graphs that meet in one op.
class ForeignNodeError : public ArgumentError {
 public:
  ForeignNodeError(const std::string& what, GraphData* graph, GraphData* foreign) : ArgumentError(what), graph(graph), foreign(foreign) {}
  GraphData* graph;    ///< that the op was added to
  GraphData* foreign;  ///< of an operand
};

}  // namespace loglik
