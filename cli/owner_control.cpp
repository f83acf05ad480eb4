#include "owner_control.hpp"

namespace agentroom::cli {
namespace {

using boost::json::object;
using runtime::ControlReply;

ControlReply progress(object members) {
  return {.kind = ControlReply::Kind::kProgress, .members = std::move(members), .error = {}};
}

ControlReply answer(Result<object> result) {
  if (!result) return {.kind = ControlReply::Kind::kError, .members = {}, .error = std::move(result.error())};
  return {.kind = ControlReply::Kind::kAnswer, .members = std::move(*result), .error = {}};
}

}  // namespace

OwnerControl::OwnerControl(AgentRequests& requests, EventStream& stream, object about)
    : requests_(requests), stream_(stream), about_(std::move(about)) {}

Result<std::unique_ptr<OwnerControl>> OwnerControl::open(const std::filesystem::path& home, runtime::EventLoop& loop,
                                                         AgentRequests& requests, EventStream& stream, object about) {
  std::unique_ptr<OwnerControl> control(new OwnerControl(requests, stream, std::move(about)));
  auto server = runtime::ControlServer::open(
      home, loop,
      {.on_request = [self = control.get()](const runtime::ControlRequest& request,
                                            const Exchange& exchange) { self->on_request(request, exchange); },
       .on_gone = [self = control.get()](const Exchange& exchange) { self->on_gone(exchange); }});
  if (!server) return pass(server);
  control->server_ = std::move(*server);
  stream.copy_to([self = control.get()](const object& event) { self->mirror(event); });
  return control;
}

OwnerControl::~OwnerControl() {
  stream_.copy_to({});
  server_.reset();
}

void OwnerControl::on_request(const runtime::ControlRequest& request, const Exchange& exchange) {
  if (stopping_) return exchange->reply(runtime::not_begun());
  if (request.name == "status") return exchange->reply(answer(about_));
  if (request.name == "events") {
    const std::scoped_lock lock(mutex_);
    exchange->reply(progress(about_));
    mirrors_.insert(exchange);
    return;
  }
  asked_[exchange] = 0;
  const AgentRequests::Id id = requests_.start(
      request, [exchange](object members) { exchange->reply(progress(std::move(members))); },
      [this, exchange](Result<object> result) {
        exchange->reply(answer(std::move(result)));
        asked_.erase(exchange);
      });
  // It may have been answered already.
  if (const auto open = asked_.find(exchange); open != asked_.end()) open->second = id;
}

void OwnerControl::on_gone(const Exchange& exchange) {
  if (const auto found = asked_.find(exchange); found != asked_.end()) {
    requests_.forget(found->second);
    asked_.erase(found);
  }
  const std::scoped_lock lock(mutex_);
  mirrors_.erase(exchange);
}

void OwnerControl::mirror(const object& event) {
  const std::scoped_lock lock(mutex_);
  for (const Exchange& exchange : mirrors_) exchange->reply(progress({{"event", event}}));
}

}  // namespace agentroom::cli
