#include <stdexcept>

#include "specimen.h"

namespace {

ar_status throwing_init(const ar_host* /*host*/, ar_error* /*error*/) {
  throw std::runtime_error("init went wrong");
}

const ar_store_interface store = ZOO_STORE;
ZOO_GET_INTERFACE(store)
const ar_plugin plugin = {sizeof(ar_plugin), AR_ABI_MAJOR,  AR_ABI_MINOR,      ZOO_ID,    "1.0.0",
                          "store",           throwing_init, zoo_get_interface, zoo_deinit};

}  // namespace

ZOO_ENTRY(plugin)
