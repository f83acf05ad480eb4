// What `agentroom plugin check` does not know of: the tree of keys, and files that are no whole store.
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/store.h"
#include "copy.hpp"
#include "environment.hpp"
#include "records.hpp"

extern "C" const ar_plugin* agentroom_plugin_entry();

namespace {
std::atomic<bool> first_pages_fail = false;
}

/// In the place of the system's, for LMDB as well.
extern "C" ssize_t pwrite(int descriptor, const void* bytes, std::size_t size, off_t at) {
  if (first_pages_fail && at < 8'192) {
    errno = EIO;
    return -1;
  }
  return ::syscall(SYS_pwrite64, descriptor, bytes, size, at);
}

namespace store_lmdb {
namespace {

namespace fs = std::filesystem;
using Model = std::map<std::string, std::string>;  // characters compare as unsigned

constexpr std::uint64_t kMapSize = std::uint64_t{64} * 1024 * 1024;

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

class Folder {
 public:
  Folder() { require(::mkdtemp(path_.data()) != nullptr, "no folder"); }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_ = (fs::temp_directory_path() / "store-lmdb-XXXXXX").string();
};

std::unique_ptr<Environment> make(const std::string& path) {
  require(make_private_file(path).ok() && Environment::fill(path, kMapSize).ok(), "cannot make " + path);
  auto opened = Environment::open(path, Access::kWrite, kMapSize);
  require(opened.ok(), "cannot open " + path);
  return std::move(*opened);
}

ar_status status_of(const std::string& path, Access access = Access::kWrite) {
  const auto opened = Environment::open(path, access, kMapSize);
  if (opened) return AR_OK;
  require(!opened.error().message.empty(), "an error without a message");
  return opened.error().status;
}

void write(const Environment& environment, const std::function<int(Records&)>& body) {
  Transaction transaction;
  require(transaction.begin(environment, false) == MDB_SUCCESS, "begin");
  Records records(transaction.raw(), environment.records());
  require(body(records) == MDB_SUCCESS, "write");
  require(transaction.commit() == MDB_SUCCESS, "commit");
}

Model content(const Environment& environment, std::string_view prefix = {}, std::string_view after = {}) {
  Model found;
  std::string last;
  Transaction transaction;
  require(transaction.begin(environment, true) == MDB_SUCCESS, "begin");
  const int code = Records(transaction.raw(), environment.records())
                       .scan(sdk::bytes_of(prefix), sdk::bytes_of(after), [&](ByteView key, ByteView value) {
                         require(found.empty() || last < sdk::text_of(key), "not in order");
                         last = sdk::text_of(key);
                         found[last] = sdk::text_of(value);
                         return true;
                       });
  require(code == MDB_SUCCESS, "scan");
  return found;
}

Model expected(const Model& all, std::string_view prefix, std::string_view after) {
  Model wanted;
  for (const auto& [key, value] : all) {
    if (key.starts_with(prefix) && (after.empty() || key > after)) wanted[key] = value;
  }
  return wanted;
}

/// Lengths about which a key goes on in another node, and few different bytes, so that nodes are shared.
std::string random_key(std::minstd_rand& random) {
  static constexpr std::size_t kLengths[] = {1, 2, 502, 503, 504, 600, 1'005, 1'006, 1'007, 1'023, 1'024};
  std::string key(kLengths[random() % std::size(kLengths)], '\x7f');
  for (const std::size_t at : {std::size_t{0}, std::size_t{501}, std::size_t{502}, std::size_t{503}, key.size() - 1}) {
    if (at < key.size()) key[at] = "\x01\x7f\xff"[random() % 3];
  }
  return key;
}

void a_tree_of_keys_is_a_map() {
  const Folder folder;
  const auto environment = make(folder.file("store.lmdb"));
  std::minstd_rand random(7);
  Model model;
  for (int round = 0; round < 200; ++round) {
    write(*environment, [&](Records& records) {
      int code = MDB_SUCCESS;
      for (int i = 0; i < 20 && code == MDB_SUCCESS; ++i) {
        const std::string key = random_key(random);
        if (random() % 2 == 0) {
          model[key] = std::to_string(round);
          code = records.put(sdk::bytes_of(key), sdk::bytes_of(model[key]));
        } else {
          model.erase(key);
          code = records.erase(sdk::bytes_of(key));
        }
      }
      return code;
    });
    const std::string prefix = random_key(random).substr(0, random() % 1'024);
    const std::string after = random() % 3 == 0 ? "" : random_key(random);
    require(content(*environment) == model, "the content is another");
    require(content(*environment, prefix, after) == expected(model, prefix, after), "a part is another");
    require(environment->check().ok(), "it is found damaged");
  }
  require(model.size() > 20, "too few records");
  const std::string copy = folder.file("copy");
  require(copy_records(*environment, copy, [] { return false; }).ok(), "no copy");
  require(content(**Environment::open(copy, Access::kRead, kMapSize)) == model, "the copy is another");
}

void nothing_is_left_of_what_was_erased() {
  const Folder folder;
  const auto environment = make(folder.file("store.lmdb"));
  std::minstd_rand random(8);
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) keys.push_back(random_key(random));
  write(*environment, [&](Records& records) {
    int code = MDB_SUCCESS;
    for (const auto& key : keys) code = code == MDB_SUCCESS ? records.put(sdk::bytes_of(key), {}) : code;
    for (const auto& key : keys) code = code == MDB_SUCCESS ? records.erase(sdk::bytes_of(key)) : code;
    return code;
  });
  Transaction transaction;
  MDB_stat stat{};
  require(transaction.begin(*environment, true) == MDB_SUCCESS, "begin");
  require(mdb_stat(transaction.raw(), environment->records(), &stat) == MDB_SUCCESS, "stat");
  require(stat.ms_entries == 0, "a node without records is still there");
}

void a_file_that_was_cut_is_damaged_and_left_as_it_is() {
  const Folder folder;
  const std::string path = folder.file("store.lmdb");
  {
    const auto environment = make(path);
    write(*environment, [](Records& records) {
      const std::string value(1'000'000, 'v');
      int code = MDB_SUCCESS;
      for (const char* key : {"a", "b"}) {
        code = code == MDB_SUCCESS ? records.put(sdk::bytes_of(key), sdk::bytes_of(value)) : code;
      }
      for (int i = 0; i < 2'000 && code == MDB_SUCCESS; ++i) {
        code = records.put(sdk::bytes_of(std::to_string(i)), sdk::bytes_of("small"));
      }
      return code;
    });
  }
  require(status_of(path) == AR_OK && status_of(path, Access::kRead) == AR_OK, "whole");
  const auto whole = fs::file_size(path);
  for (const std::uintmax_t left : {whole - 4'096, whole / 2, whole / 4, std::uintmax_t{8'192}, std::uintmax_t{4'096},
                                    std::uintmax_t{100}, std::uintmax_t{0}}) {
    const std::string cut = folder.file(std::to_string(left));
    fs::copy_file(path, cut);
    fs::resize_file(cut, left);
    const ar_status status = status_of(cut);
    require(status == AR_CORRUPT, std::to_string(left) + " bytes are left: " + std::to_string(status));
    require(fs::file_size(cut) == left, std::to_string(left) + " bytes are left, but changed");
    require(status_of(cut, Access::kRead) != AR_OK, "to be read");
  }
}

// LMDB does not write a page that comes and goes in one transaction; a killed process leaves the file like that.
void a_file_whose_last_pages_were_never_written_is_whole() {
  const Folder folder;
  const auto environment = make(folder.file("store.lmdb"));
  for (int i = 0; i < 10; ++i) {  // so that there are free pages, to which it adds its own
    write(*environment, [](Records& records) { return records.put(sdk::bytes_of("a"), sdk::bytes_of("1")); });
  }
  const std::string value(3'000'000, 'v');
  write(*environment, [&](Records& records) {
    const int code = records.put(sdk::bytes_of("b"), sdk::bytes_of(value));
    return code == MDB_SUCCESS ? records.erase(sdk::bytes_of("b")) : code;
  });
  const std::string copy = folder.file("killed");
  fs::copy_file(environment->path(), copy);
  require(fs::file_size(copy) < 1'000'000, "LMDB wrote them all the same");
  const auto opened = Environment::open(copy, Access::kWrite, kMapSize);
  require(opened.ok(), "refused");
  require(content(**opened) == Model{{"a", "1"}}, "the content is another");
}

void a_file_of_others_is_refused() {
  const Folder folder;
  const auto lmdb_of = [&](const std::string& path, const char* name) {
    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    MDB_dbi database = 0;
    require(mdb_env_create(&env) == MDB_SUCCESS && mdb_env_set_maxdbs(env, 1) == MDB_SUCCESS &&
                mdb_env_open(env, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK, 0600) == MDB_SUCCESS &&
                mdb_txn_begin(env, nullptr, 0, &txn) == MDB_SUCCESS &&
                mdb_dbi_open(txn, name, MDB_CREATE, &database) == MDB_SUCCESS && mdb_txn_commit(txn) == MDB_SUCCESS,
            "LMDB");
    mdb_env_close(env);
  };
  lmdb_of(folder.file("other"), "other");
  lmdb_of(folder.file("newer"), "agentroom.store/2");
  std::ofstream(folder.file("text")) << std::string(100'000, 'x');
  fs::permissions(folder.file("text"), fs::perms::owner_read | fs::perms::owner_write);
  require(status_of(folder.file("other")) == AR_CORRUPT, "other");
  require(status_of(folder.file("newer")) == AR_UNSUPPORTED, "newer");
  require(status_of(folder.file("text")) == AR_CORRUPT, "text");
  fs::permissions(folder.file("text"), fs::perms::group_read, fs::perm_options::add);
  require(status_of(folder.file("text")) == AR_PERMISSION, "open to others");
}

void a_file_has_one_user() {
  const Folder folder;
  const auto environment = make(folder.file("store.lmdb"));
  require(status_of(environment->path()) == AR_IN_USE, "to write");
  require(status_of(environment->path(), Access::kRead) == AR_IN_USE, "to read");
}

/// A store as a host has it.
class Opened {
 public:
  explicit Opened(const std::string& location) {
    host_.struct_size = sizeof host_;
    host_.abi_major = AR_ABI_MAJOR;
    host_.log = [](void*, std::int32_t, ar_string) {};
    host_.metric = [](void*, ar_string, std::int32_t, double) {};
    const ar_store_open_params params{sizeof params, 0, {}, sdk::to_abi(std::string_view(location))};
    require(methods_.open(&host_, &params, &store_, nullptr) == AR_OK, "cannot open");
  }
  ~Opened() { methods_.close(store_); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  ar_status put(std::string_view key) {
    std::promise<ar_status> done;
    const ar_store_op op{AR_STORE_PUT, 0, sdk::to_abi(sdk::bytes_of(key)), {}};
    const auto tell = [](void* ctx, ar_status status, const ar_error*) {
      static_cast<std::promise<ar_status>*>(ctx)->set_value(status);
    };
    require(methods_.commit(store_, &op, 1, tell, &done, nullptr) == AR_OK, "a commit was refused");
    return done.get_future().get();
  }
  ar_status resume() { return methods_.resume(store_, nullptr); }
  std::string keys() {
    std::string all;
    const auto visit = [](void* ctx, ar_bytes key, ar_bytes) -> std::int32_t {
      *static_cast<std::string*>(ctx) += sdk::text_of(sdk::bytes(key));
      return 1;
    };
    require(methods_.scan(store_, {}, {}, 0, visit, &all, nullptr) == AR_OK, "cannot read");
    return all;
  }

 private:
  const ar_store_interface& methods_ =
      *static_cast<const ar_store_interface*>(agentroom_plugin_entry()->get_interface(AR_INTERFACE_STORE));
  ar_host host_{};
  ar_store* store_ = nullptr;
};

// LMDB has no more to do with such a file until it is opened again.
void it_goes_on_once_the_first_pages_can_be_written_again() {
  const Folder folder;
  Opened store(folder.file("store"));
  require(store.put("a") == AR_OK, "put");
  first_pages_fail = true;
  require(store.put("b") == AR_IO, "a failure");
  require(store.put("c") == AR_ABORTED, "behind it");
  require(store.keys() == "a", "reads go on");
  require(store.resume() == AR_IO, "resumed on a broken disk");
  require(store.keys() == "a", "reads go on after that");
  require(store.put("d") == AR_ABORTED, "not resumed");
  first_pages_fail = false;
  require(store.resume() == AR_OK, "resume");
  require(store.put("e") == AR_OK, "put again");
  require(store.keys() == "ae", "another content");
}

}  // namespace
}  // namespace store_lmdb

int main() {
  using namespace store_lmdb;
  try {
    a_tree_of_keys_is_a_map();
    nothing_is_left_of_what_was_erased();
    a_file_that_was_cut_is_damaged_and_left_as_it_is();
    a_file_whose_last_pages_were_never_written_is_whole();
    a_file_of_others_is_refused();
    a_file_has_one_user();
    it_goes_on_once_the_first_pages_can_be_written_again();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
