#include "commands.hpp"
#include "home_access.hpp"
#include "serving.hpp"

namespace agentroom::cli {

int run(const ServeCommand& command, const GlobalOptions& globals, Output& out) {
  out.stream();
  auto context = Context::make(globals, out, overrides_of(command));
  if (!context) return out.error(context.error());
  if (auto named = AnsweringHandler::check(*context, "serve"); !named) return out.error(named.error());
  auto plugins = context->need_plugins({config::kTransport, config::kStore, config::kHandler});
  if (!plugins) return out.error(plugins.error());
  auto lock = take_home(*context);
  if (!lock) return out.error(lock.error());
  auto process = context->open_process();
  if (!process) return out.error(process.error());
  auto handler = AnsweringHandler::open(*context, **process, command);
  if (!handler) return out.error(handler.error());

  EventStream stream(out);
  Executor& loop = (*process)->loop();
  stream.write_behind([&loop] { loop.post([] {}); });  // so that the command sees it
  auto agent = RunningAgent::open(
      *context, **process, std::move(*lock), stream,
      {.first_event = "serving", .handler = (*handler)->get(), .concurrency = context->settings().handler.concurrency});
  if (!agent) return stream.finish(pass(agent));
  Serving serving(command, stream, **agent);
  if (auto seeded = serving.seed(); !seeded) {
    (*agent)->stop();
    return stream.finish(seeded);
  }
  return stream.finish(serving.run());
}

}  // namespace agentroom::cli
