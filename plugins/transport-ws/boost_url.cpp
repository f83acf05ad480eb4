// Boost.URL is compiled here, once for this plugin, which then needs no file of Boost at run time.
#include <boost/url/src.hpp>
