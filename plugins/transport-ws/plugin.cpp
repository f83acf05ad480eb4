#include "agentroom/sdk/plugin.hpp"
#include "transport.hpp"

AGENTROOM_PLUGIN("transport-ws", "0.1.0", agentroom::ws::WsTransport);
