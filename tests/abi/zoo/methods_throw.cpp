// Lets exceptions out of everything but open: of types that derive from std::exception and of others.
#include <stdexcept>

#include "specimen.h"

namespace {

void throwing_close(ar_store* /*self*/) {
  throw std::logic_error("close went wrong");
}
ar_status throwing_get(ar_store* /*self*/, ar_bytes /*key*/, ar_store_visit /*visit*/, void* /*ctx*/,
                       ar_error* /*error*/) {
  throw std::out_of_range("get went wrong");
}
ar_status throwing_scan(ar_store* /*self*/, ar_bytes /*prefix*/, ar_bytes /*after*/, uint64_t /*limit*/,
                        ar_store_visit /*visit*/, void* /*ctx*/, ar_error* /*error*/) {
  throw 42;  // NOLINT: that it is no std::exception is the point
}
ar_status throwing_commit(ar_store* /*self*/, const ar_store_op* /*ops*/, size_t /*count*/, ar_store_done /*done*/,
                          void* /*ctx*/, ar_error* /*error*/) {
  throw std::runtime_error("commit went wrong");
}
void throwing_deinit() {
  throw std::runtime_error("deinit went wrong");
}

const ar_store_interface store = {sizeof(ar_store_interface),
                                  zoo_open,
                                  throwing_close,
                                  throwing_get,
                                  throwing_scan,
                                  throwing_commit,
                                  zoo_resume,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr};
ZOO_GET_INTERFACE(store)
const ar_plugin plugin = {sizeof(ar_plugin), AR_ABI_MAJOR, AR_ABI_MINOR,      ZOO_ID,         "1.0.0",
                          "store",           zoo_init,     zoo_get_interface, throwing_deinit};

}  // namespace

ZOO_ENTRY(plugin)
