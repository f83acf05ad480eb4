// Boost.JSON is compiled here, once for this plugin.
#include <boost/json/src.hpp>
