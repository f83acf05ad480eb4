#include "host/adapters.hpp"

namespace agentroom::host {

Error open_error(Error error) {
  if (error.code == ErrorCode::kInvalid) error.code = ErrorCode::kConfig;
  return error;
}

std::unexpected<Error> no_instance(const Library& library) {
  return fail(ErrorCode::kPlugin, library.id() + ": open succeeded without an instance",
              "this is a bug in the plugin; tell its author");
}

}  // namespace agentroom::host
