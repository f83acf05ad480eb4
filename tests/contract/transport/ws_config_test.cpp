// The table [transport.ws].
#include <string>

#include "ws_fact.hpp"

namespace agentroom::conformance {
namespace {

using testing::HasSubstr;

class WsConfig : public testing::Test {
 protected:
  WsConfig() : plugin_(SuiteArguments::instance().plugin()) {}

  ar_status open(std::string_view config, Error& error) {
    const ar_transport_open_params params{sizeof(ar_transport_open_params), as_abi(config)};
    ar_transport* transport = nullptr;
    const ar_status status = plugin_.transport().open(plugin_.host().abi(), &params, &transport, &error);
    if (status == AR_OK) plugin_.transport().close(transport);
    return status;
  }

  PluginUnderTest plugin_;
};

TEST_F(WsConfig, MayBeEmptyOrFull) {
  for (const std::string_view config : {"", "request_timeout = \"1m\"\nmax_requests = 10\n", "max_requests = 1"}) {
    Error error;
    EXPECT_EQ(open(config, error), AR_OK) << error.message;
  }
}

TEST_F(WsConfig, WithAMistakeNamesTheKey) {
  for (const std::string_view key : {"request_timeout", "max_requests"}) {
    for (const std::string_view value : {"\"soon\"", "-1", "0", "\"10\"", "\"99ms\"", "\"11m\"", "[]", "1000000"}) {
      Error error;
      EXPECT_EQ(open(std::string(key) + " = " + std::string(value), error), AR_INVALID) << key << value;
      EXPECT_THAT(error.message, HasSubstr(key));
    }
  }
}

TEST_F(WsConfig, WithAnUnknownKeyOrWithoutAFormIsRefused) {
  Error error;
  EXPECT_EQ(open("port = 80", error), AR_INVALID);
  EXPECT_THAT(error.message, HasSubstr("port"));
  EXPECT_EQ(open("= = =", error), AR_INVALID);
}

}  // namespace
}  // namespace agentroom::conformance
