// A copy of all records of one moment in a file of its own, without a byte of what was deleted.
#pragma once

#include <functional>
#include <string>

#include "environment.hpp"

namespace store_lmdb {

/// Writes the new file `to`, of mode 0600 and durable but for its name; after an error there is none. Records are
/// written anew one by one: LMDB's own copy takes whole pages, with the bytes of what was deleted in them. `given_up`
/// is asked once in a while. Errors: AR_CONFLICT (there is such a file), AR_CANCELLED, AR_IO, AR_CORRUPT.
Status copy_records(const Environment& from, const std::string& to, const std::function<bool()>& given_up);

}  // namespace store_lmdb
