// Which cloudflared is run, and how a release comes to be the one.
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <csignal>

#include "cloudflared_fixture.hpp"
#include "release_server.hpp"

namespace agentroom::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string sha256(const std::string& bytes) {
  std::array<unsigned char, 32> digest{};
  EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), digest.data(), nullptr);
  std::string text;
  for (const unsigned char byte : digest) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 0xFU];
  }
  return text;
}

std::string length(std::size_t bytes) {
  return "Content-Length: " + std::to_string(bytes) + "\r\n";
}

/// The stand-in is the release; the server behaves as the first part of the path says.
class CloudflaredDownload : public CloudflaredFact {
 protected:
  CloudflaredDownload() {
    test::write_text(folder_.path() / "ca.pem", authority_.certificate());
    fs::create_directory(path_folder());
    path_.emplace("PATH", path_folder().string());
  }

  fs::path path_folder() const { return folder_.path() / "path"; }
  fs::path target() const { return bin() / "cloudflared-9.9.9"; }

  std::string config(const std::string& behaviour, const std::string& more = {}) const {
    return "version = \"9.9.9\"\nsha256 = \"" + sha256(release_) + "\"\ndownload_base = \"" + server_.base() + "/" +
           behaviour + "\"\nca_file = \"" + (folder_.path() / "ca.pem").string() + "\"\nstall_timeout = \"" +
           stall_timeout_ + "\"\n" + more;
  }

  /// Opens and waits for the failure. Nothing that was downloaded is left.
  TunnelEvent failure(const std::string& behaviour, const std::string& more = {}) {
    open(config(behaviour, more));
    const TunnelStory story = wait_for(has("failed"));
    tunnel_->close();
    EXPECT_EQ(left(), std::vector<std::string>()) << behaviour;
    EXPECT_TRUE(started().empty());
    for (const TunnelEvent& event : story) {
      if (event.kind == "failed") return event;
    }
    return {};
  }

