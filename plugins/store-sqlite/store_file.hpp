// The file of a store: made whole or not at all, and looked at before it is trusted.
#pragma once

#include <string>

#include "connection.hpp"
#include "settings.hpp"

namespace agentroom::store_sqlite {

/// The one connection that writes. Creates the file (mode 0600) when there is none. A file that is foreign, damaged,
/// cut, empty or of a newer schema is left as it is.
///
/// Errors: AR_CORRUPT, AR_UNSUPPORTED (newer schema), AR_PERMISSION (others may read the file), AR_IN_USE, AR_IO.
Result<Connection> open_for_writing(const std::string& path, IntegrityCheck check);

/// A connection to look at a file with. Nothing is made, and its end changes nothing: a log stays beside the file.
/// Errors: AR_NOT_FOUND (no file), else as above.
Result<Connection> open_for_inspection(const std::string& path, IntegrityCheck check);

/// AR_CORRUPT with the first finding.
Status check_pages(Connection& connection, IntegrityCheck check);

/// A connection for reading beside it.
Result<Connection> open_for_reading(const std::string& path);

}  // namespace agentroom::store_sqlite
