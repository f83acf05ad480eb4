// What an owner does to the file once in a while: check it, copy it, give its unused room back.
#pragma once

#include <string>

#include "agentroom/sdk/store.hpp"
#include "connection.hpp"

namespace agentroom::store_sqlite {

/// Each call works on connections of its own beside those of the instance, so that it disturbs neither. SQLite alone
/// opens and closes the file: any other descriptor of it that this process closed would end the instance's lock.
class Upkeep {
 public:
  explicit Upkeep(std::string path) : path_(std::move(path)) {}

  /// Every page, and the order of all keys.
  Status check() const;
  Result<sdk::StoreSize> size() const;
  /// Nothing else may write meanwhile.
  Status compact() const;
  /// Thread: any, while others read and write.
  Status backup(const std::string& to, const sdk::GivenUp& given_up) const;

 private:
  const std::string path_;
};

}  // namespace agentroom::store_sqlite
