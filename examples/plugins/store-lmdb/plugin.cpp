// store-lmdb: the store in one LMDB file.
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>

#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/store.hpp"
#include "agentroom/sdk/units.hpp"
#include "commit_thread.hpp"
#include "copy.hpp"
#include "environment.hpp"
#include "records.hpp"
#include "writer.hpp"

namespace store_lmdb {
namespace {

Result<std::uint64_t> map_size_in(std::string_view text) {
  try {
    const toml::table config = toml::parse(text);
    const auto size = sdk::parse_size(config["map_size"].value_or(std::string_view("8GiB")));
    if (size) return *size;
    return fail(AR_INVALID, R"(map_size of store-lmdb is no size like "8GiB")", "mend it in [store.lmdb]");
  } catch (const toml::parse_error& error) {
    return fail(AR_INVALID, "the configuration of store-lmdb is no TOML: " + std::string(error.description()));
  }
}

bool exists(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 || errno != ENOENT;
}

class LmdbStore final : public sdk::Store {
 public:
  static Result<std::unique_ptr<LmdbStore>> open(sdk::Host host, const sdk::StoreOptions& options) {
    const auto map_size = map_size_in(options.config);
    if (!map_size) return map_size.error();
    if (options.location.empty()) return fail(AR_INVALID, "store-lmdb needs a location for its file");
    std::unique_ptr<LmdbStore> store(new LmdbStore(std::string(options.location) + ".lmdb", *map_size));
    Status opened = options.read_only ? store->open_to_read() : store->open_to_write(host);
    if (!opened) return opened.error();
    return store;
  }

  Result<bool> get(ByteView key, const sdk::Visitor& visit) override {
    ByteView value;
    const int code = read([&](const Records& records) {
      const int found = records.get(key, value);
      if (found == MDB_SUCCESS) visit(key, value);
      return found;
    });
    if (code == MDB_NOTFOUND) return false;
    if (code != MDB_SUCCESS) return read_failure(code);
    return true;
  }

  Status scan(ByteView prefix, ByteView after, std::uint64_t limit, const sdk::Visitor& visit) override {
    std::uint64_t visited = 0;
    const int code = read([&](const Records& records) {
      return records.scan(prefix, after, [&](ByteView key, ByteView value) {
        const bool more = visit(key, value);
        return more && ++visited != limit;
      });
    });
    return code == MDB_SUCCESS ? Status() : Status(read_failure(code));
  }

  Status commit(std::span<const ar_store_op> ops, sdk::Completion done) override {
    if (!commits_) return read_alone();
    return commits_->submit(ops, done);
  }

  // No commit is outstanding, so nobody else writes.
  Status resume() override {
    if (!commits_ || !commits_->failed()) return {};
    int code = environment_ ? prove_writable(*environment_) : MDB_PANIC;
    if (code == MDB_PANIC) {
      if (Status opened = reopen(path_, "open"); !opened) return opened;
      code = prove_writable(*environment_);
    }
    if (code != MDB_SUCCESS) return write_failure(*environment_, code);
    commits_->resumed();
    return {};
  }

  Status check() override { return environment_ ? environment_->check() : Status(closed()); }

  Result<sdk::StoreSize> size() override {
    // LMDB has some pages in turnover, those of a file that was just compacted too.
    constexpr std::uint64_t kTurnover = 64;
    std::uint64_t pages = 0;
    if (!environment_) return closed();
    Transaction transaction;
    int code = transaction.begin(*environment_, true);
    if (code == MDB_SUCCESS) code = count_free_pages(transaction.raw(), pages);
    if (code != MDB_SUCCESS) return read_failure(code);
    return sdk::StoreSize{.bytes = environment_->file_size(),
                          .unused_bytes = pages > kTurnover ? pages * environment_->page_size() : 0};
  }

  Status compact() override {
    if (!commits_) return read_alone();
    if (!environment_) return closed();
    const std::string fresh = path_ + ".new";
    ::unlink(fresh.c_str());
    Status copied = copy_records(*environment_, fresh, [] { return false; });
    if (copied) copied = reopen(fresh, "compact");
    if (!copied) ::unlink(fresh.c_str());
    return copied;
  }

