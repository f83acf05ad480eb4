#include "config/relay_secret.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/random.hpp"
#include "folder.hpp"

namespace agentroom::config {
namespace {

const std::string kA(32, 'a');
const std::string kB(32, 'b');
const std::string kC(32, 'c');

struct RelaySecretTest : testing::Test {
  Folder home_folder;
  Folder working;
  Home home{home_folder.path()};
  RelaySettings settings;
  std::map<std::string, std::string> variables;
  SystemRandom random;

  Result<RelaySecret> find() { return relay_secret(settings, home, environment_of(variables), working.path(), random); }
  std::string text() {
    auto secret = find();
    if (!secret) return "error: " + secret.error().message;
    return std::string(secret->text.view());
  }
};

TEST_F(RelaySecretTest, ComesFromTheEnvironmentFirst) {
  variables["HMAC_SECRET"] = kA;
  working.write(".env", "HMAC_SECRET=" + kB);
  settings.secret = SecretText(kC);
  EXPECT_EQ(text(), kA);
}

TEST_F(RelaySecretTest, ThenFromDotEnvThenFromTheConfiguration) {
  working.write(".env", "HMAC_SECRET=" + kB);
  settings.secret = SecretText(kC);
  EXPECT_EQ(text(), kB);
  std::filesystem::remove(working / ".env");
  EXPECT_EQ(text(), kC);
}

TEST_F(RelaySecretTest, ThenFromTheHome) {
  home_folder.write("relay/secret", kA + "\n");
  auto secret = find();
  ASSERT_TRUE(secret) << secret.error().message;
  EXPECT_EQ(secret->text.view(), kA);
  EXPECT_FALSE(secret->generated);
}

TEST_F(RelaySecretTest, IsGeneratedOnceAndKept) {
  auto first = find();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(first->generated);
  EXPECT_GE(first->text.view().size(), 32U);
  EXPECT_EQ(Folder::mode(home.relay_secret_file()), 0600U);
  EXPECT_EQ(Folder::mode(home.relay_folder()), 0700U);
  auto second = find();
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->generated);
  EXPECT_EQ(second->text.view(), first->text.view());
}

TEST_F(RelaySecretTest, ThatIsRequiredAndMissingIsAnError) {
  settings.require_secret = true;
  home_folder.write("relay/secret", kA);
  auto secret = find();
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().message, "HMAC_SECRET missing");
  EXPECT_EQ(exit_code(secret.error().code), 2);
  EXPECT_FALSE(secret.error().hint.empty());
}

TEST_F(RelaySecretTest, NeedsThirtyTwoCharactersAndIsNeverQuoted) {
  const std::string shorter = "this-is-too-short";
  variables["HMAC_SECRET"] = shorter;
  auto secret = find();
  ASSERT_FALSE(secret);
  EXPECT_EQ(exit_code(secret.error().code), 2);
  EXPECT_NE(secret.error().message.find("at least 32 characters"), std::string::npos);
  EXPECT_EQ(secret.error().message.find(shorter), std::string::npos);
  EXPECT_EQ(secret.error().hint.find(shorter), std::string::npos);
}

TEST_F(RelaySecretTest, CountsCharactersNotBytes) {
  EXPECT_NE(what_is_wrong_with_secret("ääääääääääääääää"), "") << "16 characters in 32 bytes";
  EXPECT_EQ(what_is_wrong_with_secret("ääääääääääääääääääääääääääääääää"), "");
  EXPECT_NE(what_is_wrong_with_secret(std::string(32, '\xff')), "");
}

TEST_F(RelaySecretTest, OfTheHomeOpenToOthersIsRefused) {
  home_folder.write("relay/secret", kA, 0644);
  auto secret = find();
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().code, ErrorCode::kPermission);
}

TEST_F(RelaySecretTest, InADotEnvThatOthersReadIsUsedWithAWarning) {
  working.write(".env", "HMAC_SECRET=" + kA, 0644);
  auto secret = find();
  ASSERT_TRUE(secret);
  EXPECT_NE(secret->warning.find("chmod 600"), std::string::npos);
  working.write(".env", "HMAC_SECRET=" + kA, 0600);
  EXPECT_EQ(find()->warning, "");
}