  /// All in the folder of programs but the lock.
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    if (!fs::exists(bin())) return names;
    for (const auto& entry : fs::directory_iterator(bin())) {
      const std::string name = entry.path().filename().string();
      if (name != ".cloudflared-9.9.9.lock") names.push_back(name);
    }
    return names;
  }

  void answer(const ReleaseRequest& request, ReleaseAnswer& out) {
    const std::string what = request.path.substr(1, request.path.find('/', 1) - 1);
    const std::string whole = head(200, length(release_.size())) + release_;
    const std::string_view half = std::string_view(whole).substr(0, whole.size() / 2);
    if (what == "good") {
      out.send(whole);
    } else if (what == "wrong") {
      std::string other = release_;
      other.back() = static_cast<char>(other.back() ^ 1);
      out.send(head(200, length(other.size())) + other);
    } else if (what == "truncated") {
      out.send(head(200, length(release_.size() + 1'000)) + release_);
    } else if (what == "announced") {
      out.send(head(200, length(std::size_t{1} << 40U)));
      out.wait();
    } else if (what == "endless") {
      out.send(head(200));
      while (out.send(std::string(65'536, 'x'))) {
      }
    } else if (what == "loop") {
      out.send(head(302, "Location: " + request.path + "\r\nContent-Length: 0\r\n"));
    } else if (what == "plain") {
      out.send(head(302, "Location: http://" + relay_.address() + "/health\r\nContent-Length: 0\r\n"));
    } else if (what == "elsewhere") {
      out.send(head(302, "Location: /good" + request.path.substr(10) + "\r\nContent-Length: 0\r\n"));
    } else if (what == "stalled") {
      out.send(half);
      out.wait();
    } else if (what == "busy" && requests_++ < 2) {
      out.send(head(503, "Content-Length: 0\r\n"));
    } else if (what == "broken" && !request.has_range) {
      out.send(half);
    } else if (what == "broken") {
      const std::string_view rest = std::string_view(release_).substr(request.from);
      out.send(head(206, length(rest.size()) + "Content-Range: bytes " + std::to_string(request.from) + "-" +
                             std::to_string(release_.size() - 1) + "/" + std::to_string(release_.size()) + "\r\n"));
      out.send(rest);
    } else if (what == "forgetful") {
      out.send(requests_++ == 0 ? half : std::string_view(whole));
    } else if (what == "mixed") {
      // What comes after the break belongs to another file; a whole one is right.
      if (request.has_range) {
        out.send(head(206, length(10) + "Content-Range: bytes " + std::to_string(request.from) + "-" +
                               std::to_string(request.from + 9) + "/" + std::to_string(request.from + 10) + "\r\n") +
                 "0123456789");
      } else {
        out.send(requests_++ == 0 ? half : std::string_view(whole));
      }
    } else if (what == "busy") {
      out.send(whole);
    } else {
      out.send(head(404, "Content-Length: 0\r\n"));
    }
  }

  const std::string release_ = content_of(CLOUDFLARED_STANDIN);
  const test::Authority authority_;
  std::string stall_timeout_ = "30s";
  std::atomic<int> requests_ = 0;
  std::optional<Variable> path_;
  ReleaseServer server_{authority_.issue(),
                        [this](const ReleaseRequest& request, ReleaseAnswer& out) { answer(request, out); }};
};

TEST_F(CloudflaredDownload, BringsTheReleaseAndRunsIt) {
  open(config("good"));
  const TunnelStory story = wait_for(has("ready"));
  EXPECT_THAT(states(story), ElementsAre("downloading", "ready", "starting", "checking"));
  EXPECT_THAT(left(), ElementsAre("cloudflared-9.9.9"));
  EXPECT_EQ(content_of(target()), release_);
  struct stat file{};
  ASSERT_EQ(::stat(target().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat(bin().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0700U);
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_THAT(server_.requests().front().path, StartsWith("/good/9.9.9/cloudflared-linux-"));
}

TEST_F(CloudflaredDownload, TellsHowFarItIs) {
  open(config("good"));
  std::uint64_t before = 0;
  for (const TunnelEvent& event : wait_for(has("ready"))) {
    if (!event.is("progress", "downloading")) continue;
    EXPECT_GE(event.bytes, before);
    before = event.bytes;
    if (event.bytes > 0) {
      EXPECT_EQ(event.total, release_.size());
    }
  }
  EXPECT_EQ(before, release_.size());
}

TEST_F(CloudflaredDownload, HappensOnce) {
  open(config("good"));
  wait_for(has("ready"));
  open(config("good"));
  EXPECT_THAT(states(wait_for(has("ready"))), ElementsAre("cached", "starting", "checking"));
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(CloudflaredDownload, FollowsARedirect) {
  open(config("elsewhere"));
  wait_for(has("ready"));
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(CloudflaredDownload, WithAWrongDigestIsNeitherRunNorKept) {
  const TunnelEvent event = failure("wrong");
  EXPECT_EQ(event.status, AR_CORRUPT);
  EXPECT_TRUE(event.given_up);
  EXPECT_THAT(event.text, HasSubstr(sha256(release_)));
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(CloudflaredDownload, ThatIsTooLongIsRefused) {
  for (const char* behaviour : {"announced", "endless"}) {
    const TunnelEvent event = failure(behaviour, "max_download = \"1MiB\"");
    EXPECT_EQ(event.status, AR_TOO_LARGE) << event.text;
    EXPECT_TRUE(event.given_up);
  }
}

TEST_F(CloudflaredDownload, DoesNotFollowRedirectsForEver) {
  const TunnelEvent event = failure("loop");
  EXPECT_EQ(event.status, AR_INVALID);
  EXPECT_TRUE(event.given_up);
  EXPECT_LE(server_.requests().size(), 6U);
}

TEST_F(CloudflaredDownload, NeverGoesOnWithoutTls) {
  const TunnelEvent event = failure("plain");
  EXPECT_EQ(event.status, AR_INVALID);
  EXPECT_TRUE(event.given_up);
  EXPECT_EQ(relay_.asked(), 0);
  EXPECT_THAT(refusal("download_base = \"http://localhost/\"").message, HasSubstr("https://"));
}

TEST_F(CloudflaredDownload, OfWhatIsNotThereSaysSo) {
  const TunnelEvent event = failure("nothing");
  EXPECT_EQ(event.status, AR_NOT_FOUND);
  EXPECT_TRUE(event.given_up);
  EXPECT_THAT(event.text, HasSubstr("404"));
  EXPECT_THAT(event.more, HasSubstr("download_base"));
}

TEST_F(CloudflaredDownload, FromAServerThatNobodyVouchesForIsRefused) {
  const test::Authority stranger("Stranger");
  test::write_text(folder_.path() / "ca.pem", stranger.certificate());
  const TunnelEvent event = failure("good");
  EXPECT_EQ(event.status, AR_PERMISSION) << event.text;
  EXPECT_TRUE(event.given_up);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(CloudflaredDownload, GoesOnWhereItBroke) {
  open(config("broken"));
  wait_for(has("ready"));
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_TRUE(requests[1].has_range);
  EXPECT_GT(requests[1].from, release_.size() / 4);
  EXPECT_EQ(content_of(target()), release_);
}

TEST_F(CloudflaredDownload, BeginsAgainWhereTheServerCannotGoOn) {
  open(config("forgetful"));
  wait_for(has("ready"));
  EXPECT_EQ(content_of(target()), release_);
}

TEST_F(CloudflaredDownload, ThatWasPutTogetherWronglyIsFetchedOnceMore) {
  open(config("mixed"));
  wait_for(has("ready"));
  EXPECT_EQ(content_of(target()), release_);
}

TEST_F(CloudflaredDownload, IsTriedAgainWhenTheServerIsBusy) {
  open(config("busy"));
  wait_for(has("ready"));
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(CloudflaredDownload, ThatNeverIsWholeIsGivenUpForNow) {
  const TunnelEvent event = failure("truncated");
  EXPECT_EQ(event.status, AR_NETWORK) << event.text;
  EXPECT_FALSE(event.given_up);
}

TEST_F(CloudflaredDownload, FromAServerThatFallsSilentIsGivenUpForNow) {
  stall_timeout_ = "200ms";
  const TunnelEvent event = failure("stalled");
  EXPECT_EQ(event.status, AR_TIMEOUT) << event.text;
  EXPECT_THAT(event.text, HasSubstr("nothing came for 200 ms"));
  EXPECT_FALSE(event.given_up);
  EXPECT_GE(server_.requests().size(), 2U);
}

TEST_F(CloudflaredDownload, EndsWhenTheTunnelIsClosed) {
  open(config("stalled", "connect_timeout = \"60s\""));
  wait_for([](const TunnelStory& story) { return !story.empty() && story.back().bytes > 0; });
  const auto began = std::chrono::steady_clock::now();
  tunnel_->close();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_EQ(left(), std::vector<std::string>());
  EXPECT_EQ(count(tunnel_->events().story(), "failed"), 0U);
}

TEST_F(CloudflaredDownload, OfTwoAtOnceHappensOnce) {
  TunnelUnderTest one(plugin_, pace() + config("good"), site());
  TunnelUnderTest two(plugin_, pace() + config("good"), site());
  EXPECT_TRUE(one.events().wait_until(has("ready"))) << told(one.events().story());
  EXPECT_TRUE(two.events().wait_until(has("ready"))) << told(two.events().story());
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(CloudflaredDownload, OfAProcessThatWasKilledIsTakenUpByTheNext) {
  const pid_t killed = start_host(config("stalled"));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const fs::path part = bin() / "cloudflared-9.9.9.part";
  while (content_of(part).empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::yield();
  }
  ::kill(killed, SIGKILL);
  ASSERT_EQ(::waitpid(killed, nullptr, 0), killed);
  EXPECT_THAT(left(), ElementsAre("cloudflared-9.9.9.part"));
  open(config("good"));
  wait_for(has("ready"));
  EXPECT_THAT(left(), ElementsAre("cloudflared-9.9.9"));
}

TEST_F(CloudflaredDownload, ThatWasChangedSinceIsReplacedAndNotRun) {
  fs::create_directory(bin());
  test::write_text(target(), "#!/bin/sh\ntouch " + (folder_.path() / "owned").string() + "\n");
  fs::permissions(target(), fs::perms::owner_all);
  open(config("good"));
  wait_for(has("ready"));
  EXPECT_EQ(content_of(target()), release_);
  EXPECT_FALSE(fs::exists(folder_.path() / "owned"));
}

TEST_F(CloudflaredDownload, ThatCannotBeReadForAWhileStays) {
  // Below these no descriptor becomes free, whatever the tunnel closes.
  constexpr rlim_t kTaken = 64;
  std::vector<int> taken;
  do {
    taken.push_back(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
    ASSERT_GE(taken.back(), 0);
  } while (taken.back() < static_cast<int>(kTaken));
  open(config("good"));
  wait_for(has("ready"));
  const pid_t first = started().begin()->first;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = kTaken, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  ::kill(first, SIGKILL);
  const bool failed = tunnel_->events().wait_until(has("failed"));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  for (const int each : taken) ::close(each);
  EXPECT_TRUE(failed) << told(tunnel_->events().story());
  const TunnelStory story = wait_for([](const TunnelStory& it) { return it.back().kind == "ready"; });
  for (const TunnelEvent& event : story) {
    if (event.kind != "failed") continue;
    EXPECT_EQ(event.status, AR_IO) << event.text;
    EXPECT_FALSE(event.given_up);
  }
  EXPECT_EQ(server_.requests().size(), 1U) << plugin_.host().log_text();
}

TEST_F(CloudflaredDownload, IsCheckedAgainBeforeEachStart) {
  open(config("good"));
  wait_for(has("ready"));
  const auto first = started();
  ASSERT_EQ(first.size(), 1U);
  fs::remove(target());
  test::write_text(target(), "#!/bin/sh\ntouch " + (folder_.path() / "owned").string() + "\n");
  fs::permissions(target(), fs::perms::owner_all);
  ::kill(first.begin()->first, SIGUSR1);
  wait_for([](const TunnelStory& story) { return count(story, "lost") == 1 && story.back().kind == "ready"; });
  EXPECT_EQ(content_of(target()), release_);
  EXPECT_FALSE(fs::exists(folder_.path() / "owned"));
}

TEST_F(CloudflaredDownload, ThatCannotBeReachedIsFollowedByALookAtPath) {
  fs::copy_file(CLOUDFLARED_STANDIN, path_folder() / "cloudflared");
  open(config("truncated"));
  const TunnelStory story = wait_for(has("ready"));
  EXPECT_THAT(states(story), ElementsAre("downloading", "fallback_path", "starting", "checking"));
  EXPECT_EQ(left(), std::vector<std::string>());
}

TEST_F(CloudflaredDownload, ThatIsWrongOrForbiddenIsNotMadeUpForByAnotherProgram) {
  fs::copy_file(CLOUDFLARED_STANDIN, path_folder() / "cloudflared");
  EXPECT_EQ(failure("wrong").status, AR_CORRUPT);
  EXPECT_EQ(failure("nothing").status, AR_NOT_FOUND);
  EXPECT_EQ(failure("endless", "max_download = \"1MiB\"").status, AR_TOO_LARGE);
  fs::permissions(bin(), fs::perms::all);
  EXPECT_EQ(failure("good").status, AR_PERMISSION);
}

TEST_F(CloudflaredDownload, IsOnlyFromAUrlWithoutAPassword) {
  const Error error = refusal("download_base = \"https://me:hunter2@mirror.example/x\"");
  EXPECT_EQ(error.status, AR_INVALID);
  EXPECT_THAT(error.message, HasSubstr("download_base"));
  EXPECT_THAT(std::string(error.message) + error.hint, Not(HasSubstr("hunter2")));
}

TEST_F(CloudflaredDownload, IsNoSubstituteForABinaryThatDependsOnTheFolder) {
  fs::copy_file(CLOUDFLARED_STANDIN, "cloudflared-of-this-folder", fs::copy_options::overwrite_existing);
  const TunnelEvent by_key = failure("good", "binary = \"cloudflared-of-this-folder\"");
  EXPECT_EQ(by_key.status, AR_INVALID);
  EXPECT_THAT(by_key.text, HasSubstr("the key binary"));
  const Variable named("AGENTROOM_CLOUDFLARED", "./cloudflared-of-this-folder");
  const TunnelEvent by_variable = failure("good");
  EXPECT_EQ(by_variable.status, AR_INVALID);
  EXPECT_THAT(by_variable.text, HasSubstr("AGENTROOM_CLOUDFLARED"));
  EXPECT_TRUE(by_variable.given_up);
  fs::remove("cloudflared-of-this-folder");
}

TEST_F(CloudflaredDownload, IsNotNeededWhereABinaryIsNamed) {
  const Variable named("AGENTROOM_CLOUDFLARED", CLOUDFLARED_STANDIN);
  open(config("good", "binary = \"/no/such/file\""));
  EXPECT_THAT(states(wait_for(has("ready"))), ElementsAre("env", "starting", "checking"));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(CloudflaredDownload, IsNoSubstituteForABinaryThatIsNamedButMissing) {
  const TunnelEvent event = failure("good", "binary = \"/no/such/file\"");
  EXPECT_EQ(event.status, AR_NOT_FOUND);
  EXPECT_TRUE(event.given_up);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(CloudflaredDownload, IsNeitherKeptNorRunWhereOthersCanWrite) {
  fs::create_directory(bin());
  fs::permissions(bin(), fs::perms::all);
  const TunnelEvent event = failure("good");
  EXPECT_EQ(event.status, AR_PERMISSION);
  EXPECT_TRUE(event.given_up);
  EXPECT_THAT(event.more, HasSubstr("chmod 700"));
}

TEST_F(CloudflaredDownload, NeedsAFolder) {
  tunnel_.emplace(plugin_, pace() + config("good"), TunnelSite{relay_.address(), "ws", {}});
  const TunnelStory story = wait_for(has("failed"));
  EXPECT_TRUE(story.back().given_up);
  EXPECT_THAT(story.back().text, HasSubstr("folder"));
}

TEST_F(CloudflaredDownload, OfAnotherVersionNeedsItsDigest) {
  EXPECT_THAT(refusal("version = \"9.9.9\"").message, HasSubstr("belong together"));
  EXPECT_THAT(refusal("sha256 = \"" + sha256("x") + "\"").message, HasSubstr("belong together"));
  EXPECT_THAT(refusal("version = \"9.9.9\"\nsha256 = \"abc\"").message, HasSubstr("64"));
  EXPECT_THAT(refusal("version = \"../9\"\nsha256 = \"" + sha256("x") + "\"").message, HasSubstr("version"));
}

}  // namespace
}  // namespace agentroom::conformance
