#include "config/epoch_file.hpp"

#include <charconv>
#include <limits>

#include "config/private_file.hpp"

namespace agentroom::config {
namespace {

constexpr std::size_t kLargest = 256;

}  // namespace

Result<std::optional<std::uint64_t>> EpochFile::noted() {
  auto text = read_file(file_, kLargest);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::optional<std::uint64_t>();
  if (!text && text.error().code != ErrorCode::kTooLarge) return pass(text);
  if (text) {
    const std::size_t space = text->find(' ');
    std::uint64_t epoch = 0;
    const char* const end = text->data() + text->size();
    const auto [last, error] = space == std::string::npos
                                   ? std::from_chars_result{text->data(), std::errc::invalid_argument}
                                   : std::from_chars(text->data() + space + 1, end, epoch);
    if (error == std::errc() && end - last == 1 && *last == '\n') {
      return text->substr(0, space) == owner_ ? std::optional(epoch) : std::nullopt;
    }
  }
  return fail(ErrorCode::kCorrupt, file_.string() + " is damaged: it is not the counter of a store",
              "compare the store with it no more: rm " + file_.string());
}

Result<void> EpochFile::prove() {
  return try_to_write(file_, owner_ + " " + std::to_string(std::numeric_limits<std::uint64_t>::max()) + "\n");
}

Result<void> EpochFile::note(std::uint64_t epoch) {
  return write_file_atomically(file_, owner_ + " " + std::to_string(epoch) + "\n", IfExists::kReplace);
}

}  // namespace agentroom::config
