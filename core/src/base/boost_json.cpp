// Boost.JSON, compiled once for the whole executable.
#include <boost/json/src.hpp>
