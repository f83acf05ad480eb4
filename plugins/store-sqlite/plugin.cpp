// store-sqlite: the store in one SQLite file.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/store.hpp"
#include "commit_thread.hpp"
#include "inspection.hpp"
#include "reader.hpp"
#include "settings.hpp"
#include "store_file.hpp"
#include "upkeep.hpp"
#include "writer.hpp"

namespace agentroom::store_sqlite {
namespace {

class SqliteStore final : public sdk::Store {
 public:
  static Result<std::unique_ptr<SqliteStore>> open(sdk::Host host, const sdk::StoreOptions& options) {
    const auto settings = parse_settings(options.config);
    if (!settings) return settings.error();
    if (options.location.empty()) return fail(AR_INVALID, "store-sqlite needs a location for its file");
    std::unique_ptr<SqliteStore> store(new SqliteStore(std::string(options.location) + ".db"));
    Status opened = options.read_only ? store->open_to_read(*settings) : store->open_to_write(host, *settings);
    if (!opened) return opened.error();
    return store;
  }

  Result<bool> get(ByteView key, const sdk::Visitor& visit) override {
    return reader_->get(key, commits_ ? commits_->count() : std::nullopt, visit);
  }

  Status scan(ByteView prefix, ByteView after, std::uint64_t limit, const sdk::Visitor& visit) override {
    return reader_->scan(prefix, after, limit, visit);
  }

  Status commit(std::span<const ar_store_op> ops, sdk::Completion done) override {
    if (!commits_) return fail(AR_UNSUPPORTED, path_ + " was opened to be read alone");
    reader_->let_go();
    return commits_->submit(ops, done);
  }

  Status resume() override { return commits_ ? commits_->resume() : Status(); }

  Status check() override { return upkeep_.check(); }
  Result<sdk::StoreSize> size() override { return upkeep_.size(); }
  Status compact() override {
    if (!commits_) return fail(AR_UNSUPPORTED, path_ + " was opened to be read alone");
    reader_->let_go();
    return upkeep_.compact();
  }
  Status backup(const std::string& path, const sdk::GivenUp& given_up) override {
    return upkeep_.backup(path, given_up);
  }

 private:
  explicit SqliteStore(std::string path) : path_(std::move(path)), untouched_(path_), upkeep_(path_) {}

  Status open_to_write(sdk::Host host, const Settings& settings) {
    untouched_.release();
    auto writing = open_for_writing(path_, settings.integrity_check);
    if (!writing) return writing.error();
    auto writer = Writer::make(host, std::move(*writing));
    if (!writer) return writer.error();
    auto reading = open_for_reading(path_);
    if (!reading) return reading.error();
    auto reader = Reader::make(std::move(*reading));
    if (!reader) return reader.error();
    reader_ = std::move(*reader);
    commits_.emplace(host, std::move(*writer));
    return {};
  }

  Status open_to_read(const Settings& settings) {
    auto reading = open_for_inspection(path_, settings.integrity_check);
    if (!reading) return reading.error();
    auto reader = Reader::make(std::move(*reading));
    if (!reader) return reader.error();
    reader_ = std::move(*reader);
    return {};
  }

  const std::string path_;
  Inspection untouched_;  // goes last
  const Upkeep upkeep_;
  std::optional<CommitThread> commits_;  // none: opened to be read alone
  std::unique_ptr<Reader> reader_;       // closed first: the last connection folds the log into the file
};

}  // namespace
}  // namespace agentroom::store_sqlite

AGENTROOM_PLUGIN("store-sqlite", "0.1.0", agentroom::store_sqlite::SqliteStore);
