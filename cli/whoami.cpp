#include "base/base64url.hpp"
#include "commands.hpp"
#include "context.hpp"

namespace agentroom::cli {

int run(const WhoamiCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto identity = context->identity();
  if (!identity) return out.error(identity.error());
  const std::string pk = base64url(identity->id().view());
  const std::string x25519 = base64url(identity->x25519.pk.view());
  const std::string path = context->home().identity_file().string();
  out.result({{"pk", pk}, {"ed25519_pk", pk}, {"x25519_pk", x25519}, {"identity_path", path}});
  out.line(table_text({{"pk", out.styled(Style::kBold, pk)}, {"x25519", x25519}, {"identity", path}}));
  return 0;
}

}  // namespace agentroom::cli
