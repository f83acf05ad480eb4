// store-sqlite: the store in one SQLite file.
#include <memory>
#include <string>
#include <utility>

#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/store.hpp"
#include "commit_thread.hpp"
#include "reader.hpp"
#include "settings.hpp"
#include "store_file.hpp"
#include "writer.hpp"

namespace agentroom::store_sqlite {
namespace {

class SqliteStore final : public sdk::Store {
 public:
  SqliteStore(sdk::Host host, std::unique_ptr<Writer> writer, std::unique_ptr<Reader> reader)
      : commits_(host, std::move(writer)), reader_(std::move(reader)) {}

  static Result<std::unique_ptr<SqliteStore>> open(sdk::Host host, const sdk::StoreOptions& options) {
    const auto settings = parse_settings(options.config);
    if (!settings) return settings.error();
    if (options.location.empty()) return fail(AR_INVALID, "store-sqlite needs a location for its file");
    const std::string path = std::string(options.location) + ".db";
    auto writing = open_for_writing(path, settings->integrity_check);
    if (!writing) return writing.error();
    auto writer = Writer::make(host, std::move(*writing));
    if (!writer) return writer.error();
    auto reading = open_for_reading(path);
    if (!reading) return reading.error();
    auto reader = Reader::make(std::move(*reading));
    if (!reader) return reader.error();
    return std::make_unique<SqliteStore>(host, std::move(*writer), std::move(*reader));
  }

  Result<bool> get(ByteView key, const sdk::Visitor& visit) override { return reader_->get(key, visit); }

  Status scan(ByteView prefix, ByteView after, std::uint64_t limit, const sdk::Visitor& visit) override {
    return reader_->scan(prefix, after, limit, visit);
  }

  Status commit(std::span<const ar_store_op> ops, sdk::Completion done) override { return commits_.submit(ops, done); }

  Status resume() override { return commits_.resume(); }

 private:
  CommitThread commits_;
  std::unique_ptr<Reader> reader_;  // closed first: the last connection folds the log into the file
};

}  // namespace
}  // namespace agentroom::store_sqlite

AGENTROOM_PLUGIN("store-sqlite", "0.1.0", agentroom::store_sqlite::SqliteStore);