TEST_F(RelaySecretTest, InADotEnvThatOthersWriteIsRefused) {
  for (const unsigned mode : {0620U, 0602U, 0666U}) {
    working.write(".env", "HMAC_SECRET=" + kA, mode);
    auto secret = find();
    ASSERT_FALSE(secret) << mode;
    EXPECT_EQ(secret.error().code, ErrorCode::kPermission);
    const std::string file = (working / ".env").string();
    EXPECT_EQ(secret.error().message, file + " sets HMAC_SECRET and others can write to it");
    EXPECT_NE(secret.error().hint.find("chmod 600 " + file), std::string::npos);
  }
  working.write(".env", "OTHER=1", 0666);
  EXPECT_TRUE(find()) << "what gives no secret may belong to anybody";
}

TEST_F(RelaySecretTest, InADotEnvOfAnotherUserIsRefused) {
  working.write(".env", "HMAC_SECRET=" + kA);
  const bool given_away = ::chown((working / ".env").c_str(), 65534, 65534) == 0;  // root can
  EXPECT_EQ(text(), given_away
                        ? "error: " + (working / ".env").string() + " sets HMAC_SECRET and belongs to another user"
                        : kA);
}

TEST_F(RelaySecretTest, IsReadFromTheUsualFormsOfDotEnv) {
  for (const std::string& line :
       {"HMAC_SECRET=" + kA, "export HMAC_SECRET=" + kA, "HMAC_SECRET=\"" + kA + "\"", "HMAC_SECRET = '" + kA + "'\r",
        "# c\nOTHER=1\n  HMAC_SECRET=" + kA + "\nX=2", "HMAC_SECRET=" + kB + "\nHMAC_SECRET=" + kA}) {
    working.write(".env", line + "\n");
    EXPECT_EQ(text(), kA) << line;
  }
}

TEST_F(RelaySecretTest, IsNotAnotherVariableOfDotEnv) {
  settings.secret = SecretText(kC);
  for (const std::string& line :
       {"HMAC_SECRETS=" + kA, "MY_HMAC_SECRET=" + kA, "#HMAC_SECRET=" + kA, "HMAC_SECRET_FILE=" + kA,
        std::string("HMAC_SECRET="), std::string("A=\xff"), std::string()}) {
    working.write(".env", line + "\n");
    EXPECT_EQ(text(), kC) << line;
  }
}

TEST_F(RelaySecretTest, InALineOfDotEnvThatCannotBeReadIsAnErrorAtItsPlaceThatQuotesNothing) {
  settings.secret = SecretText(kC);
  for (const std::string& line : {std::string("HMAC_SECRET"), std::string("export HMAC_SECRET"), "HMAC_SECRET " + kA,
                                  "HMAC_SECRET=\"" + kA, "HMAC_SECRET='" + kA + "\"", "HMAC_SECRET=" + kA + " # mine",
                                  "HMAC_SECRET=\"" + kA + "\" # mine", std::string("HMAC_SECRET=\"")}) {
    working.write(".env", "# first\n" + line + "\n");
    auto secret = find();
    ASSERT_FALSE(secret) << line;
    EXPECT_EQ(secret.error().code, ErrorCode::kConfig) << line;
    EXPECT_TRUE(secret.error().message.starts_with((working / ".env").string() + ":2: ")) << secret.error().message;
    EXPECT_EQ((secret.error().message + secret.error().hint).find("aaaa"), std::string::npos) << line;
  }
}

TEST_F(RelaySecretTest, IsNotSoughtInAFolderNamedDotEnv) {
  settings.secret = SecretText(kC);
  working.write(".env/file", "");
  EXPECT_EQ(text(), kC);
}

TEST_F(RelaySecretTest, OfTheHomeThatIsDamagedIsNotReplacedBehindTheOwnersBack) {
  for (const std::string& damaged :
       {std::string(), std::string("short\n"), std::string(5000, 'x'), std::string(32, '\xff')}) {
    home_folder.write("relay/secret", damaged);
    auto secret = find();
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(secret.error().hint.find("rm -r " + home.relay_secret_file().string()), std::string::npos);
    EXPECT_EQ(Folder::read(home.relay_secret_file()), damaged);
  }
}

TEST(SecretText, LeavesNothingBehindWhenItMoves) {
  SecretText from(kA);
  const SecretText to(std::move(from));
  EXPECT_EQ(to.view(), kA);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is the fact
}

}  // namespace
}  // namespace agentroom::config