  Status backup(const std::string& path, const sdk::GivenUp& given_up) override {
    const std::shared_lock in_use(replaced_);
    if (!environment_) return closed();
    Status done = copy_records(*environment_, path, [&] { return given_up(); });
    if (done) done = sync_folder_of(path);
    return done;
  }

 private:
  LmdbStore(std::string path, std::uint64_t map_size) : path_(std::move(path)), map_size_(map_size) {}

  Status open_to_write(sdk::Host host) {
    if (!exists(path_)) {
      if (Status made = create(); !made) return made;
    }
    if (Status opened = open_environment(Access::kWrite); !opened) return opened;
    commits_.emplace([this, host](const std::deque<Batch>& group) {
      host.count("store_lmdb_transactions");
      const std::shared_lock in_use(replaced_);
      return environment_ ? write_group(*environment_, group) : GroupResult{{}, closed()};
    });
    return {};
  }

  Status open_to_read() {
    if (!exists(path_)) return fail(AR_NOT_FOUND, "there is no store at " + path_);
    return open_environment(Access::kRead);
  }

  /// Under another name first, so that a crash leaves no half-made store.
  Status create() const {
    const std::string unfinished = path_ + ".new";
    ::unlink(unfinished.c_str());
    Status made = make_private_file(unfinished);
    if (made) {
      const auto environment = Environment::fill(unfinished, map_size_);
      const int code = environment ? mdb_env_sync((*environment)->raw(), 1) : MDB_SUCCESS;
      if (!environment) made = environment.error();
      if (code != MDB_SUCCESS) made = (*environment)->failure(code, "write");
    }
    if (made) made = rename_durably(unfinished, path_);
    if (!made) ::unlink(unfinished.c_str());
    return made;
  }

  Status open_environment(Access access) {
    auto opened = Environment::open(path_, access, map_size_);
    if (!opened) return opened.error();
    environment_ = std::move(*opened);
    reading_.emplace();
    if (const int code = reading_->begin(*environment_, true); code != MDB_SUCCESS) return read_failure(code);
    reading_->rest();
    return {};
  }

  /// Closes the file, puts `fresh` into its place and opens that; nobody else is at it.
  Status reopen(const std::string& fresh, const std::string& doing) {
    const std::unique_lock alone(replaced_, std::try_to_lock);
    if (!alone) return fail(AR_IN_USE, "cannot " + doing + " " + path_ + ": it is being copied", "repeat the command");
    reading_.reset();
    environment_.reset();
    Status renamed;
    if (fresh != path_) renamed = rename_durably(fresh, path_);
    Status opened = open_environment(Access::kWrite);
    return renamed ? opened : renamed;
  }

  /// LMDB reads no more either once it could not write the first pages of a file: it takes opening it anew.
  template <class Body>
  int read(const Body& body) {
    const int code = try_to_read(body);
    if (code != MDB_PANIC || !commits_ || !reopen(path_, "open")) return code;
    return try_to_read(body);
  }
  template <class Body>
  int try_to_read(const Body& body) {
    if (!environment_) return MDB_PANIC;
    int code = reading_->renew();
    if (code == MDB_SUCCESS) {
      const Rest rest{*reading_};
      code = body(Records(reading_->raw(), environment_->records()));
    }
    return code;
  }
  struct Rest {
    Transaction& reading;
    ~Rest() { reading.rest(); }
  };

  Error read_failure(int code) const {
    if (!environment_) return closed();
    Error error = environment_->failure(code, "read");
    if (error.status != AR_CORRUPT) error.status = AR_IO;
    return error;
  }
  Error closed() const {
    return fail(AR_IO, path_ + " could not be opened again", "see what is wrong with it: agentroom store check");
  }
  Error read_alone() const { return fail(AR_UNSUPPORTED, path_ + " was opened to be read alone"); }

  const std::string path_;
  const std::uint64_t map_size_;

  // Replaced by the engine thread alone, while no commit is outstanding and nobody copies.
  std::shared_mutex replaced_;
  std::unique_ptr<Environment> environment_;
  std::optional<Transaction> reading_;  // the engine thread's, at rest

  std::optional<CommitThread> commits_;  // none: opened to be read alone. Goes first
};

}  // namespace
}  // namespace store_lmdb

AGENTROOM_PLUGIN("store-lmdb", "1.0.0", store_lmdb::LmdbStore);
