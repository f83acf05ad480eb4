// Commands that do not behave, and what is left of them: nothing.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <sstream>

#include "exec_fixture.hpp"

namespace agentroom::conformance {
namespace {

using std::chrono::steady_clock;
using testing::HasSubstr;

using HandlerExec = ExecFact;

const std::string kLongest(131'072, 'x');

TEST_F(HandlerExec, DoesNotMindACommandThatIgnoresItsMessage) {
  EXPECT_EQ(run("echo ok", kLongest).text, "ok");
  EXPECT_EQ(run("exec <&-; echo ok", kLongest).text, "ok");
  EXPECT_EQ(run("head -c 10 > /dev/null; echo ok", kLongest).text, "ok");
}

TEST_F(HandlerExec, LetsTheHostDecideAboutBrokenPipes) {
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  ASSERT_EQ(sigismember(&before, SIGPIPE), 0);
  EXPECT_EQ(run("exec <&-; echo ok", kLongest).text, "ok");
  sigset_t after;
  sigset_t pending;
  pthread_sigmask(SIG_BLOCK, nullptr, &after);
  sigpending(&pending);
  EXPECT_EQ(sigismember(&after, SIGPIPE), 0);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

TEST_F(HandlerExec, FeedsACommandThatReadsLateOrWhileItWrites) {
  EXPECT_EQ(run("sleep 0.1; cat", kLongest).text, kLongest);
  EXPECT_EQ(run("tee /dev/stderr", kLongest).text, kLongest);
}

TEST_F(HandlerExec, EndsACommandThatFloodsItsOutput) {
  const Answer answer = run("echo $$ >&2; yes");
  EXPECT_EQ(answer.reason(), AR_TOO_LARGE) << answer.describe();
  const std::string message = answer.error.message;
  const pid_t process = std::stoi(message.substr(message.rfind(' ')));
  EXPECT_TRUE(ends_soon(process));
}

TEST_F(HandlerExec, DoesNotMindACommandThatFloodsItsErrors) {
  EXPECT_EQ(run("yes | head -c 3000000 >&2; echo ok").text, "ok");
}

TEST_F(HandlerExec, AProcessThatKeepsTheOutputOpenHoldsNothingUpAndIsEnded) {
  const auto began = steady_clock::now();
  const Answer answer = run("sleep 1000 & echo $!");
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(10));
  ASSERT_TRUE(answer.is_reply()) << answer.describe();
  EXPECT_TRUE(ends_soon(std::stoi(answer.text)));
}

TEST_F(HandlerExec, AProcessThatLeftTheGroupHoldsNothingUp) {
  const auto began = steady_clock::now();
  const Answer answer = run("setsid sleep 60 & echo $!");
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(10));
  ASSERT_TRUE(answer.is_reply()) << answer.describe();
  ::kill(std::stoi(answer.text), SIGKILL);
}

TEST_F(HandlerExec, WaitsForACommandThatClosedItsOutput) {
  const Answer answer = run("exec >&-; sleep 0.1; exit 5");
  ASSERT_TRUE(answer.is_failure()) << answer.describe();
  EXPECT_THAT(answer.error.message, HasSubstr("exit code 5"));
}

TEST_F(HandlerExec, ATimeoutAsksFirst) {
  const FreshPath file;
  const Answer answer = run("trap 'echo asked > " + file.str() + "; exit 0' TERM; while :; do sleep 0.02; done",
                            "hello", "timeout = \"300ms\"");
  EXPECT_EQ(answer.reason(), AR_TIMEOUT) << answer.describe();
  EXPECT_THAT(answer.error.message, HasSubstr("300 ms"));
  EXPECT_EQ(file.content(), "asked\n");
}

TEST_F(HandlerExec, ATimeoutKillsWhatDoesNotListen) {
  const auto began = steady_clock::now();
  const Answer answer = run("trap '' TERM; sleep 1000 & echo $! >&2; echo $$ >&2; while :; do sleep 0.1; done", "hello",
                            "timeout = \"200ms\"");
  const auto took = steady_clock::now() - began;
  EXPECT_EQ(answer.reason(), AR_TIMEOUT) << answer.describe();
  EXPECT_GE(took, std::chrono::milliseconds(2'200));
  EXPECT_LT(took, std::chrono::seconds(12));
  const std::string message = answer.error.message;
  const std::size_t shell_at = message.rfind('\n');
  EXPECT_TRUE(ends_soon(std::stoi(message.substr(shell_at)))) << "the shell";
  EXPECT_TRUE(ends_soon(std::stoi(message.substr(message.rfind(' '))))) << "its child";
}

TEST_F(HandlerExec, AStoppedCommandTimesOutToo) {
  EXPECT_EQ(run("kill -STOP $$", "hello", "timeout = \"200ms\"").reason(), AR_TIMEOUT);
}

TEST_F(HandlerExec, CancellingKillsWhatDoesNotListenWithinTwoSeconds) {
  const FreshPath ready;
  HandlerUnderTest& handler = open("command = '''trap '' TERM; echo $$ > " + ready.str() + "; sleep 1000'''");
  CancelFlag cancel;
  auto call = std::async(std::launch::async, [&] { return handler.handle(Message(), cancel); });
  while (ready.content().find('\n') == std::string::npos) std::this_thread::yield();
  const auto cancelled_at = steady_clock::now();
  cancel.cancel();
  const Answer answer = call.get();
  EXPECT_LE(steady_clock::now() - cancelled_at, std::chrono::seconds(2));
  EXPECT_TRUE(answer.is_cancelled()) << answer.describe();
  EXPECT_TRUE(ends_soon(std::stoi(ready.content())));
}

TEST_F(HandlerExec, StartsNothingWhenCancelledBefore) {
  const FreshPath file;
  HandlerUnderTest& handler = open("command = \"touch " + file.str() + "\"");
  CancelFlag cancel;
  cancel.cancel();
  EXPECT_TRUE(handler.handle(Message(), cancel).is_cancelled());
  EXPECT_FALSE(file.exists());
}

TEST_F(HandlerExec, TheCommandLeadsAGroupOfItsOwn) {
  EXPECT_EQ(run("test \"$(cut -d' ' -f5 /proc/$$/stat)\" = $$ && echo own").text, "own");
}

TEST_F(HandlerExec, TheCommandHasTheSignalsOfAFreshProgram) {
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  const auto broken_pipes_before = ::signal(SIGPIPE, SIG_IGN);
  HandlerUnderTest& handler = open(R"~(command = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"])~");
  const Answer answer = handler.handle(Message());
  ::signal(SIGPIPE, broken_pipes_before);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(answer.text, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000");
}

TEST_F(HandlerExec, TheCommandInheritsNoDescriptor) {
  const int leaked = ::open("/dev/null", O_RDONLY);
  ASSERT_GT(leaked, STDERR_FILENO);
  HandlerUnderTest& handler = open(R"(command = ["ls", "/proc/self/fd"])");
  EXPECT_EQ(handler.handle(Message()).text, "0\n1\n2\n3") << "3 is the folder that ls reads";
  ::close(leaked);
}

TEST_F(HandlerExec, ParallelCommandsDoNotHoldEachOthersPipes) {
  HandlerUnderTest& handler = open("command = '''read -r line; case $line in long) sleep 1000;; esac; cat; echo ok'''");
  CancelFlag cancel;
  Message endless;
  endless.text = "long\n";
  auto call = std::async(std::launch::async, [&] { return handler.handle(endless, cancel); });
  Message message;
  message.text = "short\n";
  // Each of these ends when its command reads the end of its input: no other command may hold that pipe open.
  for (int i = 0; i < 20; ++i) EXPECT_EQ(handler.handle(message).text, "ok");
  cancel.cancel();
  EXPECT_TRUE(call.get().is_cancelled());
}

TEST_F(HandlerExec, LeavesNoProcessBehind) {
  run("sleep 1000 & sleep 1000 & echo ok");
  run("exit 3");
  open(R"(command = ["/no/such/program"])").handle(Message());
  handler_.reset();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(HandlerExec, WorksInAProcessWithoutStandardStreams) {
  const pid_t host = ::fork();
  if (host == 0) {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(stream);
    HandlerUnderTest handler(plugin_, "command = \"cat\"");
    const Answer answer = handler.handle(Message{"hello"});
    ::_exit(answer.is_reply() && answer.text == "hello" ? 42 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(host, &status, 0), host);
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

// The command and what it started, in a process that is killed like a host that crashes.
TEST_F(HandlerExec, NothingOutlivesTheHost) {
  const FreshPath started;
  const pid_t host = ::fork();
  if (host == 0) {
    HandlerUnderTest handler(plugin_, "command = '''trap '' TERM HUP; sleep 1000 & echo $! > " + started.str() +
                                          "; echo $$ >> " + started.str() + "; echo done >> " + started.str() +
                                          "; wait; sleep 1000'''\ntimeout = \"0\"");
    handler.handle(Message());
    ::_exit(0);
  }
  while (started.content().find("done\n") == std::string::npos) std::this_thread::yield();
  std::istringstream processes(started.content());
  pid_t child = 0;
  pid_t shell = 0;
  processes >> child >> shell;
  ASSERT_TRUE(is_running(child));
  ASSERT_TRUE(is_running(shell));
  ::kill(host, SIGKILL);
  ASSERT_EQ(::waitpid(host, nullptr, 0), host);
  EXPECT_TRUE(ends_soon(shell));
  EXPECT_TRUE(ends_soon(child));
}

}  // namespace
}  // namespace agentroom::conformance
