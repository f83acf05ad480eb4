// store-sqlite with its files at hand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "store_under_test.hpp"

namespace agentroom::conformance {

class SqliteFact : public testing::Test {
 protected:
  SqliteFact() : plugin_(STORE_SQLITE_LIBRARY) {}

  StoreUnderTest& open(const std::string& config = "") {
    store_.emplace(plugin_, location(), config);
    return *store_;
  }

  /// Why the store does not open; status AR_OK when it does.
  Error refusal(const std::string& config = "") {
    ar_store* store = nullptr;
    Error error;
    const ar_status status = StoreUnderTest::try_open(plugin_, location(), config, &store, &error);
    if (status == AR_OK) {
      plugin_.store().close(store);
    } else {
      EXPECT_EQ(error.status, status);
    }
    return error;
  }

  std::string location() const { return folder_.file("store"); }
  std::string file() const { return folder_.file("store.db"); }
  std::string log_file() const { return folder_.file("store.db-wal"); }

  static std::string content(const std::string& path) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(path, missing);
    std::string bytes(missing ? 0 : size, '\0');
    std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
  }

  /// With mode 0600, as the store makes its own.
  static void write(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
    ::chmod(path.c_str(), 0600);
  }

  /// Runs SQL on the closed file, as another program could.
  static void sql(const std::string& path, const std::string& statements) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  /// A store of some hundred pages, closed.
  void make_store() {
    auto& store = open();
    for (int i = 0; i < 2'000; ++i) {
      ASSERT_EQ(store.commit({put("k/" + std::to_string(100'000 + i), std::string(700, 'v'))}), AR_OK);
    }
    ASSERT_EQ(store.commit_and_wait({put("large", std::string(50'000, 'x'))}), AR_OK);
    store_.reset();
  }

  TemporaryFolder folder_;
  PluginUnderTest plugin_;
  std::optional<StoreUnderTest> store_;
};

}  // namespace agentroom::conformance
