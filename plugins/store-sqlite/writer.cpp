#include "writer.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace agentroom::store_sqlite {

Result<std::unique_ptr<Writer>> Writer::make(sdk::Host host, Connection connection) {
  std::unique_ptr<Writer> writer(new Writer(host, std::move(connection)));
  const std::pair<Statement Statements::*, std::string_view> all[] = {
      {&Statements::begin, "BEGIN IMMEDIATE"},
      {&Statements::commit, "COMMIT"},
      {&Statements::rollback, "ROLLBACK"},
      {&Statements::put,
       "INSERT INTO record (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value"},
      {&Statements::remove, "DELETE FROM record WHERE key = ?1"},
      {&Statements::present, "SELECT 1 FROM record WHERE key = ?1"},
  };
  for (const auto& [member, sql] : all) {
    auto statement = writer->connection_.prepare(sql);
    if (!statement) return statement.error();
    writer->statements_.*member = std::move(*statement);
  }
  sqlite3_wal_hook(
      writer->connection_.raw(),
      [](void* self, sqlite3* /*database*/, const char* /*name*/, int pages) {
        static_cast<Writer*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      writer.get());
  return writer;
}

Error Writer::failure(int code) const {
  Error error = connection_.failure(code, "write to");
  error.status = AR_IO;
  return error;
}

Result<bool> Writer::conflicts(const Group& group, std::span<const Group::Op> ops) {
  // What the batch itself did to a key before, so that nothing has to be undone when it conflicts.
  std::map<std::string_view, bool> present_by_batch;
  bool any = false;
  for (const Group::Op& op : ops) any = any || op.kind == AR_STORE_PUT_IF_ABSENT;
  if (!any) return false;
  for (const Group::Op& op : ops) {
    const std::string_view key = sdk::text_of(group.key(op));
    if (op.kind == AR_STORE_PUT_IF_ABSENT) {
      const auto found = present_by_batch.find(key);
      bool present = found != present_by_batch.end() && found->second;
      if (found == present_by_batch.end()) {
        const Run run(statements_.present);
        statements_.present.bind(1, group.key(op));
        const int code = statements_.present.step();
        if (code != SQLITE_ROW && code != SQLITE_DONE) return failure(code);
        present = code == SQLITE_ROW;
      }
      if (present) return true;
    }
    present_by_batch[key] = op.kind != AR_STORE_DELETE;
  }
  return false;
}

Status Writer::apply(const Group& group, std::span<const Group::Op> ops) {
  for (const Group::Op& op : ops) {
    Statement& statement = op.kind == AR_STORE_DELETE ? statements_.remove : statements_.put;
    statement.bind(1, group.key(op));
    if (op.kind != AR_STORE_DELETE) statement.bind(2, group.value(op));
    const int code = statement.run();
    if (code != SQLITE_DONE) return failure(code);
  }
  return {};
}

Status Writer::apply_all(const Group& group, std::vector<Outcome>& outcomes) {
  if (const int code = statements_.begin.run(); code != SQLITE_DONE) return failure(code);
  for (std::size_t batch = 0; batch < group.size(); ++batch) {
    const auto ops = group.ops(batch);
    const auto conflict = conflicts(group, ops);
    if (!conflict) return conflict.error();
    if (!*conflict) {
      if (Status applied = apply(group, ops); !applied) return applied;
    }
    outcomes.push_back(*conflict ? Outcome::kConflict : Outcome::kWritten);
  }
  const int code = statements_.commit.run();
  return code == SQLITE_DONE ? Status() : Status(failure(code));
}

GroupResult Writer::write(const Group& group) {
  GroupResult result;
  result.outcomes.reserve(group.size());
  Status done = apply_all(group, result.outcomes);
  if (done) return result;
  result.error = std::move(done.error());
  // A conflict that was found after a batch that is now undone is none that anybody may rely on.
  const auto first_undone = std::find(result.outcomes.begin(), result.outcomes.end(), Outcome::kWritten);
  result.outcomes.erase(first_undone, result.outcomes.end());
  abandon_transaction();
  return result;
}

void Writer::abandon_transaction() {
  // SQLite rolls back by itself after some errors.
  if (sqlite3_get_autocommit(connection_.raw()) == 0) statements_.rollback.run();
}

Status Writer::prove_writable() {
  abandon_transaction();
  const auto version = connection_.query_number("PRAGMA user_version");
  if (!version) return failure(sqlite3_extended_errcode(connection_.raw()));
  const std::string write = "PRAGMA user_version=" + std::to_string(*version);
  const Status written = connection_.execute(write.c_str(), "write to");
  return written ? Status() : Status(failure(sqlite3_extended_errcode(connection_.raw())));
}

void Writer::checkpoint_if_due() {
  log_is_long_ = log_pages_ >= kCheckpointPages;
  if (!log_is_long_) checkpoint_at_ = kCheckpointPages;  // the log began anew
  if (log_pages_ < checkpoint_at_) return;
  // A reader that is at it keeps a part from being folded, or the log from beginning anew.
  checkpoint_at_ = log_pages_ + kCheckpointAgainPages;
  const int code = sqlite3_wal_checkpoint_v2(connection_.raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  const bool failed = code != SQLITE_OK && code != SQLITE_BUSY;
  if (failed && !checkpoint_failed_) {
    host_.log(sdk::LogLevel::kWarn, connection_.failure(code, "fold the log into").message);
  }
  if (failed) host_.count("store_sqlite_checkpoint_failures");
  checkpoint_failed_ = failed;
}

}  // namespace agentroom::store_sqlite
